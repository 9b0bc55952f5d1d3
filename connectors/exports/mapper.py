"""Cells → records: a profile, compiled for one spelling. Pure; compiled once, run per row or per page."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from connectors.base import Unreadable
from connectors.exports.amounts import SETTLED, settle
from connectors.exports.compiler import Compiler
from connectors.exports.formula import Formula
from connectors.exports.plan import Plan
from connectors.exports.steps import Cells
from connectors.exports.values import Spelling
from connectors.mapped import Mapped
from connectors.records import Account, Invoice, Line, Record, Shipment

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
        profile, compiler = plan.profile, Compiler(plan, spelling)
        owned = {"belongs_to": profile.belongs_to, "updated": profile.updated}
        given = {**{k: v for k, v in owned.items() if v is not None}, **profile.fields}
        self._steps = compiler.steps(self.cls, given, plan.head_at)
        self._later = compiler.computed(profile.fields, plan.head_at)
        self._line_steps = compiler.steps(Line, profile.lines, plan.line_at)
        self._line_later = compiler.computed(profile.lines, plan.line_at)
        self._shipments = [compiler.steps(Shipment, table, plan.head_at) for table in profile.shipments]
        self._events = [compiler.event(table, plan.head_at) for table in profile.events]
        needed = [f.encode_name for f in fields(self.cls) if f.required]
        self._needed = [(name, self._label(name)) for name in needed if name != "source_id"]
        self._blank = {f.encode_name: None if f.default is NODEFAULT else f.default for f in fields(self.cls)}
        moved = [*(name for name, _ in self._later), *["events"][: len(self._events)]]
        self._following = [*moved, *SETTLED] if self.cls is Invoice else moved
        self._has_currency = "currency" in self.cls.__struct_fields__

    def record(self, raw: Raw) -> Record:
        """The record of one row; raises Unreadable with the column and the reason."""
        made = self._steps.row(raw.head)
        if self._line_steps:
            told = [cells for cells in raw.lines if any(cells)]
            made["lines"] = tuple([self._line(cells, self._line_steps.row(cells)) for cells in told])
        if self._shipments:
            parcels = [_shipment(table.row(raw.head)) for table in self._shipments]
            made["shipments"] = tuple(filter(None, parcels))
        self._follow(raw.head, made)
        made["belongs_to"] = raw.id if self.cls is Account else made.get("belongs_to") or None
        if self._has_currency:
            made["currency"] = (made.get("currency") or self.spelling.currency).upper()
        for name, label in self._needed:
            if made.get(name) in (None, ""):
                cure = f"fill it in the source; every {self.plan.profile.record} needs it"
                raise Unreadable(label, "is blank", cure)
        return self.cls(source_id=raw.id, **made)

    def page(self, raws: Sequence[Raw]) -> Mapped:
        """The records of many rows, or why a row is none: what ``record`` says of each, sooner."""
        heads = [raw.head for raw in raws]
        made, odd = self._steps.page(heads)
        if self._line_steps:
            made["lines"] = self._lines(raws, odd)
        if self._shipments:
            tables = [_parcels(table.page(heads), odd) for table in self._shipments]
            made["shipments"] = [tuple(filter(None, parcels)) for parcels in zip(*tables, strict=True)]
        if self._following:
            self._follow_all(heads, made, odd)
        made["source_id"] = ids = [raw.id for raw in raws]
        owners = made.get("belongs_to", ())
        made["belongs_to"] = list(ids) if self.cls is Account else [owner or None for owner in owners]
        if self._has_currency:
            told = made.get("currency") or [""] * len(ids)
            made["currency"] = [(currency or self.spelling.currency).upper() for currency in told]
        for name, _ in self._needed:
            odd.update(n for n, value in enumerate(made.get(name, [None] * len(ids))) if value in (None, ""))
        return self._mended(raws, made, odd)

    def _mended(self, raws: Sequence[Raw], made: dict[str, list[Any]], odd: set[int]) -> Mapped:
        """The columns of all fields, with what the row's way says of rows that are odd."""
        columns = {name: made.get(name) or [blank] * len(raws) for name, blank in self._blank.items()}
        wrong = dict[int, Unreadable]()
        for n in sorted(odd):
            try:
                record = self.record(raws[n])
                for name, column in columns.items():
                    column[n] = getattr(record, name)
            except Unreadable as error:
                wrong[n] = error
        if wrong:
            columns = {
                name: [one for n, one in enumerate(column) if n not in wrong]
                for name, column in columns.items()
            }
        return Mapped(columns, wrong)

    def _follow(self, head: Cells, made: dict[str, Any]) -> None:
        """Add what follows from other values of the row."""
        for name, compute in self._later:
            made[name] = compute(head, made)
        if self._events:
            made["events"] = tuple(filter(None, [event(head) for event in self._events]))
        if self.cls is Invoice:
            settle(made)

    def _follow_all(self, heads: Sequence[Cells], made: dict[str, list[Any]], odd: set[int]) -> None:
        rows = [dict(zip(made, values, strict=True)) for values in zip(*made.values(), strict=True)]
        for n, (head, own) in enumerate(zip(heads, rows, strict=True)):
            if n not in odd:
                try:
                    self._follow(head, own)
                except Unreadable:
                    odd.add(n)
        for name in self._following:
            made[name] = [own.get(name, self._blank[name]) for own in rows]

    def _lines(self, raws: Sequence[Raw], odd: set[int]) -> list[tuple[Line, ...]]:
        """The lines of each row, blank ones left out; none of a row with a line that is odd."""
        told = [[cells for cells in raw.lines if any(cells)] for raw in raws]
        cells = [line for lines in told for line in lines]
        if not self._line_later:
            made, wrong = self._line_steps.lines(cells)
        else:
            columns, wrong = self._line_steps.page(cells)
            rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
            made = [self._tried(n, *own, wrong) for n, own in enumerate(zip(cells, rows, strict=True))]
        if wrong:
            owners = [n for n, lines in enumerate(told) for _ in lines]
            odd.update(owners[n] for n in wrong)
        coming = iter(made)
        return [tuple(islice(coming, len(lines))) for lines in told]

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

    def _label(self, name: str) -> str:
        value = self.plan.profile.fields.get(name)
        return value.column if isinstance(value, Formula) and value.column else name


def _shipment(made: Mapping[str, Any]) -> Shipment | None:
    """A shipment is told by a date, a tracking number or a status, not by the name of a carrier alone."""
    told = any(value for name, value in made.items() if name not in ("carrier", "url"))
    return Shipment(**made) if told else None


def _parcels(told: tuple[dict[str, list[Any]], set[int]], odd: set[int]) -> list[Shipment | None]:
    made, wrong = told
    odd |= wrong
    rows = zip(*made.values(), strict=True)
    return [_shipment(dict(zip(made, values, strict=True))) if any(values) else None for values in rows]
