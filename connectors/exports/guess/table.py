"""A file nobody knows, opened for a guess: which sheet, which encoding, which row is the header, and its
first rows."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from connectors.base import Garbled, Refused
from connectors.exports import tables
from connectors.exports.encoding import MAGIC, Contents, by_bom
from connectors.exports.files import SourceFile
from connectors.exports.guess.columns import LOOKED_AT, kinds_of
from connectors.exports.guess.words import meaning
from connectors.exports.layout import fitted
from connectors.exports.reader import DELIMITERS, Header, Sheet
from connectors.exports.settings import FileSet
from connectors.exports.workbook import Workbook

ENOUGH = 0.5  # sure of a name
POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
WESTERN = frozenset("äöüßéèêëàâçîïôûùœñáíóúãõåæøÄÖÜÉÈÀÇÑÁÍÓÚ¿¡º€°§’–")


class Table(Struct, frozen=True):
    """One table of a file. ``rows`` are its first data rows, as wide as the header; ``sheets`` names those
    that might have been meant, this one first; ``encoding`` is what should be told, '' where nothing."""

    file: SourceFile
    header: Header
    sheet: Sheet
    rows: list[list[str]]
    more: bool
    sheets: tuple[str, ...]
    encoding: str
    notes: tuple[str, ...]


@contextmanager
def opened(path: Path, told: FileSet) -> Iterator[Table]:
    """The table of this file; raises Failure with the reason and the cure where there is none."""
    if path.is_dir():
        raise Refused(f"{path} is a folder; name one file in it")
    with tables.open_file(path) as file:
        _must_be_text(file, told)
        contents = tables.scan(file, told.encoding)
        contents = _slavonic(file, contents) if told.encoding is None else contents
        known = told.model_copy(update={"encoding": contents.encoding or None})
        header, sheets = _header(file, known)
        _must_name_columns(header)
        sheet = tables.sheet(file, contents, header, told.decimal or "")
        rows = list(islice(_rows(sheet), LOOKED_AT + 1))
        if len(header.names) == 1:
            raise Garbled(f"{path.name} is no table: it has one column, {header.names[0][:40]!r}")
        named = told.encoding or ("" if contents.encoding.startswith("utf") else contents.encoding)
        more = len(rows) > LOOKED_AT
        yield Table(file, header, sheet, rows[:LOOKED_AT], more, sheets, named, contents.notes)


def _must_be_text(file: SourceFile, told: FileSet) -> None:
    """Raise Garbled for a picture, a program, noise: text has next to no control characters."""
    head = file.head()
    if isinstance(file, Workbook) or told.encoding or by_bom(head) or any(map(head.startswith, MAGIC)):
        return
    control = sum(byte < 32 and byte not in b"\t\n\r\x00" for byte in head)
    if control * 50 > len(head) and len(head) > 20:
        raise Garbled(
            f"{file.name} is no table but binary data (a picture? damaged?); export it as CSV or XLSX"
        )


def _rows(sheet: Sheet) -> Iterator[list[str]]:
    """The data rows that can be looked at: whole ones, neither blank nor a note below the table."""
    width = len(sheet.header.names)
    for _, found in sheet.records():
        cells, wrong, _ = fitted(found, width) if len(found) != width else (found, "", False)
        filled = sum(1 for cell in cells if cell.strip())
        if filled and not wrong and (filled > 1 or width <= 3):
            yield list(cells)


def _header(file: SourceFile, told: FileSet) -> tuple[Header, tuple[str, ...]]:
    """The header that names most things we know, and the sheets it was chosen among."""
    headers = tables.headers(file, _names(file, told), told)
    ordered = sorted(headers, key=lambda header: -known_names(header))
    return ordered[0], tuple(header.sheet for header in ordered if header.sheet)


def known_names(header: Header) -> float:
    """How many columns of a header have a name we understand."""
    return sum(found.sure for name in header.names if (found := meaning(name)).sure >= ENOUGH)


def _names(file: SourceFile, told: FileSet) -> set[str]:
    """Whatever stands in the first rows and may be the name of a column."""
    if isinstance(file, Workbook):
        found = tables.headers(file, (), told)
        first = [cells for h in found for _, cells in islice(file.rows(h.sheet, ""), 40)]
        cells = {cell.strip() for row in first for cell in row}
    else:
        text = file.head().decode(told.encoding or "utf-8", "replace")
        cells = {cell.strip(' "\r') for cell in re.split(rf"[\n{''.join(DELIMITERS)}]", text)[:4000]}
    return {cell for cell in cells if 1 < len(cell) <= 60 and meaning(cell).sure >= ENOUGH}


def _must_name_columns(header: Header) -> None:
    """Raise Garbled where what should be names is data."""
    names = [name for name in header.names if name]
    data = [name for name in names if _is_data(name)]
    if names and len(data) * 3 >= len(names):
        said = f"its first row, {', '.join(data[:3])} …, is data"
        raise Garbled(
            f"{header.file} has no row of column names ({said}); export it with names, or write them above it"
        )


def _is_data(name: str) -> bool:
    return bool({"number", "date", "email", "link"}.intersection(kinds_of(name)))


def _slavonic(file: SourceFile, contents: Contents) -> Contents:
    """cp1250 where a file taken for cp1252 makes sense only so: wysy³ka → wysyłka."""
    if contents.encoding != "cp1252":
        return contents
    head = file.head()
    east, west = (_letters(head.decode(name, "replace"), good) for name, good in _ALPHABETS)
    if east <= west:
        return contents
    note = f"{file.name} is neither UTF-8 nor plain Western: read as cp1250 (Central Europe)"
    return replace(contents, encoding="cp1250", notes=(note,))


_ALPHABETS: Sequence[tuple[str, frozenset[str]]] = (("cp1250", POLISH), ("cp1252", WESTERN))


def _letters(text: str, good: frozenset[str]) -> int:
    """How many letters beyond ASCII a text has that its language has, less those it has not."""
    beyond = [c for c in text if not c.isascii()]
    return sum(1 if c in good else -1 for c in beyond)
