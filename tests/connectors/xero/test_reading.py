"""Reading Xero: pages, deltas, what is shown, and what a page that shifts cannot hide."""

from datetime import timedelta

import pytest

from connectors.base import Garbled, Gone, Unavailable
from connectors.chain import OVERLAP, Chain, resume
from connectors.http import Time
from connectors.records import Account, Contact, Invoice, Payment, Quote
from connectors.xero import Xero

INVOICES = "/api.xro/2.0/Invoices"


def pull(source, record, cursor=None):
    """All that a pull tells."""
    return list(source.pull(record, cursor))


def rows(pages):
    return [row for page in pages for row in page.rows]


def gone(pages):
    return [one for page in pages for one in page.gone]


def numbers(source, pages):
    return [source.map(Invoice, row.raw).number for row in rows(pages)]


def fill(world, count, *, seconds=30.0):
    """Invoices, one every so many seconds."""
    for n in range(count):
        world.invoice(f"INV-{n}", "Kea Cafe")
        world.pass_(seconds=seconds)


def test_everything_is_read_once_and_the_next_run_begins_before_this_one(books):
    fill(books.world, 7)
    source, begun = books.source(page_size=3), books.world.now
    found = pull(source, Invoice)
    assert numbers(source, found) == [f"INV-{n}" for n in range(7)]
    assert found[-1].as_of == begun
    assert resume(found[-1].cursor, Chain).since == begun - OVERLAP


def test_an_idle_run_asks_once_for_each_listing(books):
    fill(books.world, 3)
    books.world.contact("Kea Cafe")
    books.world.quote("QU-1", "Kea Cafe")
    books.world.payment("P-1", "INV-0", "Kea Cafe")
    books.world.pass_(hours=1)
    source = books.source()
    cursors = {record: pull(source, record)[-1].cursor for record in source.reads}
    books.world.forget()
    for record, cursor in cursors.items():
        assert rows(pull(source, record, cursor)) == []
    assert books.world.counts() == {
        f"/api.xro/2.0/{name}": 2 if name == "Contacts" else 1
        for name in (
            "Contacts",
            "Invoices",
            "CreditNotes",
            "Prepayments",
            "Overpayments",
            "Quotes",
            "Payments",
        )
    }


def test_three_hundred_and_twenty_invoices_cost_four_requests_and_a_token(books):
    fill(books.world, 320)
    source = books.source()
    assert len(rows(pull(source, Invoice))) == 320
    assert len(books.world.requests) == 5


def test_a_delta_brings_what_changed_and_nothing_else(books):
    fill(books.world, 5)
    books.world.pass_(hours=1)
    source = books.source()
    cursor = pull(source, Invoice)[-1].cursor
    books.world.pass_(hours=1)
    books.world.invoice("INV-2", "Kea Cafe", AmountDue=15.0, AmountPaid=100.0)
    assert numbers(source, pull(source, Invoice, cursor)) == ["INV-2"]


@pytest.mark.parametrize("strict_edge", [False, True])
def test_many_of_one_second_are_all_read_wherever_the_filter_draws_its_line(books, strict_edge):
    books.world.strict_edge = strict_edge
    fill(books.world, 3)
    for n in range(3, 20):
        books.world.invoice(f"INV-{n}", "Kea Cafe")
    fill_after = [f"LATER-{n}" for n in range(4)]
    for name in fill_after:
        books.world.pass_(seconds=2)
        books.world.invoice(name, "Kea Cafe")
    source = books.source(page_size=5)
    found = numbers(source, pull(source, Invoice))
    assert sorted(found) == sorted([*(f"INV-{n}" for n in range(20)), *fill_after])


def test_an_edit_while_pages_are_read_hides_no_other_row(books):
    fill(books.world, 12)
    source = books.source(page_size=4)
    for nth in (3, 4, 5):
        books.world.before(
            nth, lambda nth=nth: books.world.invoice(f"INV-{nth - 3}", "Kea Cafe", Reference="edited")
        )
    found = numbers(source, pull(source, Invoice))
    assert set(found) == {f"INV-{n}" for n in range(12)}


def test_a_row_that_leaves_while_pages_go_by_number_hides_no_other_row(books):
    books.world.ignores.add("order")
    fill(books.world, 12)
    books.world.invoice("INV-0", "Kea Cafe")  # first in the listing, and newest: so the order is seen to fail
    source = books.source(page_size=4)
    books.world.before(5, lambda: books.world.lose("Invoices", "INV-3"))
    found = numbers(source, pull(source, Invoice))
    assert {f"INV-{n}" for n in range(12)} - {"INV-3"} <= set(found)
    assert any("ignored" in note for note in pull(source, Invoice)[-1].notes)


def test_a_xero_that_ignores_the_filter_is_read_whole_and_staff_are_told(books):
    fill(books.world, 7)
    source = books.source(page_size=3)
    cursor = pull(source, Invoice)[-1].cursor
    books.world.pass_(hours=2)
    books.world.invoice("INV-1", "Kea Cafe", Reference="edited")
    books.world.ignores.add("filter")
    found = pull(source, Invoice, cursor)
    assert set(numbers(source, found)) == {f"INV-{n}" for n in range(7)}
    assert any("ignored" in note for note in found[-1].notes)


def test_a_row_committed_late_is_found_by_the_next_run(books):
    fill(books.world, 3)
    source = books.source()
    cursor = pull(source, Invoice)[-1].cursor
    late = books.world.now - timedelta(minutes=8)
    books.world.pass_(minutes=15)
    books.world.invoice("LATE", "Kea Cafe", updated=late)
    assert "LATE" in numbers(source, pull(source, Invoice, cursor))


def test_the_next_run_begins_by_xero_s_clock_whatever_ours_says(books):
    fill(books.world, 3)
    fast = Time(now=lambda: books.world.now + timedelta(hours=1), sleep=books.world.sleep)
    found = pull(Xero(books.settings(), fast), Invoice)
    assert found[-1].as_of == books.world.now
    assert resume(found[-1].cursor, Chain).since == books.world.now - OVERLAP


def test_a_run_that_died_goes_on_from_its_last_page_and_keeps_its_beginning(books):
    fill(books.world, 9)
    source, begun = books.source(page_size=3), books.world.now
    books.world.plan({4: "html200"})
    pages = []
    with pytest.raises(Garbled):
        for page in source.pull(Invoice, None):
            pages.append(page)
    books.world.forget()
    books.world.pass_(hours=3)
    rest = pull(books.source(page_size=3), Invoice, pages[-1].cursor)
    assert set(numbers(source, pages)) | set(numbers(source, rest)) == {f"INV-{n}" for n in range(9)}
    assert len(rows(rest)) < 7
    assert rest[-1].as_of == begun and resume(rest[-1].cursor, Chain).since == begun - OVERLAP


def test_a_cursor_nobody_can_read_begins_anew(books):
    fill(books.world, 2)
    assert len(rows(pull(books.source(), Invoice, "from another century"))) == 2


def test_a_cursor_from_the_future_brings_nothing(books):
    fill(books.world, 2)
    assert rows(pull(books.source(), Invoice, '{"since":"2999-01-01T00:00:00Z"}')) == []


def test_drafts_are_hidden_deleted_ones_gone_and_bills_never_asked_for(books, id_of):
    world = books.world
    world.invoice("INV-1", "Kea Cafe")
    world.invoice("INV-2", "Kea Cafe", Status="DRAFT")
    world.invoice("INV-3", "Kea Cafe", Status="SUBMITTED")
    world.invoice("INV-4", "Kea Cafe", Status="VOIDED")
    world.invoice("BILL", "Kea Cafe", Type="ACCPAY")
    world.credit("CreditNotes", "BILL-CN", "Kea Cafe", Type="ACCPAYCREDIT")
    world.credit("Overpayments", "SPENT", "Kea Cafe", Type="SPEND-OVERPAYMENT")
    world.pass_(hours=1)
    source = books.source()
    first = pull(source, Invoice)
    assert sorted(numbers(source, first)) == ["INV-1", "INV-4"]
    assert [one.rule for one in gone(first)] == [
        "show.invoice.status: DRAFT is not in the list",
        "show.invoice.status: SUBMITTED is not in the list",
        "Overpayments: SPEND-OVERPAYMENT is never shown",
    ]
    world.pass_(hours=1)
    world.invoice("INV-2", "Kea Cafe", Status="DELETED")
    assert gone(pull(source, Invoice, first[-1].cursor)) == [
        Gone(id_of("INV-2"), "deleted", number="INV-2")
    ]  # fmt: skip


def test_show_narrows_what_customers_see_and_cannot_show_drafts(books):
    books.world.invoice("INV-1", "Kea Cafe")
    books.world.invoice("INV-2", "Kea Cafe", Status="VOIDED")
    books.world.credit("CreditNotes", "CN-1", "Kea Cafe")
    source = books.source(show={"invoice": {"status": ["AUTHORISED"], "kind": ["invoice"]}})
    assert numbers(source, pull(source, Invoice)) == ["INV-1"]
    assert source.mapping(Invoice) != books.source().mapping(Invoice)
    with pytest.raises(ValueError, match=r"show\.invoice\.status: DRAFT is never shown"):
        books.settings(show={"invoice": {"status": ["DRAFT", "PAID"]}})
    with pytest.raises(ValueError, match=r"no rule show\.quote\.colour"):
        books.settings(show={"quote": {"colour": ["red"]}})


def test_even_a_list_of_everything_shows_no_draft(books):
    books.world.quote("QU-1", "Kea Cafe", Status="DRAFT")
    books.world.quote("QU-2", "Kea Cafe", Status="SENT")
    books.world.quote("QU-3", "Kea Cafe", Status="DELETED")
    source = books.source(show={"quote": {"status": ["*"]}})
    found = pull(source, Quote)
    assert [row.raw["QuoteNumber"] for row in rows(found)] == ["QU-2"]
    assert [(one.number, one.why) for one in gone(found)] == [("QU-1", "hidden"), ("QU-3", "deleted")]


def test_an_unknown_status_stays_hidden_and_staff_are_told(books):
    books.world.invoice("INV-1", "Kea Cafe", Status="PENDING")
    found = pull(books.source(), Invoice)
    assert [one.rule for one in gone(found)] == ["show.invoice.status: PENDING is not in the list"]
    assert any("PENDING" in note for note in found[-1].notes)
    allowed = books.source(show={"invoice": {"status": ["PENDING"]}})
    assert allowed.map(Invoice, rows(pull(allowed, Invoice))[0].raw).status == "PENDING"


def test_a_row_without_status_or_type_is_set_aside_with_its_id(books, id_of):
    books.world.invoice("INV-1", "Kea Cafe", Status=None)
    books.world.payment("P-1", "INV-1", "Kea Cafe", PaymentType=None)
    (one,) = [s for page in pull(books.source(), Invoice) for s in page.skipped]
    assert (one.source_id, one.field) == (id_of("INV-1"), "Status")
    (one,) = [s for page in pull(books.source(), Payment) for s in page.skipped]
    assert (one.source_id, one.field) == (id_of("P-1"), "PaymentType")


def test_a_row_without_an_id_is_set_aside(books):
    books.world.invoice("INV-1", "Kea Cafe", InvoiceID=None)
    (one,) = [s for page in pull(books.source(), Invoice) for s in page.skipped]
    assert (one.source_id, one.field) == (None, "InvoiceID")


def test_payments_of_bills_are_no_customers(books):
    books.world.payment("P-1", "INV-1", "Kea Cafe")
    books.world.payment("P-2", "BILL", "Supplier", PaymentType="ACCPAYPAYMENT")
    books.world.payment("P-3", "INV-1", "Kea Cafe", Status="DELETED")
    found = pull(books.source(), Payment)
    assert [row.raw["Reference"] for row in rows(found)] == ["P-1"]
    assert [(one.number, one.why) for one in gone(found)] == [("P-2", "hidden"), ("P-3", "deleted")]


def test_archived_customers_are_hidden_and_their_people_go(books, id_of):
    books.world.contact("Kea Cafe", EmailAddress="a@kea.example")
    books.world.contact("Old Cafe", EmailAddress="a@old.example", ContactStatus="ARCHIVED")
    books.world.contact("Forgotten", EmailAddress="a@gone.example", ContactStatus="GDPRREQUEST")
    accounts = pull(books.source(), Account)
    assert [row.source_id for row in rows(accounts)] == [id_of("Kea Cafe")]
    assert [(one.number, one.why) for one in gone(accounts)] == [
        ("Old Cafe", "hidden"),
        ("Forgotten", "deleted"),
    ]
    people = pull(books.source(), Contact)
    assert [row.source_id for row in rows(people)] == [f"{id_of('Kea Cafe')}/a@kea.example"]
    assert {one for page in people for one in page.whole_of} == {
        id_of(name) for name in ("Kea Cafe", "Old Cafe", "Forgotten")
    }


def test_who_is_a_supplier_only_is_hidden_with_its_people_unless_the_list_says_otherwise(books, id_of):
    for name, customer, supplier in [("Both", True, True), ("New", False, False), ("Mill", False, True)]:
        email = f"a@{name}.example".lower()
        books.world.contact(name, EmailAddress=email, IsCustomer=customer, IsSupplier=supplier)
    accounts = pull(books.source(), Account)
    assert {row.source_id for row in rows(accounts)} == {id_of("Both"), id_of("New")}
    assert [(one.number, one.why, one.rule) for one in gone(accounts)] == [
        ("Mill", "hidden", "show.account.kind: supplier is not in the list")
    ]
    people = pull(books.source(), Contact)
    assert {row.raw["ContactID"] for row in rows(people)} == {id_of("Both"), id_of("New")}
    all_of_them = books.source(show={"account": {"kind": ("customer", "supplier")}})
    assert len(rows(pull(all_of_them, Account))) == 3


def test_a_page_of_ours_never_holds_more_than_a_thousand_people(books):
    persons = [{"FirstName": str(n), "EmailAddress": f"{n}@x.example"} for n in range(5)]
    for n in range(450):
        books.world.contact(f"C-{n}", ContactPersons=persons)
    pages = pull(books.source(), Contact)
    assert len(rows(pages)) == 2250
    assert all(len(page.rows) <= 1000 for page in pages)
    for page in pages:
        assert {row.source_id.split("/")[0] for row in page.rows} == set(page.whole_of)


def test_the_sweep_tells_everything_shown_and_nothing_else(books, id_of):
    fill(books.world, 5)
    books.world.invoice("INV-9", "Kea Cafe", Status="DRAFT")
    books.world.credit("CreditNotes", "CN-1", "Kea Cafe")
    books.world.contact("Kea Cafe", EmailAddress="a@kea.example")
    books.world.contact("Old Cafe", ContactStatus="ARCHIVED")
    source = books.source(page_size=2)
    assert set(source.list_ids(Invoice)) == {id_of("CN-1"), *(id_of(f"INV-{n}") for n in range(5))}
    assert set(source.list_ids(Account)) == {id_of("Kea Cafe")}
    assert set(source.list_ids(Contact)) == {f"{id_of('Kea Cafe')}/a@kea.example"}


def test_a_sweep_that_rows_keep_leaving_gives_up_instead_of_guessing(books):
    fill(books.world, 12)
    source = books.source(page_size=2)
    for n in range(12):
        books.world.before(n + 2, lambda n=n: books.world.world["Invoices"].popitem())
    with pytest.raises(Unavailable, match="rows left"):
        list(source.list_ids(Invoice))


def test_a_page_shorter_than_xero_says_is_asked_for_again(books):
    fill(books.world, 6)
    books.world.plan({2: "half_page"})
    found = pull(books.source(), Invoice)
    assert len(rows(found)) == 6 and found[-1].notes == []


def test_where_xero_miscounts_rows_are_asked_for_until_nothing_more_comes(books):
    fill(books.world, 6)
    books.world.plan({2: "half_page", 3: "half_page"})
    found = pull(books.source(), Invoice)
    assert sorted(numbers(books.source(), found)) == [f"INV-{n}" for n in range(6)]
    assert any("counts more" in note for note in found[-1].notes)


def test_a_page_that_lost_all_its_rows_is_not_believed(books):
    fill(books.world, 6)
    books.world.plan({2: "empty_page", 3: "empty_page"})
    with pytest.raises(Garbled, match=r"counts 6 rows .* sent 0, twice"):
        pull(books.source(), Invoice)


def test_a_sweep_does_not_believe_a_page_that_lost_rows(books):
    fill(books.world, 6)
    books.world.plan({2: "half_page", 3: "half_page"})
    with pytest.raises(Garbled, match=r"counts 6 rows .* sent 3, twice"):
        list(books.source().list_ids(Invoice))


def test_the_same_page_again_and_again_ends_the_run(books):
    fill(books.world, 6)
    books.world.plan(dict.fromkeys(range(3, 20), "previous"))
    with pytest.raises(Garbled):
        pull(books.source(page_size=2), Invoice)


def test_only_what_records_are_made_of_is_taken(books):
    books.world.invoice("INV-1", "Kea Cafe")
    (row,) = rows(pull(books.source(), Invoice))
    assert "margin" not in repr(row.raw) and "AccountCode" not in repr(row.raw)


def test_pay_links_are_asked_for_only_where_wanted_and_something_is_due(books, id_of):
    world = books.world
    world.links[world.invoice("INV-1", "Kea Cafe")] = "https://in.xero.example/1"
    world.links[world.invoice("INV-2", "Kea Cafe", AmountDue=0.0)] = "https://in.xero.example/2"
    world.invoice("INV-3", "Kea Cafe")
    plain = books.source()
    assert {plain.map(Invoice, row.raw).pay_url for row in rows(pull(plain, Invoice))} == {""}
    assert world.count("OnlineInvoice") == 0
    source = books.source(pay_links=True)
    found = {
        source.map(Invoice, row.raw).number: source.map(Invoice, row.raw).pay_url
        for row in rows(pull(source, Invoice))
    }
    assert found == {"INV-1": "https://in.xero.example/1", "INV-2": "", "INV-3": ""}
    assert world.count("OnlineInvoice") == 2
    assert source.mapping(Invoice) != plain.mapping(Invoice)


def test_nothing_is_ever_written(books):
    fill(books.world, 3)
    source = books.source()
    source.check()
    for record in source.reads:
        pull(source, record)
        list(source.list_ids(record))
    assert books.world.writes == []
