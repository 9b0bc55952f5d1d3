"""Shopify's objects → records. Pure. Amounts are those the customer was shown (presentment currency), before
returns; what was refunded stands beside them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Unreadable
from connectors.records import Account, Address, Contact, Event, Line, Order, Shipment
from connectors.told import Told, inner, listed, moment, number, text, yes

GONE = ("CANCELLED", "ERROR", "FAILURE")  # fulfilments that never were


def order_of(raw: Told) -> Order:
    """An order; raises Unreadable. ``zone``: the shop's, beside what Shopify tells of the order."""
    zone = _zone(text(raw, "zone"))
    shipments = tuple(parcel for one in listed(raw, "fulfillments") for parcel in _shipments(one, zone))
    owner = inner(inner(raw, "purchasingEntity"), "company").get("id") or inner(raw, "customer").get("id")
    return Order(
        source_id=_id(raw),
        belongs_to=_short(owner) or None,
        updated=moment(raw, "updatedAt"),
        number=_needed(raw, "name"),
        reference=text(raw, "poNumber"),
        status=text(raw, "displayFulfillmentStatus"),
        payment_status=text(raw, "displayFinancialStatus"),
        placed=_placed(raw),
        expected=_expected(shipments),
        cancelled=bool(text(raw, "cancelledAt")),
        currency=text(raw, "presentmentCurrencyCode"),
        payment_due=_payment_due(raw, zone),
        ship_to=_address(inner(raw, "shippingAddress")),
        bill_to=_address(inner(raw, "billingAddress")),
        lines=_lines(raw),
        shipments=shipments,
        events=_events(raw),
        subtotal=_money(raw, "subtotalPriceSet"),
        discount=_money(raw, "totalDiscountsSet"),
        shipping=_money(raw, "totalShippingPriceSet"),
        tax=_money(raw, "totalTaxSet"),
        total=_money(raw, "totalPriceSet"),
        refunded=_money(raw, "totalRefundedSet"),
        outstanding=_money(raw, "totalOutstandingSet"),
    )


def account_of(raw: Told) -> Account:
    """A company, or a customer who buys for himself."""
    place = next(iter(listed(inner(raw, "locations"), "nodes")), {})
    person = "displayName" in raw
    address = _address(inner(raw, "defaultAddress"))
    return Account(
        source_id=_id(raw),
        belongs_to=_id(raw),
        updated=moment(raw, "updatedAt"),
        name=_called(raw, _id(raw)) if person else _needed(raw, "name"),
        number=text(raw, "externalId"),
        email=text(inner(raw, "defaultEmailAddress"), "emailAddress"),
        phone=text(inner(raw, "defaultPhoneNumber"), "phoneNumber") or text(place, "phone"),
        billing=address if person else _address(inner(place, "billingAddress")),
        shipping=None if person else _address(inner(place, "shippingAddress")),
    )


def contact_of(raw: Told) -> Contact:
    """A person; ``whose`` is the company or customer it buys for."""
    return Contact(
        source_id=_needed(raw, "id"),
        belongs_to=text(raw, "whose") or None,
        updated=moment(raw, "updatedAt"),
        name=_called(raw, text(raw, "whose")),
        email=text(inner(raw, "defaultEmailAddress"), "emailAddress"),
        phone=text(inner(raw, "defaultPhoneNumber"), "phoneNumber"),
        title=text(raw, "title"),
    )


def person(told: Told, contact_id: str, whose: str, title: str = "") -> dict[str, Any]:
    """A contact's raw form, the same from whichever side it was reached."""
    kept = ("displayName", "updatedAt", "defaultEmailAddress", "defaultPhoneNumber")
    return {"id": contact_id, "whose": whose, "title": title, **{name: told.get(name) for name in kept}}


def _placed(raw: Told) -> datetime | None:
    """When it was placed: an order brought from elsewhere is older than its creation at Shopify. Never later
    than that creation: Shopify's window of 60 days goes by it, and an order is only called gone whose
    ``placed`` lies inside."""
    return min(filter(None, (moment(raw, "processedAt"), moment(raw, "createdAt"))), default=None)


def _day(raw: Told, name: str, zone: tzinfo) -> date | None:
    """The day of a moment by the shop's own calendar: Shopify tells moments where it shows days."""
    found = moment(raw, name)
    return found.astimezone(zone).date() if found else None


@cache
def _zone(name: str) -> tzinfo:
    """The shop's zone; UTC where it told none, or one nobody knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def _money(raw: Told, name: str, currency: str = "") -> Decimal | None:
    """What the customer was shown; one in another currency than the order's is not added up."""
    currency = currency or text(raw, "presentmentCurrencyCode")
    shown = inner(inner(raw, name), "presentmentMoney")
    found = text(shown, "currencyCode")
    if found and found != currency:
        raise Unreadable(name, f"is in {found}, the order in {currency or 'no currency'}")
    return number(shown, "amount")


def _lines(raw: Told) -> tuple[Line, ...]:
    edited = yes(raw, "edited")
    currency = text(raw, "presentmentCurrencyCode")
    made = [_line(one, currency, edited=edited) for one in listed(inner(raw, "lineItems"), "nodes")]
    return tuple(line for line in made if line.quantity != 0)


def _line(raw: Told, currency: str, *, edited: bool) -> Line:
    """As ordered; of an edited order, what is left of it."""
    ordered, left = number(raw, "quantity"), number(raw, "currentQuantity")
    quantity = left if edited and left is not None else ordered
    open_ = number(raw, "unfulfilledQuantity")
    return Line(
        name=text(raw, "name") or text(raw, "sku") or "–",
        sku=text(raw, "sku"),
        quantity=quantity,
        unit_price=_money(raw, "originalUnitPriceSet", currency),
        total=_share(_money(raw, "discountedTotalSet", currency), quantity, ordered),
        shipped=None if quantity is None or open_ is None else max(Decimal(0), quantity - open_),
    )


def _share(total: Decimal | None, part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """What a part of a line costs; None where it would have to be rounded."""
    if total is None or part == whole or not whole or part is None:
        return total
    share = total * part / whole
    return share if share == share.quantize(total) else None


def _shipments(raw: Told, zone: tzinfo) -> Sequence[Shipment]:
    if text(raw, "status") in GONE:
        return ()
    parcels = listed(raw, "trackingInfo") or [{}]
    return tuple(
        Shipment(
            number=text(raw, "name"),
            carrier=text(parcel, "company"),
            tracking=text(parcel, "number"),
            url=text(parcel, "url"),
            status=text(raw, "displayStatus") or text(raw, "status"),
            shipped=moment(raw, "createdAt"),
            delivered=moment(raw, "deliveredAt"),
            expected=_day(raw, "estimatedDeliveryAt", zone),
        )
        for parcel in parcels
    )


def _expected(shipments: Sequence[Shipment]) -> date | None:
    """When the last parcel under way should arrive."""
    return max((one.expected for one in shipments if one.expected and not one.delivered), default=None)


def _payment_due(raw: Told, zone: tzinfo) -> date | None:
    """When the next payment that is not made falls due."""
    schedules = listed(inner(inner(raw, "paymentTerms"), "paymentSchedules"), "nodes")
    days = [_day(one, "dueAt", zone) for one in schedules if not text(one, "completedAt")]
    return min((one for one in days if one), default=None)


def _events(raw: Told) -> tuple[Event, ...]:
    told: list[tuple[datetime | None, str]] = [
        (_placed(raw), "placed"),
        *((moment(one, "createdAt"), "refunded") for one in listed(raw, "refunds")),
        (moment(raw, "cancelledAt"), "cancelled"),
    ]
    for one in listed(raw, "fulfillments"):
        if text(one, "status") not in GONE:
            told += [(moment(one, "createdAt"), "dispatched"), (moment(one, "deliveredAt"), "delivered")]
    return tuple(Event(at=at, what=what) for at, what in sorted(_dated(told), key=itemgetter(0)))


def _dated(told: Sequence[tuple[datetime | None, str]]) -> list[tuple[datetime, str]]:
    return [(at, what) for at, what in told if at]


def _address(raw: Told) -> Address | None:
    lines = [text(raw, name) for name in ("company", "companyName", "address1", "address2")]
    told = Address(
        name=text(raw, "name") or text(raw, "recipient"),
        lines=tuple(dict.fromkeys(filter(None, lines))),
        city=text(raw, "city"),
        region=text(raw, "province"),
        postcode=text(raw, "zip"),
        country=text(raw, "country"),
    )
    return None if told == Address() else told


def _needed(raw: Told, name: str) -> str:
    if found := text(raw, name):
        return found
    raise Unreadable(name, "is blank", "fill it in Shopify")


def _called(person: Told, own: str) -> str:
    """A person's name; Shopify itself takes the address or number where there is none. Some have nothing."""
    return text(person, "displayName") or own.replace("/", " ")


def _id(raw: Mapping[str, Any]) -> str:
    return _short(raw.get("id"))


def _short(gid: Any) -> str:
    return gid.removeprefix("gid://shopify/") if isinstance(gid, str) else ""
