"""Accounts → organisations: writes the links that ``rules`` decides or staff say, and has rows stamped.

Links commit first; rows are stamped in a second transaction. In between (and after a crash in between) a
removed link shows in the versions, the gateway answers 503 for that organisation, the next restamp mends it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.records import Account
from sync import mirror
from sync.config import Config
from sync.database import Database
from sync.owners import reading
from sync.owners.rules import PRIMARY, STAFF, Key, Link, Problem, Rules, decide, shown
from sync.tables import MIRROR, PORTAL, TABLE, new_id

ORGANISATIONS, LINKS, AUDIT = PORTAL["organisations"], PORTAL["links"], PORTAL["audit"]
STREAMS, STAMPS = MIRROR["streams"], MIRROR["stamps"]
BY_RULES = "rules"
PRIME = 2_147_483_647  # what sums are made of: no database overflows at it


class OtherPrimary(Exception):
    """[organisations] from names another source than the one the organisations came from."""


class NotKnown(Exception):
    """Staff named an account or an organisation that is not there."""


@dataclass(frozen=True)
class Linked:
    """What following the rules changed, and what a person should look at."""

    organisations: int
    added: Sequence[Link]
    removed: Sequence[Link]
    problems: Sequence[Problem]


def link(database: Database, config: Config, now: datetime) -> Linked:
    """Make the links follow the rules; commits. ``restamp`` must come next. Raises OtherPrimary."""
    with database.owners() as connection:
        _one_at_a_time(connection)
        links, rules = reading.links(connection), _rules(connection, config)
        _same_primary(links, rules.primary)
        decision = decide(reading.accounts(connection, rules.sources), links, rules, new_id)
        _found(connection, decision.organisations, now)
        _rename(connection, decision.names)
        _write(connection, decision.added, decision.removed, BY_RULES, now)
    return Linked(len(decision.organisations), decision.added, decision.removed, decision.problems)


@dataclass(frozen=True)
class Situation:
    """All that the link rules look at, told apart by counts and sums: where it is the same, so is what they
    decide."""

    rules: Rules
    accounts: Sequence[tuple[Any, ...]]
    links: tuple[Any, ...]


def situation(database: Database, config: Config) -> Situation:
    """What there is to decide about, without reading every account."""
    a, c = TABLE[Account].c, LINKS.c
    living = sa.case((a.gone_at.is_(None), a.fingerprint % PRIME), else_=0)
    told = sa.select(a.source, sa.func.count(), sa.func.sum(a.fingerprint % PRIME), sa.func.sum(living))
    held = sa.select(sa.func.count(), sa.func.max(c.made_at), sa.func.sum(c.org_id % PRIME))
    with database.staff() as connection:
        accounts = connection.execute(told.group_by(a.source).order_by(a.source)).all()
        links = connection.execute(held).one()
        return Situation(_rules(connection, config), tuple(map(tuple, accounts)), tuple(links))


def problems(database: Database, config: Config) -> Sequence[Problem]:
    """What the rules cannot decide, as things stand; changes nothing."""
    with database.staff() as connection:
        links, rules = reading.links(connection), _rules(connection, config)
        return decide(reading.accounts(connection, rules.sources), links, rules, new_id).problems


def assign(database: Database, key: Key, organisation: int | None, by: str, now: datetime) -> Link | None:
    """Staff say whose an account is (None: nobody's); no rule undoes it. Returns the link it had before."""
    with database.owners() as connection:
        _one_at_a_time(connection)
        before = reading.link_of(connection, key)
        if before is None and not reading.is_known(connection, key):
            raise NotKnown(
                f"nothing in {key[0]} belongs to an account {shown(key[1])}; ids count to the letter"
            )
        if organisation is not None and organisation not in reading.names(connection):
            raise NotKnown(f"there is no organisation {organisation}; fanlight org list shows them all")
        removed = [before] if before and before.organisation != organisation else []
        _write(connection, [Link(*key, organisation, STAFF)], removed, by, now)
    return before


def forget(database: Database, key: Key, by: str, now: datetime) -> Link:
    """Take back what staff said: the rules decide again. Raises NotKnown when staff said nothing."""
    with database.owners() as connection:
        _one_at_a_time(connection)
        before = reading.link_of(connection, key)
        if before is None or before.rule != STAFF:
            raise NotKnown(
                f"staff said nothing about account {shown(key[1])} of {key[0]}: nothing to take back"
            )
        _write(connection, [], [before], by, now)
    return before


def restamp(database: Database) -> int:
    """Stamp rows anew wherever links changed since; returns for how many organisations. It mends what a crash
    left, and a mirror or portal that was restored or made anew."""
    with database.staff() as connection:
        if _paired(connection) and not _stale(connection):
            return 0
    with database.sync() as connection:
        stale = _stale(connection) if _paired(connection) else _everyone(connection)
        mirror.stamp(connection, stale)
        database.pair(connection)
    return len(stale)


def _one_at_a_time(connection: sa.Connection) -> None:
    """Two runs that end together must not found one organisation twice. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("fanlight links")))).all()


def _rules(connection: sa.Connection, config: Config) -> Rules:
    c = STREAMS.c
    read = sa.select(c.source).where(c.record == "account", c.first_completed_at.is_not(None))
    return Rules(
        primary=config.organisations.primary,
        ids=config.organisations.ids,
        match=config.organisations.match,
        sources=frozenset(source.id for source in config.sources),
        settled=frozenset(connection.scalars(read)),
    )


def _same_primary(links: Iterable[Link], primary: str) -> None:
    others = {link.source for link in links if link.rule == PRIMARY} - {primary}
    if others:
        raise OtherPrimary(
            f'[organisations] from = "{primary}", but the organisations there are came from "{min(others)}": '
            "every customer would become a new one, without its people. No link was changed. Write "
            f'from = "{min(others)}" again; a portal on another primary source needs a database of its own'
        )


def _found(connection: sa.Connection, new: Mapping[int, str], now: datetime) -> None:
    common = {"created_at": now, "links_version": 0, "removed_version": 0}
    if new:
        rows = [{"id": id, "name": name, **common} for id, name in new.items()]
        connection.execute(sa.insert(ORGANISATIONS), rows)


def _rename(connection: sa.Connection, names: Mapping[int, str]) -> None:
    held = reading.names(connection)
    moved = [{"which": id, "called": name} for id, name in names.items() if held.get(id) != name]
    if moved:
        statement = sa.update(ORGANISATIONS).where(ORGANISATIONS.c.id == sa.bindparam("which"))
        connection.execute(statement.values(name=sa.bindparam("called")), moved)


def _write(
    connection: sa.Connection, added: Sequence[Link], removed: Sequence[Link], by: str, now: datetime
) -> None:
    """Replace links, let the versions of their organisations grow, note in the audit who did it."""
    keys = sorted({link.key for link in (*added, *removed)})
    if not keys:
        return
    old = sa.delete(LINKS).where(LINKS.c.source == sa.bindparam("s"), LINKS.c.account == sa.bindparam("a"))
    connection.execute(old, [{"s": source, "a": account} for source, account in keys])
    if added:
        made = {"made_by": by, "made_at": now}
        rows = [
            {"source": link.source, "account": link.account, "org_id": link.organisation, "rule": link.rule}
            for link in added
        ]
        connection.execute(sa.insert(LINKS), [{**row, **made} for row in rows])
    lost = {link.organisation for link in removed}
    _grow(connection, lost | {link.organisation for link in added}, "links_version", 1)
    _grow(connection, lost, "removed_version", 0)
    _note(connection, added, removed, by, now)


def _grow(connection: sa.Connection, which: Collection[int | None], column: str, by: int) -> None:
    """Set a version to links_version, or one more; who lost a link stays unseen until restamped."""
    ids = [{"which": id} for id in which if id is not None]
    if ids:
        statement = sa.update(ORGANISATIONS).where(ORGANISATIONS.c.id == sa.bindparam("which"))
        connection.execute(statement.values({column: ORGANISATIONS.c.links_version + by}), ids)


def _note(
    connection: sa.Connection, added: Sequence[Link], removed: Sequence[Link], by: str, now: datetime
) -> None:
    happened = [("unlink", link) for link in removed] + [("link", link) for link in added]
    rows = [
        {
            "what": what,
            "org_id": link.organisation,
            "detail": f"{link.source} {shown(link.account)} by {link.rule}",
        }
        for what, link in happened
    ]
    connection.execute(sa.insert(AUDIT), [{"id": new_id(), "at": now, "actor": by, **row} for row in rows])


def _stale(connection: sa.Connection) -> list[int]:
    """Organisations whose rows carry another version of their links than the one there is."""
    o = ORGANISATIONS.c
    versions = dict(connection.execute(sa.select(o.id, o.links_version)).all())
    stamped = dict(connection.execute(sa.select(STAMPS.c.org_id, STAMPS.c.version)).all())
    return sorted(id for id in versions.keys() | stamped.keys() if versions.get(id) != stamped.get(id))


def _everyone(connection: sa.Connection) -> list[int]:
    """Every organisation there is, and every one a row is stamped with, were it another portal's."""
    stamped = [sa.select(table.c.org_id).where(table.c.org_id.is_not(None)) for table in TABLE.values()]
    return sorted(
        connection.scalars(sa.union(sa.select(ORGANISATIONS.c.id), sa.select(STAMPS.c.org_id), *stamped))
    )


def _paired(connection: sa.Connection) -> bool:
    """Whether mirror and portal belong together: stamps made for another portal are worth nothing."""
    both = [sa.select(t["meta"].c.value).where(t["meta"].c.name == "pairing") for t in (MIRROR, PORTAL)]
    return connection.scalar(both[0]) == connection.scalar(both[1])
