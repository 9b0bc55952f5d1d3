"""What is Xero's own about a value: dates like ``/Date(1439434356790+1300)/``, and again as ``…String``.

Their number is UTC milliseconds; the offset, mostly +0000, only says where midnight was. A calendar date is
never moved by a time zone.
"""

import re
from datetime import UTC, date, datetime, timedelta

from connectors import told as plain
from connectors.base import Unreadable
from connectors.told import Told, text

_DOTNET = re.compile(r"/Date\((-?\d{1,17})(?:([+-])(\d{2})(\d{2}))?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def identifier(told: Told, name: str) -> str:
    """One of Xero's ids, spelt the one way; '' where there is none."""
    return text(told, name).lower()


def moment(told: Told, name: str) -> datetime | None:
    """A moment, aware UTC; None where there is none."""
    found = _dotnet(told, name)
    return plain.moment(told, name) if found is None else _since_epoch(name, found)


def day(told: Told, name: str) -> date | None:
    """A calendar date: the text beside it where there is one, else the day on which its midnight is."""
    if told.get(f"{name}String"):
        return plain.day(told, f"{name}String")
    found = _dotnet(told, name)
    if found is None:
        return plain.day(told, name)
    here = _since_epoch(name, found)
    if found[2] and (here - _EPOCH) % _DAY:  # not midnight in UTC, so it is where the offset says
        here += timedelta(hours=int(found[3]), minutes=int(found[4])) * (1 if found[2] == "+" else -1)
    return here.date()


def _dotnet(told: Told, name: str) -> re.Match[str] | None:
    value = told.get(name)
    return _DOTNET.fullmatch(value) if isinstance(value, str) else None


def _since_epoch(name: str, found: re.Match[str]) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        raise Unreadable(name, f"{found[0]} is in no calendar") from None
