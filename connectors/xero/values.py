"""What Xero's JSON says, read tolerantly: a null or a missing member is nothing, an odd one is Unreadable.

Dates come as ``/Date(1439434356790+1300)/`` and again as ``…String``. Their number is UTC milliseconds; the
offset, mostly +0000, only says where midnight was. A calendar date is never moved by a time zone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.base import Unreadable

Told = Mapping[str, Any]
_DOTNET = re.compile(r"/Date\((-?\d{1,17})(?:([+-])(\d{2})(\d{2}))?\)/")
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]|$)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def text(told: Told, name: str) -> str:
    """A text, trimmed; '' where there is none."""
    value = told.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise Unreadable(name, f"Xero sent {_kind(value)} where a text belongs")


def identifier(told: Told, name: str) -> str:
    """One of Xero's ids, spelt the one way; '' where there is none."""
    return text(told, name).lower()


def amount(told: Told, name: str) -> Decimal | None:
    """An amount or quantity as it was written; None where there is none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise Unreadable(name, f"Xero sent {_kind(value)} where a number belongs")


def yes(told: Told, name: str) -> bool:
    """Whether it says so."""
    return told.get(name) is True


def listed(told: Told, name: str) -> list[Told]:
    """A list of objects; empty where there is none."""
    value = told.get(name)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    raise Unreadable(name, f"Xero sent {_kind(value)} where a list belongs")


def inner(told: Told, name: str) -> Told:
    """An object inside; an empty one where there is none."""
    value = told.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise Unreadable(name, f"Xero sent {_kind(value)} where an object belongs")


def moment(told: Told, name: str) -> datetime | None:
    """A moment, aware UTC; None where there is none."""
    value = told.get(name)
    if value is None or value == "":
        return None
    found = _DOTNET.fullmatch(value) if isinstance(value, str) else None
    return _instant(name, value) if found is None else _since_epoch(name, int(found[1]))


def day(told: Told, name: str) -> date | None:
    """A calendar date: the text beside it where there is one, else the day on which its midnight is."""
    beside = told.get(f"{name}String")
    if isinstance(beside, str) and (found := _ISO.match(beside)):
        return _calendar(name, found[1])
    value = told.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and (found := _ISO.match(value)):
        return _calendar(name, found[1])
    found = _DOTNET.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unreadable(name, f"{_shown(value)} is not a date")
    here = _since_epoch(name, int(found[1]))
    if found[2] and (here - _EPOCH) % _DAY:  # not midnight in UTC, so it is where the offset says
        here += timedelta(hours=int(found[3]), minutes=int(found[4])) * (1 if found[2] == "+" else -1)
    return here.date()


def _since_epoch(name: str, milliseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise Unreadable(name, f"/Date({milliseconds})/ is in no calendar") from None


def _instant(name: str, value: Any) -> datetime:
    """A moment in ISO form; Xero means UTC where no offset stands."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unreadable(name, f"{_shown(value)} is not a time") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _calendar(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unreadable(name, f"{value} is in no calendar") from None


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", bool: "yes or no"}.get(type(value), "a number")


def _shown(value: Any) -> str:
    return repr(value)[:40] if isinstance(value, str) else _kind(value)
