"""One table of a file, whether that file is text or a workbook; what is told of it stands in its FileSet."""

from collections.abc import Iterable
from pathlib import Path

from connectors.exports import encoding, reader
from connectors.exports.encoding import Contents
from connectors.exports.files import SourceFile
from connectors.exports.reader import Header, Sheet
from connectors.exports.settings import FileSet
from connectors.exports.workbook import WORKBOOKS, BookSheet, Workbook


def open_file(path: Path) -> SourceFile:
    """The file, open: a workbook by its name, else text. Raises Refused when it cannot be opened."""
    return Workbook(path) if path.suffix.lower() in WORKBOOKS else SourceFile(path)


def scan(file: SourceFile, told: str | None) -> Contents:
    """Understand the bytes; ``told`` is the encoding of a text."""
    return file.contents() if isinstance(file, Workbook) else encoding.scan(file, told)


def headers(file: SourceFile, wanted: Iterable[str], fileset: FileSet) -> list[Header]:
    """The header of a text, or of every sheet that may be meant."""
    if isinstance(file, Workbook):
        return file.headers(wanted, fileset.sheet)
    return [reader.peek(file, wanted, fileset.encoding, fileset.delimiter)]


def peek(file: SourceFile, wanted: Iterable[str], fileset: FileSet) -> Header:
    """The one header with the wanted columns."""
    if isinstance(file, Workbook):
        return file.header(wanted, fileset.sheet)
    return reader.peek(file, wanted, fileset.encoding, fileset.delimiter)


def sheet(file: SourceFile, contents: Contents, header: Header, decimal: str = "") -> Sheet:
    """The table under a header; ``decimal`` is the sign told for the numbers of texts."""
    if isinstance(file, Workbook):
        return BookSheet(file, contents, header, decimal)
    return reader.with_escape(Sheet(file, contents, header))
