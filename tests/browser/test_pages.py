"""Every page in a real browser: on small phones, in the dark, for everybody, within its limits."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from connectors.records import Order
from sync.tables import MIRROR

pytestmark = pytest.mark.browser
Put = Callable[..., list[str]]
COLD, WARM = 30 * 1024, 10 * 1024  # bytes over the wire

WIDTHS = (320, 360, 390, 639, 640, 768, 860, 1280)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What a finger hits: a row or card where a link covers it whole; the height alone for main actions.
SIZES = """([what, tall]) => [...document.querySelectorAll(what)]
  .filter(e => e.checkVisibility() && e.type !== 'hidden' && !e.closest('.unseen') && !e.matches('.skip'))
  .map(e => { const box = (e.matches('.whole') ? e.closest('tr, li, .card') : e).getBoundingClientRect();
              return [tall ? box.height : Math.min(box.width, box.height), e.outerHTML.slice(0, 90)]; })"""
ALL = "a, button, input, select, summary"
MAIN = ".nav a, .button, button, .whole, .chips a, .more, .back, input:not([type=checkbox]), select"
PUBLIC = ("/login", "/login/code", "/login/not-a-link", "/no-such-page")


def _stale_and_empty(site: Any, now: datetime) -> None:
    """A portal in a bad state: one source late, one never read, nothing there."""
    streams = MIRROR["streams"]
    with site.database.sync() as connection:
        for name in ("orders", "tickets", "invoices", "contacts", "accounts"):
            connection.execute(
                delete(MIRROR[name]).where(
                    MIRROR[name].c.org_id == site.world.a.id, MIRROR[name].c.source != "crm"
                )
            )
        connection.execute(
            update(streams).where(streams.c.source == "shop").values(as_of=now - timedelta(days=4))
        )
        connection.execute(delete(streams).where(streams.c.source == "books"))
        connection.execute(update(MIRROR["sources"]).values(next_run=now + timedelta(minutes=5)))


def test_nothing_scrolls_sideways_and_nothing_is_complained_about(site: Any, paths: list[str]) -> None:
    wide = []
    for visit, pages in ((site.visit(), paths), (site.visit(signed_in=False), PUBLIC)):
        for path in pages:
            page = visit.goto(path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                if page.evaluate(OVERFLOW) > 0:
                    wide.append((path, width))
        assert visit.complaints == []
    assert wide == []


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_any_page_in_light_and_in_dark(site: Any, paths: list[str], width: int) -> None:
    found = {}
    for visit, pages in ((site.visit(width), paths[:-1]), (site.visit(width, signed_in=False), PUBLIC)):
        for path in pages:
            visit.goto(path).emulate_media(color_scheme="light")
            found[path, "light"] = visit.axe()
            visit.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            found[path, "dark"] = visit.axe("color-contrast")
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_sources_are_late_unread_or_empty(
    site: Any, now: datetime, scheme: str
) -> None:
    _stale_and_empty(site, now)
    visit = site.visit(color_scheme=scheme)
    pages = ("/", "/orders", "/invoices", "/support", "/account")
    found = {path: visit.axe() for path in pages if visit.goto(path)}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_main_actions_and_rows_take_a_thumb_and_nothing_is_tiny(site: Any, paths: list[str]) -> None:
    visit = site.visit()
    for path in paths:
        page = visit.goto(path)
        assert [html for size, html in page.evaluate(SIZES, [ALL, False]) if size < 24] == [], path
        assert [html for size, html in page.evaluate(SIZES, [MAIN, True]) if size < 43.9] == [], path


def test_the_start_page_answers_on_the_first_screen_of_a_small_phone(
    site: Any, mirrored: Put, now: datetime
) -> None:
    told = {"status": "processing", "placed": now, "expected": now.date(), "currency": "EUR"}
    mirrored(Order(source_id="S", belongs_to="a0017", number="SO-118", **told))
    page = site.visit(360, 640).goto("/")
    bar = page.locator(".nav").bounding_box()
    for words in ("SO-118", "In production", "Expected", "€100.00 overdue", "1 open ticket"):
        box = page.get_by_text(words).first.bounding_box()
        assert box and bar, words
        assert box["y"] + box["height"] <= bar["y"], words
    ages = page.locator(".blocks .asof").all()
    assert len(ages) == 3
    assert all((age.bounding_box() or {"y": 999})["y"] < bar["y"] for age in ages if bar)


def test_the_menu_is_at_the_thumb_on_phones_and_at_the_top_on_wide_screens(site: Any) -> None:
    low = site.visit(360, 640).goto("/").locator(".nav").bounding_box()
    high = site.visit(1280, 800).goto("/").locator(".nav").bounding_box()
    assert low["y"] + low["height"] == 640
    assert high["y"] < 70


def test_lists_are_cards_on_phones_and_a_table_from_640_pixels(site: Any, paths: list[str]) -> None:
    def beside(width: int) -> bool:
        row = site.visit(width).goto("/orders").locator("table.list tbody tr").first
        first, second = (row.locator(place).bounding_box() for place in (".title", ".amount"))
        return bool(
            first["y"] < second["y"] + second["height"] and second["y"] < first["y"] + first["height"]
        )

    assert not beside(639)
    assert beside(640)


def test_the_first_view_is_light_and_the_next_one_lighter(site: Any, paths: list[str]) -> None:
    for path in paths[:-1]:
        visit = site.visit()
        cold, warm = visit.fetched(path), visit.fetched(path)
        assert len(cold) <= 5, path
        assert sum(cold) <= COLD, path
        assert len(warm) == 1, path
        repeats = "q=" in path or "from=" in path  # such a page is not packed: see portal/packing.py
        assert sum(warm) <= WARM * (1 + repeats), path


def test_everything_works_without_javascript(site: Any, paths: list[str]) -> None:
    page = site.visit(java_script_enabled=False).goto("/")
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("searchbox").fill("SO-990")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="SO-990").click()
    assert page.get_by_role("heading", name="Order SO-990").is_visible()
    page.locator("details.ages summary").click()
    assert page.get_by_text("This is what Web shop said on").is_visible()


def test_the_latest_orders_status_is_no_tap_away(site: Any, mirrored: Put, now: datetime) -> None:
    told = {"status": "processing", "placed": now, "currency": "EUR"}
    mirrored(Order(source_id="S", belongs_to="a0017", number="SO-118", **told))
    block = site.visit().goto("/").get_by_role("region", name="Latest order")
    assert block.get_by_text("SO-118").is_visible()
    assert block.locator(".pill").get_by_text("In production").is_visible()


def test_an_old_order_is_two_taps_and_its_number_away(site: Any, paths: list[str]) -> None:
    page = site.visit().goto("/")
    page.locator(".nav").get_by_role("link", name="Orders").click()
    page.get_by_role("searchbox").press_sequentially("SO-976")  # typing; the keyboard has the key that asks
    page.keyboard.press("Enter")
    page.get_by_role("link", name="SO-976").click()
    assert page.get_by_role("heading", name="Order SO-976").is_visible()


def test_an_invoice_is_two_taps_away(site: Any, paths: list[str]) -> None:
    page = site.visit().goto("/")
    page.locator(".nav").get_by_role("link", name="Invoices").click()
    page.locator("table.list .whole").first.click()
    assert page.get_by_role("heading", name="Invoice").first.is_visible()


def test_the_keyboard_reaches_the_content_and_shows_where_it_is(site: Any) -> None:
    page = site.visit(1280, 800).goto("/orders")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
