"""Bytes → text: one pass over a file's bytes finds its encoding, its hash and what makes it no CSV at all."""

import codecs
import hashlib

from msgspec import Struct

from connectors.base import Garbled, Refused
from connectors.exports.files import CHUNK, SourceFile

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
WEB = (b"<!doctype html", b"<html", b"<head", b"<script", b"<?xml", b"<!--")
MAGIC = {
    b"PK\x03\x04": "a spreadsheet or ZIP archive",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"SQLite format 3": "a database",
}


class Contents(Struct, frozen=True):
    """What one pass over the bytes tells."""

    sha256: str
    encoding: str
    nuls: int = 0
    backslash_quotes: bool = False
    ends_with_newline: bool = True
    notes: tuple[str, ...] = ()


def scan(file: SourceFile, told: str | None) -> Contents:
    """Read all bytes once; raises Garbled for what is no table, Refused where the encoding must be told."""
    must_be_table(file.name, file.head(), told)
    encoding = told or by_bom(file.head(4)) or "utf-8"
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder(encoding)()
    nuls, quotes, tail, blank, wrong = 0, False, b"", True, False
    for chunk in file.chunks():
        digest.update(chunk)
        quotes = quotes or b'\\"' in tail[-1:] + chunk
        nuls += chunk.count(b"\0")
        blank = blank and not chunk.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe")
        if len(chunk) == CHUNK and b"\n" not in chunk and b"\r" not in chunk:
            raise Garbled(
                f"{file.name} has a line longer than 1 MB: this is no CSV, or a quote is never closed"
            )
        wrong = wrong or not _decodes(decoder, chunk)
        tail = chunk[-4:]
    if blank:
        raise Garbled(
            f"{file.name} is empty (0 rows, not even a header): the export failed; what we have is kept"
        )
    wrong = wrong or not _decodes(decoder, b"", final=True)
    notes: tuple[str, ...] = ()
    if wrong:
        encoding, notes = _other_encoding(file, told or encoding, told is not None)
    nuls = 0 if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")) else nuls
    if nuls:
        notes = (*notes, f"{file.name}: {nuls} NUL bytes left out")
    return Contents(
        digest.hexdigest(), encoding, nuls, quotes, tail.rstrip(b"\0")[-1:] in (b"\n", b"\r"), notes
    )


def by_bom(head: bytes) -> str | None:
    """The encoding a byte order mark names."""
    return next((name for bom, name in BOMS if head.startswith(bom)), None)


def must_be_table(name: str, head: bytes, encoding: str | None = None) -> None:
    """Raise Garbled for a web page, Refused for another kind of file."""
    for magic, what in MAGIC.items():
        if head.startswith(magic):
            raise Refused(f"{name} is {what}, not a CSV file; export it as CSV")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith(WEB):
        raise Garbled(
            f"{name} is a web page saved as CSV (a login page?), not an export; sign in and export again"
        )
    if start.startswith((b"{", b"[{")):
        raise Garbled(f"{name} is JSON (an error message?), not a CSV export; export it again")
    if encoding is None and by_bom(head) is None and head[:2000].count(0) * 3 > len(head[:2000]) > 20:
        raise Refused(
            f'{name} looks like UTF-16 without its mark; add encoding = "utf-16-le" under [[sources.files]]'
        )


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _other_encoding(file: SourceFile, encoding: str, told: bool) -> tuple[str, tuple[str, ...]]:
    """cp1252 for what is no UTF-8; raises where that would only be another guess."""
    if told or encoding != "utf-8":
        line = _first_bad_line(file, encoding)
        raise Garbled(
            f'{file.name}, line {line}: not {encoding}; export again or correct encoding = "…" in the TOML'
        )
    good, bad, line = _weigh(file)
    if good > bad:
        raise Garbled(
            f"{file.name}, line {line}: not UTF-8, though the rest of the file is; export it again, "
            'or tell encoding = "cp1252" under [[sources.files]]'
        )
    try:
        for chunk in file.chunks():
            chunk.decode("cp1252")
    except UnicodeDecodeError:
        raise Refused(
            f'{file.name}, line {line}: neither UTF-8 nor cp1252; tell encoding = "…" under [[sources.files]]'
        ) from None
    return "cp1252", (f"{file.name}: not UTF-8 (line {line}), read as cp1252; tell encoding to be sure",)


def _first_bad_line(file: SourceFile, encoding: str) -> int:
    line, decoder = 1, codecs.getincrementaldecoder(encoding)()
    for chunk in file.chunks():
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as e:
            return line + e.object.count(b"\n", 0, e.start)
        line += chunk.count(b"\n")
    return line


def _weigh(file: SourceFile) -> tuple[int, int, int]:
    """Characters beyond ASCII that are good UTF-8, bytes that are not, and the first line with one of
    these."""
    good, bad, line, first = 0, 0, 1, 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for chunk in file.chunks():
        text = decoder.decode(chunk)
        wrong = sum("\udc80" <= c <= "\udcff" for c in text if not c.isascii())
        if wrong and not first:
            at = next(n for n, c in enumerate(text) if "\udc80" <= c <= "\udcff")
            first = line + text.count("\n", 0, at)
        good += sum(not c.isascii() for c in text) - wrong
        bad += wrong
        line += text.count("\n")
    return good, bad, first or line
