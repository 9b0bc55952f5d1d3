"""Cells → records: a profile, compiled for one spelling. Pure; compiled once, run per row."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from connectors.base import Unreadable
from connectors.exports import values
from connectors.exports.amounts import known, settle
from connectors.exports.formula import Formula, Place
from connectors.exports.plan import Plan, Text
from connectors.exports.values import Spelling, unguarded
from connectors.records import Account, Address, Event, Invoice, Line, Record, Shipment

Cells = tuple[str, ...]
Step = tuple[str, Callable[[Cells], Any]]
Later = tuple[str, Callable[[Cells, Mapping[str, Any]], Any]]
MEND = "correct it in the source and export again"


class Raw(Struct, frozen=True, gc=False):
    """What a row of this connector holds: the cells its record is made of, in the plan's order, and how they
    are spelt. ``profile`` is the digest of the profile it is read by."""

    profile: str
    id: str
    head: Cells
    lines: tuple[Cells, ...]
    spelling: Spelling


class Mapper:
    """Cells → one record class, for one plan and one spelling."""

    def __init__(self, plan: Plan, spelling: Spelling) -> None:
        self.plan, self.spelling, self.cls = plan, spelling, plan.profile.cls
        self._number = values.number_parser(spelling.decimal)
        self._date = values.date_parser(spelling.date_order)
        self._time = values.time_parser(spelling.date_order, spelling.timezone)
        profile = plan.profile
        owned = {"belongs_to": profile.belongs_to, "updated": profile.updated}
        given = {**{k: v for k, v in owned.items() if v is not None}, **profile.fields}
        self._steps = self._compile(self.cls, given, plan.head_at)
        self._later = self._computed(profile.fields, plan.head_at)
        self._line_steps = self._compile(Line, profile.lines, plan.line_at)
        self._line_later = self._computed(profile.lines, plan.line_at)
        self._shipments = [self._compile(Shipment, table, plan.head_at) for table in profile.shipments]
        self._events = [self._event(table, plan.head_at) for table in profile.events]
        needed = [f.encode_name for f in fields(self.cls) if f.required]
        self._needed = [(name, self._label(name)) for name in needed if name != "source_id"]
        self._has_currency = "currency" in self.cls.__struct_fields__

    def record(self, raw: Raw) -> Record:
        """The record of one row; raises Unreadable with the column and the reason."""
        head = raw.head
        made: dict[str, Any] = {name: step(head) for name, step in self._steps}
        if self._line_steps:
            made["lines"] = tuple([self._line(cells) for cells in raw.lines if any(cells)])
        for name, compute in self._later:
            made[name] = compute(head, made)
        if self._shipments:
            made["shipments"] = tuple(filter(None, [_shipment(table, head) for table in self._shipments]))
        if self._events:
            made["events"] = tuple(filter(None, [event(head) for event in self._events]))
        return self._finished(raw.id, made)

    def _finished(self, source_id: str, made: dict[str, Any]) -> Record:
        if self._has_currency:
            made["currency"] = (made.get("currency") or self.spelling.currency).upper()
        if self.cls is Invoice:
            settle(made)
        made["belongs_to"] = source_id if self.cls is Account else made.get("belongs_to") or None
        for name, label in self._needed:
            if made.get(name) in (None, ""):
                cure = f"fill it in the source; every {self.plan.profile.record} needs it"
                raise Unreadable(label, "is blank", cure)
        return self.cls(source_id=source_id, **made)

    def _label(self, name: str) -> str:
        value = self.plan.profile.fields.get(name)
        return value.column if isinstance(value, Formula) and value.column else name

    def _line(self, cells: Cells) -> Line:
        made: dict[str, Any] = {name: step(cells) for name, step in self._line_steps}
        for name, compute in self._line_later:
            made[name] = compute(cells, made)
        return Line(**made)

    def _computed(self, given: Mapping[str, Formula | Place], at: Mapping[str, int]) -> list[Later]:
        """The values made from other fields, to be made after them."""
        later = [(name, v) for name, v in given.items() if isinstance(v, Formula) and _is_later(v)]
        return [(name, self._later_value(value, at)) for name, value in later]

    def _later_value(
        self, value: Formula, at: Mapping[str, int]
    ) -> Callable[[Cells, Mapping[str, Any]], Any]:
        if value.of is not None:
            return _sent(value, self.plan.text(value, at))
        if value.product:
            off = self.plan.text(Formula(column=value.off), at) if value.off else None
            return self._product(value.product, off, value.off or "")
        if value.sign:
            return lambda _, made: _by_sign(value, made.get("lines", ()))
        if value.base:
            return lambda _, made: _difference(known(made, (value.base or "", *value.minus)))
        return lambda _, made: self._summed(value, made.get("lines", ()))

    def _product(
        self, factors: tuple[str, str], off: Text | None, column: str
    ) -> Callable[[Cells, Mapping[str, Any]], Decimal | None]:
        percent = _typed(column, self._number, self.plan.nulls)

        def product(cells: Cells, made: Mapping[str, Any]) -> Decimal | None:
            amounts = known(made, factors)
            less = percent(off(cells).removesuffix("%")) if off and amounts else None
            return amounts[0] * amounts[1] * (100 - (less or 0)) / 100 if amounts else None

        return product

    def _summed(self, value: Formula, lines: Sequence[Line]) -> Decimal | None:
        amounts = [getattr(line, value.sum or "") for line in lines]
        if value.tax and self.spelling.tax == "excluded":
            taxes = [getattr(line, value.tax) for line in lines]
            told = any(tax is not None for tax in taxes)  # else the file does not say what is to be added
            amounts += [tax or Decimal(0) for tax in taxes] if told else [None]
        return None if None in amounts or not amounts else sum(amounts, Decimal(0))

    def _compile(self, cls: type, given: Mapping[str, Formula | Place], at: Mapping[str, int]) -> list[Step]:
        kinds = {f.encode_name: f for f in fields(cls)}
        return [
            (name, self._step(kinds[name], value, at))
            for name, value in given.items()
            if not _is_later(value)
        ]

    def _step(
        self, field: FieldInfo, value: Formula | Place, at: Mapping[str, int]
    ) -> Callable[[Cells], Any]:
        if isinstance(value, Place):
            return self._place(value, at)
        text = self.plan.text(value, at)
        if field.type is bool:
            return yes(value, text, value.column or field.encode_name)
        parse = self._parser(set(getattr(field.type, "__args__", (field.type,))), value.date_order)
        if parse is None:
            return text
        position = self.plan.plain(value, at)
        typed = _typed(value.column or field.encode_name, parse, self.plan.nulls)
        if position is None:
            return lambda cells: typed(text(cells))
        if parse is self._date:
            typed = lru_cache(maxsize=4096)(typed)
        return lambda cells: typed(cells[position])

    def _parser(self, types: set[Any], order: str | None) -> Callable[[str], Any] | None:
        if Decimal in types:
            return self._number
        day = values.date_parser(order) if order else self._date
        time = values.time_parser(order, self.spelling.timezone) if order else self._time
        if datetime in types and date in types:
            return lambda cell: time(cell) if ":" in cell else day(cell)
        return time if datetime in types else day if date in types else None

    def _event(self, table: Mapping[str, Formula], at: Mapping[str, int]) -> Callable[[Cells], Event | None]:
        steps = dict(self._compile(Event, table, at))
        when, what = steps["at"], steps["what"]

        def event(cells: Cells) -> Event | None:
            moment = when(cells)
            return Event(at=moment, what=what(cells)) if moment else None

        return event

    def _place(self, place: Place, at: Mapping[str, int]) -> Callable[[Cells], Address | None]:
        parts = [(name, self.plan.text(value, at)) for name, value in place.parts().items()]
        streets = [self.plan.text(value, at) for value in place.lines]

        def address(cells: Cells) -> Address | None:
            made: dict[str, Any] = {name: text(cells) for name, text in parts}
            lines = [line.strip() for street in streets for line in street(cells).splitlines()]
            made["lines"] = tuple(filter(None, lines))
            return Address(**made) if any(made.values()) else None

        return address


def _is_later(value: Formula | Place) -> bool:
    return isinstance(value, Formula) and (value.computed or value.of is not None)


def _sent(value: Formula, text: Text) -> Callable[[Cells, Mapping[str, Any]], Decimal | None]:
    """``of`` … ``when``: the whole field, nothing of it, or unknown."""
    unknown = {"", *(word.casefold() for word in value.unclear)}
    whole, field = {word.casefold() for word in value.is_ or ()}, value.of or ""

    def sent(cells: Cells, made: Mapping[str, Any]) -> Decimal | None:
        word = text(cells).casefold()
        if word in unknown:
            return None
        amount: Decimal | None = made[field] if word in whole else Decimal(0)
        return amount

    return sent


def _by_sign(value: Formula, lines: Sequence[Line]) -> str:
    """A word by the sign of what the lines add up to."""
    total = sum(getattr(line, value.sign or "") or 0 for line in lines)
    return value.negative if total < 0 else value.default


def _difference(amounts: list[Decimal] | None) -> Decimal | None:
    return amounts[0] - sum(amounts[1:]) if amounts else None


def _shipment(table: list[Step], cells: Cells) -> Shipment | None:
    """A shipment is told by a date, a tracking number or a status, not by the name of a carrier alone."""
    made = {name: step(cells) for name, step in table}
    told = any(value for name, value in made.items() if name not in ("carrier", "url"))
    return Shipment(**made) if told else None


def _typed(label: str, parse: Callable[[str], Any], nulls: frozenset[str]) -> Callable[[str], Any]:
    def value(cell: str) -> Any:
        text = cell.strip()
        if text in nulls:
            return None
        if text[0] == "'":
            text = unguarded(text)
        try:
            return parse(text)
        except ValueError as e:
            raise Unreadable(label, f"{text!r} {e}", MEND) from None

    return value


def yes(value: Formula, text: Text, label: str) -> Callable[[Cells], bool]:
    """A yes-or-no formula over cells; raises Unreadable for a word that is neither."""
    if value.filled:
        return lambda cells: bool(text(cells))
    if value.is_ is not None or value.is_not is not None:
        words = {word.casefold() for word in (value.is_ or value.is_not or ())}
        wanted = value.is_ is not None
        return lambda cells: (text(cells).casefold() in words) is wanted
    typed = _typed(label, values.truth, frozenset({""}))
    return lambda cells: bool(typed(text(cells)))
