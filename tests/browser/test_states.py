"""States beside the usual pages: each step of signing in, two companies, records with little in them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page

from connectors import records as r
from portal.store import passes
from sync.tables import MIRROR

pytestmark = pytest.mark.browser
Put = Callable[..., list[str]]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LATE = "AWAITING_SUPPLIER_CONFIRMATION_OF_THE_BACKORDER_DATE"
LONG = "accounts.payable.of.a.long.name@a-very-long-domain-name-of-a-company.example"
SMALL = """() => [...document.querySelectorAll('a, button, input, summary')]
  .filter(e => e.checkVisibility() && e.type !== 'hidden' && !e.closest('.unseen') && !e.matches('.skip'))
  .filter(e => (e.matches('.whole') ? e.closest('tr, li, .card') : e).getBoundingClientRect().height
               < (e.matches('button, .button, .more, input:not([type=checkbox])') ? 43.9 : 24))
  .map(e => e.outerHTML.slice(0, 90))"""


def _wrong(visit: Any, where: str) -> list[tuple[str, Any]]:
    """What is wrong with the page as it stands: it scrolls sideways, axe complains, a button is too small."""
    page, found = visit.page, []
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            told = visit.axe() if scheme == "light" else visit.axe("color-contrast")
            found += [(f"{where} {width} {scheme}", wrong) for wrong in told]
        found += [(f"{where} {width}", "scrolls sideways")] * (page.evaluate(OVERFLOW) > 0)
    return [*found, *((where, small) for small in page.evaluate(SMALL))]


def _ask(visit: Any, address: str) -> Page:
    page: Page = visit.goto("/login")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button").first.click()
    page.wait_for_load_state()
    return page


def test_every_step_of_signing_in_looks_right(site: Any) -> None:
    visit = site.visit(320, signed_in=False)
    page = _ask(visit, LONG)
    found = _wrong(visit, "check your mail")
    for tries in range(1, 6):
        page.locator("input[name=code]").fill("000000")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        if tries in (1, 5):
            found += _wrong(visit, f"wrong code, try {tries}")
    assert page.get_by_role("heading", name="no longer valid").is_visible()
    for _ in range(6):
        page = _ask(visit, "often@example.com")
    assert page.get_by_role("heading", name="Please wait a little").is_visible()
    assert found + _wrong(visit, "too many tries") == []


def _link(site: Any, asked: passes.Asked, made: datetime) -> str:
    with site.database.web(write=True) as connection:
        return f"/login/{passes.trust(connection, asked, made, timedelta(minutes=10))}"


def test_links_that_live_and_links_that_died_look_right(site: Any, now: datetime) -> None:
    visit, found = site.visit(320, signed_in=False), []
    asked, day = passes.Asked("trusted", site.world.a.member), timedelta(days=1)
    for says, each, made in (
        ("Sign in", asked, now),
        ("no longer valid", asked, now - day),
        ("Sign in", replace(asked, purpose="mail"), now),
        ("no longer valid", replace(asked, purpose="mail"), now - timedelta(hours=1)),
    ):
        page = visit.goto(_link(site, each, made))
        assert page.get_by_role("heading", name=says).is_visible()
        found += _wrong(visit, f"{each.purpose}: {says}")
    assert found == []


def test_choosing_a_company_and_asking_the_wrong_one_look_right(site: Any, now: datetime) -> None:
    link = _link(site, passes.Asked("trusted", site.world.both), now)
    site.sign_in(site.base + link, lands="/switch?next=/")
    visit = site.visit(320)
    found = _wrong(visit, "which company") if visit.goto("/switch") else []
    visit.page.get_by_role("button", name=site.world.a.name).click()
    visit.page.wait_for_url(site.base + "/")
    page = visit.goto(f"/orders/{site.world.b.refs['order']}")
    assert page.get_by_role("button", name=site.world.b.name).is_visible()
    found += _wrong(visit, "found in the other company")
    page.get_by_role("button", name=site.world.b.name).click()
    page.wait_for_url("**/orders/*")
    assert site.world.b.canary in page.locator("main").inner_text()
    assert found == []


def _odd(now: datetime) -> list[r.Record]:
    """Records that are hard to lay out because something is missing, or stands where nobody expects it."""
    same = {"belongs_to": "a0017", "currency": "KWD"}
    amounts = {"total": Decimal(-5), "paid": Decimal(0), "credited": Decimal(-2), "due": Decimal(-3)}
    return [
        r.Order(source_id="none", number="1", status="", **same),
        r.Order(source_id="late", number="2", status=LATE, placed=now + timedelta(1), reference=LATE, **same),
        r.Invoice(source_id="void", number="3", void=True, **same),
        r.Invoice(source_id="odd", number="4", status=LATE, order_number="2", issued=now.date(), **same),
        r.Invoice(source_id="credit", number="5", kind="credit note", **amounts, **same),
        r.Ticket(source_id="bare", belongs_to="a0017", number="6", status=LATE, updated=now + timedelta(1)),
    ]  # fmt: skip


def test_records_with_little_or_odd_in_them_look_right(site: Any, mirrored: Put, now: datetime) -> None:
    none, late, void, odd, credit, bare = mirrored(*_odd(now))
    (frozen,) = mirrored(r.Order(source_id="old", belongs_to="a0017", number="7"), as_of=now - timedelta(90))
    pages = {
        f"/orders/{none}": "No status given", f"/orders/{late}": "backorder",
        f"/orders/{frozen}": "out of date", f"/invoices/{void}": "nothing is due",
        f"/invoices/{odd}": "Not known",
        f"/invoices/{credit}": "Still to use", f"/support/{bare}": "no text", "/": "backorder",
        "/orders": "backorder", "/support": "backorder", "/invoices": "backorder",
    }  # fmt: skip
    visit, found = site.visit(320), []
    for path, says in pages.items():
        assert says in visit.goto(path).locator("main").inner_text(), path
        found += _wrong(visit, path)
    assert found == []


@pytest.mark.parametrize("path", ["/orders", "/invoices", "/support"])
def test_a_long_status_squeezes_no_other_cell(site: Any, mirrored: Put, now: datetime, path: str) -> None:
    mirrored(*_odd(now))
    page = site.visit().goto(path)
    for width in (320, 390, 640, 768, 860, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        told = page.locator("table.list td").filter(has_text=re.compile(r"\S.{4}"))
        cells = [cell.bounding_box() for cell in told.all()]
        assert min(cell["width"] for cell in cells if cell) >= 40, width
        inside = page.locator("table.list").first.bounding_box() or {}
        assert all(c["x"] + c["width"] <= inside["x"] + inside["width"] + 1 for c in cells if c), width


def test_the_customers_reference_is_in_the_list_and_finds_the_order(
    site: Any, mirrored: Put, now: datetime
) -> None:
    mirrored(r.Order(source_id="po", belongs_to="a0017", number="SO-5", reference="PO-88231", placed=now))
    page = site.visit(390).goto("/")
    page.locator(".nav").get_by_role("link", name="Orders").click()
    page.get_by_role("searchbox").fill("88231")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=88231*")
    assert page.get_by_text("Your ref. PO-88231").is_visible()
    page.locator("table.list .whole").first.click()
    assert page.get_by_role("heading", name="Order SO-5").is_visible()


def test_a_pill_never_breaks_a_word_however_long_its_neighbour(site: Any, mirrored: Put) -> None:
    told = {"belongs_to": "a0017", "currency": "EUR", "due": Decimal(1), "order_number": "SO-5"}
    mirrored(r.Invoice(source_id="long", number="x" * 90, due_on=date(2026, 1, 1), **told))
    (ref,) = mirrored(r.Order(source_id="po", belongs_to="a0017", number="SO-5"))
    visit = site.visit(320)
    pill = visit.goto(f"/orders/{ref}").locator(".ends .pill").get_by_text("Overdue")
    assert (pill.bounding_box() or {"height": 99})["height"] < 30
    assert _wrong(visit, "long number") == []


def test_on_paper_everything_is_there_and_nothing_to_press(site: Any, mirrored: Put, now: datetime) -> None:
    lines = tuple(r.Line(name=f"Item {n}", quantity=Decimal(1)) for n in range(30))
    told = {"belongs_to": "a0017", "currency": "EUR", "lines": lines}
    (order,) = mirrored(r.Order(source_id="po", number="SO-5", **told))
    pay = {"due": Decimal(5), "pay_url": "https://pay.example/1"}
    (invoice,) = mirrored(r.Invoice(source_id="in", number="INV-5", **told, **pay))
    for path in (f"/orders/{order}", f"/invoices/{invoice}"):
        page = site.visit(390).goto(path)
        page.emulate_media(media="print", color_scheme="dark")
        page.set_viewport_size({"width": 673, "height": 950})
        assert page.get_by_text("Item 29").is_visible()
        assert page.locator("a.button, button, nav, input, .foot").filter(visible=True).count() == 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(OVERFLOW) <= 0


def test_nothing_at_all_looks_right(site: Any) -> None:
    with site.database.sync() as connection:
        for name in ("orders", "invoices", "payments", "tickets", "accounts"):
            connection.execute(MIRROR[name].delete())
    pages = {
        "/": "Nothing to pay", "/orders": "No orders yet", "/invoices": "No invoices",
        "/payments": "No payments yet", "/support": "No tickets yet", "/account": "No company details yet",
    }  # fmt: skip
    visit, found = site.visit(320), []
    for path, says in pages.items():
        assert says in visit.goto(path).locator("main").inner_text()
        found += _wrong(visit, path)
    assert found == []
