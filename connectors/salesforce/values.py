"""What Salesforce's JSON says, read tolerantly: null is nothing, an odd value is Unreadable.

Times come as ``2026-10-31T23:50:00.000+0000`` from REST and with a ``Z`` from the Bulk API; calendar dates as
``2026-10-31``, and are never moved by a time zone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base import Unreadable
from connectors.exports.values import salesforce_id

Flat = Mapping[str, Any]
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def text(told: Flat, name: str) -> str:
    """A text, trimmed; '' where there is none."""
    value = told.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    raise Unreadable(name, f"Salesforce sent {_kind(value)} where a text belongs")


def identifier(told: Flat, name: str) -> str:
    """An id in its 18 characters; '' where there is none."""
    return salesforce_id(text(told, name))


def number(told: Flat, name: str) -> Decimal | None:
    """An amount or quantity as it was written; None where there is none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unreadable(name, f"Salesforce sent {_kind(value)} where a number belongs")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Unreadable(name, f"{value!r:.40} is not a number") from None


def yes(told: Flat, name: str) -> bool:
    """Whether it says so."""
    return told.get(name) in (True, "true")


def moment(told: Flat, name: str) -> datetime | None:
    """A moment, aware UTC; None where there is none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", value))
    except (TypeError, ValueError):
        raise Unreadable(name, f"{value!r:.40} is not a time") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def day(told: Flat, name: str) -> date | None:
    """A calendar date; of a moment, its day in UTC. None where there is none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise Unreadable(name, f"{value!r:.40} is not a date") from None


def flat(told: Mapping[str, Any], under: str = "") -> dict[str, Any]:
    """A row as REST nests it, with related fields under dotted names; a Bulk CSV names them so already."""
    made: dict[str, Any] = {}
    for name, value in told.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            made.update(flat(value, f"{under}{name}."))
        else:
            made[f"{under}{name}"] = value
    return made


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "yes or no", float: "NaN or Infinity"}
    return kinds.get(type(value), "a number")
