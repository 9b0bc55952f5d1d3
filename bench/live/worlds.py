"""What the benchmarks read: fakes with some orders in them, and fakes that make up as many as are asked for."""

import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fakes import salesforce_source, shopify_source
from fakes.salesforce import FakeSalesforce, written
from fakes.shopify import FakeShopify
from fakes.vendor import Answer, Asked, Vendor
from fakes.xero import Xero
from fakes.xero_source import Books

from connectors.base import Connector

LATENCY = 0.05  # seconds on the way there and back
LINES = 3
FIRST = 1_000_000  # the number of the first order that is made up


class Watch:
    """How long a fake was busy: the CPU of the threads that answer, and the way there and back."""

    def __init__(self, vendor: Vendor) -> None:
        self.requests, self.busy = 0, 0.0
        self._meet = vendor.meet
        vendor.meet = self.meet  # type: ignore[method-assign]

    def meet(self, asked: Asked) -> Answer:
        """One answer."""
        begun = time.thread_time()
        answer = self._meet(asked)
        self.busy += time.thread_time() - begun
        self.requests += 1
        return answer

    def forget(self) -> None:
        """Count anew."""
        self.requests, self.busy = 0, 0.0

    @property
    def served(self) -> float:
        """Seconds the fake needed."""
        return self.busy + self.requests * LATENCY


def shop(orders: int) -> tuple[Vendor, Callable[[], Connector]]:
    """A shop whose orders have three lines, pages of 250; points enough."""
    vendor = FakeShopify(most=1e9, rate=1e9)
    world, row_cost = vendor.world, 1.0
    vendor.row_cost = row_cost
    people = [world.customer(f"Person {n}", f"p{n}@x.example") for n in range(20)]
    companies = [world.company(f"Company {n}", people[n]) for n in range(20)]
    for n in range(orders):
        lines = [world.line(f"Line {k}") for k in range(LINES)]
        world.order(people[n % 20], companies[n % 20], lineItems=lines)
    return vendor, lambda: shopify_source.source(vendor, page_size=250)


def org(orders: int) -> tuple[Vendor, Callable[[], Connector]]:
    """An org whose orders have three lines, pages of 250."""
    vendor = FakeSalesforce(batch=250, limit=10**9)
    account = vendor.org.add("Account", Name="Acme")
    for n in range(orders):
        told = {"OrderNumber": f"{n:08}", "Status": "Activated", "StatusCode": "Activated"}
        order = vendor.org.add("Order", AccountId=account, TotalAmount=Decimal("12.50"), **told)
        for k in range(LINES):
            vendor.org.add("OrderItem", OrderId=order, Quantity=Decimal(k + 1), UnitPrice=Decimal("1.25"))
    return vendor, lambda: salesforce_source.source(vendor)


def books(orders: int) -> tuple[Vendor, Callable[[], Connector]]:
    """Books with as many invoices, pages of 250: Xero has no orders."""
    vendor = Xero()
    for n in range(20):
        vendor.contact(f"Company {n}", EmailAddress=f"c{n}@x.example")
    for n in range(orders):
        vendor.invoice(f"INV-{n}", f"Company {n % 20}")
    return vendor, lambda: Books(vendor).source(page_size=250)


class EndlessShop(FakeShopify):
    """A shop with so many orders that it makes them up as they are asked for."""

    def __init__(self, orders: int) -> None:
        super().__init__(most=1e9, rate=1e9)
        order = self.world.order(
            self.world.customer("Ann"), lineItems=[self.world.line() for _ in range(LINES)]
        )
        self.like, self.last = dict(self.world.find(order)), FIRST + orders
        self.like["lineItems"] = {"nodes": self.like["lineItems"], "pageInfo": {"hasNextPage": False}}

    def _run(self, body: Any) -> dict[str, Any]:
        found = re.search(r"id:>=(\d+)", body["variables"]["query"])
        begin = max(FIRST, int(found[1]) if found else 0)
        end = min(begin + body["variables"]["first"], self.last)
        nodes = [self._order(number) for number in range(begin, end)]
        more = {"hasNextPage": end < self.last}
        data = {"answers_orders": "QueryRoot", "orders": {"pageInfo": more, "nodes": nodes}}
        return {"data": data}

    def _order(self, number: int) -> dict[str, Any]:
        return {**self.like, "id": f"gid://shopify/Order/{number}", "name": f"#{number}"}


class EndlessOrg(FakeSalesforce):
    """The same of an org; its orders have no lines, and their pages 2,000 rows."""

    def __init__(self, orders: int) -> None:
        super().__init__(limit=10**9)
        self.orders = orders

    def _resource(self, asked: Asked, session: str) -> Answer:
        question = asked.query.get("q", "")
        if " FROM Order " not in f"{question} ":
            return super()._resource(asked, session) if "locator" not in asked.path else self._more(asked)
        if "COUNT()" in question:
            return written({"totalSize": min(self.orders, 49_999), "done": True, "records": []})
        return self._rows(0)

    def _more(self, asked: Asked) -> Answer:
        return self._rows(int(asked.path.rsplit("-", 1)[1]))

    def _rows(self, begin: int) -> Answer:
        end = min(begin + self.batch, self.orders)
        body: dict[str, Any] = {"totalSize": self.orders, "done": end >= self.orders}
        if end < self.orders:
            body["nextRecordsUrl"] = f"/services/data/v64.0/queryAll/locator-{end}"
        return written({**body, "records": [self._order(n) for n in range(begin, end)]})

    def _order(self, n: int) -> dict[str, Any]:
        told = {
            "OrderNumber": f"{n:08}",
            "Status": "Activated",
            "StatusCode": "Activated",
            "TotalAmount": 12.5,
        }
        stamp = "2026-11-01T10:00:00.000+0000"
        row = {"Id": f"801000000{n:06}", "IsDeleted": False, "SystemModstamp": stamp, **told}
        return {"attributes": {"type": "Order"}, "AccountId": "001000000000001", **row}
