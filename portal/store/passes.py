"""Sign-in links and codes that may still open a session (table sign_ins); only hashes stand in the database.

What a mail carries is worked out from a random seed and the secret key when it is sent: neither this table
nor the outbox ever holds a link or a code.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, insert, select, update

from portal.store import tokens
from sync.tables import PORTAL

SIGN_INS = PORTAL["sign_ins"]
LIFETIMES = {"mail": timedelta(minutes=10), "invitation": timedelta(days=7), "trusted": timedelta(minutes=10)}
ALIVE = 3  # links of one address that may be alive together
TRIES = 5  # typed codes per link
KEPT = {
    "mail": timedelta(days=1),
    "invitation": timedelta(days=90),
    "trusted": timedelta(days=1),
}  # for renewing


@dataclass(frozen=True)
class Pass:
    """One link with its code, as it stands in the database."""

    hash: str
    purpose: str  # mail | invitation | trusted
    email_key: str
    org_id: int | None
    next: str
    tries: int
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    browser_hash: str | None  # of the mark the browser that asked for it was given

    def live(self, now: datetime) -> bool:
        """Whether it may still be used; asked again, atomically, when it is."""
        return self.used_at is None and now < self.expires_at

    def typeable(self, now: datetime) -> bool:
        """Whether whoever asked may go on typing, as far as they are told. Only what they did themselves is
        in it: when the mail left, or that its owner signed in, would tell that the address is known."""
        return now < self.made_at + LIFETIMES[self.purpose] and self.tries < TRIES

    def asked_in(self, mark: str) -> bool:
        """Whether the browser that holds this mark is the one that asked for it."""
        return bool(mark) and tokens.digest(mark) == self.browser_hash

    @property
    def masked(self) -> str:
        """The address so that its owner knows it and nobody else learns it: a…@company.example."""
        name, _, domain = self.email_key.rpartition("@")
        return f"{name[:1]}…@{domain}"


COLUMNS = tuple(SIGN_INS.c[name] for name in Pass.__dataclass_fields__)


def link_token(secret: str, seed: str) -> str:
    """The token of the link that belongs to a seed."""
    return tokens.keyed_token(secret, "link", seed)


def code(secret: str, seed: str) -> str:
    """The six digits that belong to a seed."""
    return f"{int.from_bytes(tokens.keyed(secret, 'code', seed)) % 1_000_000:06d}"


def _code_hash(secret: str, link_hash: str, typed: str) -> str:
    return tokens.keyed(secret, "typed", link_hash, typed).hex()


@dataclass(frozen=True)
class Asked:
    """What a new link is for, and who asked for it."""

    purpose: str
    email_key: str
    then: str = "/"
    user: int | None = None
    organisation: int | None = None
    browser: str | None = None  # its mark: the code can be typed there


def issue(connection: Connection, secret: str, asked: Asked, now: datetime) -> str:
    """Make a link with its code and return the seed of both; a fourth of one address ends the oldest."""
    seed = secrets.token_hex(16)
    link_hash = tokens.digest(link_token(secret, seed))
    _make_room(connection, asked, now)
    row = _row(asked, link_hash, now, LIFETIMES[asked.purpose])
    connection.execute(
        insert(SIGN_INS), row | {"code_hash": _code_hash(secret, link_hash, code(secret, seed))}
    )
    return seed


def trust(connection: Connection, asked: Asked, now: datetime, lifetime: timedelta) -> str:
    """Make a link that staff hand over themselves: a button, no code; returns its token, stored nowhere."""
    token = tokens.fresh()
    connection.execute(
        insert(SIGN_INS), _row(asked, tokens.digest(token), now, lifetime) | {"code_hash": None}
    )
    return token


def _row(asked: Asked, link_hash: str, now: datetime, lifetime: timedelta) -> dict[str, object]:
    return {
        "hash": link_hash,
        "purpose": asked.purpose,
        "email_key": asked.email_key,
        "user_id": asked.user,
        "org_id": asked.organisation,
        "browser_hash": asked.browser and tokens.digest(asked.browser),
        "tries": 0,
        "next": asked.then,
        "made_at": now,
        "expires_at": now + lifetime,
        "used_at": None,
    }


def _make_room(connection: Connection, asked: Asked, now: datetime) -> None:
    alive = and_(SIGN_INS.c.purpose == asked.purpose, _alive(asked.email_key, now))
    newest = select(SIGN_INS.c.hash).where(alive).order_by(SIGN_INS.c.made_at.desc()).limit(ALIVE - 1)
    connection.execute(update(SIGN_INS).where(alive, SIGN_INS.c.hash.not_in(newest)).values(used_at=now))


def _alive(email_key: str, now: datetime) -> ColumnElement[bool]:
    return and_(SIGN_INS.c.email_key == email_key, SIGN_INS.c.used_at.is_(None), SIGN_INS.c.expires_at > now)


def find(connection: Connection, token: str) -> Pass | None:
    """The pass behind a link, dead or alive; None when there is no such link."""
    return _one(connection, select(*COLUMNS).where(SIGN_INS.c.hash == tokens.digest(token)))


def asked_from(connection: Connection, browser: str) -> Pass | None:
    """The pass a browser asked for, dead or alive; each asking gives the browser a new mark."""
    return _one(connection, select(*COLUMNS).where(SIGN_INS.c.browser_hash == tokens.digest(browser)))


def _one(connection: Connection, query: Select[Any]) -> Pass | None:
    row = connection.execute(query).first()
    return Pass(*row) if row else None


def try_code(connection: Connection, secret: str, link_hash: str, typed: str) -> bool:
    """Count a try, then compare; five tries and the code is dead, however many arrive at once. Whether it may
    still be used is for ``spend`` to say: a wrong code counts the same on a live link and on a dead one."""
    counted = update(SIGN_INS).where(SIGN_INS.c.hash == link_hash, SIGN_INS.c.tries < TRIES)
    row = connection.execute(
        counted.values(tries=SIGN_INS.c.tries + 1).returning(SIGN_INS.c.code_hash)
    ).first()
    right = row is not None and hmac.compare_digest(row[0] or "", _code_hash(secret, link_hash, typed))
    if (
        right
    ):  # given back: a stranger who asked for it must not see in the tries left that its owner signed in
        mine = update(SIGN_INS).where(SIGN_INS.c.hash == link_hash)
        connection.execute(mine.values(tries=SIGN_INS.c.tries - 1))
    return right


def hold(connection: Connection, email_key: str) -> None:
    """Let one transaction at a time decide about an address: two can neither both win nor deadlock."""
    theirs = select(SIGN_INS.c.hash).where(SIGN_INS.c.email_key == email_key).order_by(SIGN_INS.c.hash)
    connection.execute(theirs.with_for_update()).all()


def spend(connection: Connection, link_hash: str, now: datetime) -> bool:
    """Use a link: True for exactly one caller. Every other link of the same address dies with it."""
    mine = update(SIGN_INS).where(
        SIGN_INS.c.hash == link_hash, SIGN_INS.c.used_at.is_(None), SIGN_INS.c.expires_at > now
    )
    row = connection.execute(mine.values(used_at=now).returning(SIGN_INS.c.email_key)).first()
    if row is None:
        return False
    cancel(connection, row[0], now)
    return True


def cancel(connection: Connection, email_key: str, now: datetime) -> None:
    """End every link of an address that is still alive."""
    connection.execute(update(SIGN_INS).where(_alive(email_key, now)).values(used_at=now))


def start_clock(connection: Connection, secret: str, seed: str, now: datetime) -> bool:
    """Count a link's life from the moment its mail leaves; False when it was used or ended before."""
    link_hash = tokens.digest(link_token(secret, seed))
    waiting = select(SIGN_INS.c.purpose).where(SIGN_INS.c.hash == link_hash, SIGN_INS.c.used_at.is_(None))
    row = connection.execute(waiting).first()
    if row is None:
        return False
    mine = update(SIGN_INS).where(SIGN_INS.c.hash == link_hash, SIGN_INS.c.used_at.is_(None))
    connection.execute(mine.values(expires_at=now + LIFETIMES[row[0]]))
    return True


def prune(connection: Connection, now: datetime) -> None:
    """Forget links nobody can renew any more, and with them the addresses that were only ever typed."""
    for purpose, kept in KEPT.items():
        old = and_(SIGN_INS.c.purpose == purpose, SIGN_INS.c.expires_at < now - kept)
        connection.execute(delete(SIGN_INS).where(old))
