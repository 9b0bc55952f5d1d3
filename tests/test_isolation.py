"""The first promise, from outside: every route, asked by everybody, over two organisations full of canaries.

A new route is in here already: the tests walk the URL map. A route with a variable part is asked with the
public id of every record there is, own, foreign and unowned.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import create_app, proof
from portal.gate import Organisation, audience_of
from portal.store import people, sessions
from portal.store.sessions import Browser, Terms
from sync.config import Config
from sync.database import Database
from sync.tables import PORTAL

ORIGIN = "http://localhost:8000"
GHOST = "aaaaaaaaaaaaaaaa"
PUBLIC = {  # all that somebody unknown gets an answer from; a test of the sign-in pages covers what they say
    "static", "brand.style", "brand.logo", "brand.icon", "health.alive", "health.ready",
    "login.ask", "login.send", "login.code", "login.enter_code", "login.link", "login.enter_link",
    "login.again", "login.logout",
}  # fmt: skip


@dataclass(frozen=True)
class Portal:
    """The portal on the test world, and browsers in which somebody is signed in."""

    app: Flask
    database: Database
    world: Any
    now: datetime

    def client(self, address: str | None, organisation: int | None = None) -> FlaskClient:
        client = self.app.test_client()
        if address:
            with client.session_transaction(base_url=ORIGIN) as cookie:
                cookie["_user_id"] = self.session(address, organisation)
        return client

    def session(self, address: str, organisation: int | None) -> str:
        users = PORTAL["users"]
        terms = Terms(timedelta(hours=1), timedelta(hours=1), lasting=False)
        with self.database.web(write=True) as connection:
            user = connection.execute(users.select().where(users.c.email_key == address)).one().id
            return sessions.open(connection, user, Browser("test", None), organisation, terms, self.now)

    def urls(self, *audiences: str) -> Iterator[str]:
        """Every GET route, its variable part filled with every public id of the world and one of nobody."""
        companies = (self.world.a, self.world.b, self.world.unowned)
        refs = [*(ref for company in companies for ref in company.refs.values()), GHOST]
        for rule in self.app.url_map.iter_rules():
            audience = audience_of(self.app, rule.endpoint)
            if "GET" in (rule.methods or ()) and (not audiences or audience in audiences):
                values: list[Any] = [dict.fromkeys(rule.arguments, ref) for ref in refs]
                for filled in values if rule.arguments else values[:1]:
                    yield re.sub(r"<(?:\w+:)?(\w+)>", lambda part, v=filled: v[part[1]], rule.rule)


@pytest.fixture
def portal(
    database: Database, config: Callable[..., Config], two_organisations: Any, now: datetime
) -> Portal:
    opened = {"sections": ["orders", "invoices", "quotes", "support", "account"]}
    app = create_app(config(portal=opened), database, lambda: now, TESTING=True, POSTMAN_THREAD=False)
    return Portal(app, database, two_organisations, now)


def ask(client: FlaskClient, url: str, **more: Any) -> TestResponse:
    return client.get(url, base_url=ORIGIN, **more)


def told(answer: TestResponse) -> str:
    """Everything an answer says, headers too."""
    return f"{answer.status}\n{answer.headers}\n{answer.get_data(as_text=True)}"


def test_no_route_shows_a_member_another_organisation(portal: Portal) -> None:
    a, b, unowned = portal.world.a, portal.world.b, portal.world.unowned
    client, own = portal.client(a.member), 0
    for url in portal.urls():
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
            said = told(client.open(url, method=method, base_url=ORIGIN))
            own += a.canary in said
            assert b.canary not in said, f"{method} {url}"
            assert unowned.canary not in said, f"{method} {url}"
            assert b.name not in said, f"{method} {url}"
    assert own >= 8, "the member saw next to nothing: this test could not have found a leak"


def test_every_kind_of_record_shows_its_own_canary(portal: Portal) -> None:
    client, a = portal.client(portal.world.a.member), portal.world.a
    for url in (
        f"/orders/{a.refs['order']}",
        f"/invoices/{a.refs['invoice']}",
        f"/quotes/{a.refs['quote']}",
        f"/support/{a.refs['ticket']}",
    ):
        answer = ask(client, url)
        assert answer.status_code == 200, url
        assert a.canary in answer.text, url


@pytest.mark.parametrize("page", ["orders", "invoices", "quotes", "support"])
def test_a_foreign_an_unowned_and_an_absent_record_answer_alike(portal: Portal, page: str) -> None:
    record = {"orders": "order", "invoices": "invoice", "quotes": "quote", "support": "ticket"}[page]
    client, world = portal.client(portal.world.a.member), portal.world
    answers = [
        ask(client, f"/{page}/{ref}")
        for ref in (world.b.refs[record], world.unowned.refs[record], world.a.refs["account"], GHOST)
    ]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {answer.text for answer in answers}
    assert len(bodies) == 1
    assert len({str(answer.headers) for answer in answers}) == 1


def test_somebody_in_both_sees_one_organisation_at_a_time(portal: Portal) -> None:
    a, b = portal.world.a, portal.world.b
    for chosen, other in ((a, b), (b, a)):
        client, own = portal.client(portal.world.both, chosen.id), 0
        for url in portal.urls():
            said = told(ask(client, url))
            own += chosen.canary in said
            assert other.canary not in said, url
        assert own >= 8


def test_somebody_in_both_who_has_not_chosen_sees_neither(portal: Portal) -> None:
    client = portal.client(portal.world.both)
    for url in portal.urls():
        said = told(ask(client, url))
        assert "canary-" not in said, url


def test_choosing_an_organisation_of_others_is_not_found(portal: Portal) -> None:
    portal.app.config["WTF_CSRF_ENABLED"] = False
    client = portal.client(portal.world.a.member)
    for wanted in (portal.world.b.id, 0, -1, "", "x", 2**63):
        answer = client.post("/switch", data={"organisation": wanted}, base_url=ORIGIN)
        assert answer.status_code == 404, wanted
    assert portal.world.b.canary not in told(ask(client, "/"))


def test_a_session_that_names_a_foreign_organisation_opens_nothing_of_it(portal: Portal) -> None:
    client = portal.client(portal.world.a.member, portal.world.b.id)
    for url in portal.urls():
        assert portal.world.b.canary not in told(ask(client, url)), url


def test_somebody_without_an_organisation_sees_nothing(portal: Portal) -> None:
    client = portal.client(portal.world.invited_nowhere)
    for url in portal.urls():
        assert "canary-" not in told(ask(client, url)), url


def test_somebody_unknown_gets_the_documented_pages_only(portal: Portal) -> None:
    assert {
        rule.endpoint
        for rule in portal.app.url_map.iter_rules()
        if audience_of(portal.app, rule.endpoint) == "public"
    } == PUBLIC
    client = portal.client(None)
    for url in portal.urls():
        answer = ask(client, url)
        assert "canary-" not in told(answer), url
    for url in portal.urls("person", "signed-in", "orders", "invoices", "support", "account"):
        answer = ask(client, url)
        assert answer.status_code == 302, url
        assert answer.location.startswith("/login?next="), url


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Org-Id": "{org}"}, {"Remote-User": "{member}"}, {"X-Forwarded-User": "{member}"},
        {"X-Original-URL": "/orders/{order}"}, {"X-Rewrite-URL": "/orders/{order}"},
        {"X-HTTP-Method-Override": "PUT"}, {"Cookie": "fanlight.inside=1; org={org}"},
        {"fanlight.inside": "1", "Remote-User": "{member}"},
    ],
    ids=lambda headers: next(iter(headers)),
)  # fmt: skip
def test_headers_choose_neither_person_nor_organisation(portal: Portal, headers: dict[str, str]) -> None:
    b = portal.world.b
    filled = {k: v.format(org=b.id, member=b.member, order=b.refs["order"]) for k, v in headers.items()}
    for client in (portal.client(portal.world.a.member), portal.client(None)):
        for url in ("/", "/orders", f"/orders/{b.refs['order']}", "/account"):
            assert b.canary not in told(ask(client, url, headers=filled)), url


@pytest.mark.parametrize(
    "query",
    [
        "org={org}", "organisation={org}", "org_id={org}", "customer_id={org}", "source=shop&account=b0017",
        "q={canary}", "q=%25", "q=_", "q=' or 1=1 --", "q=') union select * from mirror.orders --",
        "order=org_id", "order=-search_text", "after=eyJhbGciOiJub25lIn0", "after={order}", "stage=' or ''='",
        "state=1) or (1=1",
        "from=2000-01-01&to=2999-01-01", "from=x", "page=null", "page=1000000000", "q=" + "a" * 5000,
    ],
)  # fmt: skip
def test_parameters_reach_nothing_of_others_and_break_nothing(portal: Portal, query: str) -> None:
    b = portal.world.b
    asked = query.format(org=b.id, canary=b.canary, order=b.refs["order"])
    client = portal.client(portal.world.a.member)
    for page in ("/", "/orders", "/invoices", "/payments", "/support", "/account"):
        answer = ask(client, f"{page}?{asked}&{asked}")
        assert answer.status_code in (200, 400), f"{page}?{asked}"
        answered = answer.text.replace(b.canary, "") if "canary" in query else answer.text
        assert b.canary not in answered, f"{page}?{asked}"
        assert b.refs["order"] not in answered.replace(asked, ""), f"{page}?{asked}"


def test_private_pages_are_stored_nowhere(portal: Portal) -> None:
    client = portal.client(portal.world.a.member)
    for url in portal.urls("person", "signed-in", "orders", "invoices", "support", "account"):
        answer = ask(client, url)
        assert answer.headers["Cache-Control"] == "no-store", url
        assert "ETag" not in answer.headers, url


def test_the_proof_finds_nothing_wrong_here(portal: Portal) -> None:
    found = proof.isolation(portal.app.extensions["fanlight"].config, portal.database, portal.now)
    assert [str(leak) for leak in found.leaks] == []
    assert {asker.organisation for asker in found.askers} == {portal.world.a.id, portal.world.b.id}
    assert found.records > 0
    assert found.refused > 0


def test_the_proof_plants_nothing(portal: Portal) -> None:
    tables = ("sessions", "visits", "users", "sign_ins", "outbox", "audit")
    before = [rows(portal, name) for name in tables]
    proof.isolation(portal.app.extensions["fanlight"].config, portal.database, portal.now)
    assert [rows(portal, name) for name in tables] == before


def test_the_proof_sees_a_gate_that_opens_the_wrong_door(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal import gate
    from portal.gateway import Gateway

    other = {portal.world.a.id: portal.world.b.id, portal.world.b.id: portal.world.a.id}
    monkeypatch.setattr(
        gate, "Gateway", lambda database, org, sources: Gateway(database, other[org], sources)
    )
    found = proof.isolation(portal.app.extensions["fanlight"].config, portal.database, portal.now)
    assert any(portal.world.b.refs["order"] in str(leak) for leak in found.leaks)


def test_no_mail_and_no_row_of_the_outbox_names_another_organisation(
    portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    """A side door: what leaves by mail, however it is asked for, and what waits to leave."""
    a, b, config = portal.world.a, portal.world.b, portal.app.extensions["fanlight"].config
    people.invite(portal.database, config, "new@a0017.example", a.id, ["admin"], "tests", portal.now)
    portal.app.config["WTF_CSRF_ENABLED"] = False
    for address in (a.member, portal.world.both, b.member):
        form = {"email": address, "organisation": str(b.id), "next": f"/orders/{b.refs['order']}"}
        portal.app.test_client().post("/login", data=form, base_url=ORIGIN)
    waiting = str(rows(portal, "outbox"))
    assert portal.app.extensions["fanlight"].postman.drain() == 4
    mails = capsys.readouterr().err.split("┌─ mail ")
    assert sum(a.name in mail for mail in mails) == 1, "the invitation names its own: it was there to be seen"
    for told in (waiting, *mails, str(rows(portal, "outbox"))):
        assert "canary-" not in told
        assert b.name not in told
        assert b.refs["order"] not in told


def test_an_organisation_is_named_to_nobody_outside(portal: Portal) -> None:
    """Names of organisations stand in the switch only, for those who belong to them."""
    page = ask(portal.client(portal.world.both, portal.world.a.id), "/switch").text
    assert portal.world.a.name in page
    assert portal.world.b.name in page
    assert (
        Organisation(portal.world.b.id, portal.world.b.name).name
        not in ask(portal.client(portal.world.a.member), "/switch").text
    )


def rows(portal: Portal, name: str) -> list[Any]:
    with portal.database.staff() as connection:
        return [tuple(row) for row in connection.execute(PORTAL[name].select())]
