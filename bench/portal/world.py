"""A mirror of any size for the page figures: one customer's own records among everybody else's.

orders   4 lines each; ``own`` of them are the customer's, spread evenly over the whole
besides  half as many invoices, a fifth as many tickets, one account and 5 contacts for every 300 orders
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from connectors import records as r
from connectors.base import SourceSettings
from portal.store import sessions
from portal.store.sessions import Browser, Terms
from sync import tables
from sync.config import Config
from sync.database import Database, open_database
from sync.encoding import encode
from sync.tables import MIRROR, PORTAL, TABLE

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ORIGIN = "http://localhost:8000"
SOURCES = {"crm": ("account", "contact", "ticket"), "shop": ("order",), "books": ("invoice",)}
LABELS = {"crm": "Customer desk", "shop": "Web shop", "books": "Accounts office"}
OF = {name: source for source, names in SOURCES.items() for name in names}
STATUSES = ("confirmed", "processing", "shipped", "delivered", "on hold")
ADDRESS = r.Address(
    name="Customer Ltd", lines=("12 Mill Lane",), postcode="LS1 4AB", city="Leeds", country="United Kingdom"
)
ME = "buyer@customer.example"


@dataclass(frozen=True)
class Space:
    """A filled portal space, and the ref of one order of the customer."""

    config: Config
    database: Database
    organisation: int
    user: int
    order: str

    def session(self) -> str:
        """A signed-in browser's token."""
        terms = Terms(timedelta(days=1), timedelta(days=1), lasting=False)
        with self.database.web(write=True) as connection:
            return sessions.open(connection, self.user, Browser("bench", None), None, terms, NOW)


def configure(folder: Path, database: str = "sqlite:var") -> Config:
    """The configuration of a bench."""
    portal = {
        "name": "Northgate Supplies", "base_url": ORIGIN, "database": database,
        "secret_key": SecretStr("5d3fc8a1b7e94026a8c1d2e3f4a5968776655443322110ff"),
        "help": {"name": "Dana Webb", "email": "dana@northgate.example", "phone": "+44 20 7946 0018"},
    }  # fmt: skip
    told = [SourceSettings(id=id_, label=label, kind="exports") for id_, label in LABELS.items()]
    space = {"path": folder / "fanlight.toml", "organisations": {"from": "crm"}, "sources": told}
    return Config.model_validate({**space, "portal": portal})


def fill(folder: Path, orders: int, own: int = 300) -> Space:
    """Make a portal space with so many orders in the mirror; the first organisation is the customer."""
    folder.mkdir(parents=True, exist_ok=True)
    config = configure(folder)
    database = open_database(config)
    database.create()
    companies = [tables.new_id() for _ in range(max(2, orders // 300 + 1))]
    with database.sync() as connection:
        register(connection)
        put(connection, MIRROR["stamps"], ({"org_id": id_, "version": 1} for id_ in companies))
        for record in (r.Order, r.Invoice, r.Ticket, r.Account, r.Contact):
            put(connection, TABLE[record], rows(record, orders, min(own, orders), companies))
    user = settle(database, companies)
    first = next(owned(orders, min(own, orders)))
    return Space(config, database, companies[0], user, tables.ref("order", "shop", str(first)))


def register(connection: sa.Connection) -> None:
    """Sources and streams, read a minute ago."""
    at = NOW - timedelta(minutes=1)
    source = {"kind": "exports", "configured": 1, "stale_after": 7200, "change_seq": 0}
    stream = {"mapping": "", "id_rule": "", "withheld": 0, "notes": "[]"}
    read = {"as_of": at, "completed_at": at, "first_completed_at": at}
    for id_, names in SOURCES.items():
        put(connection, MIRROR["sources"], [{"source": id_, "label": LABELS[id_], **source}])
        streams = [{"source": id_, "record": name, **stream, **read} for name in names]
        put(connection, MIRROR["streams"], streams)


def settle(database: Database, companies: list[int]) -> int:
    """The organisations, and the customer's one member."""
    user, versions = tables.new_id(), {"created_at": NOW, "links_version": 1, "removed_version": 0}
    with database.owners() as connection:
        named = ({"id": id_, "name": f"Customer {n} Ltd", **versions} for n, id_ in enumerate(companies))
        put(connection, PORTAL["organisations"], named)
    with database.staff(write=True) as connection:
        person = {"id": user, "email": ME, "email_key": ME, "name": "", "created_at": NOW}
        seat = {"roles": "read_all", "invited_at": NOW, "invited_by": "bench"}
        put(connection, PORTAL["users"], [person])
        put(connection, PORTAL["members"], [{"user_id": user, "org_id": companies[0], **seat}])
    return user


def put(connection: sa.Connection, table: sa.Table, rows: Any) -> None:
    """Insert rows, some thousand at a time."""
    rest = iter(rows)
    while some := list(islice(rest, 5000)):
        connection.execute(table.insert(), some)


def owned(size: int, own: int) -> Iterator[int]:
    """The numbers that are the customer's."""
    step = max(1, size // own)
    return (n for n in range(step, own * step + 1, step))


def rows(record: type[Any], orders: int, own: int, companies: list[int]) -> Iterator[dict[str, Any]]:
    """Every row of one record type."""
    name = r.NAMES[record]
    share = {"order": 1, "invoice": 2, "ticket": 5, "account": 300, "contact": 60}[name]
    size = max(1, orders // share)
    mine = {"account": 1, "contact": min(5, size)}.get(name) or max(1, own // share)
    others, ours, first = companies[1:], set(owned(size, mine)), next(owned(size, mine))
    for n in range(1, size + 1):
        owner = companies[0] if n in ours else others[n % len(others)]
        told = MAKERS[name](n, first)
        source = OF[name]
        yield {
            "source": source, "source_id": told.source_id, "org_id": owner, "fingerprint": n, "data_rows": 1,
            "ref": tables.ref(name, source, told.source_id), "first_seen": NOW, "changed_at": NOW,
            **encode(told, NOW),
        }  # fmt: skip


def order(n: int, _first: int) -> r.Order:
    """One order of four lines."""
    lines = tuple(
        r.Line(
            sku=f"A-{(n * 7 + j) % 997:04}", name="Article stainless valve", quantity=Decimal(1 + (n + j) % 40),
            unit_price=Decimal(500 + j) / 100, total=Decimal((500 + j) * (1 + (n + j) % 40)) / 100,
        )
        for j in range(4)
    )  # fmt: skip
    status, total = STATUSES[n % 5], sum((line.total or Decimal(0) for line in lines), Decimal(0))
    left = status in ("shipped", "delivered")
    placed = NOW - timedelta(days=1 + n % 2100, minutes=n % 1440)
    parcel = r.Shipment(
        carrier="DHL", tracking=f"1Z{n:012}", url=f"https://dhl.example/t/1Z{n:012}", shipped=placed
    )
    return r.Order(
        source_id=str(n), belongs_to="a", number=f"SO-{n:07}", reference=f"PO-{4000 + n}", status=status,
        placed=placed, expected=(placed + timedelta(days=9)).date(), currency="EUR", subtotal=total,
        tax=(total / 5).quantize(Decimal("0.01")), total=(total * 6 / 5).quantize(Decimal("0.01")), lines=lines,
        shipments=(parcel,) if left else (), ship_to=ADDRESS, bill_to=ADDRESS,
    )  # fmt: skip


def invoice(n: int, _first: int) -> r.Invoice:
    """One invoice, every thirtieth of them open."""
    issued, total = date(2026, 11, 20) - timedelta(days=n % 1500), Decimal(1000 + n * 37 % 50000) / 100
    open_, line = n % 30 == 0, r.Line(name="Article stainless valve", quantity=Decimal(1), total=total)
    return r.Invoice(
        source_id=str(n), belongs_to="a", kind="invoice", number=f"INV-{n:07}", order_number=f"SO-{2 * n:07}",
        status="AUTHORISED" if open_ else "PAID", issued=issued, due_on=issued + timedelta(days=30),
        currency="EUR", total=total, paid=Decimal(0) if open_ else total, due=total if open_ else Decimal(0),
        lines=(line,),
    )  # fmt: skip


def ticket(n: int, _first: int) -> r.Ticket:
    """One ticket, half of them open."""
    at = NOW - timedelta(days=n % 900, minutes=n % 777)
    return r.Ticket(
        source_id=str(n), belongs_to="a", number=f"{n:08}", subject="Valve leaks after a week", open=n % 2 == 0,
        status="Working" if n % 2 == 0 else "Closed", opened=at, updated=at, text="It drips at the flange.",
    )  # fmt: skip


def account(n: int, _first: int) -> r.Account:
    """One customer as the CRM has it."""
    return r.Account(
        source_id=str(n), belongs_to=str(n), name=f"Customer {n} Ltd", number=f"AC{n:06}", currency="EUR",
        billing=ADDRESS, shipping=ADDRESS, owner_name="Dana Webb", owner_email="dana@northgate.example",
    )  # fmt: skip


def contact(n: int, first: int) -> r.Contact:
    """One person; the customer's first one is who asks."""
    email = ME if n == first else f"c{n}@customers.example"
    return r.Contact(source_id=str(n), belongs_to="a", name=f"Person {n}", email=email, active=True)


MAKERS = {"order": order, "invoice": invoice, "ticket": ticket, "account": account, "contact": contact}
