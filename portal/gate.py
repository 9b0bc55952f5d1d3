"""Who asks, and for which organisation. Every route declares its audience, or the portal refuses to start.

    public      nobody needs to be known: sign-in, health, static files
    person      signed in, with or without an organisation: choosing one, ending sessions
    signed-in   signed in and working for one organisation
    orders | invoices | quotes | support | account    the same, where role and organisation have it
    staff       people of the business: none of these routes exists yet, so all of them are missing (404)

Rights are worked out anew on every request from current contacts, memberships and links; a cookie holds none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, Request, Response, abort, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from portal.gateway import Freshness, Gateway
from portal.next_page import here
from portal.store import rights, visits
from portal.store.rights import Right, Rights
from portal.store.sessions import Session
from sync.config import Config

if TYPE_CHECKING:
    from portal import Fanlight

View = TypeVar("View", bound=Callable[..., Any])
SECTIONS = ("orders", "invoices", "quotes", "support", "account")
ROLES = {
    "admin": frozenset(SECTIONS),
    "read_all": frozenset(SECTIONS),
    "finance": frozenset({"invoices", "quotes", "account"}),
    "orders": frozenset({"orders", "quotes", "account"}),
    "support": frozenset({"support", "account"}),
}
AUDIENCES = ("public", "person", "signed-in", *SECTIONS, "staff")
METHODS = frozenset({"GET", "HEAD", "POST"})
# portal.proof asks as somebody by putting a Session object here; no HTTP request carries an object, and
# what a request says stands under names of its own (HTTP_…).
INSIDE = "fanlight.inside"
SHOWN = {"orders": "order", "invoices": "invoice", "quotes": "quote", "support": "ticket"}
# The records a section lives on; "account" is always there, for it holds one's own devices too.
LIVES_ON = {
    "orders": frozenset({"order"}),
    "invoices": frozenset({"invoice", "payment"}),
    "quotes": frozenset({"quote"}),
    "support": frozenset({"ticket"}),
}


class Undeclared(Exception):
    """A route does not say who may use it."""


@dataclass(frozen=True)
class Person:
    """Who is signed in."""

    user_id: int
    email: str
    name: str


@dataclass(frozen=True)
class Organisation:
    """One of our customers, as its own people see it."""

    id: int
    name: str


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login is untyped
    """What Flask-Login keeps of a browser: the session's token, looked up anew on every request."""

    def __init__(self, token: str, row: Session, rights: Rights | None) -> None:
        self.token, self.row, self.rights = token, row, rights

    def get_id(self) -> str:
        """What stands in the cookie; only its hash is in the database."""
        return self.token


def audience(name: str) -> Callable[[View], View]:
    """Declare who may use a view."""
    if name not in AUDIENCES:
        raise Undeclared(f"{name!r} is no audience: use one of {', '.join(AUDIENCES)}")

    def declare(view: View) -> View:
        cast("Any", view).audience = name
        return view

    return declare


def audience_of(app: Flask, endpoint: str | None) -> str | None:
    """The declared audience of an endpoint; None for a page that does not exist."""
    return getattr(app.view_functions.get(endpoint or ""), "audience", None)


def refuse_undeclared(app: Flask) -> None:
    """Raise Undeclared unless every endpoint has an audience."""
    silent = sorted(
        {rule.endpoint for rule in app.url_map.iter_rules() if not audience_of(app, rule.endpoint)}
    )
    if silent:
        raise Undeclared(
            f"{', '.join(silent)}: no audience is declared, so nobody knows who may see this; "
            "put @gate.audience(…) on the view"
        )


def fanlight() -> "Fanlight":
    """The running portal: configuration, database, clock, postman."""
    return cast("Fanlight", current_app.extensions["fanlight"])


def install(app: Flask) -> None:
    """Stand at the door: before, after and at the end of every request."""
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_session_of)
    app.before_request(_enter)
    CSRFProtect(app)  # after the gate: who is not signed in reads that first
    app.after_request(_leave)
    app.teardown_request(_close)


def _session_of(token: str) -> SignedIn | None:
    found = rights.of_session(fanlight().database, fanlight().config, token, fanlight().clock())
    return SignedIn(token, *found) if found else None


def signed_in() -> Session | None:
    """The live session of this request, or None."""
    inside = request.environ.get(INSIDE)
    if isinstance(inside, Session):
        return inside
    return current_user.row if current_user.is_authenticated else None


def admit(token: str, *, lasting: bool) -> None:
    """Give this browser a session just opened; whatever its cookie held before is gone."""
    opened = _session_of(token)
    session.clear()
    if opened:
        session.permanent = lasting
        login_user(opened)


def dismiss() -> None:
    """Forget in this browser that somebody was signed in."""
    logout_user()
    session.clear()


def _enter() -> AnyResponse | None:
    _blank(fanlight().clock())
    if request.method not in METHODS:
        abort(405)
    if request.routing_exception is not None:
        return None
    _refuse_foreign_forms(request)
    who = audience_of(current_app, request.endpoint)
    if who in (None, "public"):
        return None
    if who == "staff":
        abort(404)
    row = signed_in()
    if row is None:
        return _ask_to_sign_in()
    _know(row)
    return None if who == "person" else _open_organisation(row, str(who))


def _blank(now: datetime) -> None:
    g.now, g.person, g.organisation, g.organisations = now, None, None, ()
    g.sections, g.gateway, g.session = frozenset(), None, None


def _refuse_foreign_forms(asked: Request) -> None:
    """A second wall beside the CSRF token: the browser itself says where a form was sent from."""
    if asked.method == "POST" and asked.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        abort(400)


def _ask_to_sign_in() -> AnyResponse:
    if request.method not in ("GET", "HEAD"):
        abort(401)
    return redirect(url_for("login.ask", next=here(request)))


def _know(row: Session) -> None:
    found = _rights(row)
    g.session, g.person = row, Person(row.user_id, row.email, found.name)
    g.rights = {right.organisation: right for right in found.organisations}
    g.organisations = tuple(Organisation(right.organisation, right.name) for right in found.organisations)


def _rights(row: Session) -> Rights:
    """What the person may see now: read for this request, with its session where it came with one."""
    read: Rights | None = None if INSIDE in request.environ else current_user.rights
    return read or rights.of(fanlight().database, fanlight().config, row.email)


def _open_organisation(row: Session, who: str) -> AnyResponse | None:
    chosen = _chosen(g.rights, row.org_id)
    if chosen is None:
        return redirect(url_for("login.switch", next=here(request)))
    config = fanlight().config
    opened: frozenset[str] = frozenset().union(*(ROLES.get(role, frozenset()) for role in chosen.roles))
    g.organisation = Organisation(chosen.organisation, chosen.name)
    gateway = Gateway(fanlight().database, chosen.organisation, [source.id for source in config.sources])
    g.gateway = gateway.__enter__()
    g.sections = (opened & _switched_on(config, g.gateway)) - _unserved(g.gateway.freshness())
    if who in SECTIONS and who not in g.sections:
        abort(404)
    return None


def _switched_on(config: Config, gateway: Gateway) -> frozenset[str]:
    """The sections the TOML gives this organisation, by its primary accounts. While it is not certain which
    ones it has, only what all organisations see."""
    if not config.organisations.sections:
        return frozenset(config.portal.sections)
    primary = config.organisations.primary
    listed = any(
        stream.first_completed_at for stream in gateway.freshness()
        if (stream.source, stream.record) == (primary, "account")
    )  # fmt: skip
    accounts = gateway.accounts(primary) if listed else ()
    return config.sections_of(accounts) if accounts else config.sections_of_all


def _unserved(streams: Sequence[Freshness]) -> frozenset[str]:
    """The sections no source brings anything for; one never read (record '') may yet bring it all."""
    brought = {stream.record for stream in streams}
    if "" in brought:
        return frozenset()
    return frozenset(section for section, records in LIVES_ON.items() if not records & brought)


def _chosen(held: dict[int, Right], wanted: int | None) -> Right | None:
    if wanted in held:
        return held[wanted]
    return next(iter(held.values())) if len(held) == 1 else None


def _leave(response: Response) -> Response:
    """Close the reading before the visit is written: one request never holds two connections for long."""
    if not response.is_streamed:
        _close(None)
    seen = request.method == "GET" and response.status_code == 200 and INSIDE not in request.environ
    if g.get("organisation") and seen:
        ref = (request.view_args or {}).get("ref")
        shown = SHOWN.get(str(audience_of(current_app, request.endpoint))) if ref else None
        visit = visits.Visit(g.organisation.id, str(request.endpoint), shown, ref)
        visits.record(fanlight().database, g.session, visit, g.now)
    return response


def _close(_error: BaseException | None) -> None:
    gateway = g.pop("gateway", None)
    if gateway is not None:
        gateway.__exit__(None, None, None)
