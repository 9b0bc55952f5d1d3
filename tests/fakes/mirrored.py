"""A mirror of a fake vendor in SQLite files that can be put back, and what must hold whatever goes wrong."""

import copy
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from fakes.vendor import Vendor

from connectors.base import Connector
from connectors.http import Limits
from sync.database import Database
from sync.run import Outcome, run_source
from sync.tables import MIRROR

Shown = dict[str, dict[str, tuple[Any, ...]]]  # table → id → what it says
Columns = Mapping[str, tuple[str, ...]]
HARMLESS = {"refused", "garbled", "unavailable", "withheld", "unasked", "done"}
PATIENT = Limits(connect=20, read=30, total=60, tries=3)  # for a machine that has much to do
HASTY = Limits(connect=5, read=0.3, total=0.6, tries=2)  # for a vendor that hangs


class Business(ABC):
    """A business that lives at one vendor. ``true`` tells from its world what customers must see;
    ``columns`` says where it stands. ``state`` names the vendor's attributes that are its world."""

    vendor: Any
    columns: ClassVar[Columns]
    state: ClassVar[tuple[str, ...]]
    faults: ClassVar[tuple[str, ...]]
    one_of: ClassVar[int] = 8  # in a quick run each fault meets one request in so many, others than the last
    unheard: ClassVar[Mapping[str, str]] = {}  # fault → a table it may leave as it was without a word
    lossy: ClassVar[Mapping[str, str]] = {}  # fault that stays → a table it may take rows from

    @abstractmethod
    def source(self, limits: Limits) -> Connector:
        """A source made anew."""

    @abstractmethod
    def true(self) -> Shown:
        """What its mirror must show."""

    @abstractmethod
    def first_week(self) -> None:
        """What the first sync finds."""

    @abstractmethod
    def second_week(self) -> None:
        """What happened since: of everything a little."""

    @abstractmethod
    def lose(self) -> None:
        """Something goes without a word."""


@dataclass(frozen=True)
class Saved:
    """How everything stood: files and world."""

    files: Path
    world: Mapping[str, Any]


@dataclass
class Mirror:
    """A mirror of the first week, whose vendor listens."""

    business: Business
    folder: Path
    database: Database = field(init=False)
    first: Saved = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database("sqlite:var", self.folder)
        self.database.create()
        self.business.first_week()
        assert {one.outcome for one in self.sync()} == {"done"}
        assert self.shown() == self.business.true()
        self.first = self.save("first")

    @property
    def vendor(self) -> Vendor:
        """The fake."""
        found: Vendor = self.business.vendor
        return found

    def sync(self, limits: Limits = PATIENT, **wish: Any) -> list[Outcome]:
        """One run of a source made anew, as the scheduler makes it."""
        return run_source(self.database, self.business.source(limits), clock=self.vendor.clock, **wish)

    def shown(self) -> Shown:
        """What the mirror shows."""
        return mirrored(self.database, self.business.columns)

    def save(self, name: str) -> Saved:
        """How everything stands."""
        files = self.folder / name
        files.mkdir()
        _copied(self.folder / "var", files)
        told = {name: _owned(self.vendor, name) for name in (*self.business.state, "now", "_previous")}
        return Saved(files, copy.deepcopy(told))

    def put_back(self, saved: Saved) -> None:
        """Undo all that happened since."""
        _copied(saved.files, self.folder / "var")
        for name, value in copy.deepcopy(saved.world).items():
            holder, _, last = name.rpartition(".")
            setattr(_owned(self.vendor, holder) if holder else self.vendor, last, value)
        self.vendor.forget()

    @cached_property
    def sweep(self) -> "Sweep":
        """The run after the second week, to be met by faults."""
        self.put_back(self.first)
        before = self.shown()
        self.business.second_week()
        saved, true = self.save("second"), self.business.true()
        self.vendor.forget()
        self.sync()
        assert self.shown() == true
        return Sweep(self, before, true, saved, len(self.vendor.requests))


@dataclass(frozen=True)
class Sweep:
    """The same run over and over, each time with another of its requests met by a fault."""

    mirror: Mirror
    before: Shown
    true: Shown
    saved: Saved
    requests: int

    def meet(self, fault: str, nth: int) -> None:
        """One run with a fault, and the next one."""
        mirror, what = self.mirror, f"{fault} at {nth}"
        unheard = mirror.business.unheard.get(fault)
        mirror.put_back(self.saved)
        mirror.vendor.plan({nth: fault})
        outcomes = mirror.sync(HASTY if fault == "hang" else PATIENT)
        assert len(mirror.vendor.requests) >= nth, f"{what}: it was not met"
        unharmed(outcomes, self.before, mirror.shown(), self.true, what, unheard)
        mirror.vendor.forget()
        mirror.vendor.pass_(hours=1)
        mirror.sync(full=unheard is not None)
        assert mirror.shown() == self.true, f"{what}: the next run did not mend it"
        assert mirror.vendor.writes == []

    def positions(self, fault: str, *, every: bool) -> range:
        """The requests of the run that meet a fault."""
        business = self.mirror.business
        first = business.faults.index(fault) % business.one_of
        return range(1, self.requests + 1) if every else range(1 + first, self.requests + 1, business.one_of)


def mirrored(database: Database, columns: Columns, source: str = "") -> Shown:
    """What a mirror shows in these columns, of one source or all; of a JSON column the texts or numbers."""
    found: Shown = {}
    with database.staff() as connection:
        for name, wanted in columns.items():
            table = MIRROR[name]
            living = sa.select(table.c.source_id, *(table.c[one] for one in wanted)).where(
                table.c.gone_at.is_(None)
            )
            rows = connection.execute(living.where(table.c.source == source) if source else living)
            found[name] = {id: tuple(map(_plain, wanted, values)) for id, *values in rows}
    return found


def _plain(column: str, value: Any) -> Any:
    inside = {"lines": "quantity", "messages": "text"}.get(column)
    return tuple(one.get(inside) for one in json.loads(value)) if inside else value


def unharmed(
    outcomes: list[Outcome], before: Shown, shown: Shown, true: Shown, what: str, unheard: str | None = None
) -> None:
    """No silent difference: a stream that is done is true; of one that failed each row is as before or true,
    and nothing that is still there has gone."""
    told = {f"{one.record}s": one.outcome for one in outcomes}
    assert set(told.values()) <= HARMLESS, (what, told)
    for record, rows in shown.items():
        if told.get(record) == "done" and record != unheard:
            assert rows == true[record], (what, record)
            continue
        for id, row in rows.items():
            assert row in (before[record].get(id), true[record].get(id)), (what, record, id)
        assert rows.keys() >= before[record].keys() & true[record].keys(), (what, record)


def _copied(files: Path, to: Path) -> None:
    """Make the databases of one folder those of another, where they may be open."""
    for path in files.glob("*.db"):
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to / path.name)) as target:
            target.execute("pragma synchronous = off")
            source.backup(target)


def _owned(vendor: Vendor, name: str) -> Any:
    value: Any = vendor
    for part in name.split("."):
        value = getattr(value, part)
    return value
