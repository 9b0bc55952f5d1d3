"""What an address may see: memberships in the portal, held against the contacts of the mirror.

The source wins: where all contacts of an address in an organisation are gone or inactive, it sees nothing.
Rights are worked out anew for every request, every link that is used and every mail that leaves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from portal.gateway import Standing, people, person_scope
from sync.config import Config
from sync.database import Database
from sync.tables import PORTAL, email_key

USERS = PORTAL["users"]
MEMBERS = PORTAL["members"]
ORGANISATIONS = PORTAL["organisations"]


@dataclass(frozen=True)
class User:
    """A person who may sign in, by address."""

    id: int
    email: str  # as written; mail goes here
    name: str
    deactivated: bool


@dataclass(frozen=True)
class Right:
    """One organisation a person may see now, and as what."""

    organisation: int
    name: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Rights:
    """What an address may see at this moment; ``user`` is None before its first sign-in."""

    email: str  # where mail for this address goes
    name: str  # the person's, as the portal or a contact has it; may be ''
    user: User | None
    organisations: tuple[Right, ...]

    @property
    def user_id(self) -> int | None:
        """The user's id, where there is one already."""
        return self.user.id if self.user else None

    @property
    def any(self) -> bool:
        """Whether there is anything to sign in for."""
        return bool(self.organisations)


@dataclass(frozen=True)
class _Member:
    name: str
    roles: str
    contact_of: str | None
    revoked: bool


def of(database: Database, config: Config, address: str) -> Rights:
    """Work out what an address may see now, by the same statements for a known address and an unknown one."""
    key = email_key(address)
    standings = {s.organisation: s for s in people(database, address, [s.id for s in config.sources])}
    with person_scope(database, address) as connection:
        user = _user(connection, key)
        members = _members(connection, key)
    found = () if user and user.deactivated else _allowed(config, standings, members)
    contacts = [name for s in standings.values() if s.live for name in s.contact_names]
    name = (user and user.name) or next(iter(contacts), "")
    return Rights(user.email if user else key, name, user, found)


def _user(connection: Connection, key: str) -> User | None:
    columns = select(USERS.c.id, USERS.c.email, USERS.c.name, USERS.c.deactivated_at)
    row = connection.execute(columns.where(USERS.c.email_key == key)).first()
    return row and User(row.id, row.email, row.name, row.deactivated_at is not None)


def _members(connection: Connection, key: str) -> dict[int, _Member]:
    seat = (MEMBERS.c.roles, MEMBERS.c.contact_of, MEMBERS.c.revoked_at)
    joined = (
        select(MEMBERS.c.org_id, ORGANISATIONS.c.name, *seat)
        .join(USERS, USERS.c.id == MEMBERS.c.user_id)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == MEMBERS.c.org_id)
    )
    rows = connection.execute(joined.where(USERS.c.email_key == key))
    return {
        row.org_id: _Member(row.name, row.roles, row.contact_of, row.revoked_at is not None) for row in rows
    }


def _allowed(
    config: Config, standings: Mapping[int, Standing], members: Mapping[int, _Member]
) -> tuple[Right, ...]:
    allowed = []
    for organisation in members.keys() | standings.keys():
        member, standing = members.get(organisation), standings.get(organisation)
        roles = _roles(config, member, standing)
        if roles:
            name = member.name if member else standing.organisation_name if standing else ""
            allowed.append(Right(organisation, name, roles))
    return tuple(sorted(allowed, key=lambda right: (right.name.casefold(), right.organisation)))


def _roles(config: Config, member: _Member | None, standing: Standing | None) -> frozenset[str]:
    """The roles in one organisation: staff may narrow what a contact has, not widen what the source took."""
    contact = standing is not None and standing.live
    if member:
        left = not contact if standing else member.contact_of in [source.id for source in config.sources]
        return frozenset() if member.revoked or left else frozenset(member.roles.split(","))
    return frozenset(config.login.roles) if contact and config.login.who == "contacts" else frozenset()
