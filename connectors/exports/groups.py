"""Data rows → segments: the rows of one record, or a piece of them, in the order of the file. The second
pass begins here."""

from collections.abc import Iterable, Iterator
from itertools import chain, compress, pairwise
from operator import ne

from msgspec import Struct

from connectors.exports.layout import Block, DataRow, Layout
from connectors.exports.steps import Cells
from connectors.exports.survey import Survey

NEIGHBOUR = "a row next to it cannot be placed and may belong to it"


class Segment(Struct, gc=False):
    """Adjacent rows of one key. ``wrong`` keeps the whole record out; ``begins``: its first row begins a
    record."""

    key: str
    id: str
    head: Cells
    lines: list[Cells]
    file: int
    part: int
    number: int
    line: int
    data_rows: int = 1
    begins: bool = False
    field: str = ""
    wrong: str = ""


def segments(layout: Layout, survey: Survey, file: int) -> Iterator[Segment]:
    """The segments of one file; a row without a key is one of its own and puts its neighbours in doubt."""
    return chain.from_iterable(_pieces(layout, survey, file))


def _pieces(layout: Layout, survey: Survey, file: int) -> Iterator[Iterable[Segment]]:
    reading = Grouping(layout, file)
    for block in layout.blocks():
        if block.number + len(block.keys) - 1 <= survey.rows and reading.plain(block):
            yield reading.grouped(block) if layout.grouped else reading.single(block)
            continue
        for row in block.rows():
            if row.number > survey.rows:
                break
            yield reading.row(row)
    yield reading.rest()


class Grouping:
    """Puts rows together, row by row, or many rows in one go. ``doubt``: the row before could not be
    placed."""

    def __init__(self, layout: Layout, file: int) -> None:
        self._layout, self._file = layout, file
        self._current: Segment | None = None
        self._doubt = False

    def rest(self) -> list[Segment]:
        """The segment that is still open."""
        rest, self._current = self._current, None
        return [] if rest is None else [rest]

    def plain(self, block: Block) -> bool:
        """Whether the rows of a block need no look at each."""
        layout = self._layout
        return block.even and not (self._doubt or layout.once or layout.unfold or "" in block.keys)

    def single(self, block: Block) -> list[Segment]:
        """Rows that are a record each."""
        layout, rows, file, part = self._layout, block.cells, self._file, block.part
        heads, lines = layout.heads(rows), layout.line_cells(rows)
        ids = map(layout.id, rows) if layout.own_id else block.keys
        told = zip(block.keys, ids, heads, lines, block.lines, strict=True)
        return self.rest() + [
            Segment(key, ident, head, [line], file, part, number, place)
            for number, (key, ident, head, line, place) in enumerate(told, block.number)
        ]

    def grouped(self, block: Block) -> list[Segment]:
        """Rows of which those of one key, side by side, are a record. The last one stays open."""
        layout, keys, current = self._layout, block.keys, self._current
        before = current.key if current is not None and current.part == block.part else None
        begins = [*compress(range(len(keys)), map(ne, keys, [before, *keys])), len(keys)]
        lines, heads = layout.line_cells(block.cells), layout.heads(block.cells)
        made = []
        if current is not None:
            self._go_on(current, block, lines[: begins[0]], heads, 0)
            made.append(current)
        for n, after in pairwise(begins):
            ident = layout.id(block.cells[n]) if layout.own_id else keys[n]
            told = (keys[n], ident, heads[n], lines[n : n + 1], self._file, block.part, block.number + n)
            current = Segment(*told, block.lines[n])
            if after > n + 1:
                self._go_on(current, block, lines[n + 1 : after], heads, n + 1)
            made.append(current)
        self._current = made.pop()
        return made

    def _go_on(self, segment: Segment, block: Block, lines: list[Cells], heads: list[Cells], n: int) -> None:
        """More rows of a record, which begin at row ``n`` of the block."""
        segment.lines += lines
        segment.data_rows += len(lines)
        after = n + len(lines)
        if heads[n:after] != [segment.head] * len(lines):
            for at in range(n, after):
                if heads[at] != segment.head:
                    _agree(segment, heads[at], self._layout, block.row(at))

    def row(self, row: DataRow) -> Iterator[Segment]:
        """The next row, of whatever shape."""
        layout, current, cells = self._layout, self._current, row.cells
        begins = bool(layout.once) and any(layout.pick_once(cells))
        same = current is not None and row.key == current.key and row.part == current.part
        if current is not None and layout.grouped and not begins and same:
            current.lines.append(layout.pick_line(cells))
            current.data_rows += 1
            if row.wrong:
                current.wrong = f"{row.wrong} (line {row.line})"
            elif not layout.once and layout.pick_head(cells) != current.head:
                _agree(current, layout.pick_head(cells), layout, row)
            return
        if current is not None:
            if not row.key and layout.grouped:
                current.wrong = current.wrong or NEIGHBOUR
            yield current
        self._current = current = _begun(layout, row, self._file, begins)
        if not row.key:
            yield current
            self._current, self._doubt = None, layout.grouped
        elif self._doubt:
            current.wrong, self._doubt = current.wrong or NEIGHBOUR, False


def _begun(layout: Layout, row: DataRow, file: int, begins: bool) -> Segment:
    cells = row.cells
    ident = layout.id(cells) if row.key else ""
    return Segment(
        row.key,
        ident,
        layout.pick_head(cells),
        layout.lines(cells),
        file,
        row.part,
        row.number,
        row.line,
        begins=begins,
        wrong=row.wrong or (layout.unfold.wrong(cells) if layout.unfold else ""),
    )


def _agree(segment: Segment, head: Cells, layout: Layout, row: DataRow) -> None:
    """Note where a later row of a record says something else than its first; a blank cell says nothing."""
    for name, first, later in zip(layout.plan.head, segment.head, head, strict=True):
        if later and later != first and not segment.wrong:
            segment.field = name
            said = f"line {segment.line} says {first!r}, line {row.line} says {later!r}"
            segment.wrong = f"{said}: two versions of one record"
