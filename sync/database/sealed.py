"""The rows of portal.credentials: one sealed token for each source that has one; sync.keys seals them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from sync.tables import PORTAL

CREDENTIALS = PORTAL["credentials"]


@dataclass(frozen=True)
class Token:
    """A token as it is stored. ``expires_at``: when a person must act unless it is renewed before."""

    source: str
    key_id: str
    sealed: str
    kept_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Kept:
    """What may be told of a token."""

    source: str
    key_id: str
    kept_at: datetime
    expires_at: datetime | None


def token(connection: sa.Connection, source: str) -> Token | None:
    """The token of a source."""
    row = connection.execute(sa.select(CREDENTIALS).where(CREDENTIALS.c.source == source)).mappings().first()
    return Token(**row) if row else None


def put(connection: sa.Connection, new: Token) -> None:
    """Keep a token in place of the one there was."""
    forget(connection, new.source)
    connection.execute(sa.insert(CREDENTIALS), asdict(new))


def forget(connection: sa.Connection, source: str) -> bool:
    """Take a source's token out; whether there was one."""
    return connection.execute(sa.delete(CREDENTIALS).where(CREDENTIALS.c.source == source)).rowcount > 0


def kept(connection: sa.Connection) -> Sequence[Kept]:
    """All tokens there are, without what is in them."""
    c = CREDENTIALS.c
    rows = sa.select(c.source, c.key_id, c.kept_at, c.expires_at).order_by(c.source)
    return [Kept(*row) for row in connection.execute(rows)]
