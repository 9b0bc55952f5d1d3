"""Lists, invoices, payments and tickets as a customer browses them."""

import re
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from shown import A_DAY, Put, invoice, order, text

from connectors.records import (
    Allocation,
    InvoicePayment,
    Line,
    Message,
    Payment,
    Ticket,
)


def shown(answer: Any, *numbers: str) -> list[str]:
    """Which of these numbers stand on the page, in its order."""
    page = text(answer)
    return sorted((number for number in numbers if f">{number}<" in page), key=lambda n: page.index(f">{n}<"))


def test_orders_come_newest_first_twenty_a_page_and_older_ones_on_the_next(
    house: Any, mirrored: Put, now: datetime
) -> None:
    numbers = [f"SO-{n:03}" for n in range(1, 31)]
    mirrored(*(order(number, now, days=3 + n) for n, number in enumerate(numbers)))
    browser = house.sign_in(house.ann)
    first = browser.get("/orders")
    assert shown(first, *numbers) == numbers[:19]  # A's own order is the newest
    (older,) = re.findall(r'rel="next" href="([^"]+)"', text(first))
    assert shown(browser.get(older), *numbers) == numbers[19:]


def test_more_than_a_thousand_are_counted_no_further(house: Any, mirrored: Put, now: datetime) -> None:
    mirrored(*(order(f"SO-{n}", now) for n in range(1005)))
    assert "1,000+ orders" in text(house.sign_in(house.ann).get("/orders"))


@pytest.mark.parametrize("words", ["so-118", "PO-77", "Schraube", "SKU-9", "größe"])
def test_a_search_finds_number_reference_product_and_sku(
    house: Any, mirrored: Put, now: datetime, words: str
) -> None:
    lines = (Line(name="Schraube, Größe 8", sku="SKU-9"),)
    mirrored(order("SO-118", now, reference="PO-77", lines=lines), order("SO-119", now))
    answer = house.sign_in(house.ann).get("/orders", query_string={"q": words})
    assert shown(answer, "SO-118", "SO-119") == ["SO-118"]


def test_stage_and_dates_narrow_the_list_and_stay_in_its_links(
    house: Any, mirrored: Put, now: datetime
) -> None:
    mirrored(
        order("SO-1", now, status="shipped", placed=None, placed_on=date(2026, 3, 12)),
        order("SO-2", now, status="Shipped", placed=None, placed_on=date(2026, 3, 13)),
        order("SO-3", now, status="cancelled", placed=None, placed_on=date(2026, 3, 12)),
    )
    answer = house.sign_in(house.ann).get("/orders?stage=dispatched&from=2026-03-12&to=2026-03-12")
    assert shown(answer, "SO-1", "SO-2", "SO-3") == ["SO-1"]
    assert "from=2026-03-12&to=2026-03-12" in unescape(answer.text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stage=nonsense", "is not one we know"),
        ("from=yesterday", "The “from” date is not a date"),
        ("to=0001-01-01", "out of range"),
        ("from=2026-03-12&to=2026-03-01", "The first day is after the last"),
        ("q=" + "x" * 500, "cut to its first 100 characters"),
        ("sort=fingerprint", "The order asked for is not one we know"),
    ],
)
def test_what_makes_no_sense_in_a_link_is_left_out_and_said(house: Any, query: str, words: str) -> None:
    assert words in text(house.sign_in(house.ann).get(f"/orders?{query}"))


@pytest.mark.parametrize(
    "path", ["/orders?after=zz", "/invoices?after=%00", "/support?open=WyIiXQ", "/payments?after=1"]
)
def test_a_page_marker_that_is_not_ours_is_refused_in_words(house: Any, path: str) -> None:
    answer = house.sign_in(house.ann).get(path)
    assert answer.status_code == 400
    assert "That did not work" in answer.text


def test_wildcards_in_a_search_are_letters_like_any_other(house: Any, mirrored: Put, now: datetime) -> None:
    mirrored(order("SO-1", now, reference="100%"), order("SO-2", now, reference="100 x"))
    answer = house.sign_in(house.ann).get("/orders", query_string={"q": "100%"})
    assert shown(answer, "SO-1", "SO-2") == ["SO-1"]


def test_an_invoice_adds_up_and_names_its_payments_and_credits(house: Any, mirrored: Put) -> None:
    (ref,) = mirrored(
        invoice(
            "INV-1", paid=Decimal(30), credited=Decimal(20), due=Decimal(50), due_on=date(2026, 11, 1),
            payments=(InvoicePayment(on=date(2026, 10, 2), amount=Decimal(30), method="BANK_TRANSFER"),),
            allocations=(Allocation(number="CN-7", amount=Decimal(20)),),
        )
    )  # fmt: skip
    page = text(house.sign_in(house.ann).get(f"/invoices/{ref}"))
    for words in ("Overdue since", "1 Nov 2026", "-€30.00", "-€20.00", "€50.00", "Bank transfer", "CN-7"):
        assert words in page


def test_a_void_invoice_says_that_nothing_is_due(house: Any, mirrored: Put) -> None:
    (ref,) = mirrored(invoice("INV-1", void=True))
    page = text(house.sign_in(house.ann).get(f"/invoices/{ref}"))
    assert "This invoice is void; nothing is due" in page


@pytest.mark.parametrize(
    ("kind", "due", "said"),
    [
        ("invoice", 0, "Nothing left to pay"),
        ("invoice", -5, 'In your favour</p> <p class="big">€5.00'),
        ("credit note", 0, "All of it is used"),
        ("credit note", -5, 'Still to use</p> <p class="big">€5.00'),
    ],
)
def test_what_is_settled_or_in_ones_favour_is_said_in_words(
    house: Any, mirrored: Put, kind: str, due: int, said: str
) -> None:
    (ref,) = mirrored(invoice("INV-1", kind=kind, due=Decimal(due)))
    assert said in text(house.sign_in(house.ann).get(f"/invoices/{ref}"))


def test_invoices_are_sorted_by_due_date_when_asked(house: Any, mirrored: Put) -> None:
    mirrored(
        invoice("INV-1", issued=date(2026, 9, 1), due_on=date(2026, 12, 2)),
        invoice("INV-2", issued=date(2026, 10, 1), due_on=date(2026, 12, 1)),
        invoice("INV-3", issued=date(2026, 11, 1)),
    )
    browser = house.sign_in(house.ann)
    numbers = ("INV-1", "INV-2", "INV-3")
    assert shown(browser.get("/invoices"), *numbers) == ["INV-3", "INV-2", "INV-1"]
    assert shown(browser.get("/invoices?sort=sort_due"), *numbers) == ["INV-2", "INV-1", "INV-3"]
    assert shown(browser.get("/invoices?due=2026-12-01"), *numbers) == ["INV-2"]


def test_payments_of_their_own_stand_beside_the_invoices(house: Any, mirrored: Put) -> None:
    mirrored(
        Payment(
            source_id="P-1", belongs_to="a0017", number="HQ336336", currency="EUR", amount=Decimal("6066.78")
        )
    )
    browser = house.sign_in(house.ann)
    assert 'href="/payments"' in text(browser.get("/invoices"))
    page = text(browser.get("/payments"))
    assert "HQ336336" in page
    assert "€6,066.78" in page


def _ticket(number: str, now: datetime, days: int, **told: Any) -> Ticket:
    return Ticket(source_id=number, belongs_to="a0017", number=number, updated=now - days * A_DAY, **told)


def test_open_tickets_come_first_and_both_halves_page_on_their_own(
    house: Any, mirrored: Put, now: datetime
) -> None:
    mirrored(*(_ticket(f"OPEN-{n:03}", now, n + 5) for n in range(250)))
    mirrored(*(_ticket(f"DONE-{n:03}", now, n + 2, open=False) for n in range(250)))
    browser = house.sign_in(house.ann)
    page = text(browser.get("/support"))
    assert page.index("OPEN-018") < page.index("DONE-000")
    assert page.index("OPEN-000") < page.index("OPEN-001")
    assert "OPEN-019" not in page  # A's own open ticket is newer than all of these
    older = re.findall(r'rel="next" href="([^"]+)"', page)
    assert len(older) == 2
    page = text(browser.get(older[0]))
    assert "OPEN-019" in page
    assert "DONE-000" in page


def test_a_ticket_shows_its_text_and_its_public_messages(house: Any, mirrored: Put, now: datetime) -> None:
    said = (Message(at=now, author="Jana", staff=True, text="A new one\nis on its way."),)
    (ref,) = mirrored(_ticket("T-1", now, 1, subject="Crushed", text="The box was crushed.", messages=said))
    answer = house.sign_in(house.ann).get(f"/support/{ref}")
    for words in ("Crushed", "The box was crushed.", "Jana", "A new one\nis on its way."):
        assert words in answer.text


@pytest.mark.parametrize("path", ["/orders/{}", "/invoices/{}", "/support/{}"])
def test_foreign_and_absent_records_are_missing_alike(house: Any, path: str) -> None:
    browser = house.sign_in(house.ann)
    name = {"/orders/{}": "order", "/invoices/{}": "invoice", "/support/{}": "ticket"}[path]
    foreign, absent = browser.get(path.format(house.world.b.refs[name])), browser.get(path.format("a" * 16))
    assert (foreign.status_code, foreign.data) == (absent.status_code, absent.data)
    assert foreign.status_code == 404


def test_a_status_of_a_source_never_reaches_a_page_as_a_code(
    house: Any, mirrored: Put, now: datetime
) -> None:
    mirrored(order("SO-1", now, status="AWAITING_STOCK"))
    page = text(house.sign_in(house.ann).get("/orders"))
    assert "Awaiting stock" in page
    assert "AWAITING_STOCK" not in page


def test_a_record_whose_own_as_of_is_older_says_so_on_its_page(
    house: Any, mirrored: Put, now: datetime
) -> None:
    (ref,) = mirrored(order("SO-1", now), as_of=now - 3 * A_DAY)
    page = text(house.sign_in(house.ann).get(f"/orders/{ref}"))
    assert re.search("Web shop · as of <time[^>]*>3 days ago<", page)


def test_a_row_whose_own_as_of_is_older_says_so_in_its_list(house: Any, mirrored: Put, now: datetime) -> None:
    mirrored(order("SO-1", now, days=4), as_of=now - 3 * A_DAY)
    assert "as of <time" in text(house.sign_in(house.ann).get("/orders")).split(">SO-1<")[1]


def test_the_menu_marks_payments_as_part_of_invoices(house: Any) -> None:
    assert 'href="/invoices" aria-current="true"' in house.sign_in(house.ann).get("/payments").text
