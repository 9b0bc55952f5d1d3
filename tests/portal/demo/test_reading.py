"""Fanlight reads the demo's files to the last row: records, hidden, quarantined, and nothing else."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from connectors import find
from connectors.base import Unreadable
from connectors.records import NAMES
from sync.config import load

DAY = 86_400


@dataclass
class Read:
    """What became of the rows of one file."""

    rows: Counter[str] = field(default_factory=Counter)
    quarantined: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def read(made):
    """Every record of the demo, read by the connector as fanlight.toml configures it."""
    told = {}
    for source in load(made.folder / "fanlight.toml").sources:
        connector = find(source.kind)(
            source, clock=lambda: (made.folder / ".state.json").stat().st_mtime + DAY
        )
        told |= {NAMES[record]: _read(connector, record) for record in connector.reads}
    return told


def _read(connector, record) -> Read:
    read = Read()
    for page in connector.pull(record, None):
        for row in page.rows:
            try:
                connector.map(record, row.raw)
                read.rows["in records"] += row.data_rows
            except Unreadable as wrong:
                read.rows["quarantined"] += row.data_rows
                read.quarantined.append(str(wrong))
        read.rows["quarantined"] += sum(skipped.data_rows for skipped in page.skipped)
        read.rows["hidden"] += sum(gone.data_rows for gone in page.gone)
        read.quarantined += [f"{skipped.field} {skipped.reason}" for skipped in page.skipped]
    return read


@pytest.mark.parametrize(
    ("record", "file"),
    [
        ("account", "accounts.csv"),
        ("contact", "contacts.csv"),
        ("ticket", "cases.csv"),
        ("order", "orders_export_1.csv"),
        ("invoice", "SalesInvoices.csv"),
    ],
)
def test_every_row_is_in_a_record_or_hidden_or_quarantined(made, read, record, file):
    assert read[record].rows.total() == len(made.rows(file))


def test_exactly_the_planned_rows_are_quarantined(read):
    told = {record: read.quarantined for record, read in read.items() if read.quarantined}
    assert told.keys() == {"order", "invoice", "contact"}
    assert [len(sentences) for sentences in told.values()] == [1, 1, 1]
    assert "Total" in told["order"][0]
    assert "31/02/" in told["invoice"][0]
    assert "id" in told["contact"][0]


def test_a_whole_order_is_kept_out_for_one_unreadable_cell(read):
    assert read["order"].rows["quarantined"] > 1


def test_drafts_and_cases_for_staff_only_are_hidden(made, read):
    drafts = [row for row in made.rows("SalesInvoices.csv") if row["Status"] == "Draft"]
    assert read["invoice"].rows["hidden"] == len(drafts) > 0
    assert read["ticket"].rows["hidden"] == 5  # four for staff only, one deleted
    assert read["contact"].rows["hidden"] == 1


def test_the_link_tables_name_accounts_that_exist(made):
    config = load(made.folder / "fanlight.toml")
    accounts = {row["Id"] for row in made.rows("accounts.csv")}
    assert all(set(ids.values()) <= accounts for ids in config.organisations.ids.values())
    assert {source: len(ids) for source, ids in config.organisations.ids.items()} == {
        "shop": 122,
        "books": 60,
    }
