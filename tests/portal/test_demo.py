"""The demo's files look like real exports, add up, and move as days are played."""

import csv
import io
import shutil
from collections import defaultdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from portal import demo
from portal.demo import salesforce, shopify, xero
from portal.demo.companies import companies, salesforce_id
from portal.demo.days import SHOP_ZONE, Calendar
from portal.demo.world import World, world

TODAY = date(2026, 11, 23)
SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "samples"
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder, seed=7, today=TODAY)
    return folder


@pytest.fixture
def fresh(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "demo"))


def played(days: int) -> World:
    return world(7, Calendar(TODAY, (TODAY,) * days))


def read(folder: Path, name: str, encoding: str = "utf-8-sig") -> Rows:
    text = (folder / "exports" / name).read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def orders(folder: Path) -> dict[str, Rows]:
    return grouped(read(folder, "orders_export_1.csv"), "Name")


def invoices(folder: Path) -> dict[str, Rows]:
    return grouped(read(folder, "SalesInvoices.csv", "cp1252"), "InvoiceNumber")


def grouped(rows: Rows, key: str) -> dict[str, Rows]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "secret.key"
    }


def unreadable_total(rows: Rows) -> bool:
    return "O" in rows[0]["Total"]


def test_the_same_seed_and_day_give_the_same_files(made, tmp_path):
    demo.write(tmp_path, seed=7, today=TODAY)
    assert contents(tmp_path) == contents(made)


def test_another_seed_gives_another_business(made, tmp_path):
    demo.write(tmp_path, seed=8, today=TODAY)
    assert contents(tmp_path)["exports/orders_export_1.csv"] != contents(made)["exports/orders_export_1.csv"]


@pytest.mark.parametrize(("seed", "today"), [(1, date(2027, 2, 28)), (2, date(2028, 2, 29))])
def test_any_seed_and_day_give_a_demo_of_the_promised_size(tmp_path, seed, today):
    demo.write(tmp_path, seed=seed, today=today)
    assert (len(orders(tmp_path)), len(invoices(tmp_path))) == (3000, 2500)


def test_the_same_steps_from_the_same_start_give_the_same_files(fresh, made, tmp_path):
    other = Path(shutil.copytree(made, tmp_path / "other"))
    assert demo.step(fresh, today=TODAY) == demo.step(other, today=TODAY)
    assert contents(fresh) == contents(other) != contents(made)


def test_making_the_demo_anew_goes_back_to_its_first_day(fresh, made):
    demo.step(fresh, today=TODAY)
    demo.write(fresh, seed=7, today=TODAY)
    assert contents(fresh) == contents(made)


def test_the_secret_key_is_private_and_survives_a_new_demo(fresh):
    key = fresh / "secret.key"
    before = key.read_text()
    demo.write(fresh, seed=7, today=TODAY)
    assert key.read_text() == before
    assert len(before.strip()) == 64
    assert key.stat().st_mode & 0o077 == 0


def test_somebody_elses_configuration_is_never_overwritten(tmp_path):
    (tmp_path / "fanlight.toml").write_text("mine")
    with pytest.raises(demo.NotADemo, match=r"fanlight\.toml is not from the demo"):
        demo.write(tmp_path, seed=7, today=TODAY)
    assert (tmp_path / "fanlight.toml").read_text() == "mine"


def test_a_step_without_a_demo_says_how_to_make_one(tmp_path):
    with pytest.raises(demo.NotADemo, match="fanlight demo --folder"):
        demo.step(tmp_path, today=TODAY)


def test_there_are_three_thousand_orders_and_two_and_a_half_thousand_documents(made):
    assert len(orders(made)) == 3000
    assert len(invoices(made)) == 2500
    assert len(read(made, "accounts.csv")) == 60


def test_three_currencies_are_used_in_shop_and_books(made):
    assert {rows[0]["Currency"] for rows in orders(made).values()} == {"EUR", "GBP", "USD"}
    assert {rows[0]["Currency"] for rows in invoices(made).values()} == {"EUR", "GBP", "USD"}


def test_every_order_adds_up(made):
    for rows in orders(made).values():
        first = rows[0]
        lines = sum(Decimal(r["Lineitem quantity"]) * Decimal(r["Lineitem price"]) for r in rows)
        assert lines - Decimal(first["Discount Amount"]) == Decimal(first["Subtotal"])
        parts = sum(Decimal(first[name]) for name in ("Subtotal", "Shipping", "Taxes"))
        assert unreadable_total(rows) or parts == Decimal(first["Total"])


def test_every_invoice_adds_up_and_repeats_its_totals_on_each_line(made):
    for rows in invoices(made).values():
        first = rows[0]
        lines = sum(Decimal(r["LineAmount"]) + Decimal(r["TaxAmount"]) for r in rows)
        assert lines == Decimal(first["Total"])
        repeated = ("Total", "TaxTotal", "InvoiceAmountPaid", "InvoiceAmountDue", "Status", "InvoiceDate")
        assert all(row[name] == first[name] for row in rows for name in repeated)


def test_paid_and_due_never_exceed_the_total(made):
    credited = 0
    for rows in invoices(made).values():
        total, paid, due = (
            abs(Decimal(rows[0][n])) for n in ("Total", "InvoiceAmountPaid", "InvoiceAmountDue")
        )
        assert paid + due <= total
        credited += rows[0]["Type"] == "Sales invoice" and rows[0]["Status"] == "Paid" and paid < total
    assert credited > 10, "some invoices are settled by a credit note"


def test_an_invoice_of_an_order_costs_what_the_order_costs(made):
    shop = {name: rows for name, rows in orders(made).items() if not unreadable_total(rows)}
    compared = [
        (Decimal(rows[0]["Total"]), Decimal(shop[rows[0]["Reference"]][0]["Total"]))
        for rows in invoices(made).values()
        if rows[0]["Reference"] in shop and rows[0]["Type"] == "Sales invoice"
    ]
    assert len(compared) > 2000
    assert all(books == shop for books, shop in compared)


def test_later_rows_of_an_order_hold_only_what_shopify_repeats(made):
    filled = {"Name", "Email", "Created at", "Vendor", "Lineitem discount"}
    for rows in orders(made).values():
        for row in rows[1:]:
            present = {name for name, value in row.items() if value}
            assert {name for name in present if not name.startswith("Lineitem ")} == filled - {
                "Lineitem discount"
            }


def test_a_business_like_this_has_every_state_a_customer_may_meet(made):
    shop, books = orders(made).values(), invoices(made).values()
    assert {rows[0]["Fulfillment Status"] for rows in shop} == {"unfulfilled", "partial", "fulfilled"}
    assert {rows[0]["Financial Status"] for rows in shop} >= {
        "paid", "pending", "partially_paid", "partially_refunded", "voided",
    }  # fmt: skip
    assert {rows[0]["Status"] for rows in books} == {"Draft", "Awaiting Payment", "Paid", "Voided"}
    assert {rows[0]["Type"] for rows in books} == {"Sales invoice", "Sales credit note"}


def test_a_part_shipment_shows_in_its_lines(made):
    halves = [rows for rows in orders(made).values() if rows[0]["Fulfillment Status"] == "partial"]
    assert halves
    for rows in halves:
        assert {row["Lineitem fulfillment status"] for row in rows} == {"fulfilled", "pending"}


def test_the_people_whose_links_are_printed_find_something_to_look_at(made):
    known = {c.name: c for c in companies(7)}
    for name in ("Hartley Joinery Ltd", "Fenwick Cycle Works", "Brightwater Ltd"):
        latest = [r[0] for r in orders(made).values() if r[0]["Billing Company"] == name][:3]
        assert [row["Fulfillment Status"] for row in latest] == ["unfulfilled", "partial", "unfulfilled"]
        assert latest[2]["Cancelled at"]
        open_ones = [
            r[0]
            for r in invoices(made).values()
            if r[0]["ContactName"] == known[name].books_name and r[0]["Status"] == "Awaiting Payment"
        ]
        assert any(Decimal(row["InvoiceAmountPaid"]) for row in open_ones), "one is part paid"
        overdue = [row for row in open_ones if _day(row["DueDate"]) < TODAY]
        assert overdue and len(overdue) < len(open_ones)


def _day(text: str) -> date:
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def test_one_person_is_a_contact_of_two_customers(made):
    rows = [row for row in read(made, "contacts.csv") if row["EMAIL"].lower() == demo.PEOPLE[0]]
    assert len({row["ACCOUNTID"] for row in rows}) == 2
    assert len({row["ID"] for row in rows}) == 2


def test_the_other_person_belongs_to_one_of_two_customers_that_look_alike(made):
    accounts = {row["Id"]: row["Name"] for row in read(made, "accounts.csv")}
    (mine,) = [row for row in read(made, "contacts.csv") if row["EMAIL"] == demo.PEOPLE[1]]
    assert accounts[mine["ACCOUNTID"]] == "Brightwater Ltd"
    assert "Brightwater Limited" in accounts.values()
    names = {row["ContactName"] for row in read(made, "SalesInvoices.csv", "cp1252")}
    assert {"Brightwater Ltd", "Brightwater Limited"} <= names


def test_one_customer_of_shop_and_books_is_linked_to_nobody(made):
    for table, used in (
        ("shop.csv", {row["Email"] for row in read(made, "orders_export_1.csv")}),
        ("books.csv", {row["ContactName"] for row in read(made, "SalesInvoices.csv", "cp1252")}),
    ):
        linked = {row["account"] for row in csv.DictReader((made / "links" / table).open(encoding="utf-8"))}
        (stranger,) = used - linked
        assert "quayside" in stranger.lower()


def test_exactly_three_things_cannot_be_read(made):
    assert sum(map(unreadable_total, orders(made).values())) == 1
    impossible = [rows for rows in invoices(made).values() if rows[0]["InvoiceDate"].startswith("31/02/")]
    assert len(impossible) == 1
    assert [row["NAME"] for row in read(made, "contacts.csv") if not row["ID"]] == ["Ines Wagner"]


def test_some_rows_must_stay_hidden(made):
    assert [row for row in read(made, "contacts.csv") if not row["ACCOUNTID"]]
    assert [row for row in read(made, "contacts.csv") if row["ISDELETED"] == "true"]
    cases = read(made, "cases.csv")
    assert [row for row in cases if row["is_visible_in_self_service"] == "false"]
    assert [row for row in cases if not row["account_id"]]


def test_the_files_speak_different_dialects(made):
    raw = {path.name: path.read_bytes() for path in (made / "exports").iterdir()}
    assert raw["accounts.csv"].startswith(b"\xef\xbb\xbfId,IsDeleted")
    assert raw["contacts.csv"].startswith(b'\xef\xbb\xbf"ID","ISDELETED"')
    assert raw["cases.csv"].startswith(b"id,is_deleted,case_number")
    assert b"\r\n" in raw["SalesInvoices.csv"] and b"\r\n" not in raw["orders_export_1.csv"]
    with pytest.raises(UnicodeDecodeError):
        raw["SalesInvoices.csv"].decode("utf-8")


def test_the_case_export_is_older_than_the_others(made):
    exports = made / "exports"
    age = (exports / "accounts.csv").stat().st_mtime - (exports / "cases.csv").stat().st_mtime
    assert 2.9 * 3600 < age < 3.1 * 3600


def test_no_mail_can_reach_a_real_person(made):
    for name, content in contents(made).items():
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


def test_a_step_moves_orders_on(fresh):
    before = orders(fresh)
    told = demo.step(fresh, today=TODAY)
    after = orders(fresh)
    new, gone = after.keys() - before.keys(), before.keys() - after.keys()
    moved = [
        (before[name][0]["Fulfillment Status"], after[name][0]["Fulfillment Status"])
        for name in before.keys() & after.keys()
        if before[name][0]["Fulfillment Status"] != after[name][0]["Fulfillment Status"]
    ]
    assert 6 <= len(new) <= 9
    assert len(gone) == 1
    assert ("unfulfilled", "partial") in moved
    assert any(gone.copy().pop() in sentence for sentence in told)


def test_days_bring_part_shipments_to_their_end():
    today = played(0)
    halves = [order.number for order in today.orders if order.fulfilment(0) == "partial"]
    later = {order.number: order.fulfilment(15) for order in played(15).orders}
    assert halves
    assert {later[number] for number in halves} == {"fulfilled"}


def test_a_step_keeps_every_id(fresh):
    def ids() -> tuple[dict[str, str], set[str], dict[str, str]]:
        shop = {name: rows[0]["Id"] for name, rows in orders(fresh).items()}
        books = {number: rows[0]["Reference"] for number, rows in invoices(fresh).items()}
        return shop, set(books.items()), {row["id"]: row["subject"] for row in read(fresh, "cases.csv")}

    shop, books, cases = ids()
    demo.step(fresh, today=TODAY)
    demo.step(fresh, today=TODAY)
    shop_after, books_after, cases_after = ids()
    assert {name: shop_after[name] for name in shop if name in shop_after}.items() <= shop.items()
    assert books <= books_after
    assert cases.items() <= cases_after.items()


def test_a_step_brings_payments_a_late_change_and_answers(fresh):
    paid, old = _paid(fresh), _refunded(fresh)
    told = demo.step(fresh, today=TODAY)
    assert _paid(fresh) - paid
    (late,) = {name for name in _refunded(fresh) - old if _age(fresh, name) > 100}
    assert any("A late change" in sentence and late in sentence for sentence in told)
    assert any(sentence.startswith("Cases answered") for sentence in told)


def _paid(folder: Path) -> set[str]:
    return {number for number, rows in invoices(folder).items() if rows[0]["Status"] == "Paid"}


def _refunded(folder: Path) -> set[str]:
    return {name for name, rows in orders(folder).items() if "refunded" in rows[0]["Financial Status"]}


def _age(folder: Path, name: str) -> int:
    return (TODAY - date.fromisoformat(orders(folder)[name][0]["Created at"][:10])).days


def test_a_step_leaves_files_that_were_never_half_written(fresh):
    before = (fresh / "exports" / "cases.csv").stat().st_ino
    demo.step(fresh, today=TODAY)
    assert (fresh / "exports" / "cases.csv").stat().st_ino != before, "renamed into place"
    assert not list((fresh / "exports").glob("*.part"))


def test_nothing_lies_in_the_future_however_often_a_day_is_played():
    now = played(3)
    moments = [now.calendar.at(order.day, order.minute) for order in now.orders]
    moments += [now.calendar.at(*case.moved(now.now)) for case in now.cases]
    assert max(moments) < datetime.combine(TODAY, time(2), SHOP_ZONE)
    assert max(now.calendar.on(document.issued) for document in now.invoices) == TODAY


def test_the_books_still_add_up_after_many_days():
    now = played(40)
    for document in now.invoices:
        credited = sum(credit.amount for credit in document.credits if credit.day <= 40)
        assert document.status(40) == "Voided" or document.total == (
            document.paid(40) + credited + document.due(40)
        )
    numbers = [document.number for document in now.invoices]
    assert len(set(numbers)) == len(numbers)
    assert numbers[:2500] == [document.number for document in played(0).invoices]
