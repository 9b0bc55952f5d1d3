"""The first pass over a file's records: where the table ends, which keys come back, how dates and numbers
are spelt."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import islice, pairwise
from operator import eq
from re import ASCII, Pattern, compile
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from connectors.base import Garbled, Refused
from connectors.exports import values
from connectors.exports.formula import Formula, Place
from connectors.exports.layout import DataRow, Layout, id_rule
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

    def look(self, columns: Iterable[Column], rows: Sequence[DataRow], file: str) -> None:
        """Look at some rows. Columns in which every cell is as usual say nothing new."""
        for column in columns:
            at, met = column.at, column.met
            text = "\n".join([row.cells[at] for row in rows]) + "\n"
            if usual(column.kind, "".join(self.signs), bool(self.naive)).fullmatch(text):
                continue
            for row in rows:
                cell = row.cells[at]
                if cell and cell not in met:
                    if len(met) < REMEMBERED:
                        met.add(cell)
                    self._see(column, values.clean(cell), row, file)

    def _see(self, column: Column, cell: str, row: DataRow, file: str) -> None:
        kind, place = column.kind, (file, column.name, row.line)
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

    def add(self, key: str) -> None:
        """Remember a key."""
        self._hashes.append(hash(key))

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

    def add(self, key: str) -> None:
        """The next key."""
        if self.text:
            self.text = key > self._last
        if self.number:
            number = int(key) if key.isdecimal() and len(key) < 100 else -1
            self.number, self._last_number = number > self._last_number, number
        self._last = key


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
    keys, ascent, file, once = Seen(), Ascent(), layout.sheet.name, layout.once
    rows, last, open_key, part, pick_once = 0, None, None, 0, layout.pick_once
    begun = longest = 0
    tail: list[DataRow] = []  # the first row below the table, or what may be that
    looking: list[DataRow] = []
    for row in layout.rows():
        last, cells = row, row.cells
        if cells.count("") >= layout.width - 1 and _is_note(row):
            tail = tail or [row]
            continue
        if columns and not row.wrong:
            looking.append(row)
            if len(looking) == LOOK:
                evidence.look(columns, looking, file)
                looking = []
        rows, tail = row.number, []
        if row.key != open_key or not layout.grouped or row.part != part or (once and any(pick_once(cells))):
            open_key, part = row.key, row.part
            longest, begun = max(longest, row.number - begun), row.number
            keys.add(open_key)
            ascent.add(open_key)
            if ids is not None and (ident := layout.id(cells)):
                ids.add(ident)
    evidence.look(columns, looking, file)
    _must_be_whole(layout, last)
    ascends = ascent.text or ascent.number
    if max(longest, rows + 1 - begun) > MOST or (not ascends and keys.crowded()):
        raise Refused(CROWDED.format(file=file, id=id_rule(layout.id_value), most=MOST))
    again = frozenset[int]() if ascends else keys.again()
    return Survey(rows, again, ascent, _below(file, tail, last))


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
