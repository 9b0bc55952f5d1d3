"""Fanlight on SQLite: two WAL files in one folder, and what each role may do with them.

A connection writes at most one of the two files; the other is attached read-only.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.pool import QueuePool

from sync.database import wall
from sync.database.rights import MIRROR_RIGHTS, PORTAL_RIGHTS, READ, SCOPED_IN_PORTAL
from sync.database.versions import Migration, WrongDatabase, new_value, refuse_version, statements
from sync.tables import SCHEMA_VERSION, section

CACHE = 32_768  # KiB of the mirror its writer keeps in memory: index pages are written once, not per page
MAPPED = 256 * 1024 * 1024  # bytes of the mirror its readers look at in place instead of copying each page
CHECKPOINT = 16_384  # pages of 4 KiB: the mirror's log grows to 64 MB before it is put into the file
KEPT = 5  # connections of a role that stay open
PATIENCE = {"web": 5.0, "staff": 5.0, "sync": 30.0, "owners": 30.0}  # seconds a writer waits for another
SPOKEN = re.compile(
    r"\s*(select|with|insert|update|delete|savepoint|release|rollback|begin|commit|pragma)\b", re.IGNORECASE
)
NAMED = re.compile(r"\b(mirror|portal)\.(\w+)")
ASKS = {sqlite3.SQLITE_READ: READ, **wall.WRITES}
RIGHTS = {"mirror": MIRROR_RIGHTS, "portal": PORTAL_RIGHTS}
HARMLESS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT, sqlite3.SQLITE_RECURSIVE}
)
# The web's names are put into its statements by _worded: SQLAlchemy does it at each use, for 7 % of a page.
TRANSLATION: dict[str, dict[str, str]] = {
    "web": {},
    "staff": {"mirror": "mirror", "portal": "main"},
    "owners": {"mirror": "mirror", "portal": "main"},
    "sync": {"mirror": "main", "portal": "portal"},
}


@dataclass(frozen=True)
class Files:
    """mirror.db and portal.db in one folder."""

    folder: Path
    dialect = "sqlite"

    def __str__(self) -> str:
        return str(self.folder)

    def path(self, name: str) -> Path:
        """The file of one schema."""
        return self.folder / f"{name}.db"

    def exists(self) -> bool:
        """Whether both files are there and were completed."""
        return all(self.version(name) is not None for name in ("mirror", "portal"))

    def version(self, name: str) -> str | None:
        """The schema version a file says it has; None without the file or its tables."""
        if not self.path(name).is_file():
            return None
        try:
            with closing(self._connect(name, "ro", 5.0)) as connection:
                if not connection.execute("select 1 from sqlite_master where name = 'meta'").fetchone():
                    return None
                found = connection.execute("select value from meta where name = 'schema_version'").fetchone()
        except sqlite3.OperationalError as e:
            raise WrongDatabase(
                f"{self.path(name)} cannot be opened ({e}): may this user read and write {self.folder} and "
                "everything in it, and is there room on its disk?"
            ) from e
        except sqlite3.DatabaseError as e:
            raise WrongDatabase(
                f"{self.path(name)} cannot be read as a Fanlight database ({e}): restore a backup, "
                "or move the file away and run `fanlight init`"
            ) from e
        return str(found[0]) if found else ""

    def check(self) -> None:
        """Refuse files that are missing or of another version."""
        for name in ("mirror", "portal"):
            found = self.version(name)
            if found is None:
                raise WrongDatabase(f"there is no {name}.db in {self.folder}: run `fanlight init`")
            refuse_version(str(self.path(name)), found)

    def create(self, admin: str | None) -> None:  # noqa: ARG002 - one's own files need no administrator
        """Make what is missing. Both files made together are a pair; one made anew waits for a restamp."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pairing = new_value()
        for name in ("mirror", "portal"):
            self.path(name).touch(mode=0o600)
            with closing(self._connect(name, "rw", 30.0)) as connection:
                connection.execute("pragma journal_mode = wal")
                connection.execute("begin immediate")
                if not connection.execute("select 1 from sqlite_master where name = 'meta'").fetchone():
                    _fill(connection, name, pairing)
                connection.commit()

    def migrate(self, migrations: Sequence[Migration], admin: str | None) -> None:  # noqa: ARG002
        """Run the migrations a file has not had; each in one transaction with its new version."""
        for name in ("mirror", "portal"):
            with closing(self._connect(name, "rw", 30.0)) as connection:
                for migration in migrations:
                    connection.execute("begin immediate")
                    current = connection.execute(
                        "select value from meta where name = 'schema_version'"
                    ).fetchone()
                    if int(current[0]) < migration.version:
                        for statement in statements(getattr(migration, name)):
                            connection.execute(statement)
                        connection.execute(
                            "update meta set value = ? where name = 'schema_version'",
                            (str(migration.version),),
                        )
                    connection.commit()

    def engine(self, role: str, write: bool, connections: int) -> sa.Engine:
        """A pool of connections with the rights of one role."""
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: self._open(role, write),
            poolclass=QueuePool,
            pool_size=min(KEPT, connections),
            max_overflow=max(0, connections - KEPT),
            execution_options={"schema_translate_map": TRANSLATION[role]},
            hide_parameters=True,  # an error that is logged tells nobody's addresses or search
        )
        event.listen(engine, "begin", _begin_writing if write else _begin_reading)
        if role == "web":
            _guard(engine)
        else:
            event.listen(engine, "connect", lambda connection, _: connection.set_authorizer(_limits(role)))
        return engine

    def settle(self) -> None:
        """Put the mirror's log into its file as far as nobody reads older rows; waits for nobody. Readers
        look into the file in place; of the log they copy each page, so a long search costs a fifth more."""
        with suppress(sqlite3.OperationalError), closing(self._connect("mirror", "rw", 0.0)) as connection:
            connection.execute("pragma wal_checkpoint(passive)")  # what fails is done with the next run

    def bind(self, connection: sa.Connection, organisation: int | None, person: str | None) -> None:
        """Show one scope's rows on a web connection until its transaction ends."""
        scope: wall.Scope = connection.info["scope"]
        scope.organisation, scope.person = organisation, person

    def _open(self, role: str, write: bool) -> sqlite3.Connection:
        own, other = ("mirror", "portal") if role == "sync" else ("portal", "mirror")
        try:
            connection = self._connect(own, "rw" if write else "ro", PATIENCE[role])
            connection.execute(f"attach database ? as {other}", (self._uri(other, "ro"),))
            if other == "mirror":
                connection.execute(f"pragma mirror.mmap_size = {MAPPED}")
                connection.execute("pragma automatic_index = off")  # made of everybody's rows, each time
        except sqlite3.OperationalError as e:
            raise WrongDatabase(
                f"the database in {self.folder} cannot be opened ({e}): run `fanlight init`"
            ) from e
        return connection

    def _connect(self, name: str, mode: str, patience: float) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._uri(name, mode), uri=True, timeout=patience, isolation_level=None, check_same_thread=False
        )
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma temp_store = memory")
        connection.execute(f"pragma main.synchronous = {'normal' if name == 'mirror' else 'full'}")
        if name == "mirror" and mode == "rw":
            connection.execute(f"pragma cache_size = -{CACHE}")
            connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT}")
        return connection

    def _uri(self, name: str, mode: str) -> str:
        return f"{self.path(name).resolve().as_uri()}?mode={mode}"


def _fill(connection: sqlite3.Connection, name: str, pairing: str) -> None:
    for statement in statements(section(name)):
        connection.execute(statement)
    values = {"schema_version": str(SCHEMA_VERSION), "pairing": pairing}
    if name == "mirror":
        values["epoch"] = new_value()
    connection.executemany("insert into meta (name, value) values (?, ?)", values.items())


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("begin immediate")  # waits for other writers


def _begin_reading(connection: sa.Connection) -> None:
    """Neither waits nor fails, so SQLAlchemy's care, dearer than the statement, is left out."""
    dbapi: Any = connection.connection.driver_connection
    dbapi.execute("begin")


def _guard(engine: sa.Engine) -> None:
    """Wall in every connection of the web's pool and empty its scope before and after each transaction."""

    @event.listens_for(engine, "connect")
    def wall_in(connection: Any, record: Any) -> None:
        record.info["scope"] = wall.build(connection)

    @event.listens_for(engine, "begin")
    def unbind(connection: sa.Connection) -> None:
        connection.info["scope"].clear()

    @event.listens_for(engine, "checkin")
    def unbind_returned(connection: Any, record: Any) -> None:  # noqa: ARG001
        if "scope" in record.info:
            record.info["scope"].clear()

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def word(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return _worded(statement), parameters


@lru_cache(maxsize=512)
def _worded(statement: str) -> str:
    """What the web may run: mirror and portal named as they stand on its connections. A name that is put
    wrong is refused by the wall."""
    # The authorizer is not told of EXPLAIN, and a query plan would tell the names of the base views.
    if not SPOKEN.match(statement):
        raise InvalidRequestError(f"the web may not run {statement[:40]!r}")
    return NAMED.sub(_placed, statement)


def _placed(name: re.Match[str]) -> str:
    schema, table = name.groups()
    viewed = schema == "mirror" or table in SCOPED_IN_PORTAL
    return f"{'temp' if viewed else 'main'}.{table}"


def _limits(role: str) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """The roles behind the counter see all rows, but reach no more tables than they do on PostgreSQL."""
    own, other = ("mirror", "portal") if role == "sync" else ("portal", "mirror")
    rights = {"main": RIGHTS[own][role], other: RIGHTS[other][role]}

    def authorize(
        action: int, one: str | None, two: str | None, database: str | None, _via: str | None
    ) -> int:
        if action in ASKS:
            named = [rights.get(database, {})] if database else rights.values()
            allowed = any(ASKS[action] in tables.get(one or "", ()) for tables in named)
        elif action == sqlite3.SQLITE_PRAGMA:
            allowed = one == "read_uncommitted" and two is None
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = two != "load_extension"
        else:
            allowed = action in HARMLESS
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize
