"""Cells → records: a profile, compiled for one spelling. Pure; compiled once, run per row or per page."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from connectors.base import Unreadable
from connectors.exports import steps, values
from connectors.exports.amounts import known, settle
from connectors.exports.computed import by_sign, difference, sent, summed
from connectors.exports.formula import Formula, Place
from connectors.exports.plan import Plan, Text
from connectors.exports.steps import Step, Steps
from connectors.exports.values import Spelling, unguarded
from connectors.records import Account, Address, Event, Invoice, Line, Record, Shipment

Cells = tuple[str, ...]
Later = tuple[str, Callable[[Cells, Mapping[str, Any]], Any]]
MEND = "correct it in the source and export again"
BLANK = Line(name="")


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
        made = self._steps.row(raw.head)
        told = [cells for cells in raw.lines if any(cells)] if self._line_steps else []
        lines = [self._line(cells, self._line_steps.row(cells)) for cells in told]
        shipments = [_shipment(table.row(raw.head)) for table in self._shipments]
        return self._finished(raw, made, lines, shipments)

    def page(self, raws: Sequence[Raw]) -> list[Record | Unreadable]:
        """The records of many rows, or why a row is none: what ``record`` says of each, sooner."""
        heads = [raw.head for raw in raws]
        made, odd = self._steps.page(heads)
        lines = self._lines(raws, odd)
        tables = [self._whole(table, heads, odd) for table in self._shipments]
        shipments = [[_shipment(made) for made in told] for told in zip(*tables, strict=True)]
        found: list[Record | Unreadable] = []
        for n, (raw, own) in enumerate(zip(raws, made, strict=True)):
            try:
                if n in odd:
                    found.append(self.record(raw))
                else:
                    found.append(self._finished(raw, own, lines[n], shipments[n] if shipments else ()))
            except Unreadable as error:
                found.append(error)
        return found

    def _whole(self, table: Steps, heads: Sequence[Cells], odd: set[int]) -> list[dict[str, Any]]:
        made, wrong = table.page(heads)
        odd |= wrong
        return made

    def _lines(self, raws: Sequence[Raw], odd: set[int]) -> list[list[Line]]:
        """The lines of each row, blank ones left out; none of a row with a line that is odd."""
        if not self._line_steps:
            return [[] for _ in raws]
        told = [[cells for cells in raw.lines if any(cells)] for raw in raws]
        cells = [line for lines in told for line in lines]
        if not self._line_later:
            made, wrong = self._line_steps.lines(cells)
        else:
            values_, wrong = self._line_steps.page(cells)
            made = [
                self._tried(n, line, own, wrong)
                for n, (line, own) in enumerate(zip(cells, values_, strict=True))
            ]
        if wrong:
            owners = [n for n, lines in enumerate(told) for _ in lines]
            odd.update(owners[n] for n in wrong)
        coming = iter(made)
        return [list(islice(coming, len(lines))) for lines in told]

    def _tried(self, n: int, cells: Cells, made: dict[str, Any], wrong: set[int]) -> Line:
        """A line whose other values are made; one that cannot be is left to the row's way."""
        if n not in wrong:
            try:
                return self._line(cells, made)
            except Unreadable:
                wrong.add(n)
        return BLANK

    def _line(self, cells: Cells, made: dict[str, Any]) -> Line:
        for name, compute in self._line_later:
            made[name] = compute(cells, made)
        return Line(**made)

    def _finished(
        self, raw: Raw, made: dict[str, Any], lines: Sequence[Line], shipments: Sequence[Shipment | None]
    ) -> Record:
        if self._line_steps:
            made["lines"] = tuple(lines)
        for name, compute in self._later:
            made[name] = compute(raw.head, made)
        if self._shipments:
            made["shipments"] = tuple(filter(None, shipments))
        if self._events:
            made["events"] = tuple(filter(None, [event(raw.head) for event in self._events]))
        if self._has_currency:
            made["currency"] = (made.get("currency") or self.spelling.currency).upper()
        if self.cls is Invoice:
            settle(made)
        made["belongs_to"] = raw.id if self.cls is Account else made.get("belongs_to") or None
        for name, label in self._needed:
            if made.get(name) in (None, ""):
                cure = f"fill it in the source; every {self.plan.profile.record} needs it"
                raise Unreadable(label, "is blank", cure)
        return self.cls(source_id=raw.id, **made)

    def _label(self, name: str) -> str:
        value = self.plan.profile.fields.get(name)
        return value.column if isinstance(value, Formula) and value.column else name

    def _computed(self, given: Mapping[str, Formula | Place], at: Mapping[str, int]) -> list[Later]:
        """The values made from other fields, to be made after them."""
        later = [(name, v) for name, v in given.items() if isinstance(v, Formula) and _is_later(v)]
        return [(name, self._later_value(value, at)) for name, value in later]

    def _later_value(
        self, value: Formula, at: Mapping[str, int]
    ) -> Callable[[Cells, Mapping[str, Any]], Any]:
        if value.of is not None:
            return sent(value, self.plan.text(value, at))
        if value.product:
            off = self.plan.text(Formula(column=value.off), at) if value.off else None
            return self._product(value.product, off, value.off or "")
        if value.sign:
            return lambda _, made: by_sign(value, made.get("lines", ()))
        if value.base:
            return lambda _, made: difference(known(made, (value.base or "", *value.minus)))
        return lambda _, made: summed(value, made.get("lines", ()), taxed=self.spelling.tax == "excluded")

    def _product(
        self, factors: tuple[str, str], off: Text | None, column: str
    ) -> Callable[[Cells, Mapping[str, Any]], Decimal | None]:
        percent = _typed(column, self._number, self.plan.nulls)

        def product(cells: Cells, made: Mapping[str, Any]) -> Decimal | None:
            amounts = known(made, factors)
            less = percent(off(cells).removesuffix("%")) if off and amounts else None
            return amounts[0] * amounts[1] * (100 - (less or 0)) / 100 if amounts else None

        return product

    def _compile(self, cls: type, given: Mapping[str, Formula | Place], at: Mapping[str, int]) -> Steps:
        kinds = {f.encode_name: f for f in fields(cls)}
        return Steps(
            self._step(kinds[name], value, at) for name, value in given.items() if not _is_later(value)
        )

    def _step(self, field: FieldInfo, value: Formula | Place, at: Mapping[str, int]) -> Step:
        name, of = field.encode_name, self._made(field, value, at)
        if (
            isinstance(value, Place)
            or value.find
            or value.column is None
            or list(value.cells()) != [value.column]
        ):
            return Step(name, of)
        usual = self._usual(field, value) if self.plan.plain(value, at) is not None else None
        return Step(name, of, at.get(value.column), self._made(field, value, {value.column: 0}), usual)

    def _made(
        self, field: FieldInfo, value: Formula | Place, at: Mapping[str, int]
    ) -> Callable[[Cells], Any]:
        if isinstance(value, Place):
            return self._place(value, at)
        text = self.plan.text(value, at)
        if field.type is bool:
            return yes(value, text, value.column or field.encode_name)
        parse = self._parser(_types(field), value.date_order)
        if parse is None:
            return text
        position = self.plan.plain(value, at)
        typed = _typed(value.column or field.encode_name, parse, self.plan.nulls)
        if position is None:
            return lambda cells: typed(text(cells))
        if parse is self._date:
            typed = lru_cache(maxsize=4096)(typed)
        return lambda cells: typed(cells[position])

    def _usual(self, field: FieldInfo, value: Formula) -> Callable[[Sequence[str]], list[Any] | None] | None:
        """How a whole column of this field is made where its cells are as usual."""
        types, nulls = _types(field), self.plan.nulls
        if types == {str}:
            return partial(steps.texts, nulls=nulls)
        if Decimal in types:
            return partial(steps.numbers, nulls=nulls, decimal=self.spelling.decimal)
        if datetime in types and date not in types and not value.date_order:
            return partial(steps.times, nulls=nulls)
        return None

    def _parser(self, types: set[Any], order: str | None) -> Callable[[str], Any] | None:
        if Decimal in types:
            return self._number
        day = values.date_parser(order) if order else self._date
        time = values.time_parser(order, self.spelling.timezone) if order else self._time
        if datetime in types and date in types:
            return lambda cell: time(cell) if ":" in cell else day(cell)
        return time if datetime in types else day if date in types else None

    def _event(self, table: Mapping[str, Formula], at: Mapping[str, int]) -> Callable[[Cells], Event | None]:
        made = self._compile(Event, table, at)

        def event(cells: Cells) -> Event | None:
            found = made.row(cells)
            return Event(**found) if found["at"] else None

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


def _types(field: FieldInfo) -> set[Any]:
    return set(getattr(field.type, "__args__", (field.type,)))


def _shipment(made: Mapping[str, Any]) -> Shipment | None:
    """A shipment is told by a date, a tracking number or a status, not by the name of a carrier alone."""
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
    if value.filled is not None:
        return lambda cells: bool(text(cells)) is value.filled
    if value.is_ is not None or value.is_not is not None:
        words = {word.casefold() for word in (value.is_ or value.is_not or ())}
        wanted = value.is_ is not None
        return lambda cells: (text(cells).casefold() in words) is wanted
    typed = _typed(label, values.truth, frozenset({""}))
    return lambda cells: bool(typed(text(cells)))
