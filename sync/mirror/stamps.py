"""Organisations onto rows. ``portal.links`` says whose an account is, ``sync.owners`` when it moved; the rows
already mirrored are stamped here, new ones as they are written."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from connectors.records import NAMES, Account, Record
from sync.mirror.statements import insert, pieces
from sync.tables import MIRROR, PORTAL, TABLE

CHANGES, LEASES, STAMPS = MIRROR["changes"], MIRROR["leases"], MIRROR["stamps"]
LINKS, ORGANISATIONS = PORTAL["links"], PORTAL["organisations"]


def stamp(connection: sa.Connection, organisations: Collection[int]) -> int:
    """Let all rows of these organisations, and all rows linked to them, carry what ``portal.links`` says now,
    and note for which version of the links that holds. Returns how many records moved."""
    # A page in flight may have read the links before they changed: wait until it is committed, then look.
    connection.execute(sa.select(LEASES.c.owner).with_for_update()).all()
    moved = 0
    for some in pieces(sorted(organisations)):
        found = sa.select(ORGANISATIONS.c.id, ORGANISATIONS.c.links_version)
        versions = connection.execute(found.where(ORGANISATIONS.c.id.in_(some))).all()
        moved += sum(_stamp_records(connection, record, some) for record in TABLE)
        _note(connection, some, versions)
    return moved


def _stamp_records(connection: sa.Connection, record: type[Record], organisations: Sequence[int]) -> int:
    table = TABLE[record]
    account = table.c.source_id if record is Account else table.c.belongs_to
    of_row = (LINKS.c.source == table.c.source, LINKS.c.account == account)
    owner = sa.select(LINKS.c.org_id).where(*of_row).scalar_subquery()
    linked = sa.select(LINKS.c.source, LINKS.c.account).where(LINKS.c.org_id.in_(organisations))
    touched = table.c.org_id.in_(organisations) | sa.tuple_(table.c.source, account).in_(linked)
    moving = sa.update(table).where(touched, table.c.org_id.is_distinct_from(owner)).values(org_id=owner)
    moved = connection.execute(moving).rowcount
    if moved:
        _hand_over(connection, record, CHANGES.c.source.is_not(None))
    return moved


def hand_over(connection: sa.Connection, record: type[Record], source: str, ids: Sequence[str]) -> None:
    """Records that moved to another account take their history along: whom they left keeps nothing."""
    for some in pieces(ids):
        _hand_over(connection, record, (CHANGES.c.source == source) & CHANGES.c.source_id.in_(some))


def _hand_over(connection: sa.Connection, record: type[Record], which: sa.ColumnElement[bool]) -> None:
    table = TABLE[record]
    same = (table.c.source == CHANGES.c.source, table.c.source_id == CHANGES.c.source_id)
    owner = sa.select(table.c.org_id).where(*same).scalar_subquery()
    strayed = sa.update(CHANGES).where(CHANGES.c.record == NAMES[record], which)
    connection.execute(strayed.where(CHANGES.c.org_id.is_distinct_from(owner)).values(org_id=owner))


def _note(
    connection: sa.Connection, organisations: Iterable[int], versions: Sequence[tuple[Any, ...]]
) -> None:
    known = [{"org_id": id, "version": version} for id, version in versions]
    dissolved = set(organisations) - {row["org_id"] for row in known}
    if known:
        noting = insert(connection, STAMPS)
        told = {"version": noting.excluded.version}
        connection.execute(noting.on_conflict_do_update(index_elements=["org_id"], set_=told), known)
    if dissolved:
        connection.execute(sa.delete(STAMPS).where(STAMPS.c.org_id.in_(dissolved)))


def owners(connection: sa.Connection, source: str, accounts: Collection[str]) -> dict[str, int | None]:
    """Whose these accounts are now. Asked in each page's own transaction, never remembered: a link taken away
    while a run goes on must not come back with the next page."""
    found: dict[str, int | None] = {}
    for some in pieces(list(accounts)):
        links = sa.select(LINKS.c.account, LINKS.c.org_id).where(LINKS.c.source == source)
        found.update(connection.execute(links.where(LINKS.c.account.in_(some))).all())
    return found
