"""Whatever happens in a shop, and whatever fails: in the end the mirror shows what the shop holds."""

from typing import Any

import pytest
from fakes import shopify_source, shopify_truth
from fakes.lives import A_LIFE, QUICK, Life, live
from fakes.mirrored import Shown
from fakes.shopify import FakeShopify
from fakes.shopify_world import World, money, short

from connectors.shopify import Shopify

STATES = ("PAID", "REFUNDED", "VOIDED", "PENDING")


class ShopLife(Life):
    """A shop: people, companies and their contacts, orders."""

    columns = shopify_truth.COLUMNS
    first = ("person", "company", "order")
    moves = (
        "person", "company", "join", "leave", "slip_away", "renamed", "new_address", "order", "touched",
        "cancelled", "moved", "merged", "tested", "longer", "order_lost", "person_lost", "company_lost",
    )  # fmt: skip

    def begun(self) -> FakeShopify:
        """A shop with hardly anything in it."""
        self.fake, self._left = FakeShopify(), list[tuple[str, str]]()
        return self.fake

    @property
    def world(self) -> World:
        """What it holds."""
        return self.fake.world

    def source(self) -> Shopify:
        return shopify_source.source(self.fake, QUICK, page_size=4)

    def true(self) -> Shown:
        return shopify_truth.truth(self.world)

    def _one(self, kind: str, n: int) -> str:
        """The nth of those there are; the first one is made."""
        rows: dict[str, Any] = getattr(self.world, kind)
        if not rows:
            {"customers": self.person, "companies": self.company, "orders": self.order}[kind](n)
        return list(rows)[n % len(rows)]

    def person(self, n: int) -> None:
        self.world.customer(f"P {n}", f"p{n}@x.example")

    def company(self, n: int) -> None:
        people = {self._one("customers", n), self._one("customers", n // 3)}
        self.world.company(f"C {n}", *sorted(people))

    def join(self, n: int) -> None:
        company = self._one("companies", n)
        self.world.join(company, self._one("customers", n // 2))

    def leave(self, n: int) -> None:
        company = self._one("companies", n)
        if contact := self.world.leave(company, n):
            self.world.touch(company)
            self._left.append((company, short(contact)))

    def slip_away(self, n: int) -> None:
        if contact := self.world.leave(self._one("companies", n), n):
            self.vanish("contacts", short(contact))

    def renamed(self, n: int) -> None:
        kind = "customers" if n % 2 else "companies"
        one = self._one(kind, n // 2)
        self.world.change(one, **{"displayName" if n % 2 else "name": f"N {n}"})

    def new_address(self, n: int) -> None:
        person = self._one("customers", n)
        self.world.change(person, defaultEmailAddress={"emailAddress": f"new{n}@x.example"})

    def order(self, n: int) -> None:
        company = self._one("companies", n) if n % 2 else None
        self.world.order(self._one("customers", n), company)

    def touched(self, n: int) -> None:
        order = self._one("orders", n)
        told = {"displayFinancialStatus": STATES[n % 4], "totalPriceSet": money(f"{n}.50")}
        self.world.change(order, **told)

    def cancelled(self, n: int) -> None:
        order = self._one("orders", n)
        self.world.change(order, cancelledAt=None if n % 3 == 0 else self.world.now())

    def moved(self, n: int) -> None:
        order = self._one("orders", n)
        company = self._one("companies", n // 3) if n % 2 else None
        self.world.change(order, **self.world.buyer(self._one("customers", n // 2), company))

    def merged(self, n: int) -> None:
        loser, winner = self._one("customers", n), self._one("customers", n + 1)
        if loser != winner:
            for order in self.world.orders.values():
                if order["customer"] and order["customer"]["id"] == loser:
                    self.world.change(order["id"], customer=self.world.customers[winner])
            self._lose("customers", loser)

    def tested(self, n: int) -> None:
        order = self._one("orders", n)
        self.world.change(order, test=not self.world.orders[order]["test"])

    def longer(self, n: int) -> None:
        order = self._one("orders", n)
        count = 27 if n % 9 == 0 else n % 4  # more than come with their order, sometimes
        self.world.change(order, lineItems=[self.world.line(f"L {n}", k + 1) for k in range(count)])

    def order_lost(self, n: int) -> None:
        self._lose("orders", self._one("orders", n))

    def person_lost(self, n: int) -> None:
        self._lose("customers", self._one("customers", n))

    def company_lost(self, n: int) -> None:
        company = self._one("companies", n)
        self._lose("companies", company)
        for of, contact in self._left:
            if of == company:  # with it goes the trace of those who had left it
                self.vanish("contacts", contact)

    def _lose(self, kind: str, one: str) -> None:
        before = self.true()
        self.world.delete(one)
        after = self.true()
        for table, rows in before.items():
            for id in rows.keys() - after[table].keys():
                self.vanish(table, id)
        self.vanish({"orders": "orders"}.get(kind, "accounts"), short(one))  # a test order too


def test_any_life_of_a_shop_ends_with_a_true_mirror() -> None:
    assert live(ShopLife, 10) >= 10 * A_LIFE * 0.9


@pytest.mark.slow
def test_many_lives_of_a_shop_end_with_a_true_mirror() -> None:
    assert live(ShopLife, 220) >= 10_000
