"""What a record's own page shows beyond its columns: lines, parcels, sums that add up, and its history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors.records import Allocation, Event, InvoicePayment, Line, Message, Shipment
from portal.formats import Formats, tidy
from portal.gateway import Change, Found
from portal.stages import OrderStages

PARTS: dict[str, Any] = {
    "lines": tuple[Line, ...],
    "payments": tuple[InvoicePayment, ...],
    "allocations": tuple[Allocation, ...],
    "messages": tuple[Message, ...],
}
# These hold a moment or a calendar day in one field, which msgspec does not tell apart.
DATED: dict[str, Any] = {"shipments": Shipment, "events": Event}
WHEN = ("at", "shipped", "delivered", "expected")
Sums = list[tuple[str, int | None]]


@dataclass(frozen=True)
class Happened:
    """One thing in a record's history; ``seen`` says that we saw it, the source does not tell."""

    at: datetime | date
    say: str
    seen: bool


@dataclass(frozen=True)
class Move:
    """An expected date that moved, and when we saw it."""

    before: date | None
    after: date | None
    at: datetime


def told(found: Found, part: str) -> Any:
    """A JSON column of a record as the structs it was written from."""
    rows = getattr(found, part) or ()
    if part in DATED:
        return tuple(DATED[part](**{name: _when(name, value) for name, value in row.items()}) for row in rows)
    return msgspec.convert(rows, PARTS[part])


def _when(name: str, text: str | None) -> datetime | date | str | None:
    if name not in WHEN or not text:
        return text
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def line_total(line: Line) -> Decimal | None:
    """A line's amount as the source gives it, else quantity times price less its discount."""
    if line.total is not None or line.quantity is None or line.unit_price is None:
        return line.total
    return line.quantity * line.unit_price - (line.discount or 0)


def tracking_link(parcel: Shipment, order: Found) -> str:
    """The carrier's page, once something has left and only over https; '' otherwise."""
    left = parcel.shipped or parcel.delivered or order.dispatch in ("part", "all")
    if not left or not parcel.url.isprintable() or " " in parcel.url:
        return ""
    try:
        parts = urlsplit(parcel.url)
    except ValueError:
        return ""
    return parcel.url if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else ""


def arrived(order: Found) -> datetime | date | None:
    """When the last of an order's parcels came, where the source says it of every one."""
    days = [parcel.delivered for parcel in told(order, "shipments")]
    return max(days, key=_moment) if days and all(days) else None


def order_sums(order: Found) -> Sums:
    """The amounts of an order, those that the source gives."""
    discount = -order.discount if order.discount else None
    rows: Sums = [
        ("Subtotal", order.subtotal),
        ("Discount", discount),
        ("Shipping", order.shipping),
        ("Tax", order.tax),
        ("Total", order.total),
        ("Refunded", order.refunded or None),
        ("Still to pay", order.outstanding or None),
    ]
    return [row for row in rows if row[1] is not None]


def quote_sums(quote: Found) -> Sums:
    """The amounts below a quote's lines."""
    discount = -quote.discount if quote.discount else None
    rows: Sums = [
        ("Subtotal", quote.subtotal),
        ("Discount", discount),
        ("Tax", quote.tax),
        ("Total", quote.total),
    ]
    return [row for row in rows if row[1] is not None]


def invoice_sums(invoice: Found) -> Sums:
    """The amounts below an invoice's lines."""
    rows: Sums = [("Subtotal", invoice.subtotal), ("Tax", invoice.tax), ("Total", invoice.total)]
    return [row for row in rows if row[1] is not None]


def balance(invoice: Found) -> Sums:
    """Total less paid less credited is due; what the source does not give stays None, a payment or credit of
    nothing is left out. A credit's amounts are turned round: what is left is good for the reader."""
    credit = invoice.kind != "invoice"
    paid, credited, due = ("Paid out", "Used", "Still to use") if credit else ("Paid", "Credited", "Due")
    sign = -1 if credit else 1
    taken = ((paid, invoice.paid), (credited, invoice.credited))
    return [
        ("Total", _times(sign, invoice.total)),
        *((title, _times(-sign, amount)) for title, amount in taken if amount != 0),
        (due, _times(sign, invoice.due)),
    ]


def _times(sign: int, amount: int | None) -> int | None:
    return None if amount is None else sign * amount


def moves(changes: Iterable[Change]) -> list[Move]:
    """The changes of the expected date, oldest first."""
    return [
        Move(_date(change.before), _date(change.after), change.at)
        for change in changes
        if change.kind == "changed" and change.field == "expected"
    ]


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def history(order: Found, changes: Sequence[Change], stages: OrderStages, formats: Formats) -> list[Happened]:
    """The source's own events and what we saw change, newest first."""
    events = [Happened(event.at, tidy(event.what), seen=False) for event in told(order, "events")]
    if not events and (placed := order.placed or order.placed_on):
        events.append(Happened(placed, "Placed", seen=False))
    worth = [change for change in changes if not _told_already(change, changes, stages)]
    seen = [Happened(c.at, say, seen=True) for c in worth if (say := _say(c, order, stages, formats))]
    return sorted(events + seen, key=lambda happened: _moment(happened.at), reverse=True)


def _told_already(change: Change, changes: Sequence[Change], stages: OrderStages) -> bool:
    """Whether a status that changed at the same moment says the same as what has left."""
    says = {"part": "part_dispatched", "all": "dispatched"}.get(change.after or "")
    return change.field == "dispatch" and any(
        other.field == "status" and other.at == change.at and stages.mapped(other.after or "") == says
        for other in changes
    )


def _moment(at: datetime | date) -> datetime:
    return at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)


def _say(change: Change, order: Found, stages: OrderStages, formats: Formats) -> str:
    """One change in words; '' where there is nothing to say."""
    if change.kind != "changed":
        return {"new": "First seen", "back": "Listed again"}.get(change.kind, "")
    before, after = change.before, change.after
    match change.field:
        case "status":
            return (
                f"{stages.words(after or '')} (was {stages.words(before or '')})"
                if before
                else stages.words(after or "")
            )
        case "payment_status":
            return f"Payment: {tidy(after)}" if after else ""
        case "cancelled":
            return "Cancelled" if after == "1" else "No longer cancelled"
        case "dispatch":
            return {"part": "Part of the order has left", "all": "Everything has left"}.get(after or "", "")
        case "expected":
            return f"Expected {_day(after, formats)} (was {_day(before, formats)})"
        case "tracking":
            return "Tracking number added" if after else "Tracking number taken back"
        case "total" | "outstanding":
            title = "Total" if change.field == "total" else "Still to pay"
            return f"{title} {_money(after, order, formats)} (was {_money(before, order, formats)})"
    return ""


def _day(text: str | None, formats: Formats) -> str:
    return formats.day(_date(text)) or "not given"


def _money(text: str | None, order: Found, formats: Formats) -> str:
    return formats.money(int(text), order.currency) if text else "not given"
