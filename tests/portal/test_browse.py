"""Orders, invoices, payments and tickets as a customer browses them."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert

from connectors.records import (
    Allocation,
    Event,
    Invoice,
    InvoicePayment,
    Line,
    Message,
    Order,
    Payment,
    Shipment,
    Ticket,
)
from sync.tables import MIRROR, new_id

Put = Callable[..., list[str]]
A_DAY = timedelta(days=1)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text).split())


def order(number: str, now: datetime, *, days: int = 1, **told: Any) -> Order:
    filled = {"currency": "EUR", "total": Decimal(100), "placed": now - days * A_DAY, "status": "unfulfilled"}
    return Order(source_id=number, belongs_to="a0017", number=number, **{**filled, **told})


def invoice(number: str, **told: Any) -> Invoice:
    filled = {
        "currency": "EUR",
        "total": Decimal(100),
        "paid": Decimal(0),
        "credited": Decimal(0),
        "due": Decimal(100),
    }
    return Invoice(source_id=number, belongs_to="a0017", number=number, **{**filled, **told})


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


def test_an_order_shows_lines_parcels_and_what_is_still_to_come(
    house: Any, mirrored: Put, now: datetime
) -> None:
    lines = (
        Line(
            name="Bolt", sku="B8", quantity=Decimal("5.000"), unit_price=Decimal("0.0125"), shipped=Decimal(2)
        ),
        Line(name="Nut", quantity=Decimal(1), total=Decimal("3.5"), shipped=Decimal(1)),
    )
    parcel = Shipment(carrier="DHL", tracking="0034", url="https://dhl.example/0034", shipped=now - A_DAY)
    (ref,) = mirrored(order("SO-1", now, lines=lines, shipments=(parcel,), tax=Decimal(19)))
    page = text(house.sign_in(house.ann).get(f"/orders/{ref}"))
    assert "Part dispatched" in page
    assert "2 of 5 shipped · <b>3 to come</b>" in page
    assert "5 × €0.0125" in page
    assert 'href="https://dhl.example/0034" rel="noopener noreferrer"' in page
    assert "<dt>Tax</dt><dd>€19.00</dd>" in page


@pytest.mark.parametrize(
    "url",
    [
        "http://dhl.example/1",
        "javascript:alert(1)",
        "https://u:p@evil.example/",
        "https://:dhl.example@evil.example/",
        "https://[",
        "//x.example/1",
    ],
)
def test_a_tracking_link_is_shown_only_when_it_is_safe(
    house: Any, mirrored: Put, now: datetime, url: str
) -> None:
    (ref,) = mirrored(order("SO-1", now, shipments=(Shipment(tracking="0034", url=url, shipped=now),)))
    page = text(house.sign_in(house.ann).get(f"/orders/{ref}"))
    assert "0034" in page
    assert "Track parcel" not in page


def test_a_tracking_link_waits_until_something_has_left(house: Any, mirrored: Put, now: datetime) -> None:
    parcel = Shipment(tracking="0034", url="https://dhl.example/0034")
    (ref,) = mirrored(order("SO-1", now, shipments=(parcel,)))
    assert "Track parcel" not in text(house.sign_in(house.ann).get(f"/orders/{ref}"))


def _change(house: Any, ref: str, at: datetime, field: str, before: str | None, after: str | None) -> None:
    told = {"kind": "changed", "field": field, "before": before, "after": after}
    orders = MIRROR["orders"]
    with house.database.sync() as connection:
        row = connection.execute(orders.select().where(orders.c.ref == ref)).mappings().one()
        same = {
            "source": row["source"],
            "source_id": row["source_id"],
            "org_id": row["org_id"],
            "record": "order",
        }
        connection.execute(insert(MIRROR["changes"]), {**same, "seq": new_id(), "at": at, **told})


def test_an_expected_date_shows_how_it_moved_and_when_we_saw_it(
    house: Any, mirrored: Put, now: datetime
) -> None:
    (ref,) = mirrored(order("SO-1", now, expected=date(2026, 12, 6)))
    _change(house, ref, now - A_DAY, "expected", "2026-12-03", "2026-12-06")
    page = text(house.sign_in(house.ann).get(f"/orders/{ref}"))
    assert "Moved from 3 Dec 2026 to 6 Dec 2026, seen by us 22 Nov 2026, 09:30" in page


@pytest.mark.parametrize(
    ("status", "day", "said"),
    [
        ("processing", 22, '<p class="lead missed">Was expected <time datetime="2026-11-22"'),
        ("processing", 23, '<p class="lead">Expected <time datetime="2026-11-23"'),
        ("shipped", 22, '<p class="lead">Was expected <time datetime="2026-11-22"'),
        ("shipped", 23, '<p class="lead">Expected <time datetime="2026-11-23"'),
        ("cancelled", 22, '<p class="lead">This order was cancelled</p>'),
    ],
)
def test_an_expected_day_that_passed_is_not_told_as_if_it_were_to_come(
    house: Any, mirrored: Put, now: datetime, status: str, day: int, said: str
) -> None:
    told = {"status": status, "cancelled": status == "cancelled", "expected": date(2026, 11, day)}
    (ref,) = mirrored(order("SO-1", now, **told))
    browser = house.sign_in(house.ann)
    pages = text(browser.get(f"/orders/{ref}")), text(browser.get("/orders"))
    assert said in pages[0]
    assert all(("missed" in page) == ("missed" in said) for page in pages)


def test_an_order_says_when_its_last_parcel_came(house: Any, mirrored: Put, now: datetime) -> None:
    came = [Shipment(carrier="DHL", delivered=now.date() - days * A_DAY) for days in (3, 2)]
    whole = order("SO-1", now, status="delivered", shipments=tuple(came))
    part = order("SO-2", now, status="delivered", shipments=(*came, Shipment(carrier="DPD")))
    pages = [text(house.sign_in(house.ann).get(f"/orders/{ref}")) for ref in mirrored(whole, part)]
    assert '<p class="lead">Delivered <time datetime="2026-11-21"' in pages[0]
    assert '<p class="lead">Delivered' not in pages[1]


def test_the_filter_that_is_chosen_stands_above_the_list(house: Any) -> None:
    browser = house.sign_in(house.ann)
    assert ">Delivered</a>" not in text(browser.get("/orders"))
    assert ' aria-current="true">Delivered</a>' in text(browser.get("/orders?stage=delivered"))


def test_a_missing_expected_date_is_said_and_never_blank(house: Any, mirrored: Put, now: datetime) -> None:
    (ref,) = mirrored(order("SO-1", now))
    browser = house.sign_in(house.ann)
    assert "No delivery date given yet" in text(browser.get(f"/orders/{ref}"))
    assert "date given yet" in text(browser.get("/orders"))


def test_the_history_joins_the_sources_events_with_what_we_saw(
    house: Any, mirrored: Put, now: datetime
) -> None:
    (ref,) = mirrored(order("SO-1", now, events=(Event(at=now - 3 * A_DAY, what="Payment received"),)))
    _change(house, ref, now - A_DAY, "status", "unfulfilled", "fulfilled")
    _change(house, ref, now - A_DAY, "total", "9000", "10000")
    page = text(house.sign_in(house.ann).get(f"/orders/{ref}"))
    assert "Dispatched (was Received)" in page
    assert "Total €100.00 (was €90.00)" in page
    assert "Seen by us 22 Nov 2026, 09:30" in page
    assert page.index("Dispatched (was Received)") < page.index("Payment received")


def test_an_order_leads_to_its_invoices_and_back_each_with_its_own_as_of(
    house: Any, mirrored: Put, now: datetime
) -> None:
    (order_ref,) = mirrored(order("SO-1", now))
    (invoice_ref,) = mirrored(invoice("INV-1", order_number="SO-1"))
    browser = house.sign_in(house.ann)
    page = text(browser.get(f"/orders/{order_ref}"))
    assert f'href="/invoices/{invoice_ref}"' in page
    assert "Accounts office · as of" in page
    page = text(browser.get(f"/invoices/{invoice_ref}"))
    assert f'href="/orders/{order_ref}"' in page
    assert "Web shop · as of" in page


def test_an_invoice_that_moved_to_another_customer_leaves_the_order_page(
    house: Any, mirrored: Put, now: datetime
) -> None:
    (order_ref,) = mirrored(order("SO-1", now))
    mirrored(invoice("INV-1", order_number="SO-1"), org_id=house.world.b.id)
    assert "INV-1" not in text(house.sign_in(house.ann).get(f"/orders/{order_ref}"))


def test_somebody_for_invoices_only_sees_no_order_beside_them(
    house: Any, mirrored: Put, now: datetime
) -> None:
    mirrored(order("SO-1", now))
    (ref,) = mirrored(invoice("INV-1", order_number="SO-1"))
    browser = house.sign_in(house.finn)
    page = text(browser.get(f"/invoices/{ref}"))
    assert "SO-1" not in page
    assert 'href="/orders"' not in page
    assert browser.get("/orders").status_code == 404


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
