"""The first pass over a file's records: where the table ends, which keys come back, how dates and numbers
are spelt."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import compress, islice, pairwise
from operator import eq, lt, ne
from re import ASCII, Pattern, compile
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from connectors.base import Garbled, Refused
from connectors.exports import values
from connectors.exports.formula import Formula, Place
from connectors.exports.layout import Block, DataRow, Layout, id_rule
from connectors.records import Event, Line, Shipment

CROWDED = "{file}: more than {most:,} rows have one {id}: is that the id? correct it in the mapping"
REMEMBERED = 20_000  # cells of a column that need no second look
LOOK = 1_000  # rows looked at together
MOST = 100_000  # rows of one record; beyond, its id is none


class Column(Struct, frozen=True):
    """A column whose spelling must be known. ``kind``: number, date, time, or moment (either of these)."""

    at: int
    name: str
    kind: str
    met: set[str]  # cells that need no second look


class Evidence:
    """What the cells of a set of files say about date order, decimal sign and time zone: the first example
    of each."""

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}  # dmy, mdy, ? → an example with its place
        self.signs: dict[str, str] = {}  # . , ? → an example
        self.naive = ""  # an example of a time without an offset

    def look(
        self, columns: Iterable[Column], rows: Sequence[list[str]], lines: Sequence[int], file: str
    ) -> None:
        """Look at some rows. Columns in which every cell is as usual say nothing new."""
        for column in columns:
            at, met = column.at, column.met
            cells = [row[at] for row in rows]
            if usual(column.kind, "".join(self.signs), bool(self.naive)).fullmatch("\n".join([*cells, ""])):
                continue
            for cell, line in zip(cells, lines, strict=True):
                if cell and cell not in met:
                    if len(met) < REMEMBERED:
                        met.add(cell)
                    self._see(column, values.clean(cell), line, file)

    def _see(self, column: Column, cell: str, line: int, file: str) -> None:
        kind, place = column.kind, (file, column.name, line)
        if kind == "number":
            if (sign := values.decimal_sign(cell)) and sign not in self.signs:
                self.signs[sign] = _example(cell, *place)
            return
        if (order := values.date_order(cell)) and order not in self.orders:
            self.orders[order] = _example(cell, *place)
        timed = kind == "time" or (kind == "moment" and ":" in cell)
        if timed and not self.naive and not values.has_zone(cell):
            self.naive = _example(cell, *place)


def _example(cell: str, file: str, name: str, line: int) -> str:
    return f"{cell!r} ({file}, {name}, line {line})"


@cache
def usual(kind: str, signs: str, naive: bool) -> Pattern[str]:
    """Lines, each a cell that says nothing beyond what is known already: blank, a whole number or one with
    cents behind a sign met before, an ISO date, an ISO time with its offset."""
    day, time = r"\d{4}-\d\d-\d\d", r"[T ]\d\d:\d\d:\d\d(?:\.\d++)?+"
    zone = r"(?:Z| ?[+-]\d\d:?\d\d)" + "?+" * naive
    cents = "|".join(rf"\{sign}\d\d?+" for sign in signs if sign != "?")
    one = {
        "number": rf"-?\d*+(?:{cents})?+",
        "date": rf"(?:{day})?+",
        "time": rf"(?:{day}{time}{zone})?+",
        "moment": rf"(?:{day}(?:{time}{zone})?+)?+",
    }
    return compile(rf"(?:{one[kind]}\n)*+", ASCII)


class Seen:
    """Ids met so far in the files of a stream, as hashes (8 bytes each): a false alarm merely takes the
    slower way."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def add(self, keys: Iterable[str]) -> None:
        """Remember keys."""
        self._hashes.extend(map(hash, keys))

    def again(self) -> frozenset[int]:
        """The hashes of keys that were met more than once."""
        return frozenset(one for one, other in pairwise(sorted(self._hashes)) if one == other)

    def crowded(self) -> bool:
        """Whether one key was met more than MOST times."""
        ordered = sorted(self._hashes)
        return any(map(eq, ordered, islice(ordered, MOST, None)))


class Ascent:
    """Whether keys ascend, as text or as numbers (a group's rows are one key)."""

    def __init__(self) -> None:
        self.text = self.number = True
        self._last, self._last_number = "", -1

    def add(self, keys: Sequence[str]) -> None:
        """The next keys."""
        if self.text:
            self.text = all(map(lt, [self._last, *keys[:-1]], keys))
        if self.number:
            known = all(map(str.isdecimal, keys)) and max(map(len, keys)) < 100
            numbers = list(map(int, keys)) if known else []
            self.number = known and all(map(lt, [self._last_number, *numbers[:-1]], numbers))
            self._last_number = numbers[-1] if known else -1
        self._last = keys[-1]


class Survey(Struct, frozen=True):
    """What the first pass found. The table has ``rows`` data rows; ``again`` are the hashes of
    keys that come back after other keys; ``notes`` tell what stands below the table."""

    rows: int
    again: frozenset[int]
    ascent: Ascent
    notes: tuple[str, ...]


def survey(layout: Layout, evidence: Evidence, ids: Seen | None, told: Iterable[str] = ()) -> Survey:
    """Read all records once. ``ids`` collects ids across files where it is given; ``told`` kinds need no
    evidence."""
    columns = [Column(*column, set()) for column in observed(layout) if column[2] not in set(told)]
    reading = FirstPass(layout, columns, evidence, ids)
    for block in layout.blocks():
        if block.even and not layout.once and _all_filled(block.cells):
            reading.whole(block)
        else:
            for row in block.rows():
                reading.row(row)
    return reading.survey()


def _all_filled(rows: Sequence[list[str]]) -> bool:
    """Whether three columns have no blank cell, so that no row can be a note below the table."""
    filled = (at for at in range(len(rows[0])) if "" not in [cells[at] for cells in rows])
    return len(list(islice(filled, 3))) == 3


class FirstPass:
    """What is known of a file so far: row by row, or of many rows in one go."""

    def __init__(
        self, layout: Layout, columns: Sequence[Column], evidence: Evidence, ids: Seen | None
    ) -> None:
        self._layout, self._columns, self._evidence, self._ids = layout, columns, evidence, ids
        self._keys, self._ascent, self._file = Seen(), Ascent(), layout.sheet.name
        self._rows, self._part = 0, 0
        self._last: DataRow | None = None
        self._open: str | None = None
        self._begun = self._longest = 0
        self._tail: list[DataRow] = []  # the first row below the table, or what may be that
        self._looking: list[DataRow] = []

    def row(self, row: DataRow) -> None:
        """The next row."""
        layout, cells, self._last = self._layout, row.cells, row
        if cells.count("") >= layout.width - 1 and _is_note(row):
            self._tail = self._tail or [row]
            return
        if self._columns and not row.wrong:
            self._looking.append(row)
            if len(self._looking) == LOOK:
                self._look()
        self._rows, self._tail = row.number, []
        anew = row.key != self._open or not layout.grouped or row.part != self._part
        if anew or (layout.once and any(layout.pick_once(cells))):
            self._begin([row.key], [cells], row.number, row.number)
        self._open, self._part = row.key, row.part

    def whole(self, block: Block) -> None:
        """The next rows, none of which is a note, all of the usual shape."""
        self._look()
        if self._columns:
            self._evidence.look(self._columns, block.cells, block.lines, self._file)
        keys, rows, number = block.keys, block.cells, block.number
        if not self._layout.grouped:
            self._begin(keys, rows, number, number + len(keys) - 1)
        else:
            before = self._open if block.part == self._part else None
            begins = list(compress(range(len(keys)), map(ne, keys, [before, *keys])))
            if begins:
                firsts = [keys[n] for n in begins], [rows[n] for n in begins]
                self._begin(*firsts, number + begins[0], number + begins[-1])
        self._rows, self._tail, self._last = number + len(keys) - 1, [], block.row(len(keys) - 1)
        self._open, self._part = keys[-1], block.part

    def _begin(self, keys: Sequence[str], rows: Sequence[list[str]], first: int, last: int) -> None:
        """Records begin: their keys, first rows, and the numbers of the first and the last of these."""
        self._longest, self._begun = max(self._longest, first - self._begun), last
        self._keys.add(keys)
        self._ascent.add(keys)
        if self._ids is not None:
            self._ids.add(filter(None, map(self._layout.id, rows)))

    def _look(self) -> None:
        rows, self._looking = self._looking, []
        if rows:
            cells, lines = [row.cells for row in rows], [row.line for row in rows]
            self._evidence.look(self._columns, cells, lines, self._file)

    def survey(self) -> Survey:
        """What was found. Raises Garbled for half a file, Refused where one id has too many rows."""
        self._look()
        _must_be_whole(self._layout, self._last)
        ascends = self._ascent.text or self._ascent.number
        longest = max(self._longest, self._rows - self._begun)
        if longest > MOST or (not ascends and self._keys.crowded()):
            raise Refused(CROWDED.format(file=self._file, id=id_rule(self._layout.id_value), most=MOST))
        again = frozenset[int]() if ascends else self._keys.again()
        return Survey(self._rows, again, self._ascent, _below(self._file, self._tail, self._last))


def observed(layout: Layout) -> list[tuple[int, str, str]]:
    """The columns whose spelling must be known: position, name, and number, date, time or moment (either)."""
    profile = layout.plan.profile
    tables: list[tuple[type, Mapping[str, Any]]] = [(profile.cls, profile.fields), (Line, profile.lines)]
    tables += [(Shipment, t) for t in profile.shipments] + [(Event, t) for t in profile.events]
    if profile.updated:
        tables.append((profile.cls, {"updated": profile.updated}))
    found: dict[tuple[int, str, str], None] = {}
    for cls, table in tables:
        kinds = {f.encode_name: _kind(f.type) for f in fields(cls)}
        for name, value in table.items():
            if isinstance(value, Formula) and value.date_order:
                continue  # nothing in these cells tells of others
            if kinds[name] and isinstance(value, (Formula, Place)):
                found.update({(*column, kinds[name]): None for column in layout.head_columns(value)})
    return list(found)


def _kind(annotation: Any) -> str:
    types = set(getattr(annotation, "__args__", (annotation,)))
    if Decimal in types:
        return "number"
    if datetime in types:
        return "moment" if date in types else "time"
    return "date" if date in types else ""


def _is_note(row: DataRow) -> bool:
    """A row of one cell, or of two that name no record, as people and programs write them below a table."""
    width = len(row.cells) - 1  # the last cell is the blank that missing columns read
    filled = width + 1 - row.cells.count("")
    return (filled == 1 and width > 2) or (1 <= filled <= 2 and not row.key)


def _must_be_whole(layout: Layout, last: DataRow | None) -> None:
    """Raise Garbled when the file stops in the middle of its last record."""
    sheet = layout.sheet
    if last is None or sheet.contents.ends_with_newline or not last.wrong:
        return
    if " " in last.cells[0].strip() and not any(last.cells[1:]):
        return  # a sentence below the table, not a cell cut short
    where = f"{sheet.name} stops in the middle of its last record (line {last.line})"
    raise Garbled(f"{where}: half a file; export it again")


def _below(file: str, tail: list[DataRow], last: DataRow | None) -> tuple[str, ...]:
    if not tail or last is None:
        return ()
    words = " ".join(filter(None, (cell.strip() for cell in tail[0].cells)))[:60]
    count = last.number - tail[0].number + 1
    return (f"{file}: {count} rows below the table left out (line {tail[0].line}: {words!r})",)
