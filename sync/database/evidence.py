"""Tries what must not be possible, on the real database; every attempt is rolled back."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from sync.database import Database
from sync.database.rights import OWNERS, READ
from sync.tables import MIRROR, PORTAL


@dataclass(frozen=True)
class Attempt:
    """One forbidden statement: whose connection tried what, and whether the database refused it."""

    role: str  # web | staff | sync
    verb: str  # insert into | update | delete from
    table: str  # mirror.orders
    refused: bool


class _Undo(Exception):
    """Ends a transaction without keeping anything."""


def attempts(database: Database) -> Iterator[Attempt]:
    """Customers' pages and staff may not write the mirror; sync no more than its three tables."""
    for role in ("web", "staff"):
        for table in MIRROR.values():
            yield from _each_verb(database, role, table)
    for name, table in PORTAL.items():
        if OWNERS.get(name, frozenset()) <= {READ}:
            yield from _each_verb(database, "sync", table)
            yield from _each_verb(database, "owners", table)


def _each_verb(database: Database, role: str, table: sa.Table) -> Iterator[Attempt]:
    column = next(iter(table.c))
    statements = {
        "insert into": table.insert().values({c.name: sa.null() for c in table.c}),
        "update": table.update().values({column.name: column}),
        "delete from": table.delete(),
    }
    for verb, statement in statements.items():
        yield Attempt(role, verb, str(table), refused=_refused(database, role, statement))


def _refused(database: Database, role: str, statement: sa.Executable) -> bool:
    opened = {
        "web": lambda: database.web(write=True),
        "staff": lambda: database.staff(write=True),
        "sync": database.sync,
        "owners": database.owners,
    }[role]
    try:
        with opened() as connection:
            connection.execute(statement)
            raise _Undo
    except _Undo:
        return False
    except sa.exc.IntegrityError:
        return False  # the statement ran: only its values were refused
    except sa.exc.DBAPIError:
        return True
