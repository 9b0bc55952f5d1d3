"""A business that keeps its customers in Salesforce, its orders in Shopify and its books in Xero: how it
begins, and ten days of it. The words in SECRET stand where no customer may ever see them."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fakes.mirrored import Columns, Shown
from fakes.salesforce import FakeSalesforce
from fakes.salesforce_truth import COLUMNS as ORG_COLUMNS
from fakes.salesforce_truth import truth as org_truth
from fakes.shopify import FakeShopify
from fakes.shopify_truth import COLUMNS as SHOP_COLUMNS
from fakes.shopify_truth import truth as shop_truth
from fakes.shopify_world import money
from fakes.xero import Xero
from fakes.xero_truth import COLUMNS as BOOKS_COLUMNS
from fakes.xero_truth import truth as books_truth

SECRET = ("ours alone", "INV-DRAFT", "BILL-1", "QU-DRAFT", "00000099", "Kept back")
FAULTS = (
    "html200",
    "truncate",
    "reset",
    "json_empty",
    "401",
    "503",
    "blank200",
    "error200",
    "cut_body",
    "previous",
)


class Business:
    """Three vendors and what happens at them. Their clocks stand a few minutes apart, as clocks do."""

    def __init__(self, now: datetime) -> None:
        self.crm, self.shop, self.books = FakeSalesforce(now, batch=4), FakeShopify(now), Xero(now)
        self.vendors = {"crm": self.crm, "shop": self.shop, "books": self.books}
        self.shop.pass_(minutes=3)
        self.books.pass_(minutes=6)
        self.ids: dict[str, str] = {}

    def pass_(self, **span: float) -> None:
        """Let time pass everywhere."""
        for vendor in self.vendors.values():
            vendor.pass_(**span)

    def truth(self) -> dict[str, tuple[Columns, Shown]]:
        """Source → what its mirror must show, and in which columns."""
        return {
            "crm": (ORG_COLUMNS, org_truth(self.crm.org)),
            "shop": (SHOP_COLUMNS, shop_truth(self.shop.world)),
            "books": (BOOKS_COLUMNS, books_truth(self.books)),
        }

    def begin(self) -> None:
        """Three customers, two of whom look alike."""
        for number, name in (("0042", "Acme Ltd"), ("0043", "ACME Ltd"), ("0044", "Beta GmbH")):
            self._customer(number, name)
        for n in range(12):
            self._order(n, ("0042", "0043", "0044")[n % 3])
            self._invoice(n, ("0042", "0043", "0044")[n % 3])
        self._case("0042", "The lid is broken")
        self._secrets()
        self.pass_(minutes=30)

    def _customer(self, number: str, name: str) -> None:
        org, world, mail = self.crm.org, self.shop.world, f"ann@c{number}.example"
        account = self.ids[f"account {number}"] = org.add("Account", Name=name, AccountNumber=number)
        self.ids[f"contact {number}"] = org.add(
            "Contact", Name=f"Ann {number}", Email=mail, AccountId=account
        )
        person = self.ids[f"person {number}"] = world.customer(f"Ann {number}", mail)
        self.ids[f"company {number}"] = world.company(name, person, externalId=number)
        self.books.contact(f"books {number}", Name=name, AccountNumber=number, EmailAddress=mail)

    def _order(self, n: int, number: str, **more: Any) -> None:
        person, company = self.ids[f"person {number}"], self.ids[f"company {number}"]
        told = {"poNumber": f"PO-{number}-{n}", **more}
        self.ids[f"order {n}"] = self.shop.world.order(person, company, **told)

    def _invoice(self, n: int, number: str, **more: Any) -> None:
        self.books.invoice(f"INV-{n}", f"books {number}", **more)

    def _case(self, number: str, subject: str) -> None:
        told = {"AccountId": self.ids[f"account {number}"], "Status": "New", "IsVisibleInSelfService": True}
        case = self.ids["case"] = self.crm.org.add("Case", CaseNumber="00001001", Subject=subject, **told)
        self.crm.org.add("CaseComment", ParentId=case, CommentBody="We look into it", IsPublished=True)

    def _secrets(self) -> None:
        """What must stay inside, everywhere it can stand."""
        org, account = self.crm.org, self.ids["account 0042"]
        org.change("Case", self.ids["case"], Comments="ours alone")
        org.add("CaseComment", ParentId=self.ids["case"], CommentBody="ours alone")
        org.add("Case", CaseNumber="00001002", Subject="Kept back", AccountId=account)
        draft = {"Status": "Draft", "StatusCode": "Draft", "EffectiveDate": date(2026, 11, 2)}
        org.add("Order", OrderNumber="00000099", AccountId=account, **draft)
        self.books.invoice("INV-DRAFT", "books 0042", Status="DRAFT")
        self.books.invoice("BILL-1", "books 0042", Type="ACCPAY")
        self.books.quote("QU-DRAFT", "books 0042", Status="DRAFT")
        self.shop.world.order(self.ids["person 0042"], note="ours alone", test=True)

    @property
    def days(self) -> tuple[Callable[[], object], ...]:
        """Ten days, one after the other."""
        return (
            self._ordered, self._sent, self._paid, self._withdrawn, self._renamed, self._left, self._returned,
            self._answered, self._busy, self._last,
        )  # fmt: skip

    def _ordered(self) -> None:
        self._order(20, "0042")
        self._invoice(20, "0042")
        for number in ("QU-1", "QU-2"):
            self.books.quote(number, "books 0042")

    def _sent(self) -> None:
        parcel = self.shop.world.fulfilment("#1-F1")
        self.shop.world.change(
            self.ids["order 20"], displayFulfillmentStatus="FULFILLED", fulfillments=[parcel]
        )

    def _paid(self) -> None:
        self.books.invoice("INV-0", "books 0042", Status="PAID", AmountDue=0.0, AmountPaid=115.0)
        self.books.payment("P-1", "INV-0", "books 0042")
        self.crm.org.change("Case", self.ids["case"], Status="Waiting")

    def _withdrawn(self) -> None:
        self.shop.world.delete(self.ids["order 3"])
        self.books.invoice("INV-3", "books 0042", Status="VOIDED", AmountDue=0.0)

    def _renamed(self) -> None:
        self.crm.org.change("Account", self.ids["account 0044"], Name="Beta SE")
        self.shop.world.change(self.ids["company 0044"], name="Beta SE")

    def _left(self) -> None:
        self.crm.org.delete("Contact", self.ids["contact 0043"])
        self.shop.world.change(self.ids["order 4"], displayFinancialStatus="REFUNDED")

    def _returned(self) -> None:
        self.crm.org.undelete("Contact", self.ids["contact 0043"])

    def _answered(self) -> None:
        said = {"CommentBody": "A new lid is on its way", "IsPublished": True}
        self.crm.org.add("CaseComment", ParentId=self.ids["case"], **said)
        self.books.credit("CreditNotes", "CN-1", "books 0042")

    def _busy(self) -> None:
        for n in range(30, 40):
            self._order(n, "0043")
            self._invoice(n, "0044", Total=n + 0.1, AmountDue=n + 0.1)

    def _last(self) -> None:
        price = money("77.70")
        self.shop.world.change(self.ids["order 6"], totalPriceSet=price, subtotalPriceSet=price)
        told = {"Status": "Activated", "StatusCode": "Activated", "EffectiveDate": date(2026, 11, 20)}
        account = self.ids["account 0042"]
        order = self.crm.org.add("Order", OrderNumber="00000100", AccountId=account, **told)
        self.crm.org.add("OrderItem", OrderId=order, Quantity=Decimal(4), Description="Bolts")
        self.books.lose("Quotes", "QU-1")
