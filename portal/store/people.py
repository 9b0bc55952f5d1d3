"""People who may sign in, by address, and what staff decide about them: invite, list, revoke.

Memberships are written on the staff role; the web can make a user (a contact's first sign-in) but no member.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import letters
from portal.store import audit, outbox, passes, sessions
from sync.config import ROLES, Config
from sync.database import Database
from sync.tables import MIRROR, PORTAL, email_key, new_id

USERS = PORTAL["users"]
MEMBERS = PORTAL["members"]
ORGANISATIONS = PORTAL["organisations"]
SESSIONS = PORTAL["sessions"]
CONTACTS = MIRROR["contacts"]
UNSAFE = r"\s@<>,;:\"\\()\[\]"
ADDRESS = re.compile(rf"[^{UNSAFE}]{{1,64}}@[^{UNSAFE}.]+(\.[^{UNSAFE}.]+)+")


class NotInvited(Exception):
    """An invitation or a change of rights that cannot be; the message says why and what to do."""


@dataclass(frozen=True)
class Listed:
    """One person in one organisation, for `fanlight user list`."""

    email: str
    name: str
    organisation: str
    organisation_id: int
    roles: str
    invited_at: datetime
    invited_by: str
    last_seen: datetime | None
    state: str  # invited | active | left (gone at the source) | revoked | deactivated


def plausible(address: str) -> bool:
    """Whether text can be an e-mail address at all; says nothing about whether we know it."""
    printable = all(c.isprintable() for c in address)
    return printable and len(address) <= 254 and ADDRESS.fullmatch(address.strip()) is not None


def ensure(connection: Connection, address: str, name: str, now: datetime) -> int:
    """The user of an address, made where there is none yet; an existing one keeps its address as it was."""
    key = email_key(address)
    row = {"id": new_id(), "email": address.strip(), "email_key": key, "name": name, "created_at": now}
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(make(USERS).values(row).on_conflict_do_nothing(index_elements=["email_key"]))
    return int(connection.execute(select(USERS.c.id).where(USERS.c.email_key == key)).scalar_one())


def invite(
    database: Database,
    config: Config,
    email: str,
    organisation: int,
    roles: Collection[str],
    by: str,
    now: datetime,
) -> str:
    """Make somebody a member and queue their welcome mail; returns the organisation's name.

    Inviting again sends a fresh mail and sets the roles anew. Raises NotInvited."""
    _refuse_odd(email, roles)
    with database.staff(write=True) as connection:
        name = _organisation(connection, organisation)
        known = _known_by(connection, config, email_key(email), organisation)
        _refuse_leaver(email, name, known)
        user = ensure(connection, email, "", now)
        connection.execute(update(USERS).where(USERS.c.id == user).values(deactivated_at=None))
        values = {
            "roles": ",".join(sorted(set(roles))),
            "invited_at": now,
            "invited_by": by,
            "contact_of": next((source for source, live in known.items() if live), None),
            "revoked_at": None,
        }
        _set_member(connection, user, organisation, values)
        send_invitation(connection, config, email_key(email), user, organisation, name, now)
        audit.note(connection, now, by, "invited", f"{email_key(email)} as {values['roles']}", organisation)
    return name


def send_invitation(
    connection: Connection, config: Config, email: str, user: int, organisation: int, name: str, now: datetime
) -> None:
    """Queue a welcome mail with a link that lives for seven days, to the user's stored address."""
    secret = config.portal.secret_key.get_secret_value()
    asked = passes.Asked("invitation", email, user=user, organisation=organisation)
    seed = passes.issue(connection, secret, asked, now)
    stored = connection.execute(select(USERS.c.email).where(USERS.c.id == user)).scalar_one()
    outbox.queue(connection, f"invitation:{seed}", stored, letters.invitation(config, name), now)


def _refuse_odd(email: str, roles: Collection[str]) -> None:
    if not plausible(email):
        raise NotInvited(f"{email!r} is not an e-mail address: write it like name@company.example")
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise NotInvited(
            f"unknown role {', '.join(unknown) or '(none given)'}: use one or more of {', '.join(ROLES)}"
        )


def _organisation(connection: Connection, organisation: int) -> str:
    named = select(ORGANISATIONS.c.name).where(ORGANISATIONS.c.id == organisation)
    name = connection.execute(named).scalar_one_or_none()
    if name is None:
        raise NotInvited(f"there is no organisation {organisation}: `fanlight org list` shows them")
    return str(name)


def _known_by(connection: Connection, config: Config, key: str, organisation: int) -> dict[str, bool]:
    """The sources asked for contacts that know an address as one of this organisation, and whether it still
    is."""
    asked = CONTACTS.c.source.in_(config.telling_of("contact"))
    theirs = and_(CONTACTS.c.email_key == key, CONTACTS.c.org_id == organisation, asked)
    rows = connection.execute(
        select(CONTACTS.c.source, CONTACTS.c.active, CONTACTS.c.gone_at).where(theirs)
    ).all()
    live = {row.source for row in rows if row.active and row.gone_at is None}
    return {row.source: row.source in live for row in rows}


def _refuse_leaver(email: str, organisation: str, known: Mapping[str, bool]) -> None:
    if known and not any(known.values()):
        raise NotInvited(
            f"{email} is a contact of {organisation} that is gone or inactive in its source, which wins: "
            "make the contact active there and sync, then invite again"
        )


def _set_member(connection: Connection, user: int, organisation: int, values: dict[str, object]) -> None:
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = make(MEMBERS).values(user_id=user, org_id=organisation, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["user_id", "org_id"], set_=values))


def list_all(database: Database, config: Config) -> Sequence[Listed]:
    """Every member with their state, by organisation and address."""
    seen = select(func.max(SESSIONS.c.seen_at)).where(SESSIONS.c.user_id == USERS.c.id).scalar_subquery()
    joined = (
        select(MEMBERS, USERS.c.email, USERS.c.email_key, USERS.c.name, USERS.c.deactivated_at)
        .add_columns(ORGANISATIONS.c.name.label("organisation"), seen.label("last_seen"))
        .join(USERS, USERS.c.id == MEMBERS.c.user_id)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == MEMBERS.c.org_id)
        .order_by(ORGANISATIONS.c.name, USERS.c.email_key)
    )
    with database.staff() as connection:
        rows = connection.execute(joined).all()
        return [
            Listed(
                row.email, row.name, row.organisation, row.org_id, row.roles, row.invited_at, row.invited_by,
                row.last_seen, _state(connection, config, row),
            )
            for row in rows
        ]  # fmt: skip


def _state(connection: Connection, config: Config, row: Any) -> str:
    if row.deactivated_at:
        return "deactivated"
    if row.revoked_at:
        return "revoked"
    known = _known_by(connection, config, row.email_key, row.org_id)
    known_when_invited = row.contact_of in [source.id for source in config.sources]
    if not any(known.values()) and (known or known_when_invited):
        return "left"
    return "active" if row.last_seen else "invited"


def revoke(database: Database, email: str, organisation: int | None, by: str, now: datetime) -> None:
    """Take away one organisation, or (None) everything: every session ends, every link that waits is dead.

    Works for contacts who never signed in too: what staff refuse stays refused. Raises NotInvited."""
    _refuse_odd(email, ["read_all"])
    key = email_key(email)
    with database.staff(write=True) as connection:
        user = ensure(connection, email, "", now)
        if organisation is None:
            connection.execute(update(USERS).where(USERS.c.id == user).values(deactivated_at=now))
        else:
            _organisation(connection, organisation)
            _withdraw(connection, user, organisation, by, now)
        sessions.end_all(connection, user, now)
        passes.cancel(connection, key, now)
        audit.note(connection, now, by, "revoked", key, organisation)


def _withdraw(connection: Connection, user: int, organisation: int, by: str, now: datetime) -> None:
    theirs = and_(MEMBERS.c.user_id == user, MEMBERS.c.org_id == organisation)
    if connection.execute(update(MEMBERS).where(theirs).values(revoked_at=now)).rowcount == 0:
        values = {"roles": "read_all", "invited_at": now, "invited_by": by, "revoked_at": now}
        _set_member(connection, user, organisation, values)
