"""Export files and settings that change from one sync to the next: what customers see afterwards is true."""

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from sync.cli.status import status
from sync.mirror import state
from sync.tables import MIRROR

MAPPED = """
[[sources]]
id = "books"
label = "Books"
kind = "exports"
settle = 0
currency = "EUR"
{told}
[[sources.files]]
path = "books*.csv"
record = "invoice"
{of_set}
[sources.files.map]
id = "No"
belongs_to = "Customer"
updated = "Changed"
deleted = {{ column = "Status", is = ["Deleted"] }}
show = {{ Status = ["Open", "Paid"] }}
[sources.files.map.fields]
number = "No"
status = "Status"
total = "Total"
note = "Note"
"""
CALLED = "No,Customer,Status,Total,Changed,Note"


@pytest.fixture
def books(desk):
    """The desk with a third source, whose settings and file may be told anew before each sync."""
    toml = (desk.folder / "fanlight.toml").read_text("utf-8")

    def sync(*rows, told='timezone = "Europe/Berlin"', of_set="", words=("books",), encoding="utf-8"):
        desk.write("fanlight.toml", toml + MAPPED.format(told=told, of_set=of_set))
        if rows:
            file = desk.write("books.csv", "")
            file.write_text("\n".join([CALLED, *rows]) + "\n", encoding)
            at = (desk.now - timedelta(minutes=10)).timestamp()
            os.utime(file, (at, at))
        desk.now += timedelta(minutes=5)
        return desk.sync(*words).stdout

    return sync


@pytest.fixture
def shown(desk):
    """Rows of a mirror table that are not gone, by id."""

    def look(table="invoices"):
        columns = MIRROR[table].c
        with desk.database.staff() as connection:
            living = sa.select(MIRROR[table]).where(columns.gone_at.is_(None), columns.source == "books")
            return {row["source_id"]: dict(row) for row in connection.execute(living).mappings()}

    return look


def invoice(number, status="Open", *, changed="2026-11-20 10:00", note=""):
    return f"{number},{'c-1'},{status},10.00,{changed},{note}"


def test_an_encoding_told_later_is_heeded_though_the_file_stays_the_same(books, shown):
    books(invoice("1", note="5 €"), encoding="iso-8859-15")
    assert shown()["1"]["note"] == "5 ¤"
    books(of_set='encoding = "iso-8859-15"')
    assert shown()["1"]["note"] == "5 €"


def test_a_time_zone_told_later_moves_times_back_as_well_as_forth(books, shown):
    books(invoice("1"))
    assert shown()["1"]["updated"].hour == 9
    books(told='timezone = "Asia/Tokyo"')
    assert shown()["1"]["updated"].hour == 1


def test_a_narrower_rule_hides_at_the_next_sync_however_many_that_are(books, shown):
    books(*(invoice(str(n), "Open" if n % 6 else "Paid") for n in range(30)))
    assert len(shown()) == 30
    told = books(told='timezone = "Europe/Berlin"\n[sources.show.invoice]\nstatus = ["Paid"]')
    assert len(shown()) == 5
    assert "25 gone" in told
    books()
    assert len(shown()) == 30


def test_a_status_nobody_expected_does_not_empty_the_stream(books, shown):
    books(*(invoice(str(n)) for n in range(30)))
    told = books(*(invoice(str(n), "Offen") for n in range(30)))
    assert "30 invoices would go" in told
    assert len(shown()) == 30


def test_a_row_without_id_leaves_the_quarantine_once_the_file_is_mended(books, desk):
    books(invoice("1"), invoice(""))
    with desk.database.staff() as connection:
        assert len(state.quarantine(connection)) == 1
    books(invoice("1"), invoice("2"))
    with desk.database.staff() as connection:
        assert not state.quarantine(connection)


def test_reading_one_file_alone_leaves_the_quarantine_of_the_others(desk):
    desk.orders(desk.order("#1"), desk.order("", total="1.00"), name="orders-1.csv")
    (desk.folder / "orders.csv").unlink()
    assert "2 quarantined" in desk.sync("shop").stdout
    one = desk.orders(desk.order("#2"), name="orders-2.csv")
    desk.sync("shop", "--file", str(one))
    with desk.database.staff() as connection:
        assert len(state.quarantine(connection)) == 2


def test_files_put_back_after_complete_was_switched_on_and_off_are_read_again(books, shown):
    first, second = (invoice("1"), invoice("2")), (invoice("1", "Paid"), invoice("2"))
    books(*first)
    books(*second, of_set="complete = true")
    books(*first)
    assert shown()["1"]["status"] == "Open"


def test_a_record_the_source_has_none_of_is_said_to_be_none(desk):
    told = desk.sync("shop", "--record", "ticket")
    assert "shop holds no tickets" in told.stdout


def test_lines_without_their_order_are_counted_once_each(desk):
    toml = (desk.folder / "fanlight.toml").read_text("utf-8").replace("{", "{{").replace("}", "}}")
    mapped = MAPPED.replace('record = "invoice"', 'record = "order"')
    lines = '[sources.files.map.lines]\nname = "What"\n[sources.files.map.fields]'
    mapped = mapped.replace("[sources.files.map.fields]", lines)
    of_set = 'lines = { file = "lines.csv", parent = "No" }'
    told = 'timezone = "Europe/Berlin"'
    desk.write("fanlight.toml", (toml + mapped).format(told=told, of_set=of_set))
    desk.write("books.csv", "\n".join([CALLED, invoice("1")]) + "\n")
    desk.write("lines.csv", "No,What\n9,Tape\n1,Box\n9,Pen\n8,Cup\n9,Ink\n")
    told = desk.sync("books").stdout
    assert "6 rows read = 2 in records + 4 quarantined" in told
    with desk.database.staff() as connection:
        assert sum(row.data_rows for row in state.quarantine(connection)) == 4


def test_rows_deleted_at_the_source_are_counted_and_told(books, desk):
    told = books(invoice("1"), invoice("2", "Deleted"), invoice("3", "Draft"))
    assert "3 rows read = 1 in records + 1 hidden by a rule + 1 deleted at the source; 1 new" in told
    assert "3 rows read = 1 in records + 1 hidden + 1 deleted at the source" in desk.run(status).stdout


def test_draft_then_sent_then_voided_then_deleted_then_back(books, shown):
    others = [invoice(str(n)) for n in range(8)]
    for word, seen in (("Draft", 0), ("Open", 1), ("Draft", 0), ("Paid", 1), ("Deleted", 0), ("Paid", 1)):
        books(*others, invoice("x", word))
        assert ("x" in shown()) == bool(seen), word


def test_a_source_that_failed_before_it_had_a_stream_is_told_once_however_many_accounts_wait(desk):
    ids = ", ".join(f'"b{n}@x.example" = "gone-{n}"' for n in range(50))
    toml = (desk.folder / "fanlight.toml").read_text("utf-8")
    desk.write("fanlight.toml", toml.replace("ids = { shop = { ", f"ids = {{ shop = {{ {ids}, "))
    told = desk.sync("shop").stdout
    assert told.count("which has no such account") == 2
    assert "51 accounts cannot be placed" in told
