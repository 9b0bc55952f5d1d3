"""A record → its row's own columns. Pure.

Amounts become BIGINT minor units of the record's currency; one finer than that is Unreadable, never rounded.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from msgspec import json

from connectors.base import Unreadable
from connectors.records import Account, Contact, Invoice, Line, Order, Payment, Quote, Record, Ticket
from sync.tables import email_key, fold, places

NO_DATE = date(9999, 12, 31)  # sorts an invoice without a due date last
ORDER_AMOUNTS = ("subtotal", "discount", "shipping", "tax", "total", "refunded", "outstanding")
QUOTE_AMOUNTS = ("subtotal", "discount", "tax", "total")
INVOICE_AMOUNTS = ("subtotal", "tax", "total", "paid", "credited", "due")
encoded = json.Encoder().encode
NO_CURRENCY = 'name the currency column, or currency = "EUR" in the TOML'


def minor(amount: Decimal | None, currency: str, field: str) -> int | None:
    """An amount in minor units; raises Unreadable when it is finer than its currency or no number."""
    if amount is None:
        return None
    if not currency:
        raise Unreadable(field, f"{amount} has no currency", NO_CURRENCY)
    if not amount.is_finite():
        raise Unreadable(field, f"{amount} is not an amount")
    scaled = amount.scaleb(places(currency))
    if scaled.adjusted() >= 18 and abs(scaled) >= 2**63:
        raise Unreadable(field, f"{amount} is too large for an amount")
    whole = int(scaled)
    if whole != scaled:
        raise Unreadable(field, f"{amount} is finer than {currency} allows ({places(currency)} places)")
    return whole


def _amounts(record: Any, names: Iterable[str]) -> dict[str, int | None]:
    currency = record.currency
    told = [(name, getattr(record, name)) for name in names]
    return {name: None if amount is None else minor(amount, currency, name) for name, amount in told}


def _json(value: Any) -> str:
    return encoded(value).decode() if value else "[]"


def _optional_json(value: Any) -> str | None:
    return None if value is None else encoded(value).decode()


def _search(*parts: str) -> str:
    return fold(" ".join(filter(None, dict.fromkeys(parts))))


def _line_words(lines: Iterable[Line]) -> list[str]:
    return [word for line in lines for word in (line.sku, line.name)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def dispatch(order: Order) -> str:
    """How much of an order has left, from its lines: '' unknown, none, part or all."""
    told = [line for line in order.lines if line.shipped is not None and line.quantity]
    if not told or len(told) < len([line for line in order.lines if line.quantity]):
        return ""
    if all((line.shipped or 0) >= (line.quantity or 0) for line in told):
        return "all"
    return "part" if any(line.shipped for line in told) else "none"


def secure(url: str) -> str:
    """An address customers may be sent to: https, a host, no name or blank in it; else ''."""
    if not url.isprintable() or " " in url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else ""


def _account(r: Account) -> dict[str, Any]:
    return {
        "name": r.name,
        "number": r.number,
        "tax_number": r.tax_number,
        "email": r.email,
        "phone": r.phone,
        "website": r.website,
        "currency": r.currency,
        "billing": _optional_json(r.billing),
        "shipping": _optional_json(r.shipping),
        "parent": r.parent,
        "owner_name": r.owner_name,
        "owner_email": r.owner_email,
        "owner_phone": r.owner_phone,
    }


def _contact(r: Contact) -> dict[str, Any]:
    return {
        "name": r.name,
        "email": r.email,
        "email_key": email_key(r.email),
        "phone": r.phone,
        "title": r.title,
        "active": int(r.active),
    }


def _order(r: Order) -> dict[str, Any]:
    tracking = " ".join(filter(None, dict.fromkeys([s.tracking for s in r.shipments])))
    amounts = _amounts(r, ORDER_AMOUNTS)
    return {
        "sort_at": r.placed or (r.placed_on and _midnight(r.placed_on)),
        "number": r.number,
        "reference": r.reference,
        "status": r.status,
        "payment_status": r.payment_status,
        "placed": r.placed,
        "placed_on": r.placed_on,
        "expected": r.expected,
        "cancelled": int(r.cancelled),
        "dispatch": dispatch(r),
        "tracking": tracking,
        "items": len(r.lines),
        "currency": r.currency,
        **amounts,
        "payment_due": r.payment_due,
        "note": r.note,
        "ship_to": _optional_json(r.ship_to),
        "bill_to": _optional_json(r.bill_to),
        "lines": _json(r.lines),
        "shipments": _json(r.shipments),
        "events": _json(r.events),
        "search_text": _search(r.number, r.reference, tracking, *_line_words(r.lines)),
    }


def _invoice(r: Invoice) -> dict[str, Any]:
    amounts = _amounts(r, INVOICE_AMOUNTS)
    return {
        "sort_at": r.issued and _midnight(r.issued),
        "sort_due": r.due_on or NO_DATE,
        "kind": r.kind,
        "number": r.number,
        "reference": r.reference,
        "order_number": r.order_number,
        "status": r.status,
        "void": int(r.void),
        "issued": r.issued,
        "due_on": r.due_on,
        "currency": r.currency,
        **amounts,
        "note": r.note,
        "pay_url": secure(r.pay_url),
        "attachments": int(r.attachments),
        "bill_to": _optional_json(r.bill_to),
        "lines": _json(r.lines),
        "payments": _json(r.payments),
        "allocations": _json(r.allocations),
        "search_text": _search(r.number, r.reference, r.order_number, *_line_words(r.lines)),
    }


def _quote(r: Quote) -> dict[str, Any]:
    amounts = _amounts(r, QUOTE_AMOUNTS)
    return {
        "sort_at": r.issued and _midnight(r.issued),
        "number": r.number,
        "reference": r.reference,
        "title": r.title,
        "status": r.status,
        "issued": r.issued,
        "valid_until": r.valid_until,
        "currency": r.currency,
        **amounts,
        "note": r.note,
        "lines": _json(r.lines),
        "search_text": _search(r.number, r.reference, r.title, *_line_words(r.lines)),
    }


def _payment(r: Payment) -> dict[str, Any]:
    return {
        "sort_at": r.paid_on and _midnight(r.paid_on),
        "number": r.number,
        "invoice_number": r.invoice_number,
        "paid_on": r.paid_on,
        "currency": r.currency,
        "amount": minor(r.amount, r.currency, "amount"),
        "method": r.method,
    }


def _ticket(r: Ticket) -> dict[str, Any]:
    return {
        "sort_at": r.updated or r.opened,
        "number": r.number,
        "subject": r.subject,
        "status": r.status,
        "open": int(r.open),
        "priority": r.priority,
        "kind": r.kind,
        "opened": r.opened,
        "closed": r.closed,
        "raised_by": r.raised_by,
        "text": r.text,
        "messages": _json(r.messages),
        "search_text": _search(r.number, r.subject, r.text),
    }


ENCODE: dict[type[Record], Callable[[Any], dict[str, Any]]] = {
    Account: _account,
    Contact: _contact,
    Order: _order,
    Invoice: _invoice,
    Quote: _quote,
    Payment: _payment,
    Ticket: _ticket,
}


def encode(record: Record, now: datetime) -> dict[str, Any]:
    """A record's own columns (without COMMON except belongs_to and updated); raises Unreadable.

    ``sort_at`` falls back to ``now``; the writer keeps the first one it gave.
    """
    values = ENCODE[type(record)](record)
    if "sort_at" in values and values["sort_at"] is None:
        values["sort_at"] = now
    values["belongs_to"], values["updated"] = record.belongs_to, record.updated
    return values
