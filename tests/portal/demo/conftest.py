"""One demo for all tests of it, and a reader for its export files."""

import csv
import io
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from portal import demo

TODAY = date(2026, 11, 23)
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Exports:
    """The files of a demo folder as rows, read afresh each time."""

    folder: Path
    today: date = TODAY

    def rows(self, name: str) -> Rows:
        encoding = "cp1252" if name == "SalesInvoices.csv" else "utf-8-sig"
        text = (self.folder / "exports" / name).read_bytes().decode(encoding)
        return list(csv.DictReader(io.StringIO(text, newline="")))

    @property
    def orders(self) -> dict[str, Rows]:
        return self._grouped("orders_export_1.csv", "Name")

    @property
    def invoices(self) -> dict[str, Rows]:
        return self._grouped("SalesInvoices.csv", "InvoiceNumber")

    def _grouped(self, name: str, key: str) -> dict[str, Rows]:
        groups: dict[str, Rows] = defaultdict(list)
        for row in self.rows(name):
            groups[row[key]].append(row)
        return groups

    @property
    def bytes(self) -> dict[str, bytes]:
        """Every file but the secret key."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path.name != "secret.key")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    def step(self) -> list[str]:
        return demo.step(self.folder, today=self.today)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """A demo on its first day; only for reading."""
    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder, seed=7, today=TODAY)
    return Exports(folder)


@pytest.fixture
def fresh(made: Exports, tmp_path: Path) -> Exports:
    """A copy of the demo that a test may play on."""
    return Exports(Path(shutil.copytree(made.folder, tmp_path / "demo")))
