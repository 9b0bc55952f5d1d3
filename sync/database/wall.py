"""The wall on SQLite: what one web connection can see and do, enforced by the database library itself.

Mirrored rows are reached through TEMP VIEWs only. Whose rows they show is answered by two functions that
read a ``Scope`` held in Python: no SQL text can set it.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sync.database.rights import DELETE, INSERT, READ, SHARED, UPDATE, WEB
from sync.tables import OWNED

# None of these can fail on the value of a row out of sight: an error must not tell what stands there. LIKE
# can (a long pattern, an odd ESCAPE), and where an index has the column it is asked before whose row this is.
FUNCTIONS = frozenset(
    {"avg", "coalesce", "count", "date", "datetime", "group_concat", "ifnull", "instr", "length", "lower"}
    | {"max", "min", "nullif", "strftime", "substr", "sum", "trim", "upper"}
)
SCOPED_BY = frozenset({"bound_organisation", "bound_person"})
WRITES = {sqlite3.SQLITE_INSERT: INSERT, sqlite3.SQLITE_UPDATE: UPDATE, sqlite3.SQLITE_DELETE: DELETE}
CONTACTS = """
    select * from mirror.contacts where org_id = (select bound_organisation())
    union all
    select * from mirror.contacts where email_key = (select bound_person())
"""
ORGANISATIONS = """
    select * from main.organisations where id = (select bound_organisation())
    union all
    select * from main.organisations where id in (
        select org_id from mirror.contacts where email_key = (select bound_person())
        union
        select m.org_id from main.members m join main.users u on u.id = m.user_id
        where u.email_key = (select bound_person()))
"""
MEMBERS = """
    select * from main.members where org_id = (select bound_organisation())
    union all
    select * from main.members where user_id in (
        select id from main.users where email_key = (select bound_person()))
"""
# The two files' pairing values; not named meta, which is a table of both.
PAIRING = """
    select m.value as mirror, p.value as portal from mirror.meta m, main.meta p
    where m.name = 'pairing' and p.name = 'pairing'
"""


@dataclass
class Scope:
    """Whose rows a connection shows: one organisation's, one person's, or (both None) nobody's."""

    organisation: int | None = None
    person: str | None = None

    def clear(self) -> None:
        """Show nothing."""
        self.organisation = self.person = None


def build(connection: sqlite3.Connection) -> Scope:
    """Wall in a connection (portal.db main, mirror.db attached); nothing shows until the scope is set."""
    scope, suffix = Scope(), secrets.token_hex(16)
    connection.create_function("bound_organisation", 0, lambda: scope.organisation)
    connection.create_function("bound_person", 0, lambda: scope.person)
    for name, body in _views():
        connection.execute(f'create temp view "{name}_{suffix}" as {body}')
        connection.execute(f'create temp view "{name}" as select * from temp."{name}_{suffix}"')
    connection.execute(
        f'create temp trigger "visits_{suffix}" before insert on main.visits '
        "when not coalesce(new.org_id = (select bound_organisation()), 0) "
        "begin select raise(abort, 'a visit is written for the bound organisation only'); end"
    )
    connection.set_authorizer(_authorizer(suffix))
    return scope


def _views() -> Iterator[tuple[str, str]]:
    special = {"contacts": CONTACTS, "organisations": ORGANISATIONS, "members": MEMBERS, "pairing": PAIRING}
    for name in OWNED:
        if name not in special:
            yield name, f"select * from mirror.{name} where org_id = (select bound_organisation())"
    for name, columns in SHARED.items():
        yield name, f"select {', '.join(columns)} from mirror.{name}"
    yield from special.items()


def _authorizer(suffix: str) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """SQLite asks it about every table, column and function a statement names. ``via`` is the innermost view,
    trigger or *CTE*: a CTE takes any name, so only names nobody knows (the suffix) open the base tables."""
    public = frozenset(name for name, _ in _views())
    inner = frozenset(f"{name}_{suffix}" for name in {*public, "visits"})

    readable = frozenset(table for table, rights in WEB.items() if READ in rights) - public

    def reads(table: str | None, column: str | None, database: str | None, via: str | None) -> bool:
        if via in inner and database in ("main", "mirror"):
            return True
        if database == "temp":
            return table in public or table in inner
        if (
            column == ""
        ):  # counting rows; no database is named then unless the statement did: views come first
            open_to_all = {"mirror": SHARED.keys(), "main": readable, None: readable | public}
            return table in open_to_all.get(database, ())
        return database == "main" and table in readable

    def authorize(
        action: int, one: str | None, two: str | None, database: str | None, via: str | None
    ) -> int:
        match action:
            case sqlite3.SQLITE_READ:
                allowed = reads(one, two, database, via)
            case sqlite3.SQLITE_FUNCTION:
                allowed = two in FUNCTIONS or (two in SCOPED_BY and via in inner)
            case sqlite3.SQLITE_INSERT | sqlite3.SQLITE_UPDATE | sqlite3.SQLITE_DELETE:
                allowed = database == "main" and WRITES[action] in WEB.get(one or "", ())
            case sqlite3.SQLITE_PRAGMA:
                allowed = one == "read_uncommitted" and two is None  # SQLAlchemy asks it of a new connection
            case _:
                allowed = action in (
                    sqlite3.SQLITE_SELECT,
                    sqlite3.SQLITE_TRANSACTION,
                    sqlite3.SQLITE_SAVEPOINT,
                )
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize
