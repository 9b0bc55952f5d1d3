"""Opens the two schemas with the right rights on SQLite and PostgreSQL; creates them from schema.sql.

role     mirror                          portal
sync     writes                          reads organisations and links
owners   reads all                       writes organisations, links, credentials, audit
web      reads what is bound, or nothing reads and writes what signing in and mailing need
staff    reads all                       reads all but credentials, writes all but organisations and links
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sync.config import Config, Passwords
from sync.database.migrations import MIGRATIONS
from sync.database.postgres import Server
from sync.database.sqlite import Files
from sync.database.versions import Migration, WrongDatabase
from sync.tables import MIRROR, PORTAL, email_key

__all__ = ["UNREACHABLE", "Database", "Migration", "WrongDatabase", "open_database"]
# What a database that is down, restarting, locked, full or out of connections raises.
UNREACHABLE: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout, WrongDatabase)


class Store(Protocol):
    """What the two engines do differently."""

    dialect: str

    def exists(self) -> bool: ...
    def check(self) -> None: ...
    def create(self, admin: str | None) -> None: ...
    def migrate(self, migrations: Sequence[Migration], admin: str | None) -> None: ...
    def engine(self, role: str, write: bool, connections: int) -> sa.Engine: ...
    def settle(self) -> None: ...
    def bind(self, connection: sa.Connection, organisation: int | None, person: str | None) -> None: ...


class Database:
    """One portal space's database; each context manager is one transaction, rolled back on an exception."""

    def __init__(
        self, url: str, folder: Path, passwords: Passwords | None = None, *, connections: int = 30
    ) -> None:
        """``url``: sqlite:FOLDER (relative to ``folder``) or postgresql://host/dbname. Opens nothing yet.

        ``connections`` are allowed at a time to each role; whoever wants one more waits."""
        self._store: Store
        if url.startswith("sqlite:"):
            self._store = Files(folder / url.removeprefix("sqlite:"))
        elif url.startswith("postgresql://"):
            self._store = Server(url, passwords or Passwords())
        else:
            raise WrongDatabase(
                f"{url.partition(':')[0]!r} is no database we know: sqlite:FOLDER or postgresql://…"
            )
        self.dialect = self._store.dialect
        self._connections = connections
        self._engines: dict[tuple[int, str, bool], sa.Engine] = {}

    def create(self, admin: str | None = None) -> None:
        """Make what is missing, and nothing else. PostgreSQL needs an administrator's URL."""
        self._store.create(admin)

    def exists(self) -> bool:
        """Whether both schemas are there."""
        return self._store.exists()

    def check(self) -> None:
        """Raise WrongDatabase: a schema is missing or of another version, or a role escapes the policies."""
        self._store.check()

    def upgrade(self, admin: str | None = None, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        """Bring an older database to this program's version; an interrupted upgrade is run again."""
        self._store.migrate(sorted(migrations, key=lambda m: m.version), admin)

    def sync(self) -> AbstractContextManager[sa.Connection]:
        """The mirror to write, organisations and links to read."""
        return self._transaction("sync", write=True)

    def owners(self, *, write: bool = True) -> AbstractContextManager[sa.Connection]:
        """Organisations, links, credentials and audit to write, all mirrored rows to read."""
        return self._transaction("owners", write)

    def web(self, *, write: bool = False) -> AbstractContextManager[sa.Connection]:
        """The customer's side: no mirrored row is visible until the gateway binds the connection."""
        return self._transaction("web", write)

    def staff(self, *, write: bool = False) -> AbstractContextManager[sa.Connection]:
        """The business's side: all rows; the mirror cannot be written here either."""
        return self._transaction("staff", write)

    def bind(
        self, connection: sa.Connection, *, organisation: int | None = None, person: str | None = None
    ) -> None:
        """Show one organisation's rows, or what one address is, until the transaction ends (gateway only)."""
        if connection.info.get("role") != "web":
            raise ValueError("only the web's connections are bound; the others see all rows")
        if connection.info["bound"]:
            raise ValueError("this transaction is bound already; open another one for another scope")
        if (organisation is None) == (person is None):
            raise ValueError("bind either one organisation or one person")
        self._store.bind(connection, organisation, person and email_key(person))
        connection.info["bound"] = True

    def pair(self, connection: sa.Connection) -> None:
        """Declare them a pair again: after all rows were restamped, in the same ``sync()`` transaction."""
        theirs = connection.execute(
            sa.select(PORTAL["meta"].c.value).where(PORTAL["meta"].c.name == "pairing")
        ).scalar_one()
        mine = MIRROR["meta"]
        connection.execute(mine.update().where(mine.c.name == "pairing").values(value=theirs))

    def settle(self) -> None:
        """After a run has written the mirror: put it where its readers find it quickest. Never fails."""
        self._store.settle()

    def close(self) -> None:
        """Close all connections of this process; the next use opens new ones."""
        for key in [key for key in self._engines if key[0] == os.getpid()]:
            self._engines.pop(key).dispose()

    @contextmanager
    def _transaction(self, role: str, write: bool) -> Iterator[sa.Connection]:
        with self._engine(role, write).connect() as connection, connection.begin():
            connection.info.update(role=role, bound=False)
            yield connection

    def _engine(self, role: str, write: bool) -> sa.Engine:
        # With the process in the key, what was opened before a fork is neither used nor closed after it.
        key = (os.getpid(), role, write)
        if key not in self._engines:
            self._engines[key] = self._store.engine(role, write, self._connections)
        return self._engines[key]


def open_database(config: Config) -> Database:
    """The database the configuration names. Nothing is created or checked yet."""
    return Database(config.portal.database, config.folder, config.portal.passwords)
