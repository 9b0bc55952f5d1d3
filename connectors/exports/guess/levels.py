"""Which rows are one record: a number that comes again on the rows of its lines, or stands on the first of
them only; which columns are then the record's own, repeated, and which are its lines'."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from connectors.exports.guess.columns import Column


class Levels(Struct, frozen=True):
    """How rows make records by one column. ``several``: records of more than one row. ``varies``: by the
    position of a column, in how many of these it holds different values. ``below``: the record's number is
    blank on the rows below its first."""

    key: Column
    records: int = 0
    several: int = 0
    varies: dict[int, int] = {}
    fills: dict[int, int] = {}
    below: bool = False
    rows: tuple[tuple[int, ...], ...] = ()  # of each record

    def per_record(self, column: Column) -> list[str]:
        """What a column says of each record: the first of its rows that is filled; '' where none is."""
        if not self.rows:
            return list(column.cells)
        return [next(filter(None, (column.cells[at] for at in found)), "") for found in self.rows]

    @property
    def grouped(self) -> bool:
        """Whether several rows are one record anywhere."""
        return self.several > 0

    def of_lines(self, column: Column) -> bool:
        """Whether a column holds something else on each row of a record, so that it is its lines'."""
        return self.varies.get(column.at, 0) > 0.02 * self.several and self.varies.get(column.at, 0) > 0

    def of_heads(self, column: Column) -> bool:
        """Whether a column repeats one value over the rows of a record (or stands on the first only)."""
        enough = self.several >= 3 or self.fills.get(column.at, 0) > 0
        return self.grouped and enough and not self.of_lines(column)


def levels(key: Column, columns: Sequence[Column]) -> Levels:
    """Look at the rows of each record by this key."""
    below = _stands_above(key, columns)
    rows: dict[str, list[int]] = defaultdict(list)
    last = ""
    for at, cell in enumerate(key.cells):
        last = cell or (last if below else "")
        if last:
            rows[last].append(at)
    several = [found for found in rows.values() if len(found) > 1]
    varies, fills = {}, {}
    for column in columns:
        met = [{column.cells[at] for at in found} - {""} for found in several]
        varies[column.at] = sum(len(values) > 1 for values in met)
        fills[column.at] = sum(len(values) == 1 for values in met)
    each = tuple(map(tuple, rows.values()))
    return Levels(key, len(rows), len(several), varies, fills, below, each)


def _stands_above(key: Column, columns: Sequence[Column]) -> bool:
    """Whether rows without the key continue the row above: most other cells of the record are blank there
    too, and something of a line is filled."""
    if not key.cells or not key.cells[0] or key.filled == len(key.cells):
        return False
    blank = [at for at, cell in enumerate(key.cells) if not cell]
    lines = [c for c in columns if c.meaning.name in LINE and sum(bool(c.cells[at]) for at in blank)]
    others = [c for c in columns if c.at != key.at and c not in lines and c.filled]
    empty = sum(all(not c.cells[at] for at in blank) for c in others)
    return bool(lines) and empty * 2 >= len(others)


LINE = frozenset(
    {"line_number", "sku", "product_name", "quantity", "unit_price", "line_total", "line_total_net",
     "line_tax", "line_discount"}
)  # fmt: skip


def has_lines(columns: Sequence[Column]) -> bool:
    """Whether the columns are those of lines: at least two of what every line has."""
    found = {c.meaning.name for c in columns if not c.blank and not c.meaning.ordinal}
    return len(found & LINE) >= 2


def keys(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Columns that may name a record, best first: those of these meanings, filled on the first row at least,
    short, and not an amount."""
    found = []
    for name in names:
        found += [c for c in columns if c.meaning.name == name and looks_like_id(c)]
    return sorted(found, key=lambda c: c.meaning.sure < 0.75)  # stable


def looks_like_id(column: Column) -> bool:
    """Short words or whole numbers: no amounts, times, sentences, nor dates (20260131 is a number)."""
    if column.blank or column.mostly("sentence", 0.5) or column.mostly("time", 0.5):
        return False
    if column.mostly("date", 0.5):
        return column.mostly("whole")
    return not (column.mostly("money", 0.5) and any("," in cell or "." in cell for cell in column.counts))
