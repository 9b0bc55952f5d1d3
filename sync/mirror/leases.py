"""One run per source at a time, over all processes and machines. A lease is fencing: each page's transaction
renews it first, and a run that finds its lease expired or taken writes nothing any more."""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync.mirror.statements import insert
from sync.tables import MIRROR

LEASES, RUNS, SOURCES, STREAMS = (MIRROR[name] for name in ("leases", "runs", "sources", "streams"))
LENGTH = timedelta(seconds=90)  # a dead run is taken over after this
SKEW = timedelta(minutes=10)  # what clocks may differ by; a lease for longer is of before one was set back


class Busy(Exception):
    """Another run holds the source."""

    def __init__(self, source: str, owner: str, until: datetime) -> None:
        super().__init__(
            f"{source} is being synced by {owner}. Wait for it to end; if it died, the next run takes over "
            f"at {until:%H:%M:%S} UTC"
        )
        self.source, self.owner, self.until = source, owner, until


class Lost(Exception):
    """The lease expired or was taken over: this run must not write any more."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"the run of {source} was too slow and lost its lease; another run goes on from there"
        )


@dataclass(frozen=True)
class Lease:
    """The right to write one source's rows, while it is renewed."""

    source: str
    owner: str


def claim(connection: sa.Connection, source: str, now: datetime) -> Lease:
    """Take the source's lease, or that of a run that died; raises Busy."""
    owner = f"{socket.gethostname()}, process {os.getpid()} ({secrets.token_hex(4)})"
    wanted = insert(connection, LEASES).values(source=source, owner=owner, until=now + LENGTH)
    taking = wanted.on_conflict_do_update(
        index_elements=["source"],
        set_={"owner": wanted.excluded.owner, "until": wanted.excluded.until},
        where=(LEASES.c.until <= now) | (LEASES.c.until > now + LENGTH + SKEW),
    )
    if connection.execute(taking.returning(LEASES.c.owner)).first() is None:
        held = connection.execute(
            sa.select(LEASES.c.owner, LEASES.c.until).where(LEASES.c.source == source)
        ).one()
        raise Busy(source, *held)
    _bury(connection, source, now)
    return Lease(source, owner)


def _bury(connection: sa.Connection, source: str, now: datetime) -> None:
    """Runs that never said how they ended were killed."""
    dead = sa.update(RUNS).where(RUNS.c.source == source, RUNS.c.ended_at.is_(None))
    connection.execute(
        dead.values(ended_at=now, outcome="crashed", message="it was killed; what it had kept is safe")
    )


def renew(connection: sa.Connection, lease: Lease, now: datetime) -> None:
    """Hold the lease for another while, and hold off a takeover until this transaction ends; raises Lost."""
    mine = sa.update(LEASES).where(
        LEASES.c.source == lease.source, LEASES.c.owner == lease.owner, LEASES.c.until > now
    )
    if connection.execute(mine.values(until=now + LENGTH)).rowcount != 1:
        raise Lost(lease.source)


def hold(connection: sa.Connection, lease: Lease, now: datetime) -> None:
    """Hold off a takeover until this transaction ends, which may write the portal only; raises Lost."""
    c = LEASES.c
    mine = sa.select(c.owner).where(c.source == lease.source, c.owner == lease.owner, c.until > now)
    if connection.execute(mine.with_for_update(read=True)).first() is None:
        raise Lost(lease.source)


def let_go(connection: sa.Connection, lease: Lease) -> bool:
    """Give the source back; whether it was still held."""
    mine = sa.delete(LEASES).where(LEASES.c.source == lease.source, LEASES.c.owner == lease.owner)
    return connection.execute(mine).rowcount == 1


def release(connection: sa.Connection, lease: Lease) -> None:
    """Give the source back after a run. What its streams say becomes what the source says, the longest
    failing first."""
    if not let_go(connection, lease):
        return
    c = STREAMS.c
    failing = sa.select(c.failed_at, c.failure, c.failure_message).where(
        c.source == lease.source, c.failure.is_not(None)
    )
    worst = connection.execute(failing.order_by(c.failed_at, c.record).limit(1)).mappings().first()
    told = worst or {"failed_at": None, "failure": None, "failure_message": None}
    connection.execute(sa.update(SOURCES).where(SOURCES.c.source == lease.source).values(**told))
