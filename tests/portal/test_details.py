"""What a record's own page shows: lines, sums that add up, history."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records import Event, Line, Shipment
from portal import details
from portal.formats import Formats
from portal.gateway import Change, Found
from portal.stages import OrderStages
from sync.config import Stages

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FORMATS = Formats("en", ZoneInfo("UTC"), lambda: NOW)
MONEY = st.integers(0, 10**12)


def order(**values: Any) -> Found:
    told = {"currency": "EUR", "placed": NOW, "placed_on": None, "events": [], "dispatch": ""}
    return Found("order", {**told, **values}, NOW, "Web shop")


def said(*changes: tuple[str, str | None, str | None]) -> list[str]:
    moved = [Change(NOW, "changed", field, before, after) for field, before, after in changes]
    return [one.say for one in details.history(order(), moved, OrderStages(Stages()), FORMATS) if one.seen]


def test_parts_of_a_record_come_back_with_their_types() -> None:
    found = order(
        lines=[{"name": "Bolt", "quantity": "2.50"}],
        shipments=[{"shipped": "2026-11-22", "delivered": "2026-11-23T08:00:00Z"}],
        events=[{"at": "2026-11-20T10:00:00Z", "what": "Placed"}],
    )
    assert details.told(found, "lines") == (Line(name="Bolt", quantity=Decimal("2.50")),)
    delivered = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert details.told(found, "shipments") == (Shipment(shipped=date(2026, 11, 22), delivered=delivered),)
    placed = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert details.told(found, "events") == (Event(at=placed, what="Placed"),)


@pytest.mark.parametrize(
    ("line", "total"),
    [
        ({"total": Decimal(7), "quantity": Decimal(2), "unit_price": Decimal(3)}, Decimal(7)),
        ({"quantity": Decimal(2), "unit_price": Decimal(3), "discount": Decimal(1)}, Decimal(5)),
        ({"quantity": Decimal(2)}, None),
    ],
)
def test_a_lines_amount_is_the_sources_own_before_any_of_ours(
    line: dict[str, Decimal], total: Decimal | None
) -> None:
    assert details.line_total(Line(name="Bolt", **line)) == total


@given(MONEY, MONEY, MONEY, st.sampled_from([1, -1]))
def test_total_less_paid_less_credited_is_always_what_is_left(
    paid: int, credited: int, due: int, sign: int
) -> None:
    told = {
        "paid": sign * paid,
        "credited": sign * credited,
        "due": sign * due,
        "total": sign * (paid + credited + due),
    }
    kind = "invoice" if sign > 0 else "credit note"
    *parts, (title, left) = details.balance(Found("invoice", {"kind": kind, **told}, NOW, "Books"))
    assert title == ("Due" if sign > 0 else "Still to use")
    assert sum(amount or 0 for _, amount in parts) == left


def test_an_amount_the_source_does_not_give_is_not_made_up() -> None:
    told = {"kind": "invoice", "total": 100, "paid": None, "credited": None, "due": None}
    assert details.balance(Found("invoice", told, NOW, "Books"))[1:] == [
        ("Paid", None), ("Credited", None), ("Due", None),
    ]  # fmt: skip


def test_changes_are_told_in_words_and_what_says_nothing_is_left_out() -> None:
    assert said(
        ("status", "unfulfilled", "SHIPPED"),
        ("status", None, "on hold"),
        ("payment_status", "pending", "PAID"),
        ("cancelled", "0", "1"),
        ("dispatch", "none", "part"),
        ("dispatch", "part", "none"),
        ("expected", None, "2026-12-06"),
        ("tracking", "", "0034"),
        ("outstanding", "10000", None),
        ("something new", "a", "b"),
    ) == [
        "Dispatched (was Received)",
        "On hold",
        "Payment: Paid",
        "Cancelled",
        "Part of the order has left",
        "Expected 6 Dec 2026 (was not given)",
        "Tracking number added",
        "Still to pay not given (was €100.00)",
    ]


def test_what_has_left_is_told_once_where_the_status_says_it_too() -> None:
    assert said(("status", "unfulfilled", "partial"), ("dispatch", "none", "part")) == [
        "Part dispatched (was Received)"
    ]
    assert said(("status", "unfulfilled", "paid"), ("dispatch", "none", "all"))[1:] == ["Everything has left"]


def test_what_the_source_calls_an_event_begins_with_a_capital() -> None:
    told = order(events=[{"at": "2026-11-20T10:00:00Z", "what": "placed"}])
    assert [one.say for one in details.history(told, [], OrderStages(Stages()), FORMATS)] == ["Placed"]


def test_an_order_without_events_begins_when_it_was_placed() -> None:
    (first,) = details.history(order(), [], OrderStages(Stages()), FORMATS)
    assert (first.say, first.at, first.seen) == ("Placed", NOW, False)
