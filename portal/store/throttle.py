"""Counters for the sign-in limits, kept in the database: all workers and machines count together.

A counter covers a fixed window, so a limit is set at half of what may happen in any window of that length.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from portal.store import tokens
from sync.tables import PORTAL

THROTTLE = PORTAL["throttle"]
KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Limit:
    """At most ``hits`` in each window, counted for what ``bucket`` names; only its hash is stored."""

    bucket: str
    hits: int
    window: timedelta


@dataclass(frozen=True)
class Blocked:
    """A limit is reached; ``first`` on the first refusal of its window: staff read one line."""

    limit: Limit
    wait: timedelta
    first: bool


def network(ip: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 an IPv6 address is out of, which one household or
    server has to itself. What is no address (a socket's peer) counts as it stands."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if not isinstance(address, IPv4Address) and not address.ipv4_mapped:
        return str(ip_network((int(address), 64), strict=False))
    return str(address if isinstance(address, IPv4Address) else address.ipv4_mapped)


def hit(connection: Connection, limits: Sequence[Limit], now: datetime) -> Blocked | None:
    """Count once against every limit; the refusal with the longest wait, or None when all allow it."""
    refusals = [refusal for limit in limits if (refusal := _hit(connection, limit, now))]
    return max(refusals, key=lambda refusal: refusal.wait, default=None)


def _hit(connection: Connection, limit: Limit, now: datetime) -> Blocked | None:
    seconds = int(limit.window.total_seconds())
    slot = int(now.timestamp()) // seconds
    hits = _count(connection, tokens.digest(f"{limit.bucket}/{seconds}"), slot * seconds)
    if hits <= limit.hits:
        return None
    wait = timedelta(seconds=(slot + 1) * seconds - int(now.timestamp()))
    return Blocked(limit, wait, first=hits == limit.hits + 1)


def _count(connection: Connection, bucket: str, slot: int) -> int:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = insert(THROTTLE).values(bucket=bucket, slot=slot, hits=1)
    counted = row.on_conflict_do_update(
        index_elements=["bucket", "slot"], set_={"hits": THROTTLE.c.hits + 1}
    ).returning(THROTTLE.c.hits)
    return int(connection.execute(counted).scalar_one())


def prune(connection: Connection, now: datetime) -> None:
    """Forget counters of windows long over."""
    connection.execute(delete(THROTTLE).where(THROTTLE.c.slot < int((now - KEPT).timestamp())))
