"""Cells → the values of some fields: of one row, or of a page of rows column by column.

The row's way says what a value is. The column's way is its short cut: where every cell of a column is as
usual, one look tells so and one call converts them all; cells that come often are read once. It leaves a row
in which anything is odd to the row's way.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import repeat
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from connectors.base import Unreadable
from connectors.records import Line

Cells = tuple[str, ...]
Values = dict[str, Any]
TIMES = re.compile(r"(?:(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?+\n)*+")


# The fields of a line in the order of its declaration, with what stands where nothing is told.
LINE: dict[str, Any] = {f.encode_name: None if f.default is NODEFAULT else f.default for f in fields(Line)}


class Step(Struct, frozen=True):
    """How one field is made. Where it is made of one cell alone, ``at`` is its position and ``one`` makes it
    of (cell,); ``usual`` makes a whole column, or None where not every cell of it is as usual."""

    name: str
    of: Callable[[Cells], Any]
    at: int | None = None
    one: Callable[[Cells], Any] | None = None
    usual: Callable[[Sequence[str]], list[Any] | None] | None = None


class Steps:
    """The steps of one record, line or shipment."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._steps = list(steps)

    def __bool__(self) -> bool:
        return bool(self._steps)

    def row(self, cells: Cells) -> Values:
        """The values of one row; raises Unreadable."""
        return {step.name: step.of(cells) for step in self._steps}

    def lines(self, rows: Sequence[Cells]) -> tuple[list[Line], set[int]]:
        """The same, where the fields are those of lines."""
        if not rows:
            return [], set()
        columns, odd = list(zip(*rows, strict=True)), set[int]()
        made = {step.name: _column(step, rows, columns, odd) for step in self._steps}
        told = [made.get(name, repeat(blank)) for name, blank in LINE.items()]
        return [
            Line(
                name=name, sku=sku, quantity=quantity, unit_price=price, discount=discount, tax=tax,
                total=total, shipped=shipped,
            )
            for name, sku, quantity, price, discount, tax, total, shipped in zip(*told, strict=False)
        ], odd  # fmt: skip

    def page(self, rows: Sequence[Cells]) -> tuple[dict[str, list[Any]], set[int]]:
        """The values of many rows, column by column, and which rows are left to the row's way."""
        if not rows:
            return {step.name: [] for step in self._steps}, set()
        columns, odd = list(zip(*rows, strict=True)), set[int]()
        return {step.name: _column(step, rows, columns, odd) for step in self._steps}, odd


def _column(step: Step, rows: Sequence[Cells], columns: Sequence[Sequence[str]], odd: set[int]) -> list[Any]:
    if step.at is None or step.one is None:
        return _row_by_row(step.of, rows, odd)
    cells = columns[step.at]
    if step.usual and (made := step.usual(cells)) is not None:
        return made
    known: dict[str, Any] = {}
    wrong: set[str] = set()
    for cell in set(cells):
        try:
            known[cell] = step.one((cell,))
        except Unreadable:
            wrong.add(cell)
    if wrong:
        odd.update(n for n, cell in enumerate(cells) if cell in wrong)
    return [known.get(cell) for cell in cells]


def _row_by_row(of: Callable[[Cells], Any], rows: Sequence[Cells], odd: set[int]) -> list[Any]:
    made = []
    for n, cells in enumerate(rows):
        try:
            made.append(of(cells))
        except Unreadable:
            odd.add(n)
            made.append(None)
    return made


def texts(cells: Sequence[str], nulls: frozenset[str]) -> list[str] | None:
    """Trimmed, null spellings as ''; None where a cell may have a spreadsheet's apostrophe."""
    stripped = list(map(str.strip, cells))
    if "\n'" in "\n" + "\n".join(stripped):
        return None
    return stripped if nulls.isdisjoint(stripped) else ["" if cell in nulls else cell for cell in stripped]


def numbers(cells: Sequence[str], nulls: frozenset[str], decimal: str) -> list[Decimal | None] | None:
    """Amounts without sign, symbol or thousands, or blank; None where one is written otherwise."""
    text = "\n".join([*cells, ""])
    if not _plain(decimal).fullmatch(text) or not _known(text, cells, nulls):
        return None
    if decimal == ",":
        cells = text.replace(",", ".").split("\n")[:-1]
    return [Decimal(cell) if cell else None for cell in cells]


def times(cells: Sequence[str], nulls: frozenset[str]) -> list[datetime | None] | None:
    """2026-01-02T08:00:00Z or blank; None where a time is written otherwise, or is none."""
    text = "\n".join([*cells, ""])
    if not TIMES.fullmatch(text) or not _known(text, cells, nulls):
        return None
    try:
        return [datetime.fromisoformat(cell) if cell else None for cell in cells]
    except ValueError:
        return None


@cache
def _plain(decimal: str) -> re.Pattern[str]:
    point = re.escape(decimal)
    return re.compile(rf"(?:[0-9]*+(?:{point}[0-9]++)?+\n)*+")


def _known(text: str, cells: Sequence[str], nulls: frozenset[str]) -> bool:
    """Whether no cell has a line end in it, and none is a null that looks like a value ("0")."""
    return text.count("\n") == len(cells) and (_shapeless(nulls) or nulls.isdisjoint(filter(None, cells)))


@cache
def _shapeless(nulls: frozenset[str]) -> bool:
    """Whether no null spelling has a digit."""
    return not any(letter.isdigit() for null in nulls for letter in null)
