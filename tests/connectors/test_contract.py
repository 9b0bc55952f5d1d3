"""What every connector owes, asked of each kind there is: a kind's fixture makes one that has something to
say."""

from collections.abc import Iterator
from datetime import date

import fakes.xero
import pytest
from fakes import salesforce_source, shopify_source
from fakes.salesforce import FakeSalesforce
from fakes.shopify import FakeShopify
from fakes.xero_source import Books

from connectors.base import Connector, Failure, Reads, Row, Unreadable
from connectors.records import NAMES, Account

HEAD = (
    "ContactName,InvoiceNumber,InvoiceDate,DueDate,Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,"
    "Description,Currency,Type,Status\n"
)
INVOICES = HEAD + "".join(
    f"Kea Cafe,INV-{n},28/03/2025,{day}/04/2025,115.00,15.00,0.00,115.00,Coffee,NZD,Sales invoice,{status}\n"
    for n, day, status in [(1, 27, "Paid"), (2, 28, "Draft"), (3, 31, "Paid"), ("", 1, "Paid")]
)


@pytest.fixture
def exports(folder) -> Connector:
    """Exported files: one record to show, one hidden, one that cannot be read, one without an id."""
    folder.put("SalesInvoices.csv", INVOICES)
    folder.put("Account.csv", "Id,Name,BillingCity,SystemModstamp\n1,Ann,Ulm,2024-01-19T09:42:24.000+0000\n")
    return folder.source("*.csv")


@pytest.fixture
def broken_exports(folder) -> Connector:
    """The same files, no longer what they were."""
    folder.put("SalesInvoices.csv", INVOICES[:-20])
    folder.put("Account.csv", "<html>Sign in</html>")
    return folder.source(
        {"path": "SalesInvoices.csv"}, {"path": "Account.csv", "profile": "salesforce-account"}
    )


@pytest.fixture
def xero() -> Iterator[Connector]:
    """A Xero with some of everything, an hour after the last change: one draft, one row nobody can read."""
    world = fakes.xero.Xero()
    for n in range(3):
        world.contact(f"Kea Cafe {n}", EmailAddress=f"kea{n}@x.example", FirstName="Kea")
        world.invoice(f"INV-{n}", f"Kea Cafe {n}")
        world.pass_(minutes=1)
    world.invoice("INV-DRAFT", "Kea Cafe 1", Status="DRAFT")
    world.invoice("INV-ODD", "Kea Cafe 1", Total="a lot")
    world.credit("CreditNotes", "CN-1", "Kea Cafe 1")
    world.quote("QU-1", "Kea Cafe 1")
    world.payment("P-1", "INV-1", "Kea Cafe 1")
    world.pass_(hours=1)
    with world.listening():
        yield Books(world).source(page_size=2)


@pytest.fixture
def broken_xero() -> Iterator[Connector]:
    """A Xero behind a proxy that shows its own page."""
    world = fakes.xero.Xero()
    world.plan(dict.fromkeys(range(1, 1000), "html200"))
    with world.listening():
        yield Books(world).source()


@pytest.fixture
def shopify() -> Iterator[Connector]:
    """A shop with some of everything, days after the last change: a test order, an order nobody can read."""
    vendor = FakeShopify()
    world = vendor.world
    people = [world.customer(f"Kea {n}", f"kea{n}@x.example") for n in range(5)]
    companies = [world.company(f"Kea Cafe {n}", *people[n : n + 2]) for n in range(4)]
    for n in range(7):
        world.order(people[n % 5], companies[n % 4] if n % 2 else None)
    world.order(people[0], test=True)
    world.order(people[0], processedAt="soon")
    vendor.pass_(days=3)
    with vendor.listening():
        yield shopify_source.source(vendor)


@pytest.fixture
def broken_shopify() -> Iterator[Connector]:
    """A shop behind a proxy that shows its own page."""
    vendor = FakeShopify()
    vendor.plan(dict.fromkeys(range(1, 1000), "html200"))
    with vendor.listening():
        yield shopify_source.source(vendor)


@pytest.fixture
def salesforce() -> Iterator[Connector]:
    """An org with some of everything, an hour after the last change: a draft, an order nobody can read."""
    vendor = FakeSalesforce(batch=2)
    org = vendor.org
    accounts = [org.add("Account", Name=f"Kea Cafe {n}") for n in range(5)]
    for n, account in enumerate(accounts):
        org.add("Contact", Name=f"Kea {n}", Email=f"kea{n}@x.example", AccountId=account)
        status = "Draft" if n == 4 else "Activated"
        told = {"OrderNumber": f"{n:08}", "Status": status, "StatusCode": status, "AccountId": account}
        order = org.add("Order", **told, EffectiveDate=date(2026, 11, n + 1))
        org.add("OrderItem", OrderId=order, Description="Coffee")
        case = org.add("Case", CaseNumber=f"{n}", AccountId=account, IsVisibleInSelfService=n != 3)
        org.add("CaseComment", ParentId=case, CommentBody="Soon", IsPublished=True)
    org.add("Order", Status="Activated", StatusCode="Activated", AccountId=accounts[0])  # without a number
    vendor.pass_(hours=1)
    with vendor.listening():
        yield salesforce_source.source(vendor)


@pytest.fixture
def broken_salesforce() -> Iterator[Connector]:
    """An org behind a proxy that shows its own page."""
    vendor = FakeSalesforce()
    vendor.plan(dict.fromkeys(range(1, 1000), "html200"))
    with vendor.listening():
        yield salesforce_source.source(vendor)


KINDS = ("exports", "xero", "shopify", "salesforce")


@pytest.fixture(params=KINDS)
def connector(request) -> Connector:
    """A connector of each kind."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=KINDS)
def broken(request) -> Connector:
    """A connector of each kind whose source has gone wrong."""
    return request.getfixturevalue(f"broken_{request.param}")


def pages(connector, record, cursor=None):
    """All pages of a stream."""
    return list(connector.pull(record, cursor))


def rows(found):
    """The rows of some pages."""
    return [row for page in found for row in page.rows]


def test_it_reads_records_we_know_and_says_what_their_listings_mean(connector):
    assert connector.reads
    for record, means in connector.reads.items():
        assert record in NAMES and isinstance(means, Reads)


def test_its_check_passes_where_all_is_well(connector):
    connector.check()


def test_two_pulls_from_the_start_tell_the_same(connector):
    for record in connector.reads:
        assert pages(connector, record) == pages(connector, record)


def test_a_pull_from_the_last_cursor_brings_nothing_new(connector):
    for record, means in connector.reads.items():
        first = pages(connector, record)
        again = pages(connector, record, first[-1].cursor)
        known = {(row.source_id, row.fingerprint) for row in rows(first)}
        assert {(row.source_id, row.fingerprint) for row in rows(again)} <= known
        if means is Reads.CHANGES:
            assert rows(again) == []


def test_a_pull_goes_on_from_any_page_that_had_a_cursor(connector):
    for record in connector.reads:
        first = pages(connector, record)
        every = {row.source_id for row in rows(first)}
        for number, page in enumerate(first, 1):
            if page.cursor is not None:
                rest = pages(connector, record, page.cursor)
                assert {row.source_id for row in rows([*first[:number], *rest])} == every


def test_no_id_comes_twice_in_one_pull(connector):
    for record in connector.reads:
        found = pages(connector, record)
        ids = [one.source_id for page in found for one in (*page.rows, *page.gone)]
        assert len(ids) == len(set(ids))


def test_pages_are_small_and_their_rows_complete(connector):
    for record in connector.reads:
        for page in pages(connector, record):
            assert len(page.rows) + len(page.gone) + len(page.skipped) <= 1000
            for row in page.rows:
                assert isinstance(row, Row)
                assert row.source_id and len(row.fingerprint) == 8 and row.data_rows >= 1 and row.place
            for one in page.skipped:
                assert one.place and one.field and one.reason and one.data_rows >= 1
            for one in page.gone:
                assert one.why == "deleted" or (one.why == "hidden" and one.rule)


def test_a_complete_pull_says_as_of_when_it_is_true_in_utc(connector):
    for record in connector.reads:
        as_of = pages(connector, record)[-1].as_of
        assert as_of is not None and as_of.utcoffset().total_seconds() == 0


def test_mapping_is_pure_and_knows_its_failures(connector):
    for record in connector.reads:
        for row in rows(pages(connector, record)):
            try:
                one, other = connector.map(record, row.raw), connector.map(record, row.raw)
            except Unreadable as e:
                assert e.field and e.reason
                continue
            assert one == other and type(one) is record
            assert one.source_id == row.source_id
            if record is Account:
                assert one.belongs_to == one.source_id


def test_a_connector_made_anew_reads_rows_of_another_alike(connector):
    again = type(connector)(connector.settings)
    for record in connector.reads:
        assert again.mapping(record) == connector.mapping(record)
        assert again.id_rule(record) == connector.id_rule(record)
        for row in rows(pages(connector, record)):
            try:
                expected = connector.map(record, row.raw)
            except Unreadable:
                continue
            assert again.map(record, row.raw) == expected


def test_amounts_are_decimals_and_times_aware(connector):
    for record in connector.reads:
        for row in rows(pages(connector, record)):
            try:
                one = connector.map(record, row.raw)
            except Unreadable:
                continue
            assert not any(isinstance(getattr(one, name), float) for name in one.__struct_fields__)
            assert one.updated is None or one.updated.utcoffset().total_seconds() == 0


def test_what_goes_wrong_is_a_failure_in_words(broken):
    with pytest.raises(Failure) as told:
        broken.check()
    assert "\n" not in str(told.value) and len(str(told.value)) > 20
    for record in broken.reads:
        with pytest.raises(Failure):
            pages(broken, record)
