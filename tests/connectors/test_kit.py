"""The contract kit in other people's hands: a connector of theirs, in a folder of theirs, asked by pytest."""

import subprocess
import sys
from pathlib import Path

import pytest

CONNECTOR = """
from connectors.base import Connector, Page, Reads, Refused, Row, SourceSettings
from connectors.records import Order
from datetime import datetime, UTC

class Ledger(Connector):
    Settings = SourceSettings
    reads = {Order: Reads.EVERYTHING}
    broken = False

    def mapping(self, record): return "1"

    def check(self):
        if self.broken:
            raise Refused("the ledger is closed; open it")

    def pull(self, record, cursor):
        self.check()
        rows = [Row(str(n), bytes([n] * 8), n, place=f"row {n}") for n in (1, 2, %s)]
        yield Page(rows=rows, as_of=datetime(2026, 11, 23, tzinfo=UTC))

    def map(self, record, raw):
        return Order(source_id=str(raw), number=f"SO-{raw}")
"""
TESTS = """
import pytest
from ledger import Ledger, SourceSettings
from connectors.contract import *

@pytest.fixture
def connector():
    return Ledger(SourceSettings(id="ledger", label="Ledger", kind="ledger"))

@pytest.fixture
def broken(connector):
    connector.broken = True
    return connector
"""


@pytest.mark.parametrize(("third", "passes"), [("3", True), ("2", False)])
def test_somebody_elses_connector_is_asked_by_importing_the_kit(
    tmp_path: Path, third: str, passes: bool
) -> None:
    (tmp_path / "ledger.py").write_text(CONNECTOR % third)
    (tmp_path / "test_ledger.py").write_text(TESTS)
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    told = subprocess.run(pytest_here, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (told.returncode == 0) is passes, told.stdout
    assert ("test_no_id_comes_twice_in_one_pull" in told.stdout) is not passes
