"""Records in words, as `fanlight map --check` shows them: what a customer would read, line by line."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.records import Address, Event, Line, Record
from sync.cli.words import count, plain, quoted
from sync.stages import COMMON, status_key

WIDTH = 14  # of a field's name
LINES = 5  # of an order that are shown
NAMELESS = ("source_id", "belongs_to", "lines", "number", "updated")


def record_lines(name: str, record: Record) -> Iterator[str]:
    """One record: a heading, a line a field that says something, the first of its lines."""
    called = getattr(record, "number", "") or getattr(record, "name", "") or record.source_id
    yield f"{name} {quoted(called)}"
    seen = quoted(record.belongs_to) if record.belongs_to else "nobody: it says no customer"
    if name != "account":
        yield _row("seen by", seen)
    currency = getattr(record, "currency", "")
    for field in record.__struct_fields__:
        said = getattr(record, field)
        if field not in NAMELESS and said not in (None, "", (), False):
            yield from _field(name, field, said, currency)
    lines = getattr(record, "lines", ())
    yield from (_row("line", _line(one)) for one in lines[:LINES])
    if len(lines) > LINES:
        yield _row("", f"and {count(len(lines) - LINES, 'more line', 'more lines')}")


def _row(name: str, said: str) -> str:
    return f"  {name.ljust(WIDTH)} {said}"


def _field(record: str, field: str, said: Any, currency: str) -> Iterator[str]:
    if isinstance(said, tuple):
        yield from (_row(field.removesuffix("s"), _parts(one)) for one in said)
    elif field == "status" and record == "order":
        stage = COMMON.get(status_key(said), "")
        yield _row(field, plain(said) + (f" (stage: {stage.replace('_', ' ')})" if stage else ""))
    elif field != "currency":
        yield _row(field.replace("_", " "), _said(said, currency))


def _said(said: Any, currency: str = "") -> str:
    if isinstance(said, datetime):
        return f"{_day(said)}, {said:%H:%M} UTC"
    if isinstance(said, date):
        return _day(said)
    if isinstance(said, Decimal):
        return f"{currency} {amount(said)}".strip()
    if isinstance(said, Address):
        return plain(", ".join(filter(None, _flat(said))))
    return "yes" if said is True else plain(str(said))[:100]


def _flat(place: Address) -> Iterator[str]:
    yield place.name
    yield from place.lines
    yield " ".join(filter(None, (place.postcode, place.city)))
    yield place.region
    yield place.country


def _parts(struct: Any) -> str:
    if isinstance(struct, Event):
        return f"{plain(struct.what)}, {_said(struct.at)}"
    said = ((field, getattr(struct, field)) for field in struct.__struct_fields__)
    return ", ".join(f"{field} {_said(one)}" for field, one in said if one not in (None, ""))


def _line(line: Line) -> str:
    times = f"{amount(line.quantity)} × " if line.quantity is not None else ""
    price = f" at {amount(line.unit_price)}" if line.unit_price is not None else ""
    total = f" = {amount(line.total)}" if line.total is not None else ""
    return f"{times}{plain(line.name)[:60]}{price}{total}"


def amount(told: Decimal) -> str:
    """1234.5 → "1,234.50"; whole numbers stay whole."""
    if told == told.to_integral_value() and -(told.as_tuple().exponent) <= 0:  # type: ignore[operator]
        return f"{told:,f}"
    text = f"{told.normalize():,f}"
    whole, _, places = text.partition(".")
    return f"{whole}.{places.ljust(2, '0')}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
