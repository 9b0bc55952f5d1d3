"""Which sources there are: ``mirror.sources`` follows the TOML. A source taken out keeps its rows, unseen,
until somebody purges it; put back, everything is there again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from connectors.base import Quota, SourceSettings
from sync.config import duration
from sync.mirror.leases import Busy
from sync.mirror.statements import insert
from sync.tables import MIRROR

SOURCES, LEASES = MIRROR["sources"], MIRROR["leases"]
SHORTEST_STALE = timedelta(hours=1)


def register(connection: sa.Connection, sources: Sequence[SourceSettings]) -> None:
    """Make mirror.sources say what the TOML says; the rows of sources no longer in it are hidden at once."""
    for settings in sources:
        enrol(connection, settings)
    left = sa.update(SOURCES).where(SOURCES.c.source.not_in([settings.id for settings in sources]))
    connection.execute(left.where(SOURCES.c.configured == 1).values(configured=0, next_run=None))


def enrol(connection: sa.Connection, settings: SourceSettings) -> None:
    """Make mirror.sources say about one source what the TOML says."""
    told = _row(settings)
    known = connection.execute(sa.select(SOURCES).where(SOURCES.c.source == settings.id)).mappings().first()
    if known is None or told.items() - dict(known).items():
        adding = insert(connection, SOURCES).values(change_seq=0, **told)
        connection.execute(adding.on_conflict_do_update(index_elements=["source"], set_=told))


def _row(settings: SourceSettings) -> dict[str, str | int]:
    stale = (
        duration(settings.stale_after)
        if settings.stale_after
        else max(SHORTEST_STALE, 2 * duration(settings.every))
    )
    return {
        "source": settings.id,
        "label": settings.label,
        "kind": settings.kind,
        "configured": 1,
        "stale_after": int(stale.total_seconds()),
    }


def plan(connection: sa.Connection, source: str, next_run: datetime) -> None:
    """Say when a source is read next; before the first sync the portal tells it to customers."""
    connection.execute(sa.update(SOURCES).where(SOURCES.c.source == source).values(next_run=next_run))


def ask(connection: sa.Connection, source: str) -> None:
    """Note that a source is asked again: that it wanted to be left alone is over."""
    connection.execute(sa.update(SOURCES).where(SOURCES.c.source == source).values(retry_at=None))


def left_alone_until(connection: sa.Connection, source: str, now: datetime) -> datetime | None:
    """Until when the source wants to be left alone; None: it may be asked."""
    until: datetime | None = connection.scalar(
        sa.select(SOURCES.c.retry_at).where(SOURCES.c.source == source)
    )
    return until if until is not None and until > now else None


def ration(connection: sa.Connection, source: str, quota: Quota, now: datetime) -> None:
    """Note what the source lets us ask for, as its last answer told."""
    told = {"quota_left": quota.left, "quota_of": quota.of, "quota_unit": quota.unit}
    this = sa.update(SOURCES).where(SOURCES.c.source == source)
    connection.execute(this.values(**told, quota_renewed=quota.renewed, quota_at=now))


def blame(connection: sa.Connection, source: str, failure: str, message: str, now: datetime) -> None:
    """Say what keeps a source from being read at all, before any stream of it is known, and since when. The
    next run that can begin says what is true then."""
    told = sa.update(SOURCES).where(SOURCES.c.source == source)
    since = sa.case((SOURCES.c.failure == failure, SOURCES.c.failed_at), else_=now)
    connection.execute(told.values(failure=failure, failure_message=message, failed_at=since))


def purge(connection: sa.Connection, source: str, now: datetime) -> int:
    """Delete all that is mirrored from a source, for good; returns how many rows. Raises Busy during a sync.

    Its line in ``sources`` stays, and with it the number of its last change: no new one is taken for an old.
    """
    leases = LEASES.c
    held = sa.select(leases.owner, leases.until).where(leases.source == source, leases.until > now)
    if lease := connection.execute(held).first():
        raise Busy(source, *lease)
    tables = [table for table in MIRROR.values() if "source" in table.c and table is not SOURCES]
    deleted = sum(
        connection.execute(sa.delete(table).where(table.c.source == source)).rowcount for table in tables
    )
    connection.execute(
        sa.update(SOURCES).where(SOURCES.c.source == source).values(configured=0, next_run=None)
    )
    return deleted
