"""How the command line says times, counts and mirrored text: one line an event, nothing a terminal obeys."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

STEPS = ((timedelta(days=2), "day"), (timedelta(hours=2), "h"), (timedelta(minutes=1), "min"))
UNIT = {"day": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1)}
PLURALS = {
    "account": "accounts",
    "contact": "contacts",
    "order": "orders",
    "invoice": "invoices",
    "quote": "quotes",
    "payment": "payments",
    "ticket": "tickets",
}


def plain(text: str) -> str:
    """Text from outside, safe on a terminal: escapes, line breaks and the invisible are spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(text: str) -> str:
    """An id as it is printed: between quotes, so that blanks at its ends are seen."""
    return '"' + plain(text).replace('"', '\\"') + '"'


def lines_of(text: str) -> str:
    """Lines of ours with text from outside in them. All but the first are set in: no text passes for an event
    of its own."""
    return "\n  ".join(map(plain, text.split("\n")))


def document(told: Any, indent: int | None = None) -> str:
    """A JSON document that is safe on a terminal too."""
    text = json.dumps(told, default=_in_json, ensure_ascii=False, indent=indent)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _in_json(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """ "14:05, 4 min ago"; with the date where it is not today."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    date = "" if local.date() == today else f"{local.day} {local:%b %Y} "
    return f"{date}{local:%H:%M}, {ago(at, now)}"


def ago(at: datetime, now: datetime) -> str:
    """ "4 min ago", "in 3 h", "just now"."""
    gap = abs(now - at)
    for least, unit in STEPS:
        if gap >= least:
            n = gap // UNIT[unit]
            length = f"{n} {unit}{'s' if unit == 'day' and n > 1 else ''}"
            return f"{length} ago" if at <= now else f"in {length}"
    return "just now" if at <= now else "in less than a minute"


def span(seconds: float) -> str:
    """How long something is allowed to take: "48 h", "90 min"."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h" if minutes >= 120 and minutes % 60 == 0 else f"{minutes} min"


def count(number: int, one: str, several: str = "") -> str:
    """ "1 row", "12,345 rows"."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def records(counts: Mapping[str, int]) -> str:
    """ "12 orders, 1 invoice"."""
    return (
        ", ".join(count(number, record, PLURALS[record]) for record, number in counts.items()) or "no records"
    )


def joined(*parts: str) -> str:
    """The parts that say something, with commas between."""
    return ", ".join(part for part in parts if part)
