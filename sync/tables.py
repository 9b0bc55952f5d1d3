"""Tables, read from schema.sql (the only list of columns), and the way from a record to its row.

Amounts become BIGINT minor units of the record's currency; an amount finer than that is Unreadable, never rounded.
"""

import hashlib
import re
import secrets
from base64 import b32encode
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from babel.numbers import get_currency_precision
from msgspec import json

from connectors.base import Unreadable
from connectors.records import Account, Contact, Invoice, Order, Payment, Record, Ticket

SCHEMA_VERSION = 1
NO_DATE = date(9999, 12, 31)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC outside, naive UTC in the column; a naive value is refused."""

    impl = sa.TIMESTAMP
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a value is outside; page markers are read back as this."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """From outside into the column."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"naive time {value!r}: the mirror keeps UTC only")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Out of the column."""
        return value and value.replace(tzinfo=UTC)


TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "text": sa.Text, "bigint": sa.BigInteger, "integer": sa.Integer, "timestamp": UtcDateTime, "date": sa.Date,
}


def schema_text(name: str = "schema.sql") -> str:
    """schema.sql or roles.sql: beside the packages in a checkout, inside ``sync`` in an installed wheel."""
    here = Path(__file__).parent
    for folder in (here.parent, here):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    raise FileNotFoundError(f"{name} is neither in {here.parent} nor in {here}")


def section(name: str) -> str:
    """One marked section of schema.sql: ``mirror`` or ``portal``."""
    parts = re.split(r"^-- section: (\w+).*$", schema_text(), flags=re.MULTILINE)
    return parts[parts.index(name) + 1]


def _tables(name: str) -> dict[str, sa.Table]:
    metadata = sa.MetaData(schema=name)
    return {
        table: sa.Table(table, metadata, *_columns(body))
        for table, body in re.findall(r"^create table (\w+) \((.*?)^\);", section(name), flags=re.MULTILINE | re.DOTALL)
    }


def _columns(body: str) -> list[sa.Column[Any]]:
    found = re.findall(r"(?:^|,)\s*(\w+) (text|bigint|integer|timestamp|date)\b([^,\n]*)", re.sub(r"--.*", "", body), flags=re.MULTILINE)
    keys = re.search(r"primary key \(([^)]*)\)", body)
    keyed = {key.strip() for key in keys[1].split(",")} if keys else set()
    return [
        sa.Column(name, TYPES[kind], nullable="not null" not in rest, primary_key=name in keyed or "primary key" in rest)
        for name, kind, rest in found
    ]


MIRROR = _tables("mirror")
PORTAL = _tables("portal")
TABLE: dict[type[Record], sa.Table] = {
    Account: MIRROR["accounts"], Contact: MIRROR["contacts"], Order: MIRROR["orders"],
    Invoice: MIRROR["invoices"], Payment: MIRROR["payments"], Ticket: MIRROR["tickets"],
}
# Mirror tables with an org_id: scoped by the database itself.
OWNED = tuple(name for name, table in MIRROR.items() if "org_id" in table.c)
COMMON = ("source", "source_id", "ref", "org_id", "belongs_to", "fingerprint", "data_rows", "updated",
          "first_seen", "changed_at", "as_of", "gone_at", "gone_why")
# What is written to mirror.changes when it moves; the customer may see these.
TRACKED: dict[type[Record], tuple[str, ...]] = {
    Account: (), Contact: (), Payment: (),
    Order: ("status", "payment_status", "cancelled", "dispatch", "expected", "tracking", "total", "outstanding"),
    Invoice: ("status", "void", "due_on", "total", "paid", "credited", "due"),
    Ticket: ("status",),
}


def ref(record: str, source: str, source_id: str) -> str:
    """The public id of a record: 16 base32 characters that survive a rebuild of the mirror."""
    digest = hashlib.sha256("\0".join((record, source, source_id)).encode()).digest()
    return b32encode(digest[:10]).decode().lower()


def fold(text: str) -> str:
    """Text as search compares it: compatibility forms, case and accents folded away."""
    if text.isascii():
        return text.lower()  # the same, twenty times as fast
    flat = normalize("NFKD", text.casefold())
    return normalize("NFKC", "".join(c for c in flat if not 0x300 <= ord(c) < 0x370)).casefold()


def new_id() -> int:
    """A row id nobody can guess or count: 63 random bits."""
    return secrets.randbits(63)


def email_key(address: str) -> str:
    """An address as rights compare it: trimmed, ASCII letters lowered, nothing else folded."""
    return "".join(c.lower() if c.isascii() else c for c in address.strip())


@cache
def places(currency: str) -> int:
    """Decimal places of a currency (EUR 2, JPY 0, KWD 3)."""
    return get_currency_precision(currency)


def minor(amount: Decimal | None, currency: str, field: str) -> int | None:
    """An amount in minor units; raises Unreadable when it is finer than its currency or no number."""
    if amount is None:
        return None
    if not currency:
        raise Unreadable(field, f"{amount} has no currency", "name the currency column, or currency = \"EUR\" in the TOML")
    if not amount.is_finite():
        raise Unreadable(field, f"{amount} is not an amount")
    scaled = amount.scaleb(places(currency))
    if scaled != scaled.to_integral_value():
        raise Unreadable(field, f"{amount} is finer than {currency} allows ({places(currency)} places)")
    if abs(scaled) >= 2**63:
        raise Unreadable(field, f"{amount} is too large for an amount")
    return int(scaled)


def _json(value: Any) -> str:
    return json.encode(value).decode()


def _optional_json(value: Any) -> str | None:
    return None if value is None else _json(value)


def _search(*parts: str) -> str:
    return fold(" ".join(filter(None, dict.fromkeys(parts))))


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


def _account(r: Account) -> dict[str, Any]:
    return {
        "name": r.name, "number": r.number, "tax_number": r.tax_number, "email": r.email, "phone": r.phone,
        "website": r.website, "currency": r.currency, "billing": _optional_json(r.billing),
        "shipping": _optional_json(r.shipping), "parent": r.parent, "owner_name": r.owner_name,
        "owner_email": r.owner_email, "owner_phone": r.owner_phone,
    }


def _contact(r: Contact) -> dict[str, Any]:
    return {"name": r.name, "email": r.email, "email_key": email_key(r.email), "phone": r.phone, "title": r.title,
            "active": int(r.active)}


def _order(r: Order) -> dict[str, Any]:
    tracking = " ".join(filter(None, dict.fromkeys(s.tracking for s in r.shipments)))
    amounts = {f: minor(getattr(r, f), r.currency, f)
               for f in ("subtotal", "discount", "shipping", "tax", "total", "refunded", "outstanding")}
    return {
        "sort_at": r.placed or (r.placed_on and _midnight(r.placed_on)),
        "number": r.number, "reference": r.reference, "status": r.status, "payment_status": r.payment_status,
        "placed": r.placed, "placed_on": r.placed_on, "expected": r.expected, "cancelled": int(r.cancelled),
        "dispatch": dispatch(r), "tracking": tracking, "items": len(r.lines), "currency": r.currency, **amounts,
        "note": r.note, "ship_to": _optional_json(r.ship_to), "bill_to": _optional_json(r.bill_to),
        "lines": _json(r.lines), "shipments": _json(r.shipments), "events": _json(r.events),
        "search_text": _search(r.number, r.reference, tracking, *(t for line in r.lines for t in (line.sku, line.name))),
    }


def _invoice(r: Invoice) -> dict[str, Any]:
    amounts = {f: minor(getattr(r, f), r.currency, f) for f in ("subtotal", "tax", "total", "paid", "credited", "due")}
    return {
        "sort_at": r.issued and _midnight(r.issued), "sort_due": r.due_on or NO_DATE,
        "kind": r.kind, "number": r.number, "reference": r.reference, "order_number": r.order_number,
        "status": r.status, "void": int(r.void), "issued": r.issued, "due_on": r.due_on, "currency": r.currency,
        **amounts, "note": r.note, "bill_to": _optional_json(r.bill_to), "lines": _json(r.lines),
        "payments": _json(r.payments), "allocations": _json(r.allocations),
        "search_text": _search(r.number, r.reference, r.order_number,
                               *(t for line in r.lines for t in (line.sku, line.name))),
    }


def _payment(r: Payment) -> dict[str, Any]:
    return {"sort_at": r.paid_on and _midnight(r.paid_on), "number": r.number, "invoice_number": r.invoice_number,
            "paid_on": r.paid_on, "currency": r.currency, "amount": minor(r.amount, r.currency, "amount"),
            "method": r.method}


def _ticket(r: Ticket) -> dict[str, Any]:
    return {
        "sort_at": r.updated or r.opened, "number": r.number, "subject": r.subject, "status": r.status,
        "open": int(r.open), "priority": r.priority, "kind": r.kind, "opened": r.opened, "closed": r.closed,
        "raised_by": r.raised_by, "text": r.text, "messages": _json(r.messages),
        "search_text": _search(r.number, r.subject, r.text),
    }


ENCODE: dict[type[Record], Callable[[Any], dict[str, Any]]] = {
    Account: _account, Contact: _contact, Order: _order, Invoice: _invoice, Payment: _payment, Ticket: _ticket,
}


def encode(record: Record, now: datetime) -> dict[str, Any]:
    """A record's own columns (without COMMON except belongs_to and updated); raises Unreadable.

    ``sort_at`` falls back to ``now``; the writer keeps the first one it gave.
    """
    values = ENCODE[type(record)](record)
    if "sort_at" in values and values["sort_at"] is None:
        values["sort_at"] = now
    return {"belongs_to": record.belongs_to, "updated": record.updated, **values}
