"""The first and the last word about one stream's run: its rows in ``runs`` and ``streams``."""

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.records import NAMES, Record
from sync.mirror.aim import Begun
from sync.mirror.arrival import clean
from sync.mirror.leases import Lease
from sync.mirror.statements import insert
from sync.mirror.tally import Tally
from sync.tables import MIRROR

RUNS, SOURCES, STREAMS = (MIRROR[name] for name in ("runs", "sources", "streams"))
QUARANTINE, HIDDEN = MIRROR["quarantine"], MIRROR["hidden"]
BLANK: dict[str, Any] = {"mapping": "", "id_rule": "", "withheld": 0, "notes": "[]"}


def begin(connection: sa.Connection, lease: Lease, record: type[Record], now: datetime) -> Begun:
    """Open a stream for a run, and write down that there is one."""
    key = {"source": lease.source, "record": NAMES[record]}
    connection.execute(insert(connection, STREAMS).values(**key, **BLANK).on_conflict_do_nothing())
    run = secrets.token_hex(8)
    row = {"id": run, **key, "started_at": now, "full_listing": 0, **_counts(Tally())}
    connection.execute(sa.insert(RUNS), row)
    return look(connection, lease.source, record, now, run)


def look(connection: sa.Connection, source: str, record: type[Record], now: datetime, run: str = "") -> Begun:
    """Open a stream for a rehearsal: nothing is written."""
    name = NAMES[record]
    stored = sa.select(STREAMS).where(STREAMS.c.source == source, STREAMS.c.record == name)
    row = connection.execute(stored).mappings().first()

    def holds(table: sa.Table) -> bool:
        entries = sa.select(table.c.source).where(table.c.source == source, table.c.record == name)
        return connection.execute(entries.limit(1)).first() is not None

    return Begun(
        source=source,
        record=record,
        name=name,
        now=now,
        run=run,
        stored=dict(row) if row else dict.fromkeys(STREAMS.c.keys()) | BLANK,
        has_quarantined=holds(QUARANTINE),
        has_hidden=holds(HIDDEN),
    )


def end(
    connection: sa.Connection,
    begun: Begun,
    outcome: str,
    message: str,
    tally: Tally,
    now: datetime,
    *,
    full_listing: bool = False,
) -> None:
    """Write down how a run ended."""
    told = {"ended_at": now, "outcome": outcome, "message": clean(message), "full_listing": int(full_listing)}
    connection.execute(sa.update(RUNS).where(RUNS.c.id == begun.run).values(**told, **_counts(tally)))


def fail(
    connection: sa.Connection,
    begun: Begun,
    failure: str,
    message: str,
    now: datetime,
    retry_at: datetime | None = None,
) -> None:
    """Say with the stream what is wrong with it, and since when. As-of, cursor and rows stay as they are."""
    same = begun.stored["failure"] == failure
    since = begun.stored["failed_at"] if same else now
    stream = sa.update(STREAMS).where(STREAMS.c.source == begun.source, STREAMS.c.record == begun.name)
    told = {"failed_at": since, "failure": failure, "failure_message": clean(message)}
    connection.execute(stream.values(**told))
    if retry_at is not None:
        source = sa.update(SOURCES).where(SOURCES.c.source == begun.source)
        connection.execute(source.values(retry_at=retry_at))


def _counts(tally: Tally) -> dict[str, int]:
    counts = asdict(tally)
    del counts["placed_rows"]
    return counts
