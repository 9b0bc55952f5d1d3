"""Who owns what, as it stands: organisations, links, and the accounts nobody owns. Nothing here writes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from connectors.records import NAMES, Account
from sync.database import Database
from sync.owners import rules
from sync.owners.rules import Key, Link
from sync.tables import MIRROR, PORTAL, TABLE

ORGANISATIONS, LINKS = PORTAL["organisations"], PORTAL["links"]
SOURCES, ACCOUNTS = MIRROR["sources"], MIRROR["accounts"]


@dataclass(frozen=True)
class Organisation:
    """One customer, as staff list it. ``records`` counts the living ones it owns, by type."""

    id: int
    name: str
    links: Sequence[Link]
    records: Mapping[str, int]


@dataclass(frozen=True)
class Unlinked:
    """An account nobody owns: its records are visible to nobody. ``account`` None: records that name none.
    ``apart``: because staff said so."""

    source: str
    account: str | None
    name: str
    apart: bool
    records: Mapping[str, int]


def organisations(database: Database) -> Sequence[Organisation]:
    """All customers by name, with their accounts and how many records each owns."""
    with database.staff() as connection:
        held: dict[int | None, list[Link]] = defaultdict(list)
        for link in links(connection):
            held[link.organisation].append(link)
        counts = _owned(connection)
        called = names(connection)
    ordered = sorted(called.items(), key=lambda item: (item[1].casefold(), item[0]))
    return [Organisation(id, name, held[id], counts[id]) for id, name in ordered]


def _owned(connection: sa.Connection) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for record, table in TABLE.items():
        living = sa.select(table.c.org_id, sa.func.count()).where(
            table.c.gone_at.is_(None), table.c.org_id.is_not(None)
        )
        for organisation, number in connection.execute(living.group_by(table.c.org_id)):
            counts[organisation][NAMES[record]] = number
    return counts


def unlinked(database: Database) -> Sequence[Unlinked]:
    """Accounts of configured sources that belong to nobody, with what waits in them, the fullest first."""
    with database.staff() as connection:
        counts = _ownerless(connection)
        sources = sorted({source for source, _ in counts})
        called = {(account.source, account.id): account.name for account in accounts(connection, sources)}
        apart = {link.key for link in links(connection, LINKS.c.org_id.is_(None))}
    found = [
        Unlinked(
            source, account, called.get((source, account or ""), ""), (source, account) in apart, records
        )
        for (source, account), records in counts.items()
    ]
    return sorted(found, key=lambda one: (-sum(one.records.values()), one.source, one.account or ""))


def _ownerless(connection: sa.Connection) -> dict[tuple[str, str | None], dict[str, int]]:
    counts: dict[tuple[str, str | None], dict[str, int]] = defaultdict(dict)
    configured = sa.select(SOURCES.c.source).where(SOURCES.c.configured == 1)
    for record, table in TABLE.items():
        account = table.c.source_id if record is Account else table.c.belongs_to
        nobodys = sa.select(table.c.source, account, sa.func.count()).where(
            table.c.org_id.is_(None), table.c.gone_at.is_(None), table.c.source.in_(configured)
        )
        for source, named, number in connection.execute(nobodys.group_by(table.c.source, account)):
            counts[source, named or None][NAMES[record]] = number
    return counts


def accounts(connection: sa.Connection, sources: Iterable[str]) -> list[rules.Account]:
    """What the link rules look at, of every account of these sources, gone ones too."""
    c = ACCOUNTS.c
    rows = sa.select(c.source, c.source_id, c.name, c.number, c.tax_number, c.gone_at.is_not(None))
    return [rules.Account(*row) for row in connection.execute(rows.where(c.source.in_(list(sources))))]


def links(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Link]:
    """The links there are, or those of them that fit."""
    c = LINKS.c
    rows = sa.select(c.source, c.account, c.org_id, c.rule).where(*where).order_by(c.source, c.account)
    return [Link(*row) for row in connection.execute(rows)]


def link_of(connection: sa.Connection, key: Key) -> Link | None:
    """The link of one account."""
    return next(iter(links(connection, LINKS.c.source == key[0], LINKS.c.account == key[1])), None)


def owners_of(database: Database, source: str, accounts: Collection[str]) -> dict[str, int]:
    """Whose these accounts of a source are, as their rows are stamped: nobody's, and those the mirror never
    saw themselves, are left out."""
    c = ACCOUNTS.c
    rows = sa.select(c.source_id, c.org_id).where(c.source == source, c.org_id.is_not(None))
    with database.staff() as connection:
        return dict(connection.execute(rows.where(c.source_id.in_(list(accounts)))).all())


def lists_accounts(database: Database, source: str) -> bool:
    """Whether the source ever told of accounts themselves, not only of records that name them."""
    with database.staff() as connection:
        rows = sa.select(sa.literal(1)).where(ACCOUNTS.c.source == source)
        return connection.scalar(rows.limit(1)) is not None


def is_known(connection: sa.Connection, key: Key) -> bool:
    """Whether the mirror ever saw this account, by its own row or by a record that names it."""
    for record, table in TABLE.items():
        account = table.c.source_id if record is Account else table.c.belongs_to
        rows = sa.select(sa.literal(1)).where(table.c.source == key[0], account == key[1])
        if connection.scalar(rows.limit(1)):
            return True
    return False


def names(connection: sa.Connection) -> dict[int, str]:
    """Every organisation's name."""
    return dict(connection.execute(sa.select(ORGANISATIONS.c.id, ORGANISATIONS.c.name)).all())
