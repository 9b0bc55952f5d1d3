"""What the change log must hold after the full export was read again, told by the files alone."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TRACKED = {"orders": {"status": "status", "tracking_number": "tracking"}, "invoices": {"status": "status"}}
Line = tuple[str, str, str, str, str | None, str | None]  # record, id, kind, field, from, to


def rows(path: Path, ids: set[str] | None = None) -> dict[str, Mapping[str, str]]:
    """The rows of a file by their id; ``ids``: only these."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file) if ids is None or row["id"] in ids}


def expected(data: Path) -> set[Line]:
    """Every line there must be, and no other."""
    lines: set[Line] = set()
    for table in json.loads((data / "expected.json").read_text()):
        record = table[:-1]
        after = rows(data / "delta" / f"{table}.csv")
        before = rows(data / "v1" / f"{table}.csv", set(after))
        told = TRACKED.get(table, {})
        for ident, row in after.items():
            if ident not in before:
                lines.add((record, ident, "new", "", None, None))
                continue
            for column, field in told.items():
                if row[column] != before[ident][column]:
                    lines.add((record, ident, "changed", field, before[ident][column], row[column]))
        gone = ids(data / "v1" / f"{table}.csv") - ids(data / "v2" / f"{table}.csv")
        lines |= {(record, ident, "gone", "", None, None) for ident in gone}
    return lines


def ids(path: Path) -> set[str]:
    """The ids of a file."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["id"] for row in csv.DictReader(file)}


def check(data: Path, found: Iterable[tuple[Any, ...]]) -> None:
    """Stop unless the log says exactly this, from → to."""
    must, told = expected(data), [tuple(line) for line in found]
    if len(told) != len(must) or set(told) != must:
        wrong = list(set(told) ^ must)[:3]
        raise SystemExit(
            f"the change log has {len(told)} lines, expected {len(must)}; they differ in {wrong}"
        )
