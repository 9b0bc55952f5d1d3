"""Text → records of cells: delimiter, header, quoting. A record may span lines; each comes with its first
line's number."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import IO

from msgspec import Struct

from connectors.base import Garbled, Refused
from connectors.exports.encoding import Contents, by_bom, must_be_table
from connectors.exports.files import SourceFile

DELIMITERS = (",", ";", "\t", "|")
HEAD = 1 << 16
LONGEST = 1 << 20  # characters in a cell; beyond, a quote was never closed
EMPTY = "is empty (0 rows, not even a header)"
BLOCK = 1000  # records read in one go
csv.field_size_limit(LONGEST)


class Header(Struct, frozen=True):
    """The row of column names of a file: where it stands and how the file spells them."""

    file: str
    names: tuple[str, ...]
    line: int = 1
    delimiter: str = ","
    sheet: str = ""  # of a workbook

    def find(self, column: str) -> int | None:
        """The position of a column; spelling, case, '_' and a leading '*' aside. Raises Refused when it
        stands twice."""
        exact = [n for n, name in enumerate(self.names) if name == column]
        found = exact or [n for n, name in enumerate(self.names) if folded(name) == folded(column)]
        if len(found) > 1:
            where = " and ".join(str(n + 1) for n in found)
            said = f"the column {column} stands {len(found)} times (columns {where})"
            raise Refused(f"{self.file}: {said}; export it once only")
        return found[0] if found else None


class Odd(list[str]):
    """A record with cells that cannot be trusted; ``wrong`` says why, by their position."""

    wrong: Mapping[int, str] = {}


class Broken(list[str]):
    """A record whose quoting is wrong; it has no cells to trust."""

    reason = "its quoting is broken: a quote inside a quoted cell must be doubled"


def folded(name: str) -> str:
    """A column name as names are compared: IsDeleted = ISDELETED = is_deleted, *InvoiceNumber =
    InvoiceNumber."""
    return name.strip().lstrip("*").replace("_", "").replace(" ", "").casefold()


def peek(
    file: SourceFile, wanted: Iterable[str], encoding: str | None = None, delimiter: str | None = None
) -> Header:
    """Find the header in the first bytes of a file; ``wanted`` are the column names somebody will ask for."""
    head = file.head(HEAD)
    must_be_table(file.name, head, encoding)
    text = _decoded(head, encoding)
    if len(head) == HEAD:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
        if not text:
            raise Garbled(f"{file.name}: its first line is longer than {HEAD >> 10} KB: this is no table")
    names = {folded(name) for name in wanted}
    told = delimiter or _sep(text)
    headers = [_header(file.name, text, sign, names) for sign in ([told] if told else DELIMITERS)]
    header = max(headers, key=lambda found: found[0])[1]
    if not any(header.names):
        what = "has no row of column names that can be read" if text.strip("\ufeff \t\r\n,;|") else EMPTY
        raise Garbled(f"{file.name} {what}: the export failed; what we have is kept")
    return header


def _decoded(head: bytes, encoding: str | None) -> str:
    for name in (encoding or by_bom(head) or "utf-8", "cp1252"):
        try:
            return codecs.getincrementaldecoder(name)().decode(head).replace("\0", "")
        except UnicodeDecodeError:
            continue
    return head.decode("latin-1")


def _sep(text: str) -> str | None:
    """The delimiter a first line ``sep=;`` tells."""
    first = text.split("\n", 1)[0].strip("\r\ufeff").strip('"')
    return first[4:5] if first[:4].lower() == "sep=" and len(first) == 5 else None


def _header(file: str, text: str, delimiter: str, wanted: set[str]) -> tuple[tuple[int, int, int], Header]:
    rows = [row for row in _first_rows(text, delimiter) if any(map(str.strip, row[1]))]
    if rows and rows[0][1][0].lower().startswith("sep="):
        rows = rows[1:]
    return header_among(file, rows, delimiter, wanted)


def header_among(
    file: str, rows: list[tuple[int, list[str]]], delimiter: str, wanted: set[str], sheet: str = ""
) -> tuple[tuple[int, int, int], Header]:
    """The best header among these rows, and how good it is: names found, rows of its width, width."""
    if not rows:
        return (0, 0, 0), Header(file, (), sheet=sheet)
    widths = Counter(len(cells) for _, cells in rows)
    usual = max(widths, key=lambda width: (widths[width] * (width > 1), width))

    def score(row: tuple[int, list[str]]) -> tuple[int, bool]:
        return len(wanted & {folded(cell) for cell in row[1]}), len(row[1]) == usual

    line, cells = max(rows[:60], key=score)
    hits = score((line, cells))[0]
    found = Header(file, tuple(cell.strip() for cell in cells), line, delimiter, sheet)
    return (hits, widths[usual] * (usual > 1), usual), found


def _first_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    rows = []
    try:
        for row in islice(split(io.StringIO(text, newline=""), delimiter, None), 300):
            rows.append(row)
    except csv.Error:
        pass  # the head ends inside a quoted cell
    return rows


def split(
    lines: Iterable[str], delimiter: str, escape: str | None, start: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Records with the number of their first line (``start``: of the text's first); empty lines left out,
    wrong quoting as Broken. Raises csv.Error at the end of a text whose last quote is never closed."""
    for numbers, rows in blocks(lines, delimiter, escape, start):
        yield from zip(numbers, rows, strict=True)


def blocks(
    lines: Iterable[str], delimiter: str, escape: str | None, start: int = 1
) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
    """The same records, up to BLOCK at a time: numbers of first lines, and cells."""
    reader = csv.reader(lines, delimiter=delimiter, escapechar=escape, skipinitialspace=True, strict=True)
    line, more = start, True
    while more:
        rows: list[list[str]] = []
        try:
            rows.extend(islice(reader, BLOCK))  # what was read before an error stays in it
            after, more = reader.line_num + start, len(rows) == BLOCK
            yield _filled(range(line, after) if after - line == len(rows) else _numbers(rows, line), rows)
        except csv.Error as e:
            numbers, after = _numbers(rows, line), reader.line_num + start
            yield _filled(numbers, rows)
            if "unexpected end" in str(e) or "field larger" in str(e):
                raise csv.Error(str(numbers[-1])) from e
            yield numbers[-1:], [Broken()]
        line = after


def _numbers(rows: Sequence[list[str]], first: int) -> list[int]:
    """The first lines of these records and of the next, where some have line breaks in their cells."""
    lines = [1] * len(rows)
    for n, text in enumerate(map(",".join, rows)):
        if "\n" in text or "\r" in text:
            lines[n] += text.count("\n") + text.count("\r") - text.count("\r\n")
    return list(accumulate(lines, initial=first))


def _filled(numbers: Sequence[int], rows: list[list[str]]) -> tuple[Sequence[int], list[list[str]]]:
    """Records without the empty lines between them."""
    if all(rows):
        return numbers[: len(rows)], rows
    kept = [(number, cells) for number, cells in zip(numbers, rows, strict=False) if cells]
    return [number for number, _ in kept], [cells for _, cells in kept]


class Sheet:
    """A file whose bytes are understood: its header is known and its data records can be read, as often as
    needed."""

    def __init__(self, file: SourceFile, contents: Contents, header: Header) -> None:
        self.file, self.contents, self.header = file, contents, header
        self.escape: str | None = None

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.file.name

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """First line and cells of every record below the header, blank ones too; raises Garbled for an
        open quote."""
        for numbers, rows in self.blocks():
            yield from zip(numbers, rows, strict=True)

    def blocks(self) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        """The same, up to BLOCK records at a time."""
        text = self.file.text(self.contents.encoding)
        try:
            lines = (line.replace("\0", "") for line in text) if self.contents.nuls else text
            start = self.header.line
            found = blocks(_from(lines, start), self.header.delimiter, self.escape, start)
            numbers, rows = next(found)
            yield numbers[1:], rows[1:]  # the first is the header
            yield from found
        except csv.Error as e:
            said = f"the quote opened in the record that begins at line {e} is never closed"
            raise Garbled(f"{self.name}: {said}: half a file? export it again") from e
        finally:
            buffered = text.detach()
            buffered.detach()  # type: ignore[attr-defined]


def _from(lines: Iterable[str] | IO[str], start: int) -> Iterator[str]:
    """The lines from the header on (the header is line 1 of what is left)."""
    return islice(lines, start - 1, None)


def with_escape(sheet: Sheet) -> Sheet:
    """The sheet, read with backslash escapes where only these make sense of its quotes."""
    if not sheet.contents.backslash_quotes or not _broken(sheet):
        return sheet
    sheet.escape = "\\"
    if _broken(sheet):
        sheet.escape = None
    return sheet


def _broken(sheet: Sheet) -> bool:
    try:
        return any(isinstance(cells, Broken) for _, cells in sheet.records())
    except Garbled:
        return True
