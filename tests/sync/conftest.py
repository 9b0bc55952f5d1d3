"""A scriptable connector, a clock that moves when told, and what stands in the mirror."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from connectors.base import Connector, Page, Reads, Row, SourceSettings, Unreadable
from connectors.records import Account, Contact, Invoice, Order, Payment, Quote, Record, Ticket
from sync import run
from sync.database import Database
from sync.tables import MIRROR, PORTAL, TABLE

NEEDED: dict[type[Record], dict[str, Any]] = {
    Account: {"name": "Any & Co"},
    Contact: {"name": "Anyone"},
    Order: {"number": "1"},
    Invoice: {"number": "1"},
    Quote: {"number": "1"},
    Payment: {"amount": Decimal(1), "currency": "EUR"},
    Ticket: {"number": "1"},
}


class FakeConnector(Connector):
    """Yields what its script says: for a record type and a cursor, pages to yield and errors to raise."""

    Settings = SourceSettings

    def __init__(self, settings: SourceSettings) -> None:
        super().__init__(settings)
        self.script: dict[type[Record], Callable[[str | None], Iterable[Page | BaseException]]] = {}
        self.kinds: dict[type[Record], Reads] = {}
        self.version = "1"
        self.rule = ""
        self.asked: list[tuple[type[Record], str | None]] = []
        self.mapped: list[str] = []

    @property
    def reads(self) -> Mapping[type[Record], Reads]:
        return self.kinds

    def mapping(self, record: type[Record]) -> str:
        return self.version

    def id_rule(self, record: type[Record]) -> str:
        return self.rule

    def check(self) -> None:
        return

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        self.asked.append((record, cursor))
        for step in self.script[record](cursor):
            if isinstance(step, BaseException):
                raise step
            yield step

    def map(self, record: type[Record], raw: Any) -> Record:
        self.mapped.append(raw["source_id"])
        if isinstance(raw.get("broken"), str):
            raise Unreadable("total", raw["broken"], "correct it in the shop")
        values = {name: value for name, value in raw.items() if name != "broken"}
        return record(**NEEDED[record] | values)

    def lists(
        self, record: type[Record], *steps: Page | BaseException, reads: Reads = Reads.EVERYTHING
    ) -> None:
        """From now on this is what the source says of a record type."""
        self.kinds[record] = reads
        self.script[record] = lambda cursor: steps


class SweepingConnector(FakeConnector):
    """One whose source cannot report every delete."""

    ids: Sequence[str] = ()

    def list_ids(self, record: type[Record]) -> Iterator[str]:
        yield from self.ids


def row(source_id: str, *, data_rows: int = 1, place: str = "", **raw: Any) -> Row:
    """A raw row whose fingerprint covers all that is in it."""
    told = {"source_id": source_id, "belongs_to": "acme", **raw}
    fingerprint = blake2b(repr(sorted(told.items())).encode(), digest_size=8).digest()
    return Row(source_id=source_id, fingerprint=fingerprint, raw=told, data_rows=data_rows, place=place)


@dataclass
class Clock:
    """A time that moves only when told."""

    now: datetime
    step: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now

    def pass_(self, **span: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**span)
        return self.now


@dataclass
class World:
    """One source, its connector, the database and the clock."""

    database: Database
    connector: FakeConnector
    clock: Clock
    told: list[Any] = field(default_factory=list)

    def sync(self, **wish: Any) -> run.Outcome:
        """Run the source; the outcome of its only stream."""
        (outcome,) = self.sync_all(**wish)
        return outcome

    def sync_all(self, **wish: Any) -> list[run.Outcome]:
        """Run the source a minute after the last time."""
        self.clock.pass_(minutes=1)
        return run.run_source(self.database, self.connector, clock=self.clock, **wish)

    def rehearse(self, **wish: Any) -> list[Any]:
        """What a dry run tells, row by row."""
        told: list[Any] = []
        self.sync(dry_run=told.append, **wish)
        return told

    def rows(self, table: str, *where: str) -> list[dict[str, Any]]:
        """Rows of a mirror table."""
        with self.database.staff() as connection:
            found = sa.select(MIRROR[table]).where(*map(sa.text, where))
            return [dict(each) for each in connection.execute(found).mappings()]

    def stored(self, source_id: str, record: type[Record] = Order) -> dict[str, Any]:
        """One mirrored record."""
        (found,) = [each for each in self.rows(TABLE[record].name) if each["source_id"] == source_id]
        return found

    def shown(self, record: type[Record] = Order) -> set[str]:
        """The ids that are not gone."""
        return {each["source_id"] for each in self.rows(TABLE[record].name) if each["gone_at"] is None}

    def stream(self) -> dict[str, Any]:
        """The only stream."""
        (found,) = self.rows("streams")
        return found

    def stream_of(self, record: str) -> dict[str, Any]:
        """The stream of one record type."""
        (found,) = self.rows("streams", f"record = '{record}'")
        return found

    def link(self, **owners: int | None) -> None:
        """Let accounts belong to organisations, and to no others."""
        organisations, links = PORTAL["organisations"], PORTAL["links"]
        with self.database.owners() as connection:
            known = set(connection.scalars(sa.select(organisations.c.id)))
            for new in {each for each in owners.values() if each} - known:
                row = {"name": f"Customer {new}", "created_at": self.clock.now, "links_version": 0}
                connection.execute(sa.insert(organisations), [{"id": new, "removed_version": 0, **row}])
            for account, owner in owners.items():
                connection.execute(sa.delete(links).where(links.c.account == account))
                told = {"rule": "staff", "made_by": "test", "made_at": self.clock.now}
                row = {"source": "shop", "account": account, "org_id": owner, **told}
                connection.execute(sa.insert(links), [row])
            version = {"links_version": organisations.c.links_version + 1}
            connection.execute(sa.update(organisations).values(version))

    def changes(self) -> list[tuple[Any, ...]]:
        """The change log: kind, id, field, from, to."""
        log = sorted(self.rows("changes"), key=lambda each: each["seq"])
        return [
            (each["kind"], each["source_id"], each["field"], each["before"], each["after"]) for each in log
        ]


def listing(*ids: str, **raw: Any) -> Page:
    """A page of plain orders."""
    return Page(rows=[row(source_id, **raw) for source_id in ids])


@pytest.fixture
def make() -> Any:
    """Ways to make pages and rows."""
    return Make


class Make:
    records = tuple(NEEDED)
    with_fingerprint = staticmethod(lambda row, fingerprint: structs.replace(row, fingerprint=fingerprint))
    row = staticmethod(row)
    listing = staticmethod(listing)
    sweeping = SweepingConnector
    connector = FakeConnector


@pytest.fixture
def settings() -> SourceSettings:
    return SourceSettings(id="shop", label="Web shop", kind="fake", every="15m")


@pytest.fixture
def world(database: Database, settings: SourceSettings, now: datetime) -> World:
    """A source nobody read yet."""
    return World(database, FakeConnector(settings), Clock(now))


@pytest.fixture
def other(world: World, settings: SourceSettings) -> World:
    """Another source in the same database."""
    return World(world.database, FakeConnector(settings.model_copy(update={"id": "books"})), world.clock)
