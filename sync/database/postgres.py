"""Fanlight on PostgreSQL: two schemas, one login role for each side, row policies from roles.sql."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from sync.config import Passwords
from sync.database.versions import Migration


@dataclass(frozen=True)
class Server:
    """Schemas mirror and portal in one PostgreSQL database."""

    url: str
    passwords: Passwords
    dialect = "postgresql"

    def exists(self) -> bool:
        return False

    def check(self) -> None: ...
    def create(self, admin: str | None) -> None: ...
    def migrate(self, migrations: Sequence[Migration], admin: str | None) -> None: ...
    def engine(self, role: str, write: bool) -> sa.Engine:
        raise NotImplementedError

    def bind(self, connection: sa.Connection, organisation: int | None, person: str | None) -> None: ...
    def paired(self, connection: sa.Connection) -> bool:
        return True
