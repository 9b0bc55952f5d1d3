"""Sessions: one row each, revocable. The cookie holds a random token, the row its hash; no rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, insert, or_, select, update

from portal.store import audit, devices, passes, tokens
from sync.database import Database
from sync.tables import PORTAL, email_key

SESSIONS = PORTAL["sessions"]
USERS = PORTAL["users"]
TOUCH = timedelta(minutes=1)
KEPT = timedelta(days=90)  # after its end
BATCH = 5000


@dataclass(frozen=True)
class Session:
    """A session as it stands in the database, with the person it belongs to."""

    id: str  # the hash: good for naming the session, useless for opening it
    user_id: int
    org_id: int | None
    device: str
    device_hash: str | None
    made_at: datetime
    seen_at: datetime
    idle_seconds: int
    expires_at: datetime
    email: str
    name: str

    @property
    def lasting(self) -> bool:
        """Whether its person ticked "stay signed in": such a session is never ended for being idle."""
        return timedelta(seconds=self.idle_seconds) >= self.expires_at - self.made_at

    def live(self, now: datetime) -> bool:
        """Whether it may still be used: neither too old nor idle for too long."""
        return now < self.expires_at and now < self.seen_at + timedelta(seconds=self.idle_seconds)


@dataclass(frozen=True)
class Terms:
    """How long a new session may last."""

    idle: timedelta
    lifetime: timedelta
    lasting: bool  # whether it outlives the browser's closing


@dataclass(frozen=True)
class Browser:
    """Where a session lives: in a person's words, and as a row of devices."""

    device: str
    device_hash: str | None


def open(
    connection: Connection, user: int, browser: Browser, organisation: int | None, terms: Terms, now: datetime
) -> str:
    """Begin a session; returns the token for the cookie, which is stored nowhere."""
    token = tokens.fresh()
    row = {
        "hash": tokens.digest(token), "user_id": user, "org_id": organisation, "device": browser.device,
        "device_hash": browser.device_hash, "made_at": now, "seen_at": now,
        "idle_seconds": int(terms.idle.total_seconds()), "expires_at": now + terms.lifetime, "ended_at": None,
    }  # fmt: skip
    connection.execute(insert(SESSIONS), row)
    return token


def find(connection: Connection, token: str, now: datetime) -> Session | None:
    """The live session of a token, or None: unknown, ended, too old, or its person deactivated."""
    row = connection.execute(_by_hash(), {"hash": tokens.digest(token)}).first()
    session = row and Session(*row)
    return session if session and session.live(now) else None


def list_for(database: Database, user: int, now: datetime) -> Sequence[Session]:
    """A person's live sessions, the one seen last first."""
    mine = _standing().where(SESSIONS.c.user_id == user).order_by(SESSIONS.c.seen_at.desc())
    with database.web() as connection:
        found = [Session(*row) for row in connection.execute(mine)]
    return [session for session in found if session.live(now)]


@cache
def _by_hash() -> Select[Any]:
    return _standing().where(SESSIONS.c.hash == bindparam("hash"))


def _standing() -> Select[Any]:
    columns = (
        "hash",
        "user_id",
        "org_id",
        "device",
        "device_hash",
        "made_at",
        "seen_at",
        "idle_seconds",
        "expires_at",
    )
    chosen = select(*(SESSIONS.c[name] for name in columns), USERS.c.email, USERS.c.name)
    joined = chosen.join(USERS, USERS.c.id == SESSIONS.c.user_id)
    return joined.where(SESSIONS.c.ended_at.is_(None), USERS.c.deactivated_at.is_(None))


def choose(database: Database, session: Session, organisation: int, now: datetime) -> str | None:
    """Work for another organisation, under a new token; None where the session had ended already."""
    token = tokens.fresh()
    mine = update(SESSIONS).where(SESSIONS.c.hash == session.id, SESSIONS.c.ended_at.is_(None))
    renewed = mine.values(hash=tokens.digest(token), org_id=organisation, seen_at=now)
    with database.web(write=True) as connection:
        return token if connection.execute(renewed).rowcount else None


def touch(connection: Connection, session: Session, now: datetime) -> None:
    """Keep a session from going idle; written at most once a minute."""
    if now - session.seen_at >= TOUCH:
        mine = update(SESSIONS).where(SESSIONS.c.hash == session.id, SESSIONS.c.ended_at.is_(None))
        connection.execute(mine.values(seen_at=now))


def end(database: Database, user: int, session_id: str, now: datetime, *, forget_device: bool) -> bool:
    """End one of a person's own sessions; False when there is no such session of theirs."""
    with database.web(write=True) as connection:
        ended = end_one(connection, user, session_id, now)
        if ended and ended.device_hash and forget_device:
            devices.forget(connection, user, ended.device_hash)
    return ended is not None


def end_one(connection: Connection, user: int, session_id: str, now: datetime) -> Browser | None:
    """End a session of this person; returns where it lived, None when there was none to end."""
    theirs = update(SESSIONS).where(
        SESSIONS.c.hash == session_id, SESSIONS.c.user_id == user, SESSIONS.c.ended_at.is_(None)
    )
    row = connection.execute(
        theirs.values(ended_at=now).returning(SESSIONS.c.device, SESSIONS.c.device_hash)
    ).first()
    return Browser(*row) if row else None


def end_all(connection: Connection, user: int, now: datetime) -> None:
    """Sign a person out everywhere; every browser has to prove itself anew."""
    theirs = update(SESSIONS).where(SESSIONS.c.user_id == user, SESSIONS.c.ended_at.is_(None))
    connection.execute(theirs.values(ended_at=now))
    devices.forget(connection, user)


def prune(connection: Connection, now: datetime) -> None:
    """Forget sessions long over, some thousand at a time; a person's last one tells when they came."""
    old, later = SESSIONS.alias("old").c, SESSIONS.alias("later").c
    came_again = exists().where(later.user_id == old.user_id, later.seen_at > old.seen_at)
    over = or_(old.expires_at < now - KEPT, old.ended_at < now - KEPT)
    some = select(old.hash).where(over, came_again).limit(BATCH)
    connection.execute(delete(SESSIONS).where(SESSIONS.c.hash.in_(some)))


def end_everywhere(database: Database, user: int, address: str, now: datetime) -> None:
    """A person signs themselves out on every device; links that wait in their mailbox die too."""
    with database.web(write=True) as connection:
        end_all(connection, user, now)
        passes.cancel(connection, email_key(address), now)
        audit.note(connection, now, email_key(address), "signed out everywhere")
