"""What the connectors' tests share: a folder of export files with known ages, and everything a pull tells."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Connector, Gone, Page, Row, Skipped, Unreadable
from connectors.exports import Exports
from connectors.records import Record

# Far ahead: a file told to be a second old is younger than its inode, like one that is being written.
NOW = 4_000_000_000.0
SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


@dataclass
class Told:
    """All a connector told in one pull, its rows already mapped."""

    records: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: list[Skipped] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    @property
    def aside(self) -> list[Skipped]:
        """Everything quarantined: what could not be placed, and what could not be mapped."""
        return [*self.skipped, *self.unreadable]

    @property
    def data_rows(self) -> int:
        """Data rows of the files that are accounted for."""
        return sum(one.data_rows for one in (*self.rows, *self.gone, *self.skipped))

    @property
    def notes(self) -> list[str]:
        """What staff are told."""
        return [note for page in self.pages for note in page.notes]


def pull(connector: Connector, record: type[Record], cursor: str | None = None) -> Told:
    """Pull a stream to its end and map every row, a page at a time as sync does; each row alone must tell the
    same."""
    told = Told()
    for page in connector.pull(record, cursor):
        told.pages.append(page)
        told.gone += page.gone
        told.skipped += page.skipped
        told.rows += page.rows
        found = (
            list(connector.map_page(record, [row.raw for row in page.rows]).each(record)) if page.rows else []
        )
        assert [said(one) for one in found] == [alone(connector, record, row) for row in page.rows]
        for row, one in zip(page.rows, found, strict=True):
            if isinstance(one, Unreadable):
                why = (one.field, str(one), one.cure)
                told.unreadable.append(Skipped(row.source_id, row.place, *why, row.data_rows))
            else:
                told.records[row.source_id] = one
    return told


def alone(connector: Connector, record: type[Record], row: Row) -> tuple[object, ...]:
    """What becomes of one row that comes alone."""
    try:
        return said(connector.map(record, row.raw))
    except Unreadable as e:
        return said(e)


def said(found: Record | Unreadable) -> tuple[object, ...]:
    """A record, or why it is none, to be compared."""
    return (found.field, found.reason, found.cure) if isinstance(found, Unreadable) else (found, repr(found))


class Folder:
    """A folder of exports; files in it were written a minute before ``now`` unless told otherwise."""

    now = NOW

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, text: str | bytes, *, age: float = 60, encoding: str = "utf-8") -> Path:
        """Write a file as if ``age`` seconds ago."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        os.utime(path, (NOW - age, NOW - age))
        return path

    def source(self, *files: str | Mapping[str, Any], **told: Any) -> Exports:
        """An exports source over these ``[[sources.files]]``; a plain text is a path."""
        tables = [{"path": one} if isinstance(one, str) else dict(one) for one in files]
        table = {"id": "src", "label": "Files", "kind": "exports", "files": tables, **told}
        settings = Exports.Settings.model_validate(table, context={"folder": self.path, "env": {}})
        return Exports(settings, clock=lambda: self.now)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder of exports."""
    return Folder(tmp_path)


@pytest.fixture
def shared() -> Folder:
    """The real export files beside the repository; skips where they are not."""
    if not SHARED.is_dir():
        pytest.skip(f"the real export files are not at {SHARED}")
    return Folder(SHARED)


@pytest.fixture
def read() -> Callable[..., Told]:
    """Pull a stream to its end and map every row."""
    return pull
