"""The id map kept as a CSV file: which account of a source is which account of the primary source.

Ids are taken byte-exact: nothing is folded, trimmed or guessed.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationInfo

from sync.config.complaints import refusal

COLUMNS = ["account", "primary"]


def read_id_file(value: Any, info: ValidationInfo) -> Any:
    """The file's rows as {account: primary account}; raises with every bad line in it."""
    if not isinstance(value, str):
        return value
    rows: dict[str, str] = {}
    problems = []
    for line, cells in _lines((info.context or {}).get("folder", Path()) / value, value):
        if problem := _problem(cells, rows):
            problems.append(((), f"{value}:{line}: {problem}"))
        else:
            rows[cells[0]] = cells[1]
    if problems:
        raise refusal(problems)
    return rows


def _problem(cells: list[str], rows: dict[str, str]) -> str:
    if len(cells) != len(COLUMNS):
        return f"has {len(cells)} columns; it must have two: account and primary"
    account, primary = cells
    if not account or not primary:
        return "an id is missing; fill in both, or delete the line"
    if account != account.strip(" ") or primary != primary.strip(" "):
        return "an id begins or ends with a space; ids are compared exactly, so take the space away"
    if rows.get(account, primary) != primary:
        return f'"{account}" is mapped twice, to "{rows[account]}" and to "{primary}"; leave one of them'
    return ""


def _lines(path: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """The lines below the header with their numbers, blank ones left out."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ValueError(
            f"cannot read {name} ({error.strerror}); the path starts at this file's folder"
        ) from None
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not UTF-8; save it as CSV UTF-8") from None
    head = text.partition("\n")[0]
    rows = csv.reader(text.splitlines(keepends=True), delimiter=max(",;\t", key=head.count))
    if [cell.strip().casefold() for cell in next(rows, [])] != COLUMNS:
        raise ValueError(f'{name}:1: the first line must be "account,primary"')
    yield from ((rows.line_num, cells) for cells in rows if cells)
