"""Two weeks of a small business, once at each vendor: what its first sync finds, and what happens then."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from fakes import salesforce_source, salesforce_truth, shopify_source, shopify_truth, xero_truth
from fakes.mirrored import Business, Shown
from fakes.salesforce import FakeSalesforce
from fakes.shopify import FakeShopify
from fakes.shopify_world import money
from fakes.vendor import BROKEN, REFUSALS, THROTTLES
from fakes.xero import Xero
from fakes.xero_source import Books as Reader

from connectors.base import Connector
from connectors.http import Limits


class Shop(Business):
    """In Shopify."""

    columns = shopify_truth.COLUMNS
    state = ("world.orders", "world.companies", "world.customers", "world._numbers", "left", "_filled")
    faults = (*BROKEN, *REFUSALS, "throttle")

    def __init__(self) -> None:
        self.vendor = FakeShopify()
        self.world = self.vendor.world

    def source(self, limits: Limits) -> Connector:
        return shopify_source.source(self.vendor, limits)

    def true(self) -> Shown:
        return shopify_truth.truth(self.world)

    def first_week(self) -> None:
        people = [self.world.customer(f"P-{n}", f"p{n}@x.example") for n in range(7)]
        companies = [self.world.company(f"C-{n}", people[n], people[n + 1]) for n in range(4)]
        for n in range(11):
            self.world.order(people[n % 7], companies[n % 4] if n % 2 else None)
            self.vendor.pass_(minutes=1)
        self.world.order(people[0], lineItems=[self.world.line(f"L-{n}") for n in range(40)])
        self.vendor.pass_(days=3)

    def second_week(self) -> None:
        orders, companies = list(self.world.orders), list(self.world.companies)
        self.world.change(orders[0], displayFinancialStatus="REFUNDED")
        self.world.change(orders[5], totalPriceSet=money("99.00"))
        self.world.change(companies[1], name="C-1 renamed")
        new = self.world.customer("P-new", "new@x.example")
        self.world.join(companies[0], new)
        self.vendor.pass_(minutes=2)
        for _ in range(4):
            self.world.order(new)
        self.world.order(new, test=True)
        self.vendor.pass_(days=3)

    def lose(self) -> None:
        self.world.delete(list(self.world.orders)[2])


class Org(Business):
    """In Salesforce."""

    columns = salesforce_truth.COLUMNS
    state = ("org.tables", "org._numbers")
    faults = (*BROKEN, *REFUSALS, "throttle_day")
    # An answer without rows does not say what was asked: for the comments of a case, or for those of another.
    unheard: ClassVar[Mapping[str, str]] = {"previous": "tickets"}

    def __init__(self) -> None:
        self.vendor = FakeSalesforce(batch=3)
        self.org = self.vendor.org

    def source(self, limits: Limits) -> Connector:
        return salesforce_source.source(self.vendor, limits)

    def true(self) -> Shown:
        return salesforce_truth.truth(self.org)

    def order(self, number: int, account: str, **more: object) -> str:
        """An order with up to two lines."""
        told = {"Status": "Open", "StatusCode": "Activated", "EffectiveDate": date(2026, 11, 2), **more}
        order = self.org.add("Order", OrderNumber=f"{number:08}", AccountId=account, **told)
        for n in range(number % 3):
            self.org.add("OrderItem", OrderId=order, Quantity=Decimal(n + 1), Description=f"L-{n}")
        return order

    def first_week(self) -> None:
        accounts = [self.org.add("Account", Name=f"C-{n}") for n in range(7)]
        for n in range(8):
            self.org.add("Contact", Name=f"P-{n}", AccountId=accounts[n % 7])
            self.order(n, accounts[n % 7])
            case = self.org.add("Case", CaseNumber=f"{n}", Status="New", IsVisibleInSelfService=True)
            self.org.add("CaseComment", ParentId=case, CommentBody=f"Said {n}", IsPublished=n % 2 == 0)
            self.vendor.pass_(minutes=1)
        self.order(99, accounts[0], StatusCode="Draft")
        self.vendor.pass_(hours=2)

    def second_week(self) -> None:
        tables = {name: list(rows) for name, rows in self.org.tables.items()}
        self.org.change("Order", tables["Order"][1], Status="Sent")
        self.org.change("OrderItem", tables["OrderItem"][2], Quantity=Decimal(50))
        self.org.delete("Order", tables["Order"][3])
        self.org.change("Order", tables["Order"][4], StatusCode="Draft")
        self.org.merge(tables["Account"][0], tables["Account"][1])
        self.org.change("CaseComment", tables["CaseComment"][1], IsPublished=True)
        self.org.change("Case", tables["Case"][3], Status="Closed")
        self.vendor.pass_(minutes=2)
        for n in range(20, 24):
            self.order(n, tables["Account"][2])
        self.vendor.pass_(hours=2)

    def lose(self) -> None:
        self.org.purge("Order", list(self.org.tables["Order"])[2])


class Books(Business):
    """In Xero."""

    columns = xero_truth.COLUMNS
    state = ("world",)
    faults = (*BROKEN, *THROTTLES, *REFUSALS, "404", "half_page", "empty_page")
    one_of = 24
    # Xero does not say how many quotes there are: an empty page looks like no news, until all is read again,
    # and where every page loses half of its rows, whatever is asked, those look like gone.
    unheard: ClassVar[Mapping[str, str]] = {"empty_page": "quotes"}
    lossy: ClassVar[Mapping[str, str]] = {"half_page": "quotes"}

    def __init__(self) -> None:
        self.vendor = Xero()
        self.reader = Reader(self.vendor)

    def source(self, limits: Limits) -> Connector:
        self.reader.limits = limits
        return self.reader.source(page_size=3)

    def true(self) -> Shown:
        return xero_truth.truth(self.vendor)

    def first_week(self) -> None:
        world = self.vendor
        for n in range(8):
            people = [{"FirstName": f"P{n}", "EmailAddress": f"p{n}@x.example"}]
            world.contact(f"C-{n}", EmailAddress=f"c{n}@x.example", ContactPersons=people)
            world.pass_(minutes=1)
        for n in range(9):
            world.invoice(f"INV-{n}", f"C-{n % 8}")
            world.pass_(minutes=1)
        for listing in ("CreditNotes", "Prepayments", "Overpayments"):
            world.credit(listing, f"{listing}-1", "C-1")
            world.credit(listing, f"{listing}-2", "C-2")
            world.pass_(minutes=1)
        for n in range(5):
            world.quote(f"QU-{n}", "C-3")
            world.payment(f"P-{n}", f"INV-{n}", f"C-{n}")
            world.pass_(minutes=1)
        world.invoice("INV-DRAFT", "C-4", Status="DRAFT")
        world.invoice("BILL", "C-4", Type="ACCPAY")
        world.pass_(hours=1)

    def second_week(self) -> None:
        world: Any = self.vendor
        world.contact("C-1", ContactPersons=[{"FirstName": "New", "EmailAddress": "new@x.example"}])
        world.contact("C-2", ContactStatus="ARCHIVED")
        world.contact("C-9", EmailAddress="c9@x.example")
        world.invoice("INV-1", "C-1", Status="PAID", AmountDue=0.0, AmountPaid=115.0)
        world.invoice("INV-2", "C-2", Status="VOIDED", AmountDue=0.0)
        world.pass_(minutes=2)
        for n in range(20, 24):
            world.invoice(f"INV-{n}", "C-0")
        world.invoice("INV-DRAFT", "C-4", Status="AUTHORISED")
        world.credit("CreditNotes", "CreditNotes-1", "C-1", RemainingCredit=4.5)
        world.quote("QU-1", "C-3", Status="DELETED")
        world.quote("QU-2", "C-3", Status="ACCEPTED")
        world.payment("P-1", "INV-1", "C-1", Status="DELETED")
        world.payment("P-9", "INV-20", "C-0")
        world.pass_(hours=1)

    def lose(self) -> None:
        self.vendor.lose("Invoices", "INV-3")
        self.vendor.lose("Quotes", "QU-3")


VENDORS: Mapping[str, type[Business]] = {"shop": Shop, "org": Org, "books": Books}
