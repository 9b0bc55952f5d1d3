"""Records → their rows' own columns, each a list in the order of the records. Pure.

Amounts become BIGINT minor units of the record's currency; one finer than that is Unreadable, never rounded.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from msgspec import json

from connectors.base import Unreadable
from connectors.records import (
    Account,
    Columns,
    Contact,
    Invoice,
    Line,
    Order,
    Payment,
    Quote,
    Record,
    Ticket,
    columns,
)
from sync.tables import email_key, fold, places

NO_DATE = date(9999, 12, 31)  # sorts an invoice without a due date last
ORDER_AMOUNTS = ("subtotal", "discount", "shipping", "tax", "total", "refunded", "outstanding")
QUOTE_AMOUNTS = ("subtotal", "discount", "tax", "total")
INVOICE_AMOUNTS = ("subtotal", "tax", "total", "paid", "credited", "due")
encoded = json.Encoder().encode_lines
Stored = dict[str, Sequence[Any]]  # column → what stands in it, in the order of the records
Wrong = dict[int, Unreadable]  # which records cannot be stored, and why
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


def _minors(
    amounts: Sequence[Decimal | None], currencies: Sequence[str], field: str, wrong: Wrong
) -> list[Any]:
    """A column of amounts in minor units. Where all are written to the last place of their currencies, one
    look tells so; elsewhere each is converted by itself."""
    if all(amount is None for amount in amounts):
        return list(amounts)
    text = "\n".join(["" if amount is None else str(amount) for amount in amounts])
    usual = _exact(frozenset(currencies))
    if usual and usual.fullmatch(text):
        return [int(one) if one else None for one in text.replace(".", "").split("\n")]
    made: list[int | None] = []
    for n, (amount, currency) in enumerate(zip(amounts, currencies, strict=True)):
        try:
            made.append(minor(amount, currency, field))
        except Unreadable as error:
            made.append(None)
            wrong.setdefault(n, error)
    return made


@cache
def _exact(currencies: frozenset[str]) -> re.Pattern[str] | None:
    """Lines, each blank or an amount written to the last place these currencies have; None where they have
    not the same or one is unknown."""
    last = {places(currency) for currency in currencies if currency}
    if len(last) != 1 or "" in currencies:
        return None
    cents = rf"\.[0-9]{{{last.pop()}}}" if last != {0} else ""
    return re.compile(rf"(?:-?[0-9]{{1,15}}{cents})?+(?:\n(?:-?[0-9]{{1,15}}{cents})?+)*+")


def _amounts(told: Columns, names: Iterable[str], wrong: Wrong) -> Stored:
    return {name: _minors(told[name], told["currency"], name, wrong) for name in names}


def _as_told(told: Columns, *names: str) -> Stored:
    return {name: told[name] for name in names}


def _flags(told: Columns, *names: str) -> Stored:
    return {name: list(map(int, told[name])) for name in names}


def _jsons(told: Columns, *names: str) -> Stored:
    """Lists as JSON; no JSON text has a line end in it."""
    return {name: encoded(told[name]).decode().split("\n")[:-1] for name in names}


def _optional_jsons(told: Columns, *names: str) -> Stored:
    blank: Stored = {name: list(told[name]) for name in names if not any(told[name])}
    made = _jsons(told, *[name for name in names if name not in blank])
    return blank | {name: [None if one == "null" else one for one in column] for name, column in made.items()}


def _search(*columns: Iterable[str], lines: Iterable[Iterable[Line]] | None = None) -> list[str]:
    """What a search looks through: these words and those of the lines, each once."""
    words: Iterable[tuple[str, ...]] = zip(*columns, strict=True)
    if lines is not None:
        words = ((*own, *_line_words(some)) for own, some in zip(words, lines, strict=True))
    return [fold(" ".join(filter(None, dict.fromkeys(some)))) for some in words]


def _line_words(lines: Iterable[Line]) -> list[str]:
    return [word for line in lines for word in (line.sku, line.name)]


def _midnights(days: Iterable[date | None]) -> list[datetime | None]:
    return [None if day is None else datetime.combine(day, time(), UTC) for day in days]


def dispatch(lines: Sequence[Line]) -> str:
    """How much of an order has left, from its lines: '' unknown, none, part or all."""
    told = [line for line in lines if line.shipped is not None and line.quantity]
    if not told or len(told) < len([line for line in lines if line.quantity]):
        return ""
    if all((line.shipped or 0) >= (line.quantity or 0) for line in told):
        return "all"
    return "part" if any(line.shipped for line in told) else "none"


def secure(url: str) -> str:
    """An address customers may be sent to: https, a host, no name or blank in it; else ''."""
    if not url or not url.isprintable() or " " in url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else ""


def _account(r: Columns, wrong: Wrong) -> Stored:  # noqa: ARG001 - no amounts
    plain = ("name", "number", "tax_number", "email", "phone", "website", "currency")
    owner = ("parent", "owner_name", "owner_email", "owner_phone")
    return {**_as_told(r, *plain, *owner), **_optional_jsons(r, "billing", "shipping")}


def _contact(r: Columns, wrong: Wrong) -> Stored:  # noqa: ARG001 - no amounts
    keys = [email_key(address) for address in r["email"]]
    return {**_as_told(r, "name", "email", "phone", "title"), "email_key": keys, **_flags(r, "active")}


def _order(r: Columns, wrong: Wrong) -> Stored:
    tracking = [" ".join(filter(None, dict.fromkeys([s.tracking for s in some]))) for some in r["shipments"]]
    days = _midnights(r["placed_on"])
    return {
        **_as_told(r, "number", "reference", "status", "payment_status", "placed", "placed_on", "expected"),
        **_as_told(r, "currency", "payment_due", "note"),
        **_flags(r, "cancelled"),
        **_amounts(r, ORDER_AMOUNTS, wrong),
        **_optional_jsons(r, "ship_to", "bill_to"),
        **_jsons(r, "lines", "shipments", "events"),
        "sort_at": [placed or day for placed, day in zip(r["placed"], days, strict=True)],
        "dispatch": list(map(dispatch, r["lines"])),
        "tracking": tracking,
        "items": list(map(len, r["lines"])),
        "search_text": _search(r["number"], r["reference"], tracking, lines=r["lines"]),
    }


def _invoice(r: Columns, wrong: Wrong) -> Stored:
    return {
        **_as_told(r, "kind", "number", "reference", "order_number", "status", "issued", "due_on"),
        **_as_told(r, "currency", "note"),
        **_flags(r, "void", "attachments"),
        **_amounts(r, INVOICE_AMOUNTS, wrong),
        **_optional_jsons(r, "bill_to"),
        **_jsons(r, "lines", "payments", "allocations"),
        "sort_at": _midnights(r["issued"]),
        "sort_due": [day or NO_DATE for day in r["due_on"]],
        "pay_url": list(map(secure, r["pay_url"])),
        "search_text": _search(r["number"], r["reference"], r["order_number"], lines=r["lines"]),
    }


def _quote(r: Columns, wrong: Wrong) -> Stored:
    return {
        **_as_told(r, "number", "reference", "title", "status", "issued", "valid_until", "currency", "note"),
        **_amounts(r, QUOTE_AMOUNTS, wrong),
        **_jsons(r, "lines"),
        "sort_at": _midnights(r["issued"]),
        "search_text": _search(r["number"], r["reference"], r["title"], lines=r["lines"]),
    }


def _payment(r: Columns, wrong: Wrong) -> Stored:
    plain = ("number", "invoice_number", "paid_on", "currency", "method")
    return {**_as_told(r, *plain), **_amounts(r, ("amount",), wrong), "sort_at": _midnights(r["paid_on"])}


def _ticket(r: Columns, wrong: Wrong) -> Stored:  # noqa: ARG001 - no amounts
    return {
        **_as_told(
            r, "number", "subject", "status", "priority", "kind", "opened", "closed", "raised_by", "text"
        ),
        **_flags(r, "open"),
        **_jsons(r, "messages"),
        "sort_at": [updated or opened for updated, opened in zip(r["updated"], r["opened"], strict=True)],
        "search_text": _search(r["number"], r["subject"], r["text"]),
    }


ENCODE: dict[type[Record], Callable[[Columns, Wrong], Stored]] = {
    Account: _account,
    Contact: _contact,
    Order: _order,
    Invoice: _invoice,
    Quote: _quote,
    Payment: _payment,
    Ticket: _ticket,
}


def stored(record: type[Record], told: Columns, now: datetime) -> tuple[Stored, Wrong]:
    """The own columns of the records of one class (without COMMON except belongs_to and updated), and which
    of them cannot be stored.

    ``sort_at`` falls back to ``now``; the writer keeps the first one it gave.
    """
    wrong = Wrong()
    made = ENCODE[record](told, wrong)
    if "sort_at" in made:
        made["sort_at"] = [at or now for at in made["sort_at"]]
    return {**made, "belongs_to": told["belongs_to"], "updated": told["updated"]}, wrong


def encode(record: Record, now: datetime) -> dict[str, Any]:
    """The columns of one record; raises Unreadable."""
    made, wrong = stored(type(record), columns([record]), now)
    if wrong:
        raise wrong[0]
    return {name: column[0] for name, column in made.items()}
