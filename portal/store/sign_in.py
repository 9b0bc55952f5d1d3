"""Signing in: asking for a link, using it, typing its code, asking anew.

Nothing here tells whether an address is known: asking runs the same statements for every address, and what
differs is only whether the mail in the outbox is ever sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from portal import letters
from portal.letters import Letter
from portal.store import audit, devices, outbox, passes, people, rights, sessions, throttle, tokens
from portal.store.passes import Pass
from portal.store.rights import Rights
from portal.store.sessions import Session, Terms
from portal.store.throttle import Blocked, Limit
from sync.config import Config, duration
from sync.database import Database
from sync.tables import email_key

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Visitor:
    """The browser in front of us: what it brought, and where it comes from."""

    ip: str
    device: str  # the token of its device cookie, '' without one
    user_agent: str
    asked: str = ""  # the mark it was given when it asked for a link, '' where it did not
    session: Session | None = None  # what it is signed in as now; ends when another session begins


@dataclass(frozen=True)
class Entered:
    """Signed in: what goes into cookies, and where to go."""

    token: str
    device: str
    then: str
    terms: Terms


@dataclass(frozen=True)
class Typed:
    """What a person fills in: the six digits ('' without), and whether to stay signed in."""

    code: str
    stay: bool


@dataclass(frozen=True)
class Refused:
    """Not signed in: the code was wrong, or (``dead``) the link and its code are of no more use."""

    dead: bool


@dataclass(frozen=True)
class _Wish:
    """A mail that somebody wants, whether or not its address may have one."""

    key: str
    letter: Letter
    then: str
    purpose: str = "mail"
    organisation: int | None = None


def ask(
    database: Database, config: Config, address: str, then: str, visitor: Visitor, now: datetime
) -> str | Blocked:
    """Mail a link and a code to an address that may sign in; returns the mark of the browser that asked."""
    allowed = rights.of(database, config, address)
    wish = _Wish(email_key(address), letters.sign_in(config), then)
    return _send(database, config, allowed, wish, visitor, now)


def again(database: Database, config: Config, found: Pass, visitor: Visitor, now: datetime) -> str | Blocked:
    """Mail a fresh link to the address of one that expired or was used; nobody has to type it again."""
    allowed = rights.of(database, config, found.email_key)
    right = next((r for r in allowed.organisations if r.organisation == found.org_id), None)
    if found.purpose == "invitation" and right:
        letter = letters.invitation(config, right.name)
        wish = _Wish(found.email_key, letter, found.next, "invitation", right.organisation)
    else:
        wish = _Wish(found.email_key, letters.sign_in(config), found.next)
    return _send(database, config, allowed, wish, visitor, now)


def _send(
    database: Database, config: Config, allowed: Rights, wish: _Wish, visitor: Visitor, now: datetime
) -> str | Blocked:
    browser, secret = tokens.fresh(), config.portal.secret_key.get_secret_value()
    with database.web(write=True) as connection:
        known = devices.knows(connection, visitor.device, wish.key)
        blocked = throttle.hit(connection, _asking_limits(wish.key, visitor, known=known), now)
        if blocked:
            _note_blocked(connection, blocked, wish.key, visitor, now)
            return blocked
        asked = passes.Asked(wish.purpose, wish.key, wish.then, allowed.user_id, wish.organisation, browser)
        seed = passes.issue(connection, secret, asked, now)
        recipient = allowed.email if allowed.any else None
        outbox.queue(connection, f"{wish.purpose}:{seed}", recipient, wish.letter, now)
    return browser


def _asking_limits(key: str, visitor: Visitor, *, known: bool) -> Sequence[Limit]:
    """A browser the person has signed in from before counts for itself: strangers cannot use up its turns."""
    whose = f"ask/{key}/{tokens.digest(visitor.device)}" if known else f"ask/{key}"
    return Limit(whose, 5, QUARTER), Limit(f"ask from/{throttle.network(visitor.ip)}", 30, QUARTER)


def _note_blocked(
    connection: Connection, blocked: Blocked, key: str, visitor: Visitor, now: datetime
) -> None:
    if blocked.first:
        detail = (
            f"{letters.one_line(key)} from {visitor.ip}: limit {blocked.limit.hits} in {blocked.limit.window}"
        )
        audit.note(connection, now, "sign-in", "sign-in blocked", detail)


def behind_link(database: Database, token: str) -> Pass | None:
    """The link of this token, dead or alive."""
    with database.web() as connection:
        return passes.find(connection, token)


def behind_browser(database: Database, mark: str) -> Pass | None:
    """What the browser with this mark asked for, dead or alive."""
    with database.web() as connection:
        return passes.asked_from(connection, mark)


def needs_code(database: Database, found: Pass, visitor: Visitor) -> bool:
    """Whether the link alone is not enough: a browser that neither asked for it nor is known from before may
    be a mail scanner that presses buttons."""
    if found.purpose == "trusted" or found.asked_in(visitor.asked):
        return False
    with database.web() as connection:
        return not devices.knows(connection, visitor.device, found.email_key)


def enter_by_link(
    database: Database, config: Config, found: Pass, typed: Typed, visitor: Visitor, now: datetime
) -> Entered | Refused:
    """Use a link, with the code of its mail where the browser is new. Tries count for this link alone."""
    asked_for = needs_code(database, found, visitor)
    if asked_for and not typed.code:
        return Refused(dead=not found.live(now))
    proof = _Proof(found, typed.code if asked_for else None, typed.stay)
    entered = _enter(database, config, proof, visitor, now)
    return Refused(dead=True) if isinstance(entered, Blocked) else entered


def enter_by_code(
    database: Database, config: Config, found: Pass, typed: Typed, visitor: Visitor, now: datetime
) -> Entered | Refused | Blocked:
    """Type the code in the browser that asked for it. Tries are limited per code and per address."""
    limits = (
        Limit(f"code/{found.email_key}", 10, HOUR),
        Limit(f"code/{found.email_key}", 45, DAY),
        Limit(f"code from/{throttle.network(visitor.ip)}", 60, HOUR),
    )
    return _enter(database, config, _Proof(found, typed.code, typed.stay, limits), visitor, now)


@dataclass(frozen=True)
class _Proof:
    """What somebody shows to come in. ``code`` None: the link is proof enough."""

    found: Pass
    code: str | None
    stay: bool
    limits: Sequence[Limit] = ()


def _enter(
    database: Database, config: Config, proof: _Proof, visitor: Visitor, now: datetime
) -> Entered | Refused | Blocked:
    found, secret = proof.found, config.portal.secret_key.get_secret_value()
    allowed = rights.of(database, config, found.email_key)
    with database.web(write=True) as connection:
        blocked = throttle.hit(connection, proof.limits, now)
        if blocked:
            _note_blocked(connection, blocked, found.email_key, visitor, now)
            return blocked
        passes.hold(connection, found.email_key)
        if proof.code is not None and not passes.try_code(connection, secret, found.hash, proof.code):
            return Refused(dead=not found.typeable(now) or found.tries + 1 >= passes.TRIES)
        if not passes.spend(connection, found.hash, now) or not allowed.any:
            return Refused(dead=True)
        return _open(connection, found, allowed, visitor, _terms(config, stay=proof.stay), now)


def _open(
    connection: Connection, found: Pass, allowed: Rights, visitor: Visitor, terms: Terms, now: datetime
) -> Entered:
    user = people.ensure(connection, allowed.email, allowed.name, now)
    if visitor.session:
        sessions.end_one(connection, visitor.session.user_id, visitor.session.id, now)
    device = visitor.device
    if not devices.knows(connection, device, found.email_key):
        device = tokens.fresh()
        devices.remember(connection, device, user, now)
    chosen = found.org_id if any(r.organisation == found.org_id for r in allowed.organisations) else None
    browser = sessions.Browser(devices.describe(visitor.user_agent), tokens.digest(device))
    token = sessions.open(connection, user, browser, chosen, terms, now)
    audit.note(
        connection, now, found.email_key, "signed in", f"by {found.purpose} on {browser.device}", chosen
    )
    return Entered(token, device, found.next, terms)


def _terms(config: Config, *, stay: bool) -> Terms:
    """12 hours idle and a day at most; 30 days where the person ticked "stay signed in" (as configured)."""
    idle, remember = duration(config.login.idle), duration(config.login.remember)
    return Terms(remember, remember, lasting=True) if stay else Terms(idle, max(idle * 2, DAY), lasting=False)


def trusted_link(
    database: Database, config: Config, email: str, now: datetime, *, by: str = "staff",
    lifetime: timedelta = passes.LIFETIMES["trusted"],
) -> str:  # fmt: skip
    """A link that staff hand over themselves; whoever opens it presses a button. Raises people.NotInvited."""
    allowed = rights.of(database, config, email)
    if not allowed.any:
        raise people.NotInvited(
            f"{email} may not sign in: `fanlight user invite` it, or see `fanlight user list`"
        )
    with database.web(write=True) as connection:
        key = email_key(email)
        token = passes.trust(connection, passes.Asked("trusted", key, user=allowed.user_id), now, lifetime)
        audit.note(connection, now, by, "login link made", key)
    return f"{config.portal.base_url.rstrip('/')}/login/{token}"
