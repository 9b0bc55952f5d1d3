"""A mirror of a fake vendor in SQLite files that can be put back, and what must hold whatever goes wrong."""

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fakes.vendor import Vendor

from connectors.base import Connector
from sync.database import Database
from sync.run import Outcome, run_source
from sync.tables import MIRROR

Shown = dict[str, dict[str, tuple[Any, ...]]]  # table → id → what it says
Columns = Mapping[str, tuple[str, ...]]
ONE_OF = 8  # in a quick run each fault meets every eighth request, another eighth than the fault before


@dataclass
class Mirror:
    """``true`` tells from the vendor's own world what customers must see; ``columns`` says where it stands.
    ``state`` names the vendor's attributes that are its world."""

    vendor: Vendor
    source: Callable[[], Connector]
    true: Callable[[], Shown]
    columns: Columns
    state: tuple[str, ...]
    folder: Path
    database: Database

    def sync(self, **wish: Any) -> list[Outcome]:
        """One run of a source made anew, as the scheduler makes it."""
        return run_source(self.database, self.source(), clock=self.vendor.clock, **wish)

    def shown(self) -> Shown:
        """What the mirror shows."""
        return mirrored(self.database, self.columns)

    def save(self) -> Any:
        """How everything stands: files and world."""
        self.database.close()
        shutil.copytree(self.folder / "var", self.folder / "saved", dirs_exist_ok=True)
        return copy.deepcopy({name: _owned(self.vendor, name) for name in (*self.state, "now")})

    def put_back(self, saved: Any) -> None:
        """Undo all that happened since."""
        self.database.close()
        shutil.rmtree(self.folder / "var")
        shutil.copytree(self.folder / "saved", self.folder / "var")
        for name, value in copy.deepcopy(saved).items():
            holder, _, last = name.rpartition(".")
            setattr(getattr(self.vendor, holder) if holder else self.vendor, last, value)
        self.vendor.forget()
        self.database = Database("sqlite:var", self.folder)


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


def unharmed(outcomes: list[Outcome], before: Shown, shown: Shown, true: Shown, what: str) -> None:
    """No silent difference: a stream that is done is true; of one that failed each row is as before or true,
    and nothing that is still there has gone."""
    told = {f"{one.record}s": one.outcome for one in outcomes}
    for record, rows in shown.items():
        if told.get(record) == "done":
            assert rows == true[record], (what, record)
            continue
        for id, row in rows.items():
            assert row in (before[record].get(id), true[record].get(id)), (what, record, id)
        assert rows.keys() >= before[record].keys() & true[record].keys(), (what, record)


def positions(nth_fault: int, requests: int, *, every: bool) -> range:
    """The requests of a run that meet a fault."""
    return range(1, requests + 1) if every else range(1 + nth_fault % ONE_OF, requests + 1, ONE_OF)


def _owned(vendor: Vendor, name: str) -> Any:
    value: Any = vendor
    for part in name.split("."):
        value = getattr(value, part)
    return value
