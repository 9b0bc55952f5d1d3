"""Who one address is: its user, its memberships, its contacts in the mirror, told by one statement."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from portal.gateway.found import Known, Restamping, Seat, Standing, User
from portal.gateway.query import one_of
from portal.gateway.scopes import bind_person
from sync.database import Database
from sync.database.pairing import paired
from sync.tables import MIRROR, PORTAL

CONTACTS = MIRROR["contacts"].alias("c")
ORGANISATIONS, MEMBERS = PORTAL["organisations"].alias("o"), PORTAL["members"].alias("m")
USERS = PORTAL["users"].alias("u")
KEY = sa.bindparam("key", type_=sa.Text)
NOBODY = Known(None, (), ())


def people(database: Database, address: str, sources: Sequence[str]) -> Known:
    """Who one address is by the portal and by the contacts of these sources; raises Restamping.

    The same statement for a known address and an unknown one."""
    with database.web() as connection:
        return people_within(database, connection, address, sources)


def people_within(
    database: Database, connection: sa.Connection, address: str, sources: Sequence[str]
) -> Known:
    """The same in a transaction that is bound to nobody yet; from here on it shows this person's rows."""
    key = bind_person(database, connection, address)
    if not key.isprintable():
        return NOBODY
    rows = connection.execute(_asked(tuple(sources)), {"key": key}).all()
    if not rows[0].paired:
        raise Restamping
    user = User(rows[0].id, rows[0].email, rows[0].name, rows[0].deactivated_at is not None)
    seats = [row for row in rows if row.org_id is not None and row.roles is not None]
    contacts = [row for row in rows if row.org_id is not None and row.roles is None]
    return Known(
        user if rows[0].id is not None else None,
        [
            _standing([c for c in contacts if c.org_id == org])
            for org in dict.fromkeys(c.org_id for c in contacts)
        ],
        [Seat(m.org_id, m.organisation, m.roles, m.contact_of, m.revoked_at is not None) for m in seats],
    )


@cache
def _asked(sources: tuple[str, ...]) -> sa.Select[Any]:
    """One row at least: whether the databases are a pair, the user or nothing, each contact and seat."""
    here = sa.select(paired().label("paired")).subquery("here")
    seats = sa.union_all(_contacts(sources), _members()).subquery("seats")
    joined = here.outerjoin(USERS, USERS.c.email_key == KEY).outerjoin(seats, sa.true())
    user = (USERS.c.id, USERS.c.email, USERS.c.name, USERS.c.deactivated_at)
    told = (c for c in seats.c)
    asked = sa.select(here.c.paired, *user, *told).select_from(joined)
    return asked.order_by(seats.c.organisation, seats.c.org_id, seats.c.contact)


def _contacts(sources: tuple[str, ...]) -> sa.Select[Any]:
    live = sa.and_(CONTACTS.c.gone_at.is_(None), CONTACTS.c.active == 1).label("live")
    name = CONTACTS.c.name.label("contact")
    empty = (sa.cast(sa.null(), MEMBERS.c[c].type).label(c) for c in ("roles", "contact_of", "revoked_at"))
    return (
        sa.select(CONTACTS.c.org_id, ORGANISATIONS.c.name.label("organisation"), name, live, *empty)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == CONTACTS.c.org_id)
        .where(CONTACTS.c.email_key == KEY, one_of(CONTACTS.c.source, sources))
    )


def _members() -> sa.Select[Any]:
    user, seat = PORTAL["users"].alias("mu"), (MEMBERS.c.roles, MEMBERS.c.contact_of, MEMBERS.c.revoked_at)
    return (
        sa.select(MEMBERS.c.org_id, ORGANISATIONS.c.name, sa.literal_column("''"), sa.false(), *seat)
        .join(user, user.c.id == MEMBERS.c.user_id)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == MEMBERS.c.org_id)
        .where(user.c.email_key == KEY)
    )


def _standing(rows: Sequence[Any]) -> Standing:
    live = [row.contact for row in rows if row.live]
    names = tuple(dict.fromkeys(live or [row.contact for row in rows]))
    return Standing(rows[0].org_id, rows[0].organisation, names, live=bool(live), known=True)
