"""Writes the demo's files: each is complete or not there, because it is renamed into place."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Cell = str | None  # None leaves a cell empty, "" writes it as two quotes: real exports know both


def write(path: Path, content: bytes) -> None:
    """Put a file in place in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def columns(header: str) -> list[str]:
    """The columns of a header line, which may be broken after a comma."""
    return header.strip().replace(",\n", ",").split(",")


def table(header: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    """CSV text with quotes only where they are needed or where an empty text is told apart from nothing."""
    lines = [",".join(map(_cell, header))]
    lines += [",".join([_cell(row.get(column)) for column in header]) for row in rows]
    return "\n".join(lines) + "\n"


def quoted_table(header: Sequence[str], rows: Iterable[Mapping[str, Cell]], *, header_too: bool) -> str:
    """CSV text with CRLF and every cell quoted, the header only where asked for."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL if header_too else csv.QUOTE_MINIMAL).writerow(header)
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([row.get(column) for column in header] for row in rows)
    return text.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if value and not any(c in value for c in ',"\r\n'):
        return value
    return '"' + value.replace('"', '""') + '"'
