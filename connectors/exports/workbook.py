"""XLSX and ODS files, read as the text a CSV of them would hold: dates as ISO, numbers without the noise of
binary fractions."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from connectors.base import Garbled, Refused
from connectors.exports.cells import MERGED, Oddities, Place, in_xlsx, must_be_readable
from connectors.exports.encoding import Contents
from connectors.exports.files import SourceFile
from connectors.exports.ods import in_ods
from connectors.exports.package import CFB, SAVE, Package, sheet_parts
from connectors.exports.reader import BLOCK, Header, Odd, Sheet, folded, header_among

WORKBOOKS = (".xlsx", ".xlsm", ".ods")
SHEETS = 100
SHOWN_ROWS = 300  # among which the header is looked for
EXACT = 10**15  # a spreadsheet keeps 15 digits; a longer number has lost its last ones
FOLLOWERS = 100_000  # merged cells beside the first of their range


class Loaded(Struct, frozen=True):
    """One sheet, parsed. Rows and the positions in them count from 0."""

    sheet: CalamineSheet
    wrong: dict[int, dict[int, str]]  # row → position → reason
    merged: dict[int, dict[int, Place]]  # row → position → the row and position that hold the value


class Workbook(SourceFile):
    """A workbook, open. Nothing of it is parsed before it was inspected."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._package: Package | None = None
        self._book: CalamineWorkbook | None = None
        self._odd: dict[str, Oddities] = {}
        self._loaded: dict[str, Loaded] = {}

    def close(self) -> None:
        """Give everything back."""
        self._loaded.clear()
        if self._book is not None:
            self._book.close()
        if self._package is not None:
            self._package.close()
        super().close()

    def contents(self) -> Contents:
        """What there is to know of its bytes."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        left_out = [meta.name for meta in self._opened().sheets_metadata if not _visible(meta)]
        notes = (f"{self.name}: hidden sheets left out: {', '.join(left_out)}",) if left_out else ()
        return Contents(digest.hexdigest(), "", notes=notes)

    def headers(self, wanted: Iterable[str], sheet: str | None) -> list[Header]:
        """The header of every sheet that may be meant: the named one, else all that are visible and not
        blank."""
        names = [meta.name for meta in self._opened().sheets_metadata]
        if sheet is not None and sheet not in names:
            raise Refused(f"{self.name} has no sheet {sheet!r}; it has {', '.join(names)}")
        visible = [meta.name for meta in self._opened().sheets_metadata if _visible(meta)]
        if sheet is None and not visible:
            said = f'its sheets are hidden ({", ".join(names)}); add sheet = "{names[0]}"'
            raise Refused(f"{self.name}: {said} under [[sources.files]] if that one is meant")
        folds = {folded(name) for name in wanted}
        found = [self._header(name, folds) for name in ([sheet] if sheet is not None else visible)]
        headers = [header for header in found if any(header.names)]
        if not headers:
            said = f"sheet {sheet} is empty" if sheet else "is empty"
            raise Garbled(f"{self.name} {said} (0 rows, not even a header); what we have is kept")
        return headers

    def header(self, wanted: Iterable[str], sheet: str | None) -> Header:
        """The one header that has most of the wanted columns; raises Refused when several have."""
        folds = {folded(name) for name in wanted}
        headers = self.headers(folds, sheet)
        hits = [len(folds.intersection(map(folded, header.names))) for header in headers]
        best = [header for header, count in zip(headers, hits, strict=True) if count == max(hits)]
        if len(best) > 1:
            raise Refused(several(self.name, best))
        return best[0]

    def rows(self, name: str, decimal: str) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of every row of a sheet; one with cells that cannot be trusted is Odd."""
        one = self._load(name)
        for at, row in enumerate(one.sheet.iter_rows()):
            cells = [cell if type(cell) is str else written(cell, decimal) for cell in row]
            if at in one.wrong or (at in one.merged and any(cells)):
                odd = Odd(cells)
                odd.wrong = {**dict.fromkeys(one.merged.get(at, ()), MERGED), **one.wrong.get(at, {})}
                cells = odd
            yield at + 1, cells

    def _header(self, name: str, wanted: set[str]) -> Header:
        rows = []
        for line, cells in islice(self._headlines(name), SHOWN_ROWS):
            filled = [n for n, cell in enumerate(cells, 1) if cell.strip()]
            if filled:
                rows.append((line, cells[: filled[-1]]))
        return header_among(self.name, rows, "", wanted, name)[1]

    def _headlines(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """The rows with merged cells filled downwards, as a header of two rows needs it."""
        merged, above = self._load(name).merged, list[list[str]]()
        for line, cells in self.rows(name, ""):
            for position, (top, left) in merged.get(line - 1, {}).items():
                if position == left:
                    cells[position] = above[top][left]
            above.append(cells)
            yield line, cells

    def _load(self, name: str) -> Loaded:
        if name not in self._loaded:
            book, odd = self._opened(), self._oddities(name)
            with _parsing(self.name):
                sheet = book.get_sheet_by_name(name)
                merged = (*odd.merged, *(sheet.merged_cell_ranges or ()))
            self._loaded[name] = Loaded(sheet, *self._placed(sheet, odd, merged))
        return self._loaded[name]

    def _placed(
        self, sheet: CalamineSheet, odd: Oddities, merged: Iterable[tuple[Place, Place]]
    ) -> tuple[dict[int, dict[int, str]], dict[int, dict[int, Place]]]:
        """Odd and merged cells by row and by position in the rows that are read."""
        first, last = (sheet.start or (0, 0))[1], sheet.end or (-1, -1)
        wrong: dict[int, dict[int, str]] = defaultdict(dict)
        for (row, column), reason in odd.wrong.items():
            wrong[row][column - first] = reason
        followers: dict[int, dict[int, Place]] = defaultdict(dict)
        count = 0
        for (top, left), (bottom, right) in merged:
            count += (min(bottom, last[0]) - top + 1) * (min(right, last[1]) - left + 1)
            if count > FOLLOWERS:
                raise Refused(f"{self.name}: {count} cells are merged with others; unmerge them")
            for row in range(top, min(bottom, last[0]) + 1):
                for column in range(max(left, first), min(right, last[1]) + 1):
                    if (row, column) != (top, left):
                        followers[row][column - first] = (top, left - first)
        return wrong, followers

    def _oddities(self, name: str) -> Oddities:
        if name not in self._odd and self._package is not None:
            xml = self._package.part(sheet_parts(self._package).get(name, ""))
            must_be_readable(self.name, name, self._package.strings(), xml)
            self._odd[name] = in_xlsx(self.name, name, xml, self._package.part("xl/workbook.xml"))
        return self._odd[name]

    def _opened(self) -> CalamineWorkbook:
        if self._book is None:
            self._must_be_zip()
            self._package = package = Package(self.name, self._raw)
            if package.is_ods:
                self._odd = in_ods(self.name, package.part("content.xml"))
            with _parsing(self.name):
                self._book = CalamineWorkbook.from_path(str(package.path))
            if len(self._book.sheet_names) > SHEETS:
                raise Refused(f"{self.name} has {len(self._book.sheet_names)} sheets; export one at a time")
        return self._book

    def _must_be_zip(self) -> None:
        head = self.head(8)
        if not head:
            raise Garbled(f"{self.name} is empty: the export failed; what we have is kept")
        if head.startswith(CFB):
            raise Refused(
                f"{self.name} is protected by a password, or an old .xls under a new name; "
                "save it as XLSX without a password"
            )
        if not head.startswith(b"PK"):
            raise Garbled(f"{self.name} is no workbook, whatever its name says; {SAVE}")


class BookSheet(Sheet):
    """One sheet of a workbook, read like the text of a file. Numbers are written with the ``decimal`` sign
    that is told for the files' text."""

    def __init__(self, book: Workbook, contents: Contents, header: Header, decimal: str) -> None:
        super().__init__(book, contents, header)
        self._book, self._decimal = book, decimal

    def blocks(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Numbers and cells of the rows below the header; what stands right of it is left out."""
        rows = self._rows()
        while some := list(islice(rows, BLOCK)):
            yield [line for line, _ in some], [cells for _, cells in some]

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        width, above = len(self.header.names), self.header.line
        for line, cells in self._book.rows(self.header.sheet, self._decimal):
            if line > above:
                del cells[width:]
                yield line, cells


def several(file: str, headers: list[Header]) -> str:
    """The sentence about sheets of which any may be meant."""
    names = ", ".join(header.sheet for header in headers)
    cure = f'add sheet = "{headers[0].sheet}" under [[sources.files]]'
    return f"{file} has several sheets that fit ({names}); {cure}"


def _visible(meta: SheetMetadata) -> bool:
    return meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible


@contextmanager
def _parsing(name: str) -> Iterator[None]:
    """What the parser raises, in our words."""
    try:
        yield
    except PasswordError:
        raise Refused(f"{name} is protected by a password; save it without one") from None
    except (CalamineError, OSError, OverflowError, ValueError) as e:
        raise Garbled(f"{name} cannot be read ({e}); {SAVE}") from e
    except BaseException as e:
        if type(e).__name__ != "PanicException":  # of the parser's own language; it is no Exception
            raise
        raise Garbled(f"{name} cannot be read: its parts contradict each other; {SAVE}") from e


def written(cell: Any, decimal: str) -> str:
    """A cell's value as a CSV would hold it; the decimal sign is ``decimal``, or '.' where none is told."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return _number(cell, decimal)
    if isinstance(cell, datetime):
        moment = (cell + timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.isoformat(" ").removesuffix(" 00:00:00")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _number(value: float, decimal: str) -> str:
    """15 digits, as spreadsheets keep them; a longer number is marked as shortened. Three decimals become
    four where no sign is told, so that they are never taken for thousands."""
    if abs(value) >= EXACT:
        return f"{value:.14E}"
    if value == int(value):
        return str(int(value))
    text = f"{value:.15g}"
    if "e" in text:
        text = f"{Decimal(text):f}"
    if not decimal and text[-4:-3] == ".":
        text += "0"
    return text.replace(".", decimal) if decimal else text
