"""What a door reads as it opens, in one statement: whether it may, how old everything is, whom to call."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from portal.gateway.found import Freshness, Restamping
from portal.gateway.query import one_of
from sync.database.pairing import paired
from sync.tables import MIRROR, PORTAL

SOURCES, STREAMS = MIRROR["sources"].alias("s"), MIRROR["streams"].alias("t")
ORGANISATIONS, STAMPS = PORTAL["organisations"].alias("o"), MIRROR["stamps"].alias("st")
ACCOUNTS, OTHERS = MIRROR["accounts"].alias("a"), MIRROR["accounts"].alias("b")
OWNER = ("owner_name", "owner_email", "owner_phone")


@dataclass(frozen=True)
class Opened:
    """The streams of the configured sources, and the accounts that name who looks after this customer."""

    streams: Sequence[Freshness]
    carers: Sequence[dict[str, Any]]


def read(connection: sa.Connection, sources: Sequence[str]) -> Opened:
    """Raise Restamping unless the rows in scope carry the owners that the links name now.

    SQLite reads its two files a moment apart, the portal's first. Were an organisation's links changed and
    stamped in between, the stamp would be newer than the links: the door stays shut, as it does the other
    way round."""
    rows = connection.execute(_asked(tuple(sources))).all()
    if not rows or not rows[0].paired:
        raise Restamping
    stamped = rows[0].stamped or 0
    if rows[0].removed_version > stamped or stamped > rows[0].links_version:
        raise Restamping
    streams = [
        Freshness(
            r.record or "", r.source, r.label, r.as_of, r.stale_after, r.first_completed_at, r.next_run,
            r.completed_at,
        )
        for r in rows
        if r.source is not None
    ]  # fmt: skip
    carers = [
        {"source": r.source, "as_of": r.frozen_at, **{name: r._mapping[name] for name in OWNER}}
        for r in rows
        if r.owner_name is not None
    ]
    return Opened(streams, carers)


@cache
def _asked(sources: tuple[str, ...]) -> sa.Select[Any]:
    """One row at least where the organisation exists; else one for each stream."""
    stamped = sa.select(STAMPS.c.version).scalar_subquery().label("stamped")
    certain = (
        ORGANISATIONS.c.removed_version,
        ORGANISATIONS.c.links_version,
        stamped,
        paired().label("paired"),
    )
    told = (
        STREAMS.c.record, SOURCES.c.source, SOURCES.c.label, STREAMS.c.as_of, SOURCES.c.stale_after,
        STREAMS.c.first_completed_at, SOURCES.c.next_run, STREAMS.c.completed_at,
    )  # fmt: skip
    carer = (*(ACCOUNTS.c[name] for name in OWNER), ACCOUNTS.c.as_of.label("frozen_at"))
    joined = (
        ORGANISATIONS.outerjoin(SOURCES, one_of(SOURCES.c.source, sources))
        .outerjoin(STREAMS, STREAMS.c.source == SOURCES.c.source)
        .outerjoin(ACCOUNTS, sa.and_(STREAMS.c.record == "account", ACCOUNTS.c.ref == _carer()))
    )
    asked = sa.select(*certain, *told, *carer).select_from(joined)
    return asked.order_by(SOURCES.c.label, SOURCES.c.source, STREAMS.c.record)


def _carer() -> sa.ScalarSelect[str]:
    """The first current account of a source that names somebody."""
    names = sa.or_(*(OTHERS.c[name] != "" for name in OWNER))
    first = sa.select(sa.func.min(OTHERS.c.ref)).where(OTHERS.c.source == SOURCES.c.source, names)
    return first.where(OTHERS.c.gone_at.is_(None)).correlate(SOURCES).scalar_subquery()
