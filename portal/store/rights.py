"""What an address may see: memberships in the portal, held against the contacts of the mirror.

The source wins: where all contacts of an address in an organisation are gone or inactive, it sees nothing.
Contacts of a source that is no longer asked for them count as if they were not there: nobody would hear it if
they left.
Rights are worked out anew for every request, every link that is used and every mail that leaves.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.gateway import Known, Restamping, Seat, Standing, User, people, people_within
from portal.store import sessions
from portal.store.sessions import Session
from sync.config import Config
from sync.database import Database
from sync.tables import email_key


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


def of(database: Database, config: Config, address: str) -> Rights:
    """Work out what an address may see now, by the same statements for a known address and an unknown one."""
    return _weighed(config, address, people(database, address, config.telling_of("contact")))


def of_session(
    database: Database, config: Config, token: str, now: datetime
) -> tuple[Session, Rights | None] | None:
    """The live session of a token, with what its person may see now: one transaction reads both.

    The rights are None while nothing is certain: whoever needs them asks again and is told so."""
    with database.web() as connection:
        session = sessions.find(connection, token, now)
        if session is None:
            return None
        try:
            known = people_within(database, connection, session.email, config.telling_of("contact"))
        except Restamping:
            return session, None
    return session, _weighed(config, session.email, known)


def _weighed(config: Config, address: str, known: Known) -> Rights:
    user = known.user
    found = () if user and user.deactivated else _allowed(config, known)
    contacts = [name for standing in known.standings if standing.live for name in standing.contact_names]
    name = (user and user.name) or next(iter(contacts), "")
    return Rights(user.email if user else email_key(address), name, user, found)


def _allowed(config: Config, known: Known) -> tuple[Right, ...]:
    members = {seat.organisation: seat for seat in known.seats}
    standings = {standing.organisation: standing for standing in known.standings}
    allowed = []
    for organisation in members.keys() | standings.keys():
        member, standing = members.get(organisation), standings.get(organisation)
        roles = _roles(config, member, standing)
        if roles:
            name = member.organisation_name if member else standing.organisation_name if standing else ""
            allowed.append(Right(organisation, name, roles))
    return tuple(sorted(allowed, key=lambda right: (right.name.casefold(), right.organisation)))


def _roles(config: Config, member: Seat | None, standing: Standing | None) -> frozenset[str]:
    """The roles in one organisation: staff may narrow what a contact has, not widen what the source took."""
    contact = standing is not None and standing.live
    if member:
        left = not contact if standing else member.contact_of in [source.id for source in config.sources]
        return frozenset() if member.revoked or left else frozenset(member.roles.split(","))
    return frozenset(config.login.roles) if contact and config.login.who == "contacts" else frozenset()
