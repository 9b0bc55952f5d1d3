"""A profile, compiled: which cells a record is made of, and the functions that make it. Pure; compiled
once, run per row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from connectors.base import Unreadable
from connectors.exports import values
from connectors.exports.amounts import known, settle
from connectors.exports.formula import Find, Formula, Place
from connectors.exports.profile import Profile
from connectors.exports.values import NULLS, Spelling, clean
from connectors.records import Account, Address, Event, Invoice, Line, Record, Shipment

Cells = tuple[str, ...]
Text = Callable[[Sequence[str]], str]
Step = tuple[str, Callable[[Cells], Any]]


class Raw(Struct, frozen=True):
    """What a row of this connector holds: the cells its record is made of, in the plan's order, and how
    they are spelt. ``profile`` is the digest of the profile it is read by."""

    profile: str
    id: str
    head: Cells
    lines: tuple[Cells, ...]
    spelling: Spelling


class Plan:
    """Which columns a profile reads, in one fixed order that no file's layout changes."""

    def __init__(self, profile: Profile, extra: Iterable[str] = ()) -> None:
        self.profile = profile
        self.nulls = NULLS if profile.nulls is None else frozenset({"", *profile.nulls})
        head, lines = list(profile.head_values()), list(profile.lines.values())
        self.head = _columns(head, (*profile.only, *extra))
        self.line = _columns(lines)
        self.head_finds = [v for value in head for v in value.finds()]
        self.line_finds = [v for value in lines for v in value.finds()]

    def text(self, value: Formula, at: Mapping[str, int], whole: bool = False) -> Text:
        """A function from cells to the value's text; ``whole``: a join with a blank part is blank (ids)."""
        if value.constant is not None:
            constant = value.constant
            return lambda _: constant
        if value.join:
            return _joined([self.text(part, at, whole) for part in value.join], value.by, whole)
        if value.first:
            return _first([self.text(part, at, whole) for part in value.first])
        return self._finished(value, self._cell(value, at))

    def _cell(self, value: Formula, at: Mapping[str, int]) -> Text:
        column = value.column or value.when or ""
        position = at.get(found_name(value) if value.find and found_name(value) in at else column)
        if position is None:
            return lambda _: ""
        nulls = self.nulls
        return lambda cells: clean(cells[position], nulls)

    def _finished(self, value: Formula, text: Text) -> Text:
        if value.as_ == "salesforce-id":
            return lambda cells: values.salesforce_id(text(cells))
        if value.values:
            words = {word.casefold(): said for word, said in value.values.items()}
            return lambda cells: words.get((cell := text(cells) or value.default).casefold(), cell)
        if value.default:
            return lambda cells: text(cells) or value.default
        return text


def found_name(value: Formula) -> str:
    """The name under which a looked-up cell stands beside the file's own columns."""
    find = value.find or Find(record="", by="", take="")
    return f"{value.column} → {find.file or find.record}: {find.take} by {find.by}"


def _columns(made: Iterable[Formula], extra: Iterable[str] = ()) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(cell for value in made for cell in value.cells()), *extra)))


def _joined(parts: list[Text], by: str, whole: bool) -> Text:
    def join(cells: Sequence[str]) -> str:
        made = [part(cells) for part in parts]
        return "" if whole and not all(made) else by.join(filter(None, made))

    return join


def _first(parts: list[Text]) -> Text:
    def first(cells: Sequence[str]) -> str:
        return next((made for part in parts if (made := part(cells))), "")

    return first


class Mapper:
    """Cells → one record class, for one plan and one spelling."""

    def __init__(self, plan: Plan, spelling: Spelling) -> None:
        self.plan, self.spelling, self.cls = plan, spelling, plan.profile.cls
        profile = plan.profile
        self._number = values.number_parser(spelling.decimal)
        self._date = values.date_parser(spelling.date_order)
        self._time = values.time_parser(spelling.date_order, spelling.timezone)
        at = {name: n for n, name in enumerate((*plan.head, *map(found_name, plan.head_finds)))}
        line_at = {name: n for n, name in enumerate((*plan.line, *map(found_name, plan.line_finds)))}
        owned = {"belongs_to": profile.belongs_to, "updated": profile.updated}
        given = {**{k: v for k, v in owned.items() if v is not None}, **profile.fields}
        self._steps = self._compile(self.cls, {k: v for k, v in given.items() if not _computed(v)}, at)
        self._later = [(k, v) for k, v in given.items() if isinstance(v, Formula) and v.computed]
        self._line_steps = self._compile(
            Line, {k: v for k, v in profile.lines.items() if not _later(v)}, line_at
        )
        self._line_later = [(k, v, plan.text(v, line_at)) for k, v in profile.lines.items() if _later(v)]
        self._shipments = [self._compile(Shipment, table, at) for table in profile.shipments]
        self._events = [self._compile(Event, table, at) for table in profile.events]
        self._needed = [
            f.encode_name for f in fields(self.cls) if f.required and f.encode_name != "source_id"
        ]

    def record(self, raw: Raw) -> Record:
        """The record of one row; raises Unreadable with the column and the reason."""
        made: dict[str, Any] = {name: step(raw.head) for name, step in self._steps}
        if self.plan.profile.lines:
            made["lines"] = tuple([self._line(cells) for cells in raw.lines if any(cells)])
        for name, value in self._later:
            made[name] = self._computed(value, made)
        if self._shipments:
            made["shipments"] = self._filled(Shipment, self._shipments, raw.head)
        if self._events:
            made["events"] = tuple(e for e in self._filled(Event, self._events, raw.head, "at") if e.at)
        return self._finished(raw.id, made)

    def _finished(self, source_id: str, made: dict[str, Any]) -> Record:
        if "currency" in self.cls.__struct_fields__:
            made["currency"] = (made.get("currency") or self.spelling.currency).upper()
        if self.cls is Invoice:
            settle(made)
        if self.cls is Account:
            made["belongs_to"] = source_id
        elif "belongs_to" in made:
            made["belongs_to"] = made["belongs_to"] or None
        for name in self._needed:
            if made.get(name) in (None, ""):
                raise Unreadable(
                    self._label(name),
                    "is blank",
                    f"fill it in the source; every {self.plan.profile.record} needs it",
                )
        return self.cls(source_id=source_id, **made)

    def _label(self, name: str) -> str:
        value = self.plan.profile.fields.get(name)
        return value.column if isinstance(value, Formula) and value.column else name

    def _line(self, cells: Cells) -> Line:
        made: dict[str, Any] = {name: step(cells) for name, step in self._line_steps}
        for name, value, text in self._line_later:
            made[name] = self._sent(value, made, text(cells)) if value.of else self._computed(value, made)
        return Line(**made)

    def _sent(self, value: Formula, made: dict[str, Any], word: str) -> Decimal | None:
        """``of`` … ``when``: the whole field, nothing of it, or unknown."""
        if not word or word.casefold() in {w.casefold() for w in value.unclear}:
            return None
        whole = word.casefold() in {w.casefold() for w in value.is_ or ()}
        return made[value.of or ""] if whole else Decimal(0)

    def _computed(self, value: Formula, made: dict[str, Any]) -> Decimal | None:
        if value.product:
            factors = known(made, value.product)
            return factors[0] * factors[1] if factors else None
        if value.base:
            amounts = known(made, (value.base, *value.minus))
            return amounts[0] - sum(amounts[1:]) if amounts else None
        return self._summed(value, made.get("lines", ()))

    def _summed(self, value: Formula, lines: Sequence[Line]) -> Decimal | None:
        amounts = [getattr(line, value.sum or "") for line in lines]
        if value.tax and self.spelling.tax == "excluded":
            amounts += [getattr(line, value.tax) or Decimal(0) for line in lines]
        return None if None in amounts or not amounts else sum(amounts, Decimal(0))

    def _filled(self, cls: type, tables: list[list[Step]], cells: Cells, key: str = "") -> tuple[Any, ...]:
        """One struct per table in which anything is filled (``key``: in which this is)."""
        made = [{name: step(cells) for name, step in table} for table in tables]
        return tuple(cls(**one) for one in made if (one[key] if key else _told_dates(one)))

    def _compile(self, cls: type, given: Mapping[str, Formula | Place], at: Mapping[str, int]) -> list[Step]:
        kinds = {f.encode_name: f for f in fields(cls)}
        return [(name, self._step(kinds[name], name, value, at)) for name, value in given.items()]

    def _step(
        self, field: FieldInfo, name: str, value: Formula | Place, at: Mapping[str, int]
    ) -> Callable[[Cells], Any]:
        if isinstance(value, Place):
            return self._place(value, at)
        kind = field.type
        text = self.plan.text(value, at)
        if kind is bool:
            return _yes(value, text, name)
        types = set(getattr(kind, "__args__", (kind,)))
        parse = self._parser(types)
        return text if parse is None else _typed(value.column or name, text, parse)

    def _parser(self, types: set[Any]) -> Callable[[str], Any] | None:
        if Decimal in types:
            return self._number
        if datetime in types and date in types:
            return lambda cell: self._time(cell) if ":" in cell else self._date(cell)
        return self._time if datetime in types else self._date if date in types else None

    def _place(self, place: Place, at: Mapping[str, int]) -> Callable[[Cells], Address | None]:
        parts = [(name, self.plan.text(value, at)) for name, value in place.parts().items()]
        streets = [self.plan.text(value, at) for value in place.lines]

        def address(cells: Cells) -> Address | None:
            made: dict[str, Any] = {name: text(cells) for name, text in parts}
            lines = [line.strip() for street in streets for line in street(cells).splitlines()]
            made["lines"] = tuple(filter(None, lines))
            return Address(**made) if any(made.values()) else None

        return address


def _computed(value: Formula | Place) -> bool:
    return isinstance(value, Formula) and value.computed


def _later(value: Formula) -> bool:
    return value.computed or value.of is not None


def _told_dates(made: dict[str, Any]) -> bool:
    """A shipment is told by a date, a tracking number or a status, not by the name of a carrier alone."""
    return any(value for name, value in made.items() if name not in ("carrier", "url"))


def _typed(label: str, text: Text, parse: Callable[[str], Any]) -> Callable[[Cells], Any]:
    def value(cells: Cells) -> Any:
        cell = text(cells)
        if not cell:
            return None
        try:
            return parse(cell)
        except ValueError as e:
            raise Unreadable(label, f"{cell!r} {e}", "correct it in the source and export again") from None

    return value


def _yes(value: Formula, text: Text, name: str) -> Callable[[Cells], bool]:
    if value.filled:
        return lambda cells: bool(text(cells))
    if value.is_ is not None or value.is_not is not None:
        words = {word.casefold() for word in (value.is_ or value.is_not or ())}
        wanted = value.is_ is not None
        return lambda cells: (text(cells).casefold() in words) is wanted
    return _typed_truth(value.column or name, text)


def _typed_truth(label: str, text: Text) -> Callable[[Cells], bool]:
    typed = _typed(label, text, values.truth)
    return lambda cells: bool(typed(cells))
