"""The demo's files look like real exports, add up, and hold everything a customer may meet."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from portal import demo
from portal.demo import salesforce, shopify, xero
from portal.demo.companies import companies, salesforce_id

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "data" / "samples"
Rows = list[dict[str, str]]


def unreadable_total(rows: Rows) -> bool:
    return "O" in rows[0]["Total"]


def test_there_are_three_thousand_orders_and_two_and_a_half_thousand_documents(made):
    assert len(made.orders) == 3000
    assert len(made.invoices) == 2500
    assert len(made.rows("accounts.csv")) == 60


def test_three_currencies_are_used_in_shop_and_books(made):
    assert {rows[0]["Currency"] for rows in made.orders.values()} == {"EUR", "GBP", "USD"}
    assert {rows[0]["Currency"] for rows in made.invoices.values()} == {"EUR", "GBP", "USD"}


def test_every_order_adds_up(made):
    for rows in made.orders.values():
        first = rows[0]
        lines = sum(Decimal(r["Lineitem quantity"]) * Decimal(r["Lineitem price"]) for r in rows)
        assert lines - Decimal(first["Discount Amount"]) == Decimal(first["Subtotal"])
        parts = sum(Decimal(first[name]) for name in ("Subtotal", "Shipping", "Taxes"))
        assert unreadable_total(rows) or parts == Decimal(first["Total"])


def test_every_invoice_adds_up_and_repeats_its_totals_on_each_line(made):
    for rows in made.invoices.values():
        first = rows[0]
        lines = sum(Decimal(r["LineAmount"]) + Decimal(r["TaxAmount"]) for r in rows)
        assert lines == Decimal(first["Total"])
        repeated = ("Total", "TaxTotal", "InvoiceAmountPaid", "InvoiceAmountDue", "Status", "InvoiceDate")
        assert all(row[name] == first[name] for row in rows for name in repeated)


def test_paid_and_due_never_exceed_the_total(made):
    credited = 0
    for rows in made.invoices.values():
        total, paid, due = (
            abs(Decimal(rows[0][n])) for n in ("Total", "InvoiceAmountPaid", "InvoiceAmountDue")
        )
        assert paid + due <= total
        credited += rows[0]["Type"] == "Sales invoice" and rows[0]["Status"] == "Paid" and paid < total
    assert credited > 10, "some invoices are settled by a credit note"


def test_an_invoice_of_an_order_costs_what_the_order_costs(made):
    shop = {name: rows for name, rows in made.orders.items() if not unreadable_total(rows)}
    compared = [
        (Decimal(rows[0]["Total"]), Decimal(shop[rows[0]["Reference"]][0]["Total"]))
        for rows in made.invoices.values()
        if rows[0]["Reference"] in shop and rows[0]["Type"] == "Sales invoice"
    ]
    assert len(compared) > 2000
    assert all(books == shop for books, shop in compared)


def test_later_rows_of_an_order_hold_only_what_shopify_repeats(made):
    filled = {"Name", "Email", "Created at", "Vendor", "Lineitem discount"}
    for rows in made.orders.values():
        for row in rows[1:]:
            present = {name for name, value in row.items() if value}
            assert {name for name in present if not name.startswith("Lineitem ")} == filled - {
                "Lineitem discount"
            }


def test_a_business_like_this_has_every_state_a_customer_may_meet(made):
    shop, books = made.orders.values(), made.invoices.values()
    assert {rows[0]["Fulfillment Status"] for rows in shop} == {"unfulfilled", "partial", "fulfilled"}
    assert {rows[0]["Financial Status"] for rows in shop} >= {
        "paid", "pending", "partially_paid", "partially_refunded", "voided",
    }  # fmt: skip
    assert {rows[0]["Status"] for rows in books} == {"Draft", "Awaiting Payment", "Paid", "Voided"}
    assert {rows[0]["Type"] for rows in books} == {"Sales invoice", "Sales credit note"}


def test_a_part_shipment_shows_in_its_lines(made):
    halves = [rows for rows in made.orders.values() if rows[0]["Fulfillment Status"] == "partial"]
    assert halves
    for rows in halves:
        assert {row["Lineitem fulfillment status"] for row in rows} == {"fulfilled", "pending"}


def test_the_people_whose_links_are_printed_find_something_to_look_at(made):
    known = {c.name: c for c in companies(7)}
    for name in ("Hartley Joinery Ltd", "Fenwick Cycle Works", "Brightwater Ltd"):
        latest = [r[0] for r in made.orders.values() if r[0]["Billing Company"] == name][:3]
        assert [row["Fulfillment Status"] for row in latest] == ["unfulfilled", "partial", "unfulfilled"]
        assert latest[2]["Cancelled at"]
        open_ones = [
            r[0]
            for r in made.invoices.values()
            if r[0]["ContactName"] == known[name].books_name and r[0]["Status"] == "Awaiting Payment"
        ]
        assert any(Decimal(row["InvoiceAmountPaid"]) for row in open_ones), "one is part paid"
        overdue = [row for row in open_ones if _day(row["DueDate"]) < made.today]
        assert overdue and len(overdue) < len(open_ones)


def _day(text: str) -> date:
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def test_one_person_is_a_contact_of_two_customers(made):
    rows = [row for row in made.rows("contacts.csv") if row["EMAIL"].lower() == demo.PEOPLE[0]]
    assert len({row["ACCOUNTID"] for row in rows}) == 2
    assert len({row["ID"] for row in rows}) == 2


def test_the_other_person_belongs_to_one_of_two_customers_that_look_alike(made):
    accounts = {row["Id"]: row["Name"] for row in made.rows("accounts.csv")}
    (mine,) = [row for row in made.rows("contacts.csv") if row["EMAIL"] == demo.PEOPLE[1]]
    assert accounts[mine["ACCOUNTID"]] == "Brightwater Ltd"
    assert "Brightwater Limited" in accounts.values()
    names = {row["ContactName"] for row in made.rows("SalesInvoices.csv")}
    assert {"Brightwater Ltd", "Brightwater Limited"} <= names


def test_one_customer_of_shop_and_books_is_linked_to_nobody(made):
    for table, used in (
        ("shop.csv", {row["Email"] for row in made.rows("orders_export_1.csv")}),
        ("books.csv", {row["ContactName"] for row in made.rows("SalesInvoices.csv")}),
    ):
        linked = {
            row["account"] for row in csv.DictReader((made.folder / "links" / table).open(encoding="utf-8"))
        }
        (stranger,) = used - linked
        assert "quayside" in stranger.lower()


def test_exactly_three_things_cannot_be_read(made):
    assert sum(map(unreadable_total, made.orders.values())) == 1
    impossible = [rows for rows in made.invoices.values() if rows[0]["InvoiceDate"].startswith("31/02/")]
    assert len(impossible) == 1
    assert [row["NAME"] for row in made.rows("contacts.csv") if not row["ID"]] == ["Ines Wagner"]


def test_some_rows_must_stay_hidden(made):
    assert [row for row in made.rows("contacts.csv") if not row["ACCOUNTID"]]
    assert [row for row in made.rows("contacts.csv") if row["ISDELETED"] == "true"]
    cases = made.rows("cases.csv")
    assert [row for row in cases if row["is_visible_in_self_service"] == "false"]
    assert [row for row in cases if not row["account_id"]]


def test_the_files_speak_different_dialects(made):
    raw = {path.name: path.read_bytes() for path in (made.folder / "exports").iterdir()}
    assert raw["accounts.csv"].startswith(b"\xef\xbb\xbfId,IsDeleted")
    assert raw["contacts.csv"].startswith(b'\xef\xbb\xbf"ID","ISDELETED"')
    assert raw["cases.csv"].startswith(b"id,is_deleted,case_number")
    assert b"\r\n" in raw["SalesInvoices.csv"] and b"\r\n" not in raw["orders_export_1.csv"]
    with pytest.raises(UnicodeDecodeError):
        raw["SalesInvoices.csv"].decode("utf-8")


def test_no_mail_can_reach_a_real_person(made):
    for name, content in made.bytes.items():
        for word in content.decode("cp1252" if "SalesInvoices" in name else "utf-8").split():
            assert "@" not in word or ".example" in word, f"{name}: {word}"


def test_salesforce_ids_carry_their_checksum():
    assert salesforce_id("001", 0)[:15].isascii()
    assert all(len(salesforce_id("003", n)) == 18 for n in (0, 1, 61, 62, 40_000_000))
    assert salesforce_id("001", 1) == "001Nw0000000001IAA"


def test_the_headers_are_those_of_real_exports():
    if not SAMPLES.is_dir():
        pytest.skip("reference data is not here: ../shared/data/samples")
    assert _sample("shopify/orders_export__multirow_draft_paid_outstanding_inr.csv") == shopify.HEADER
    assert _sample("xero/SalesInvoices_export__nzd_all_quoted_4dp.csv") == xero.HEADER
    for name, ours in (
        ("Account", salesforce.ACCOUNT),
        ("Contact", salesforce.CONTACT),
        ("Case", salesforce.CASE),
    ):
        standard = [
            column
            for column in _sample(f"salesforce/{name}__data_loader_bom_compound_json.csv")
            if not column.endswith("__c")
        ]
        assert [column for column in ours if column != "AccountNumber"] == standard


def _sample(name: str) -> list[str]:
    with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))
