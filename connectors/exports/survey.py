"""The first pass over a file's records: where the table ends, which keys come back, how dates and numbers
are spelt."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from connectors.base import Garbled
from connectors.exports import values
from connectors.exports.formula import Formula, Place
from connectors.exports.layout import DataRow, Layout
from connectors.records import Event, Line, Shipment

REMEMBERED = 20_000  # cells of a column that need no second look


class Evidence:
    """What the cells of a set of files say about date order, decimal sign and time zone: the first example
    of each."""

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}  # dmy, mdy, ? → an example with its place
        self.signs: dict[str, str] = {}  # . , ? → an example
        self.naive = ""  # an example of a time without an offset

    def see(self, kind: str, cell: str, name: str, row: DataRow, file: str) -> None:
        """Look at one cell of a column of this kind."""
        if kind == "number":
            if (sign := values.decimal_sign(cell)) and sign not in self.signs:
                self.signs[sign] = f"{cell!r} ({file}, {name}, line {row.line})"
            return
        if (order := values.date_order(cell)) and order not in self.orders:
            self.orders[order] = f"{cell!r} ({file}, {name}, line {row.line})"
        timed = kind == "time" or (kind == "moment" and ":" in cell)
        if timed and not self.naive and not values.has_zone(cell):
            self.naive = f"{cell!r} ({file}, {name}, line {row.line})"


class Seen:
    """Ids met so far in the files of a stream; hashes only, because a false alarm merely takes the slower
    way."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()
        self.again: set[str] = set()

    def add(self, key: str) -> None:
        """Remember a key; one met before goes to ``again``."""
        mark = hash(key)
        if mark in self._hashes:
            self.again.add(key)
        else:
            self._hashes.add(mark)


class Ascent:
    """Whether keys ascend, as text or as numbers (a group's rows are one key)."""

    def __init__(self) -> None:
        self.text = self.number = True
        self._last = ""

    def add(self, key: str) -> None:
        """The next key."""
        if self._last:
            self.text = self.text and key > self._last
            self.number = (
                self.number and key.isdecimal() and self._last.isdecimal() and int(key) > int(self._last)
            )
        self._last = key


class Survey(Struct, frozen=True):
    """What the first pass found. The table has ``rows`` data rows; ``notes`` tell what stands below it."""

    rows: int
    keys: Seen
    ascent: Ascent
    notes: tuple[str, ...]


def survey(layout: Layout, evidence: Evidence, ids: Seen | None, told: Iterable[str] = ()) -> Survey:
    """Read all records once. ``ids`` collects ids across files where it is given; ``told`` kinds need no
    evidence."""
    columns = [(*column, set[str]()) for column in observed(layout) if column[2] not in set(told)]
    keys, ascent, file = Seen(), Ascent(), layout.sheet.name
    rows, last, open_key, part, pick_once = 0, None, None, 0, layout.pick_once
    tail: list[DataRow] = []
    for row in layout.rows():
        last, cells = row, row.cells
        if _is_note(row):
            tail.append(row)
            continue
        for at, name, kind, met in columns if not row.wrong else ():
            cell = cells[at]
            if cell and cell not in met:
                if len(met) < REMEMBERED:
                    met.add(cell)
                evidence.see(kind, values.clean(cell), name, row, file)
        rows, tail = row.number, []
        if row.key != open_key or not layout.grouped or row.part != part or any(pick_once(cells)):
            open_key, part = row.key, row.part
            keys.add(open_key)
            ascent.add(open_key)
            if ids is not None and (ident := layout.id(cells)):
                ids.add(ident)
    _must_be_whole(layout, last)
    return Survey(rows, keys, ascent, _below(file, tail))


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


def _below(file: str, tail: list[DataRow]) -> tuple[str, ...]:
    if not tail:
        return ()
    words = " ".join(filter(None, (cell.strip() for cell in tail[0].cells)))[:60]
    return (f"{file}: {len(tail)} rows below the table left out (line {tail[0].line}: {words!r})",)
