"""What a vendor's JSON says, read tolerantly: null or missing is nothing, an odd value is Unreadable.

Times are aware UTC. A calendar date is never moved by a time zone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base import Unreadable

Told = Mapping[str, Any]
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "yes or no", float: "NaN or Infinity"}


def text(told: Told, name: str) -> str:
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
    raise Unreadable(name, f"holds {kind(value)} where a text belongs")


def number(told: Told, name: str) -> Decimal | None:
    """An amount or quantity as it was written; None where there is none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unreadable(name, f"holds {kind(value)} where a number belongs")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Unreadable(name, f"{value!r:.40} is not a number") from None


def yes(told: Told, name: str) -> bool:
    """Whether it says so."""
    return told.get(name) in (True, "true")


def moment(told: Told, name: str) -> datetime | None:
    """A moment in ISO 8601, with or without a colon in its offset; UTC where it has none. None: there is
    none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(name, f"{value!r:.40} is not a time") from None


def day(told: Told, name: str) -> date | None:
    """A calendar date; the date a moment begins with. None where there is none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise Unreadable(name, f"{value!r:.40} is not a date") from None


def inner(told: Told, name: str) -> Told:
    """An object inside; an empty one where there is none."""
    value = told.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise Unreadable(name, f"holds {kind(value)} where an object belongs")


def listed(told: Told, name: str) -> list[Told]:
    """A list of objects; empty where there is none."""
    value = told.get(name)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    raise Unreadable(name, f"holds {kind(value)} where a list belongs")


def kind(value: Any) -> str:
    """What a value is, in words."""
    return _KINDS.get(type(value), "a number")
