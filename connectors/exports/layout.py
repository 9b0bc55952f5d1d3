"""How one file lays a profile out: where its columns stand, what groups its rows, and its data rows one
after another."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from operator import itemgetter

from msgspec import Struct
from msgspec.structs import fields

from connectors.base import Refused
from connectors.exports.formula import Formula, Place
from connectors.exports.plan import Plan, Text
from connectors.exports.reader import Broken, Header, Odd, Sheet
from connectors.exports.steps import texts
from connectors.exports.unfold import Unfold

Pick = Callable[[Sequence[str]], tuple[str, ...]]
Picks = Callable[[Sequence[Sequence[str]]], list[tuple[str, ...]]]


class DataRow(Struct, gc=False):
    """One data row as it stands in the file. ``key`` groups it ('' where nothing can tell); ``wrong`` says
    what is wrong with its shape."""

    cells: list[str]
    key: str
    line: int
    number: int
    part: int  # grows where a second header stands inside the file: another export was appended
    wrong: str = ""


class Block(Struct, gc=False):
    """Data rows one after the other. All are as wide as the header and begin with a filled cell, or it is a
    row of its own."""

    cells: list[list[str]]
    keys: list[str]
    lines: Sequence[int]
    number: int  # of the first row
    part: int
    even: bool
    wrong: str = ""

    def row(self, n: int) -> DataRow:
        """One of its rows."""
        return DataRow(self.cells[n], self.keys[n], self.lines[n], self.number + n, self.part, self.wrong)

    def rows(self) -> list[DataRow]:
        """Its rows, each for itself."""
        return [self.row(n) for n in range(len(self.cells))]


class Layout:
    """A plan laid over a header. Raises Refused where a column the record cannot do without is missing."""

    def __init__(self, sheet: Sheet, plan: Plan, parent: str | None = None) -> None:
        self.sheet, self.plan, self.width = sheet, plan, len(sheet.header.names)
        profile, header = plan.profile, sheet.header
        if parent is None:
            self.id_value = chosen(profile.id, header)
            self._must_have(plan)
            key, self.grouped = profile.group or self.id_value, profile.group is not None
            self.heads = self._picked(plan.head)
        else:
            self.id_value = parent_value(profile.id, parent)
            self.must_hold((parent,))
            key, self.grouped = self.id_value, True
            self.heads = self._picked(())
        self.line_cells = self._picked(plan.line if self.grouped else ())
        self.key: Text = plan.text(key, self._positions(), whole=True)
        self.id: Text = plan.text(self.id_value, self._positions(), whole=True)
        self._key_alone = plan.plain(key, self._positions())
        self.own_id = self.id_value != key
        self.once = [name for name in profile.once if parent is None and header.find(name) is not None]
        self.pick_once = _one(self._picked(tuple(self.once)))
        self.pick_head, self.pick_line = _one(self.heads), _one(self.line_cells)
        self._names, self._above = list(header.names), profile.above and parent is None
        self.unfold = Unfold(profile.line_columns, header, plan.line) if profile.line_columns else None
        asked = (*plan.head, *plan.line, *self.id_value.cells(), *key.cells(), *self.once)
        asked = (*asked, *(self.unfold.columns if self.unfold else ()))
        self._asked = {at: name for name in asked if (at := header.find(name)) is not None}
        self._key_at = {header.find(name) for name in key.cells()}

    def lines(self, cells: Sequence[str]) -> list[tuple[str, ...]]:
        """The cells of the lines a row holds: itself, or its columns that are a line each."""
        return self.unfold.lines(cells) if self.unfold else [self.pick_line(cells)]

    def _positions(self) -> dict[str, int]:
        names = {*self.plan.head, *self.plan.line, *self.id_value.cells(), *_group_cells(self.plan)}
        return {name: at for name in names if (at := self.sheet.header.find(name)) is not None}

    def _picked(self, columns: tuple[str, ...]) -> Picks:
        """Of each row the cells of these columns in this order; a column the file lacks reads the blank that
        ends every row."""
        found = [self.sheet.header.find(name) for name in columns]
        at = [self.width if position is None else position for position in found]
        if not at:
            return lambda rows: [()] * len(rows)
        if len(at) == 1:
            only = at[0]
            return lambda rows: [(cells[only],) for cells in rows]
        every = itemgetter(*at)
        return lambda rows: list(map(every, rows))

    def _must_have(self, plan: Plan) -> None:
        profile = plan.profile
        needed = [*profile.required, *_group_cells(plan), *self.id_value.cells(), *profile.only]
        self.must_hold(needed)
        for field in fields(profile.cls):
            value = profile.fields.get(field.encode_name) if field.required else None
            columns = list(value.cells()) if isinstance(value, Formula) else []
            if columns and not any(self.sheet.header.find(c) is not None for c in columns):
                self.must_hold(columns[:1])

    def must_hold(self, columns: Sequence[str]) -> None:
        """Raise Refused, naming every one of these columns the file lacks."""
        missing = [name for name in dict.fromkeys(columns) if self.sheet.header.find(name) is None]
        if missing:
            names = list(filter(None, self.sheet.header.names))
            near = [near[0] for name in missing if (near := get_close_matches(name, names, 1))]
            hint = f"; did you mean {', '.join(near)}?" if near else f"; it has {', '.join(names[:12])}"
            raise Refused(
                f"{self.sheet.name}, line {self.sheet.header.line}: no column {', '.join(missing)}"
                f" (needed by {self.plan.profile.title}){hint}"
            )

    def blocks(self) -> Iterator[Block]:
        """The data rows: blank ones left out, repeated headers counted as the start of another part."""
        number, part, last = 1, 0, ""
        for lines, rows in self.sheet.blocks():
            if self._even(rows):
                for cells in rows:
                    cells.append("")
                yield Block(rows, self._keys(rows), lines, number, part, True)
                number += len(rows)
                continue
            for line, read in zip(lines, rows, strict=True):
                cells, wrong, lost = self._fitted(read)
                if not cells[0].strip() and not any(map(str.strip, cells)) and not wrong:
                    continue
                if cells[0].strip() == self._names[0] and [cell.strip() for cell in cells] == self._names:
                    part, last = part + 1, ""
                    continue
                cells.append("")
                group = "" if lost else self.key(cells)
                if self._above:
                    group = last = group or ("" if lost else last)
                yield Block([cells], [group], [line], number, part, False, wrong)
                number += 1

    def rows(self) -> Iterator[DataRow]:
        """The same rows one by one."""
        for block in self.blocks():
            yield from block.rows()

    def _even(self, rows: list[list[str]]) -> bool:
        """Whether there is nothing to say about the shape of any of these."""
        if self._above or set(map(type, rows)) != {list} or set(map(len, rows)) != {self.width}:
            return False
        firsts = list(map(str.strip, map(itemgetter(0), rows)))
        return "" not in firsts and self._names[0] not in firsts

    def _keys(self, rows: list[list[str]]) -> list[str]:
        if self._key_alone is not None:
            at = self._key_alone
            if (found := texts([cells[at] for cells in rows], self.plan.nulls)) is not None:
                return found
        return list(map(self.key, rows))

    def _fitted(self, cells: list[str]) -> tuple[list[str], str, bool]:
        if isinstance(cells, Odd):
            return cells, *self._odd(cells)
        return (cells, "", False) if len(cells) == self.width else fitted(cells, self.width)

    def _odd(self, cells: Odd) -> tuple[str, bool]:
        """What is wrong with the cells somebody reads, and whether the row cannot be placed for it."""
        read = [at for at in sorted(cells.wrong) if at in self._asked]
        wrong = "; ".join(f"{self._asked[at]}: {cells.wrong[at]}" for at in read)
        return wrong, not self._key_at.isdisjoint(read)

    def head_columns(self, value: Formula | Place) -> list[tuple[int, str]]:
        """Position and name of the columns a value reads that the file has."""
        columns = value.cells() if isinstance(value, Formula) else ()
        return [(at, name) for name in columns if (at := self.sheet.header.find(name)) is not None]


def _one(picks: Picks) -> Pick:
    return lambda cells: picks([cells])[0]


def fitted(cells: list[str], width: int) -> tuple[list[str], str, bool]:
    """A row made as wide as the header, what is wrong with it, and whether its cells may stand in wrong
    columns.

    Blank surplus cells are nothing wrong. A row cut short still tells by its first cells which record it
    is of."""
    if isinstance(cells, Broken):
        return [""] * width, cells.reason, True
    if len(cells) < width:
        wrong = f"too short: {len(cells)} cells under {width} columns"
        swallowed = any("\n" in cell for cell in cells)  # a stray quote may have eaten other records
        return [*cells, *[""] * (width - len(cells))], wrong, swallowed
    if not any(map(str.strip, cells[width:])):
        return cells[:width], "", False
    wrong = (
        f"too long: {len(cells)} cells under {width} columns; a cell that holds the delimiter must be quoted"
    )
    return cells[:width], wrong, True


def chosen(value: Formula, header: Header) -> Formula:
    """The id of this file: of a list, the first value whose columns the header has."""
    if not value.first:
        return value
    fitting = [part for part in value.first if all(header.find(c) is not None for c in part.cells())]
    return fitting[0] if fitting else value.first[0]


def parent_value(value: Formula, parent: str) -> Formula:
    """How a line names its record: its own column, normalised like the record's id."""
    first = value.first[0] if value.first else value
    return first.model_copy(update={"column": parent, "join": (), "first": (), "values": {}})


def id_rule(value: Formula) -> str:
    """The rule by which ids are made, in words that are compared ever after."""
    if value.join:
        return value.by.join(id_rule(part) for part in value.join)
    return value.column or value.constant or ""


def _group_cells(plan: Plan) -> tuple[str, ...]:
    return tuple(plan.profile.group.cells()) if plan.profile.group else ()
