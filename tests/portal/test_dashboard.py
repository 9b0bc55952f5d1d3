"""The start page answers: where is my latest order, what do I owe, until when, what is open."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shown import Put, text
from sqlalchemy import delete, update

from connectors.records import Invoice, Line, Order, Ticket
from sync.config import Config
from sync.tables import MIRROR


def home(house: Any, who: str = "") -> str:
    return text(house.sign_in(who or house.ann).get("/"))


def _order(number: str, placed: datetime, **told: Any) -> Order:
    filled = {"currency": "EUR", "total": Decimal(100), "status": "processing", **told}
    return Order(source_id=number, belongs_to="a0017", number=number, placed=placed, **filled)


def _invoice(number: str, due: str, due_on: date | None, currency: str = "EUR") -> Invoice:
    amounts = {"total": Decimal(due), "paid": Decimal(0), "credited": Decimal(0), "due": Decimal(due)}
    kind = "credit note" if Decimal(due) < 0 else "invoice"
    told = {"kind": kind, "currency": currency, "due_on": due_on}
    return Invoice(source_id=number, belongs_to="a0017", number=number, **amounts, **told)


def test_five_questions_are_answered_without_a_tap(house: Any, mirrored: Put, now: datetime) -> None:
    lines = (Line(name="Bolt", quantity=Decimal(2), shipped=Decimal(1)),)
    mirrored(_order("SO-9", now - timedelta(hours=1), expected=date(2026, 12, 6), lines=lines))
    mirrored(_invoice("INV-9", "250.50", date(2026, 12, 3)))
    mirrored(Ticket(source_id="T", belongs_to="a0017", number="T-9", subject="Wrong size", updated=now))
    page = home(house)
    for answer in ("SO-9", "Part dispatched", "6 Dec 2026"):  # where is my order, when does it come
        assert answer in page
    for answer in ("€350.50", "€100.00 overdue", "3 Dec 2026"):  # what do I owe, what is late, until when
        assert answer in page
    for answer in ("2 open tickets", "Wrong size"):  # what became of my question
        assert answer in page
    for source in ("Web shop", "Accounts office", "Customer desk"):  # as of when
        assert f"{source} · as of" in page


def test_amounts_of_two_currencies_are_never_added(house: Any, mirrored: Put) -> None:
    mirrored(_invoice("INV-9", "20", date(2026, 12, 3), "USD"))
    page = home(house)
    assert "€100.00" in page
    assert "$20.00" in page


def test_a_credit_counts_against_what_is_owed_and_can_be_in_ones_favour(house: Any, mirrored: Put) -> None:
    mirrored(_invoice("CN-1", "-500", None))
    page = home(house)
    assert "Your credit" in page
    assert "€400.00 credit" in page
    assert "€100.00 overdue" in page


def test_the_blocks_stand_in_the_order_the_portal_wants(
    config: Callable[..., Config], open_house: Callable[..., Any]
) -> None:
    page = home(open_house(config(portal={"blocks": ("support", "orders", "invoices")})))
    places = [page.index(f'id="{block}"') for block in ("tickets", "latest", "dues")]
    assert places == sorted(places)


def test_somebody_for_finance_sees_what_is_owed_and_nothing_else(house: Any) -> None:
    page = home(house, house.finn)
    assert "€100.00" in page
    for hidden in ("Latest order", "open ticket", 'href="/orders"', 'href="/support"'):
        assert hidden not in page


def test_a_section_that_is_off_is_neither_shown_nor_there(
    config: Callable[..., Config], open_house: Callable[..., Any]
) -> None:
    house = open_house(config(portal={"sections": ("orders", "account")}))
    assert "To pay" not in home(house)
    assert house.sign_in(house.ann).get("/invoices").status_code == 404


def test_nothing_there_is_told_from_not_read_yet_and_a_section_nobody_fills_is_gone(house: Any) -> None:
    with house.database.sync() as connection:
        for name in ("orders", "invoices", "tickets"):
            connection.execute(delete(MIRROR[name]))
        streams = MIRROR["streams"]
        connection.execute(delete(streams).where(streams.c.source == "books"))
        connection.execute(delete(MIRROR["sources"]).where(MIRROR["sources"].c.source == "books"))
        unread = update(streams).where(streams.c.record == "ticket")
        connection.execute(unread.values(as_of=None, first_completed_at=None))
        planned = datetime.fromisoformat("2026-11-23T14:05:00+00:00")
        connection.execute(update(MIRROR["sources"]).values(next_run=planned))
    page = home(house)
    assert "No orders yet" in page
    assert "Your tickets are being connected and appear here from 14:05." in page
    assert "nvoices" not in page
    assert house.sign_in(house.ann).get("/invoices").status_code == 404


def test_before_anything_was_read_the_page_says_when_it_will_be(house: Any, now: datetime) -> None:
    with house.database.sync() as connection:
        connection.execute(delete(MIRROR["orders"]))
        connection.execute(delete(MIRROR["streams"]).where(MIRROR["streams"].c.source == "shop"))
        connection.execute(update(MIRROR["sources"]).values(next_run=now + timedelta(days=1)))
    assert "Your orders are being connected and appear here from 24 Nov 2026, 09:30." in home(house)


def test_a_late_source_is_named_with_what_is_still_fine_and_clears_itself(house: Any, now: datetime) -> None:
    streams = MIRROR["streams"]
    books = update(streams).where(streams.c.source == "books")
    with house.database.sync() as connection:
        connection.execute(books.values(as_of=now - timedelta(hours=5)))
    page = home(house)
    assert "Invoices may be out of date:</b> what we have from Accounts office is from" in page
    assert "5 h ago" in page
    assert "Up to date: orders, support, account." in page
    with house.database.sync() as connection:
        connection.execute(books.values(as_of=now))
    assert "out of date" not in home(house)


def test_the_accounts_owner_is_the_contact_and_the_portals_help_fills_the_gaps(
    config: Callable[..., Config], open_house: Callable[..., Any]
) -> None:
    help_ = {"name": "Service desk", "email": "help@example.com", "whatsapp": "+44 7700 900118"}
    house = open_house(config(portal={"help": help_}))
    page = home(house)
    assert "canary-a-7Q owner_name" in page
    assert 'href="https://wa.me/447700900118"' in page
    with house.database.sync() as connection:
        connection.execute(update(MIRROR["accounts"]).values(owner_name="", owner_email="", owner_phone=""))
    page = home(house)
    assert "Service desk" in page
    assert 'href="mailto:help%40example.com"' in page or 'href="mailto:help@example.com"' in page


def test_a_person_with_one_company_is_offered_no_switch(house: Any) -> None:
    assert 'href="/switch"' not in home(house)


@pytest.mark.parametrize("path", ["/", "/orders", "/invoices", "/support", "/account"])
def test_the_products_own_name_is_nowhere_a_customer_looks(house: Any, path: str) -> None:
    assert "fanlight" not in house.sign_in(house.ann).get(path).text.lower()
