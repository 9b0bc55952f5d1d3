"""What every connector owes, asked of each kind there is by the kit that comes along: a kind's fixture makes
one that has something to say."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TypeVar

import fakes.xero
import pytest
from fakes import salesforce_source, shopify_source
from fakes.salesforce import FakeSalesforce
from fakes.shopify import FakeShopify
from fakes.vendor import Vendor
from fakes.xero_source import Books

from connectors.base import Connector
from connectors.contract import *  # noqa: F403

AnyVendor = TypeVar("AnyVendor", bound=Vendor)
HEAD = (
    "ContactName,InvoiceNumber,InvoiceDate,DueDate,Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,"
    "Description,Currency,Type,Status\n"
)
INVOICES = HEAD + "".join(
    f"Kea Cafe,INV-{n},28/03/2025,{day}/04/2025,115.00,15.00,0.00,115.00,Coffee,NZD,Sales invoice,{status}\n"
    for n, day, status in [(1, 27, "Paid"), (2, 28, "Draft"), (3, 31, "Paid"), ("", 1, "Paid")]
)


@contextmanager
def showing_a_page(vendor: AnyVendor) -> Iterator[AnyVendor]:
    """A vendor behind a proxy that answers everything with a page of its own."""
    vendor.plan(dict.fromkeys(range(1, 1000), "html200"))
    with vendor.listening():
        yield vendor


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
def xero(vendors: list[Vendor]) -> Iterator[Connector]:
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
    vendors.append(world)
    with world.listening():
        yield Books(world).source(page_size=2)


@pytest.fixture
def broken_xero() -> Iterator[Connector]:
    """A Xero behind a proxy that shows its own page."""
    with showing_a_page(fakes.xero.Xero()) as world:
        yield Books(world).source()


@pytest.fixture
def shopify(vendors: list[Vendor]) -> Iterator[Connector]:
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
    vendors.append(vendor)
    with vendor.listening():
        yield shopify_source.source(vendor)


@pytest.fixture
def broken_shopify() -> Iterator[Connector]:
    """A shop behind a proxy that shows its own page."""
    with showing_a_page(FakeShopify()) as vendor:
        yield shopify_source.source(vendor)


@pytest.fixture
def salesforce(vendors: list[Vendor]) -> Iterator[Connector]:
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
    vendors.append(vendor)
    with vendor.listening():
        yield salesforce_source.source(vendor)


@pytest.fixture
def broken_salesforce() -> Iterator[Connector]:
    """An org behind a proxy that shows its own page."""
    with showing_a_page(FakeSalesforce()) as vendor:
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


@pytest.fixture
def vendors() -> list[Vendor]:
    """The fake vendors a test made."""
    return []


@pytest.fixture
def writes(vendors: list[Vendor]) -> Callable[[], list[object]]:
    """What they were asked to change."""
    return lambda: [one for vendor in vendors for one in vendor.writes]
