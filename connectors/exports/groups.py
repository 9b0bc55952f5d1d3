"""Data rows → segments: the rows of one record, or a piece of them, in the order of the file. The second
pass begins here."""

from collections.abc import Iterator

from msgspec import Struct

from connectors.exports.layout import DataRow, Layout
from connectors.exports.mapper import Cells
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
    grouped, once, pick_once = layout.grouped, layout.once, layout.pick_once
    pick_head, pick_line = layout.pick_head, layout.pick_line
    current: Segment | None = None
    doubt = False
    for row in layout.rows():
        if row.number > survey.rows:
            break
        cells = row.cells
        begins = bool(once) and any(pick_once(cells))
        if (
            current is not None
            and grouped
            and not begins
            and row.key == current.key
            and row.part == current.part
        ):
            current.lines.append(pick_line(cells))
            current.data_rows += 1
            if row.wrong:
                current.wrong = f"{row.wrong} (line {row.line})"
            elif not once and pick_head(cells) != current.head:
                _agree(current, pick_head(cells), layout, row)
            continue
        if current is not None:
            if not row.key and grouped:
                current.wrong = current.wrong or NEIGHBOUR
            yield current
        current = _begun(layout, row, file, begins)
        if not row.key:
            yield current
            current, doubt = None, grouped
        elif doubt:
            current.wrong, doubt = current.wrong or NEIGHBOUR, False
    if current is not None:
        yield current


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
