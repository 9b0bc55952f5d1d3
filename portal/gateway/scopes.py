"""Transactions bound to one organisation or one person: only here is the database told whose rows to show."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from portal.gateway.found import Restamping, Standing
from sync.database import Database
from sync.tables import MIRROR, PORTAL, email_key

CONTACTS, STAMPS = MIRROR["contacts"], MIRROR["stamps"]
ORGANISATIONS = PORTAL["organisations"]


@contextmanager
def organisation_scope(
    database: Database, organisation: int, *, write: bool = False
) -> Iterator[sa.Connection]:
    """One transaction that sees one organisation."""
    with database.web(write=write) as connection:
        database.bind(connection, organisation=organisation)
        yield connection


@contextmanager
def person_scope(database: Database, address: str, *, write: bool = False) -> Iterator[sa.Connection]:
    """One transaction that sees what one address is: contacts, memberships, names of their organisations.
    An address that can be nobody's sees nothing."""
    key = email_key(address)
    with database.web(write=write) as connection:
        if key and key.isprintable():
            database.bind(connection, person=key)
        yield connection


def people(database: Database, address: str, sources: Sequence[str]) -> Sequence[Standing]:
    """Who one address is by the contacts of the mirror, organisation by organisation; raises Restamping."""
    key = email_key(address)
    asked = (
        sa.select(CONTACTS.c.org_id, ORGANISATIONS.c.name.label("organisation"), CONTACTS.c.name,
                  sa.and_(CONTACTS.c.gone_at.is_(None), CONTACTS.c.active == 1).label("live"))
        .join(ORGANISATIONS, ORGANISATIONS.c.id == CONTACTS.c.org_id)
        .where(CONTACTS.c.email_key == key, CONTACTS.c.source.in_(sources))
        .order_by(ORGANISATIONS.c.name, CONTACTS.c.org_id, CONTACTS.c.name)
    )  # fmt: skip
    if not key.isprintable():
        return ()
    with person_scope(database, address) as connection:
        if not database.paired(connection):
            raise Restamping
        rows = connection.execute(asked).all()
    return [
        _standing([row for row in rows if row.org_id == org]) for org in dict.fromkeys(r.org_id for r in rows)
    ]


def _standing(rows: Sequence[sa.Row[tuple[int, str, str, bool]]]) -> Standing:
    live = [row.name for row in rows if row.live]
    names = tuple(dict.fromkeys(live or [row.name for row in rows]))
    return Standing(rows[0].org_id, rows[0].organisation, names, live=bool(live), known=True)


def refuse_uncertain(database: Database, connection: sa.Connection) -> None:
    """Raise Restamping unless the rows in scope carry the owners that the links name now.

    The mirror is asked first: SQLite reads its two files one after the other, links grow before stamps."""
    stamped = connection.execute(sa.select(STAMPS.c.version)).scalar() or 0
    links = connection.execute(
        sa.select(ORGANISATIONS.c.removed_version, ORGANISATIONS.c.links_version)
    ).one_or_none()
    if links is None or links.removed_version > stamped or stamped > links.links_version:
        raise Restamping
    if not database.paired(connection):
        raise Restamping
