"""A profile's formulas, compiled for one spelling: functions that make the values of a record's fields."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from msgspec.structs import FieldInfo, fields

from connectors.base import Unreadable
from connectors.exports import steps, values
from connectors.exports.amounts import known
from connectors.exports.computed import by_sign, difference, sent, summed
from connectors.exports.formula import Formula, Place
from connectors.exports.plan import Plan, Text
from connectors.exports.steps import Cells, Step, Steps
from connectors.exports.values import Spelling, unguarded
from connectors.records import Address, Event

Later = tuple[str, Callable[[Cells, Mapping[str, Any]], Any]]
MEND = "correct it in the source and export again"


class Compiler:
    """Compiles the formulas of one plan."""

    def __init__(self, plan: Plan, spelling: Spelling) -> None:
        self.plan, self.spelling = plan, spelling
        self._number = values.number_parser(spelling.decimal)
        self._date = values.date_parser(spelling.date_order)
        self._time = values.time_parser(spelling.date_order, spelling.timezone)

    def computed(self, given: Mapping[str, Formula | Place], at: Mapping[str, int]) -> list[Later]:
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

    def steps(self, cls: type, given: Mapping[str, Formula | Place], at: Mapping[str, int]) -> Steps:
        """The steps that make these fields of a class; those made of other fields are ``computed``."""
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

    def event(self, table: Mapping[str, Formula], at: Mapping[str, int]) -> Callable[[Cells], Event | None]:
        """What the source itself says happened, where it says when."""
        made = self.steps(Event, table, at)

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
