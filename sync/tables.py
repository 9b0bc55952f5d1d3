"""Tables, read from schema.sql (the only list of columns), and the keys by which rows are found."""

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from babel.numbers import get_currency_precision

from connectors.records import Account, Contact, Invoice, Order, Payment, Quote, Record, Ticket

SCHEMA_VERSION = 2
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
PAIRS = [one + other for one in BASE32 for other in BASE32]  # of 10 bits


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

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Callable[[Any], datetime | None] | None:
        """The same in one step on SQLite, which keeps times as text: lists read some hundred of them."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "Z")


TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "text": sa.Text,
    "bigint": sa.BigInteger,
    "integer": sa.Integer,
    "timestamp": UtcDateTime,
    "date": sa.Date,
}


COLUMN = re.compile(r"(?:^|,)\s*(\w+) (text|bigint|integer|timestamp|date)\b([^,\n]*)", flags=re.MULTILINE)


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
    found = re.findall(r"^create table (\w+) \((.*?)^\);", section(name), flags=re.MULTILINE | re.DOTALL)
    return {table: sa.Table(table, metadata, *_columns(body)) for table, body in found}


def _columns(body: str) -> list[sa.Column[Any]]:
    found = COLUMN.findall(re.sub(r"--.*", "", body))
    keys = re.search(r"primary key \(([^)]*)\)", body)
    keyed = {key.strip() for key in keys[1].split(",")} if keys else set()
    return [
        sa.Column(
            name,
            TYPES[kind],
            nullable="not null" not in rest,
            primary_key=name in keyed or "primary key" in rest,
        )
        for name, kind, rest in found
    ]


MIRROR = _tables("mirror")
PORTAL = _tables("portal")
TABLE: dict[type[Record], sa.Table] = {
    Account: MIRROR["accounts"],
    Contact: MIRROR["contacts"],
    Order: MIRROR["orders"],
    Invoice: MIRROR["invoices"],
    Quote: MIRROR["quotes"],
    Payment: MIRROR["payments"],
    Ticket: MIRROR["tickets"],
}
# The columns that hold text: looked through for what a database cannot store.
TEXTS = {record: [c.name for c in t.c if isinstance(c.type, sa.Text)] for record, t in TABLE.items()}
# Mirror tables with an org_id: scoped by the database itself.
OWNED = tuple(name for name, table in MIRROR.items() if "org_id" in table.c)
COMMON = (
    "source", "source_id", "ref", "org_id", "belongs_to", "fingerprint", "data_rows", "updated",
    "first_seen", "changed_at", "as_of", "gone_at", "gone_why",
)  # fmt: skip
# What is written to mirror.changes when it moves; the customer may see these.
TRACKED: dict[type[Record], tuple[str, ...]] = {
    Account: (),
    Contact: (),
    Payment: (),
    Order: (
        "status",
        "payment_status",
        "cancelled",
        "dispatch",
        "expected",
        "tracking",
        "total",
        "outstanding",
    ),
    Invoice: ("status", "void", "due_on", "total", "paid", "credited", "due"),
    Quote: ("status", "valid_until", "total"),
    Ticket: ("status",),
}


def ref(record: str, source: str, source_id: str) -> str:
    """The public id of a record: 16 base32 characters that survive a rebuild of the mirror."""
    digest = hashlib.sha256("\0".join((record, source, source_id)).encode()).digest()
    bits = int.from_bytes(digest[:10], "big")
    return (  # written out: a loop takes four times as long, once for every row that is new
        PAIRS[bits >> 70]
        + PAIRS[bits >> 60 & 1023]
        + PAIRS[bits >> 50 & 1023]
        + PAIRS[bits >> 40 & 1023]
        + PAIRS[bits >> 30 & 1023]
        + PAIRS[bits >> 20 & 1023]
        + PAIRS[bits >> 10 & 1023]
        + PAIRS[bits & 1023]
    )


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
