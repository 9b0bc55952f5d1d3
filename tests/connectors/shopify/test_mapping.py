"""An order as Shopify tells it → an order as its customer saw it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from fakes.shopify_world import World, money

from connectors.base import Unreadable
from connectors.shopify.mapping import account_of, order_of

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def world():
    """A shop nobody asks."""
    return World(lambda: NOW)


@pytest.fixture
def order(world):
    """An order with these fields, as a page brings it."""

    def make(**more):
        told = world.find(world.order(**more))
        return order_of({**told, "lineItems": {"nodes": told["lineItems"]}})

    return make


def test_amounts_are_those_the_customer_was_shown(order):
    jpy = {
        name: money("1250", "JPY") for name in ("totalPriceSet", "subtotalPriceSet", "totalOutstandingSet")
    }
    none = dict.fromkeys(("totalDiscountsSet", "totalTaxSet", "totalRefundedSet", "totalShippingPriceSet"))
    made = order(presentmentCurrencyCode="JPY", lineItems=[], **jpy, **none)
    assert (made.currency, made.total, made.outstanding, made.tax) == (
        "JPY",
        Decimal(1250),
        Decimal(1250),
        None,
    )


def test_an_amount_in_another_currency_than_the_order_is_not_added_to_it(order):
    with pytest.raises(Unreadable, match=r"totalPriceSet: is in USD, the order in EUR"):
        order(totalPriceSet=money("1.00", "USD"))


def test_parcels_have_each_their_tracking_and_those_that_never_left_are_none(world, order):
    two = world.fulfilment(
        "#1-F1",
        trackingInfo=[
            {"company": "DHL", "number": "A", "url": "https://t.example/A"},
            {"company": "UPS", "number": "B", "url": None},
        ],
        estimatedDeliveryAt="2026-11-30T22:00:00Z",
    )
    made = order(fulfillments=[two, world.fulfilment("#1-F2", status="CANCELLED")])
    assert [(one.carrier, one.tracking, one.url) for one in made.shipments] == [
        ("DHL", "A", "https://t.example/A"),
        ("UPS", "B", ""),
    ]
    assert made.expected == date(2026, 11, 30)


def test_nothing_is_expected_any_more_once_it_was_delivered(world, order):
    there = {"estimatedDeliveryAt": "2026-11-30T00:00:00Z", "deliveredAt": "2026-11-23T09:40:00Z"}
    made = order(fulfillments=[world.fulfilment("F", **there)])
    assert made.expected is None
    assert [event.what for event in made.events] == ["placed", "dispatched", "delivered"]


def test_lines_are_as_ordered_and_of_an_edited_order_what_is_left(world, order):
    lines = [
        world.line("whole", 3, "30.00", unfulfilledQuantity=1),
        world.line("less", 3, "30.00", currentQuantity=2, unfulfilledQuantity=0),
        world.line("out", 1, "9.99", currentQuantity=0, unfulfilledQuantity=0),
        world.line("odd", 3, "10.00", currentQuantity=1, unfulfilledQuantity=0),
    ]
    told = {one.name: (one.quantity, one.total, one.shipped) for one in order(lineItems=lines).lines}
    assert told["less"] == (3, Decimal("30.00"), 3) and told["out"] == (1, Decimal("9.99"), 1)
    edited = {
        one.name: (one.quantity, one.total, one.shipped) for one in order(lineItems=lines, edited=True).lines
    }
    assert edited == {
        "whole": (3, Decimal("30.00"), 2),
        "less": (2, Decimal("20.00"), 2),
        "odd": (1, None, 1),  # a third of 10.00 would have to be rounded
    }


def test_payment_terms_tell_when_the_next_payment_is_due(order):
    nodes = [
        {"dueAt": "2026-11-01T00:00:00Z", "completedAt": "2026-11-01T08:00:00Z"},
        {"dueAt": "2026-12-31T00:00:00Z", "completedAt": None},
        {"dueAt": "2026-12-01T00:00:00Z", "completedAt": None},
    ]
    assert order(paymentTerms={"paymentSchedules": {"nodes": nodes}}).payment_due == date(2026, 12, 1)
    assert order(paymentTerms=None).payment_due is None


def test_what_is_null_is_nothing_and_what_is_unknown_stays(order):
    made = order(displayFinancialStatus=None, displayFulfillmentStatus="ON_ITS_WAY_TO_MARS", poNumber=None)
    assert (made.payment_status, made.status, made.reference) == ("", "ON_ITS_WAY_TO_MARS", "")


def test_a_cancelled_order_says_so(order):
    assert order(cancelledAt="2026-11-20T10:00:00Z").cancelled and not order().cancelled


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", "is blank"),
        ("updatedAt", "soon", "is not a time"),
        ("totalPriceSet", [], "a list where an object belongs"),
        ("totalPriceSet", {"presentmentMoney": {"amount": "much", "currencyCode": "EUR"}}, "is not a number"),
        ("fulfillments", {}, "an object where a list belongs"),
    ],
)
def test_one_odd_value_makes_one_order_unreadable(order, field, value, reason):
    with pytest.raises(Unreadable, match=reason):
        order(**{field: value})


def test_a_companys_first_place_gives_its_addresses():
    address = {
        "recipient": "Goods in",
        "companyName": "Acme",
        "address1": "1 Road",
        "city": "Ulm",
        "zip": "89073",
    }
    place = {"phone": "+49 1", "billingAddress": address, "shippingAddress": None}
    told = {"id": "gid://shopify/Company/1", "name": "Acme", "locations": {"nodes": [place]}}
    made = account_of(told)
    assert (made.phone, made.shipping) == ("+49 1", None)
    assert made.billing.lines == ("Acme", "1 Road") and made.billing.name == "Goods in"
