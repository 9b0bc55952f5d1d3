"""A configuration, and the test world: two organisations, a person in both, one in neither, and canaries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs
from pydantic import SecretStr

from connectors import records as r
from connectors.base import SourceSettings
from sync import tables
from sync.config import Config
from sync.database import Database
from sync.encoding import encode
from sync.tables import MIRROR, PORTAL, TABLE

SOURCES = {"crm": "Customer desk", "shop": "Web shop", "books": "Accounts office"}
STREAMS = {
    "crm": ("account", "contact", "ticket"),
    "shop": ("order",),
    "books": ("invoice", "quote", "payment"),
}


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Config]:
    """Make a configuration: ``config(login={"who": "contacts"})`` sets whole tables, portal is filled up."""

    def make(**told: Any) -> Config:
        portal = {
            "name": "Northgate Supplies",
            "base_url": "http://localhost:8000",
            "secret_key": SecretStr("5d3fc8a1b7e94026a8c1d2e3f4a5968776655443322110ff"),
            **told.pop("portal", {}),
        }
        sources = [SourceSettings(id=id_, label=label, kind="exports") for id_, label in SOURCES.items()]
        whole = {"path": tmp_path / "fanlight.toml", "organisations": {"from": "crm"}, "sources": sources}
        return Config.model_validate({**whole, "portal": portal, **told})

    return make


@dataclass(frozen=True)
class Company:
    """One organisation of the test world. Every text in its records holds ``canary``."""

    id: int
    name: str
    canary: str
    member: str  # address of somebody invited, who is a contact too
    user: int
    refs: dict[str, str]  # "order" → the public id of its one order


@dataclass(frozen=True)
class World:
    """Two organisations, somebody in both, somebody in neither, and records that nobody owns."""

    a: Company
    b: Company
    both: str  # address of a contact and member of both
    invited_nowhere: str  # may sign in, belongs to no organisation
    stranger: str  # an address nobody has heard of
    unowned: Company  # id 0: its records have no organisation
    sources: tuple[str, ...] = tuple(SOURCES)


def _filled(cls: Any, /, canary: str, **given: Any) -> Any:
    """A record or part of one, with the canary in every text field that is not given."""
    texts = {
        f.name: f"{canary} {f.name}" for f in structs.fields(cls) if f.type is str and f.name not in given
    }
    return cls(**texts, **given)


def _records(canary: str, key: str, now: datetime) -> list[r.Record]:
    """One record of every type (contacts: two), ready to be mirrored."""
    fill = partial(_filled, canary=canary)
    own = partial(_filled, canary=canary, source_id=key, belongs_to=key)
    today = now.date()
    address = fill(r.Address, lines=(f"{canary} street",))
    line = fill(r.Line, quantity=Decimal(2), unit_price=Decimal(50), total=Decimal(100))
    parcel = fill(r.Shipment, url=f"https://{key}.example/{canary}", shipped=today)
    money = {"currency": "EUR", "subtotal": Decimal(100), "tax": Decimal(19), "total": Decimal(119)}
    return [
        own(r.Account, email=f"office@{key}.example", currency="EUR", billing=address, shipping=address),
        *(
            fill(r.Contact, source_id=f"{key}-{who}", belongs_to=key, email=email)
            for who, email in (("member", f"member@{key}.example"), ("both", "both@both.example"))
        ),
        own(
            r.Order, **money, placed=now - timedelta(2), expected=today, ship_to=address, bill_to=address,
            lines=(line,), shipments=(parcel,), events=(fill(r.Event, at=now),),
        ),
        own(
            r.Invoice, **money, kind="invoice", order_number=f"{canary} number", issued=today - timedelta(40),
            due_on=today - timedelta(10), paid=Decimal(19), credited=Decimal(0), due=Decimal(100),
            bill_to=address, lines=(line,), payments=(fill(r.InvoicePayment, amount=Decimal(19)),),
            allocations=(fill(r.Allocation, amount=Decimal(0)),),
        ),
        own(r.Quote, **money, issued=today - timedelta(3), valid_until=today + timedelta(11), lines=(line,)),
        own(r.Payment, currency="EUR", amount=Decimal(19), paid_on=today, invoice_number=f"{canary} number"),
        own(r.Ticket, opened=now - timedelta(1), messages=(fill(r.Message, at=now),)),
    ]  # fmt: skip


def _mirror(connection: sa.Connection, company: Company, key: str, now: datetime) -> None:
    owner = company.id or None
    seen = {"org_id": owner, "fingerprint": 1, "data_rows": 1, "first_seen": now, "changed_at": now}
    moved = {"at": now, "kind": "changed", "field": "status", "before": company.canary, "after": "new"}
    for record in _records(company.canary, key, now):
        name = r.NAMES[type(record)]
        source = next(source for source, streams in STREAMS.items() if name in streams)
        where = {"source": source, "source_id": record.source_id}
        row = {
            **where,
            "ref": tables.ref(name, source, record.source_id),
            **seen,
            **encode(record, now),
        }
        _put(connection, TABLE[type(record)], row)
        change = {**where, "record": name, "seq": tables.new_id(), "org_id": owner, **moved}
        _put(connection, MIRROR["changes"], change)


def _put(connection: sa.Connection, table: sa.Table, *rows: dict[str, Any]) -> None:
    connection.execute(table.insert(), rows)


def _company(letter: str, id_: int) -> Company:
    key = f"{letter}0017"
    streams = [(name, source) for source, names in STREAMS.items() for name in names if name != "contact"]
    refs = {name: tables.ref(name, source, key) for name, source in streams}
    name = f"{letter.upper()} Trading Ltd"
    return Company(id_, name, f"canary-{letter}-7Q", f"member@{key}.example", tables.new_id(), refs)


@pytest.fixture
def two_organisations(database: Database, now: datetime) -> World:
    """The test world, written by plain inserts."""
    a, b, nobody = _company("a", tables.new_id()), _company("b", tables.new_id()), _company("u", 0)
    with database.sync() as connection:
        _register(connection, now)
        for company, key in ((a, "a0017"), (b, "b0017"), (nobody, "u0017")):
            _mirror(connection, company, key, now)
        _put(connection, MIRROR["stamps"], *({"org_id": one.id, "version": 1} for one in (a, b)))
    with database.owners() as connection:
        versions = {"created_at": now, "links_version": 1, "removed_version": 0}
        linked = {"rule": "staff", "made_by": "test", "made_at": now}
        for one, key in ((a, "a0017"), (b, "b0017")):
            _put(connection, PORTAL["organisations"], {"id": one.id, "name": one.name, **versions})
            links = [{"source": source, "account": key, "org_id": one.id, **linked} for source in SOURCES]
            _put(connection, PORTAL["links"], *links)
    world = World(a, b, "both@both.example", "nowhere@example.com", "stranger@example.net", nobody)
    _invite(database, world, now)
    return world


def _register(connection: sa.Connection, now: datetime) -> None:
    source = {"kind": "exports", "configured": 1, "stale_after": 7200, "change_seq": 0}
    read = {"as_of": now, "completed_at": now, "first_completed_at": now}
    stream = {"mapping": "", "id_rule": "", "withheld": 0, "notes": "[]", **read}
    for id_, label in SOURCES.items():
        _put(connection, MIRROR["sources"], {"source": id_, "label": label, **source})
        _put(
            connection,
            MIRROR["streams"],
            *({"source": id_, "record": name, **stream} for name in STREAMS[id_]),
        )


def _invite(database: Database, world: World, now: datetime) -> None:
    both = tables.new_id()
    people = {world.a.member: world.a.user, world.b.member: world.b.user, world.both: both}
    seats = [(world.a.user, world.a), (world.b.user, world.b), (both, world.a), (both, world.b)]
    with database.staff(write=True) as connection:
        for email, user in [*people.items(), (world.invited_nowhere, tables.new_id())]:
            row = {"id": user, "email": email, "email_key": email, "name": "", "created_at": now}
            _put(connection, PORTAL["users"], row)
        for user, company in seats:
            seat = {"roles": "read_all", "invited_at": now, "invited_by": "test"}
            _put(connection, PORTAL["members"], {"user_id": user, "org_id": company.id, **seat})


@pytest.fixture
def mirrored(database: Database, two_organisations: World, now: datetime) -> Callable[..., list[str]]:
    """Mirror more records of A, as its sources would: ``mirrored(Order(…), gone_at=…)`` → refs."""
    told = {
        "org_id": two_organisations.a.id,
        "fingerprint": 1,
        "data_rows": 1,
        "first_seen": now,
        "changed_at": now,
    }

    def put(*records: r.Record, **common: Any) -> list[str]:
        refs = []
        with database.sync() as connection:
            for record in records:
                name = r.NAMES[type(record)]
                source = next(source for source, streams in STREAMS.items() if name in streams)
                own = {
                    "source": source,
                    "source_id": record.source_id,
                    "ref": tables.ref(name, source, record.source_id),
                }
                _put(connection, TABLE[type(record)], {**own, **told, **encode(record, now), **common})
                refs.append(own["ref"])
        return refs

    return put
