"""Shopify and Salesforce in a real mirror: whatever goes wrong on the way, what customers see is true, or
stays as it was."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from fakes import salesforce_source, salesforce_truth, shopify_source, shopify_truth, vendor
from fakes.mirrored import Mirror, Shown, positions, unharmed
from fakes.salesforce import FakeSalesforce
from fakes.shopify import FakeShopify
from fakes.shopify_world import money

from connectors.http import Limits
from sync.database import Database

QUICK = Limits(connect=2, read=1, total=2, tries=3)
COMMON = (*vendor.BROKEN, *vendor.REFUSALS)
FAULTS = {"shop": (*COMMON, "throttle"), "org": (*COMMON, "throttle_day")}
EXPECTED = {"refused", "garbled", "unavailable", "unasked", "done"}
CASES = [(kind, fault) for kind, faults in FAULTS.items() for fault in faults]


class Shop:
    """A shop, two weeks of it, and what its mirror must show."""

    columns = shopify_truth.COLUMNS
    state = ("world.orders", "world.companies", "world.customers")

    def __init__(self) -> None:
        self.vendor = FakeShopify()
        self.world = self.vendor.world
        self.source = lambda: shopify_source.source(self.vendor, QUICK)

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

    def true(self) -> Shown:
        return shopify_truth.truth(self.world)

    def lose(self) -> None:
        self.world.delete(list(self.world.orders)[2])
        self.vendor.pass_(hours=1)


class Org:
    """A Salesforce org, two weeks of it, and what its mirror must show."""

    columns = salesforce_truth.COLUMNS
    state = ("org.tables",)

    def __init__(self) -> None:
        self.vendor = FakeSalesforce(batch=3)
        self.org = self.vendor.org
        self.source = lambda: salesforce_source.source(self.vendor, QUICK)

    def order(self, number: int, account: str, **more: object) -> str:
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

    def true(self) -> Shown:
        return salesforce_truth.truth(self.org)

    def lose(self) -> None:
        self.org.purge("Order", list(self.org.tables["Order"])[2])
        self.vendor.pass_(hours=1)


@pytest.fixture
def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mirror]:
    """A vendor whose first week is mirrored."""
    business = {"shop": Shop, "org": Org}[request.param]()
    database = Database("sqlite:var", tmp_path)
    database.create()
    with business.vendor.listening():
        business.first_week()
        told = (business.vendor, business.source, business.true, business.columns, business.state)
        found = Mirror(*told, tmp_path, database)
        found.business = business
        assert {one.outcome for one in found.sync()} == {"done"}
        assert found.shown() == found.true()
        yield found
        found.database.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each vendor, and each with each of its faults."""
    if "fault" in metafunc.fixturenames:
        metafunc.parametrize(("mirror", "fault"), CASES, indirect=["mirror"])
    else:
        metafunc.parametrize("mirror", list(FAULTS), indirect=True)


def test_a_second_run_brings_the_changes_and_a_third_changes_nothing(mirror):
    mirror.business.second_week()
    mirror.sync()
    assert mirror.shown() == mirror.true()
    for full in (False, True):
        mirror.vendor.pass_(hours=1)
        outcomes = mirror.sync(full=full)
        assert {(one.outcome, one.new, one.changed, one.gone) for one in outcomes} == {("done", 0, 0, 0)}
    assert mirror.shown() == mirror.true()


def test_what_vanished_without_a_word_goes_with_the_sweep(mirror):
    mirror.business.lose()
    mirror.sync()
    assert mirror.shown() != mirror.true()
    mirror.sync(full=True)
    assert mirror.shown() == mirror.true()


def test_a_fault_at_any_request_shows_nothing_untrue(mirror, fault, request):
    before = mirror.shown()
    mirror.business.second_week()
    saved, true = mirror.save(), mirror.true()
    mirror.put_back(saved)
    mirror.sync()
    assert mirror.shown() == true
    nth_fault, asked = COMMON.index(fault) if fault in COMMON else 7, len(mirror.vendor.requests)
    for nth in positions(nth_fault, asked, every=request.config.getoption("--slow")):
        mirror.put_back(saved)
        mirror.vendor.plan({nth: fault})
        outcomes = mirror.sync()
        unharmed(outcomes, before, mirror.shown(), true, f"{fault} at {nth}")
        mirror.vendor.forget()
        mirror.vendor.pass_(hours=1)
        mirror.sync()
        assert mirror.shown() == true, f"{fault} at {nth}: the next run did not mend it"
    assert mirror.vendor.writes == []


def test_a_fault_that_stays_takes_nothing_away(mirror, fault):
    before = mirror.shown()
    mirror.vendor.plan(dict.fromkeys(range(2, 500), fault))
    outcomes = mirror.sync(full=True)
    assert {one.outcome for one in outcomes} <= {
        "refused",
        "garbled",
        "unavailable",
        "withheld",
        "unasked",
        "done",
    }
    assert mirror.shown() == before
