"""What a parser of workbooks does not tell of a sheet's XML: how far its cells reach, which of them are
errors or formulas never calculated, and (ODS) which are merged."""

import re
from array import array
from collections.abc import Iterator

from msgspec import Struct

from connectors.base import Refused

TEXT = 200 << 20  # bytes of text a sheet may show
AREA = 5_000_000  # cells a sheet may reach over, blank ones too …
WIDE, WIDE_AREA = 1_000, 1_000_000  # … and one of more columns than any export has
ERROR = "the cell is an error ({})"
UNCALCULATED = "the cell is a formula that was never calculated; open the workbook, save it, export again"
MERGED = "the cell is merged with others; unmerge them"

Place = tuple[int, int]  # row and column, from 0
Span = tuple[int, int]  # start and end in a part
NAME = rb"<(?:[A-Za-z]+:)?"
ROW = re.compile(NAME + rb"row[\s>/]")
FAR_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]*([0-9]{5,9})""")
FAR_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{2,7})""")
CODED = re.compile(rb"""\sr\s*=\s*["'][^"'<>]*&""")
FORMULA = NAME + rb"f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:[A-Za-z]+:)?f>)\s*"
WRONG = re.compile(
    NAME
    + rb"""c\s(?=[^<>]*\bt\s*=\s*["']e["'])([^<>]*)>\s*(?:"""
    + FORMULA
    + rb")?(?:"
    + NAME
    + rb"v>([^<]*))?"
)
UNCALCULATED_CELL, UNSURE_CELL = (
    re.compile(
        NAME
        + rb"c(\s[^<>]*)>\s*"
        + FORMULA
        + rb"(?:"
        + NAME
        + rb"v(?:\s[^<>]*)?(?:/>|>\s*"
        + value
        + rb"</(?:[A-Za-z]+:)?v>))?\s*</"
    )
    for value in (rb"", rb"0?")
)
RECALCULATE = re.compile(rb"""\bfullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
BLANK_RESULT = re.compile(rb"""\bt\s*=\s*["'](?:str|e)["']""")
SHARED = re.compile(
    NAME + rb"""c\s[^<>]*?\bt\s*=\s*["']s["'][^<>]*>\s*""" + NAME + rb"v(?:\s[^<>]*)?>\s*([0-9]{1,9})\s*<"
)
STRING = re.compile(NAME + rb"si[\s>/]")
ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,7})([0-9]{1,9})["']""")


class Oddities(Struct, frozen=True):
    """What is odd about single cells: the reason by place; and merged ranges, first and last cell."""

    wrong: dict[Place, str] = {}
    merged: tuple[tuple[Place, Place], ...] = ()


def column_number(letters: bytes) -> int:
    """A = 0, Z = 25, AA = 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def in_xlsx(file: str, sheet: str, xml: bytes, book: bytes) -> Oddities:
    """The oddities of a worksheet part. Raises Refused when its cells reach too far to be a table.

    ``book`` is the part about the workbook. Where it asks to be calculated when it is opened, a program wrote
    it, and no spreadsheet since: XlsxWriter and its like put 0 as the value of every formula."""
    rows = widest = 0
    for start, end in _between(ROW, xml):
        rows += 1
        widest = max(widest, xml.count(b"<c", start, end), xml.count(b":c", start, end))
    if CODED.search(xml):
        raise Refused(f"{file}, sheet {sheet}: an address is written in a way no spreadsheet writes it")
    far_rows = {int(found[1]) for found in FAR_ROW.finditer(xml)}
    far_columns = {column_number(found[1]) + 1 for found in FAR_COLUMN.finditer(xml)}
    must_be_table(file, sheet, max(far_rows | {rows}), max(far_columns | {widest}))
    wrong: dict[Place, str] = {}
    if b'"e"' in xml or b"'e'" in xml:
        for found in WRONG.finditer(xml):
            said = (found[2] or b"?").decode(errors="replace")
            wrong[_place(file, sheet, found[1])] = ERROR.format(said)
    if b"<f" in xml or b":f" in xml:
        for found in (UNSURE_CELL if RECALCULATE.search(book) else UNCALCULATED_CELL).finditer(xml):
            if not BLANK_RESULT.search(found[1]):
                wrong[_place(file, sheet, found[1])] = UNCALCULATED
    return Oddities(wrong)


def must_be_readable(file: str, sheet: str, strings: bytes, xml: bytes) -> None:
    """Raise Refused where shared texts, repeated in every cell that shows them, would fill the memory."""
    lengths = array("q", (end - start for start, end in _between(STRING, strings)))
    if (xml.count(b"<c") + xml.count(b":c")) * max(lengths, default=0) <= TEXT:
        return
    shown = (int(found[1]) for found in SHARED.finditer(xml))
    if sum(lengths[n] for n in shown if n < len(lengths)) > TEXT:
        raise Refused(f"{file}, sheet {sheet}: its cells show more than {TEXT >> 20} MB of text; use CSV")


def _between(mark: re.Pattern[bytes], xml: bytes, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Where each stretch from one mark up to the next begins and ends."""
    last = None
    end = len(xml) if end is None else end
    for found in mark.finditer(xml, start, end):
        if last is not None:
            yield last, found.start()
        last = found.start()
    if last is not None:
        yield last, end


def _place(file: str, sheet: str, attributes: bytes) -> Place:
    found = ADDRESS.search(attributes)
    if found is None:
        raise Refused(f"{file}, sheet {sheet}: its cells have no addresses; save it from a spreadsheet again")
    return int(found[2]) - 1, column_number(found[1])


def must_be_table(file: str, sheet: str, rows: int, columns: int) -> None:
    """Raise Refused for an area no table has."""
    if rows * columns > (WIDE_AREA if columns > WIDE else AREA):
        raise Refused(
            f"{file}, sheet {sheet}: its cells reach over {rows} rows and {columns} columns; "
            "delete what stands far outside the table, or export it as CSV"
        )
