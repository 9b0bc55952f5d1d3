"""One order's own page: what was ordered, where it is, how its dates moved, which invoices it has."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from shown import A_DAY, Put, invoice, order, text
from sqlalchemy import insert

from connectors.records import (
    Event,
    Line,
    Shipment,
)
from sync.tables import MIRROR, new_id


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
