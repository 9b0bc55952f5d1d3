"""A Salesforce org with something in it, and a connector that reads it by the org's own clock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from fakes import salesforce_source
from fakes.salesforce import FakeSalesforce

from connectors.salesforce import Salesforce


@dataclass
class Business:
    """What the org of these tests holds: two customers, an order with two lines, a case with two comments."""

    vendor: FakeSalesforce
    ids: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Enter it all."""
        org, ids = self.vendor.org, self.ids
        ids["rep"] = org.add("User", Name="Rita Rep", Email="rita@northgate.example", UserType="Standard")
        ids["acme"] = org.add("Account", Name="Acme", AccountNumber="0042", OwnerId=ids["rep"])
        ids["beta"] = org.add("Account", Name="Beta", ParentId=ids["acme"])
        ids["ann"] = org.add("Contact", Name="Ann Ames", AccountId=ids["acme"], Email="ann@acme.example")
        ids["nobody"] = org.add("Contact", Name="No Body", Email="no@body.example")
        ids["bolt"] = org.add("Product2", Name="Bolt", ProductCode="B-1")
        ids["order"] = self.order("00000001", ids["acme"])
        ids["line"] = self.line(ids["order"], Decimal(2))
        ids["line2"] = self.line(ids["order"], Decimal(3))
        shown = {"IsVisibleInSelfService": True, "Comments": "internal: pays late"}
        ids["case"] = org.add("Case", CaseNumber="00001001", Subject="Broken", AccountId=ids["acme"], **shown)
        said = {"ParentId": ids["case"], "CreatedById": ids["rep"]}
        ids["public"] = org.add("CaseComment", CommentBody="We send another", IsPublished=True, **said)
        ids["internal"] = org.add("CaseComment", CommentBody="internal: blame them", **said)

    def order(self, number: str, account: str | None, **values: Any) -> str:
        """An activated order."""
        told = {"Status": "Activated", "StatusCode": "Activated", "EffectiveDate": date(2026, 11, 2)}
        return self.vendor.org.add("Order", OrderNumber=number, AccountId=account, **{**told, **values})

    def line(self, order: str, quantity: Decimal) -> str:
        """A line of bolts."""
        values = {"UnitPrice": Decimal("1.25"), "TotalPrice": quantity * Decimal("1.25")}
        return self.vendor.org.add(
            "OrderItem", OrderId=order, Product2Id=self.ids["bolt"], Quantity=quantity, **values
        )


@pytest.fixture
def vendor() -> Iterator[FakeSalesforce]:
    """A listening org, empty; pages of three rows."""
    fake = FakeSalesforce(batch=3)
    with fake.listening():
        yield fake


@pytest.fixture
def business(vendor) -> Business:
    """The org with its business in it."""
    made = Business(vendor)
    made.begin()
    return made


@pytest.fixture
def settings(vendor) -> Callable[..., Any]:
    """Checked settings of a source that reads the fake."""
    return partial(salesforce_source.settings, vendor)


@pytest.fixture
def source(vendor) -> Callable[..., Salesforce]:
    """A connector that reads the fake."""
    return partial(salesforce_source.source, vendor)
