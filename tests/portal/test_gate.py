"""Who may see what: every route declares it, and rights are worked out anew on every request."""

import re
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr

from portal import gate
from portal.store import people
from sync.tables import MIRROR, PORTAL

House = Any
# Everything that answers without a session. Whoever adds to this list shows something to everybody.
PUBLIC = {
    "static", "login.ask", "login.send", "login.code", "login.enter_code", "login.link", "login.enter_link",
    "login.again", "login.logout", "health.alive", "health.ready", "brand.style", "brand.logo", "brand.icon",
}  # fmt: skip


def test_the_portal_does_not_start_with_an_undeclared_route() -> None:
    app = Flask("portal")
    app.add_url_rule("/leak", "leak", lambda: "everything")
    with pytest.raises(gate.Undeclared, match=r"leak, static: no audience is declared"):
        gate.refuse_undeclared(app)


def test_an_audience_is_one_of_those_there_are() -> None:
    with pytest.raises(gate.Undeclared, match="'everybody' is no audience"):
        gate.audience("everybody")


def test_the_public_surface_is_exactly_the_documented_list(house: House) -> None:
    endpoints = {rule.endpoint for rule in house.app.url_map.iter_rules()}
    assert {e for e in endpoints if gate.audience_of(house.app, e) == "public"} == PUBLIC


def test_without_a_session_nothing_else_answers(house: House) -> None:
    told = {}
    for rule in house.app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        path = rule.rule.replace("<ref>", house.world.a.refs["order"]).replace("<id>", "x")
        browser = house.browser()
        for method in sorted((rule.methods or set()) & {"GET", "HEAD", "POST"}):
            answer = browser.client.open(path, method=method, data={"csrf_token": browser.csrf()})
            ok = answer.status_code == 401 if method == "POST" else answer.location == f"/login?next={path}"
            if not ok or house.world.a.canary in answer.text:
                told[f"{method} {path}"] = answer.status_code
    assert told == {}


def test_what_does_not_exist_is_not_found_for_anybody(house: House) -> None:
    guesses = (
        "/console", "/metrics", "/status", "/.git/config", "/staff/", "/admin", "/static/../portal.db",
        "/var", "/static/../../fanlight.toml", "/fanlight.toml", "/login/x/y", "/debug", "/static/",
    )  # fmt: skip
    for browser in (house.browser(), house.sign_in(house.ann)):
        assert {path: browser.get(path).status_code for path in guesses} == dict.fromkeys(guesses, 404)


OVERRIDES = {
    "X-Org-Id": "{b}", "X-Organisation": "{b}", "Remote-User": "{bea}", "X-Remote-User": "{bea}",
    "X-User": "{bea}", "X-Forwarded-User": "{bea}", "X-Forwarded-Prefix": "/x", "Authorization": "Basic Ymea",
    "X-Original-URL": "/orders/{ref}", "X-Rewrite-URL": "/orders/{ref}", "X-HTTP-Method-Override": "DELETE",
    "Cookie2": "org={b}",
}  # fmt: skip


def test_headers_and_parameters_do_not_change_who_asks_or_for_whom(house: House) -> None:
    b = house.world.b
    headers = {
        name: value.format(b=b.id, bea=b.member, ref=b.refs["order"]) for name, value in OVERRIDES.items()
    }
    query = {
        "org": b.id,
        "org_id": b.id,
        "organisation": b.id,
        "customer_id": b.id,
        "user": b.member,
        "_method": "POST",
    }
    browser = house.sign_in(house.ann)
    for path in ("/", "/orders", "/invoices", "/support", "/account"):
        answer = browser.get(path, headers=headers, query_string=query)
        assert answer.status_code == 200
        assert house.world.a.canary in answer.text
        assert b.canary not in answer.text
        assert house.browser().get(path, headers=headers, query_string=query).status_code == 302
    assert browser.get(f"/orders/{b.refs['order']}", headers=headers, query_string=query).status_code == 404


def test_a_section_without_its_role_is_as_missing_as_a_record_that_is_not_there(house: House) -> None:
    finn = house.sign_in(house.finn)
    assert [finn.get(path).status_code for path in ("/", "/invoices", "/account")] == [200, 200, 200]
    missing = finn.get("/invoices/aaaaaaaaaaaaaaaa")
    order = house.world.a.refs["order"]
    for path in (
        "/orders",
        f"/orders/{order}",
        "/orders/aaaaaaaaaaaaaaaa",
        f"/support/{house.world.a.refs['ticket']}",
    ):
        refused = finn.get(path)
        assert (refused.status_code, refused.text) == (404, missing.text)
    assert house.world.a.canary not in missing.text


ROLES = {
    "admin": "orders invoices support account", "read_all": "orders invoices support account",
    "finance": "invoices account", "orders": "orders account", "support": "support account",
    "orders,support": "orders support account",
}  # fmt: skip


def test_each_role_opens_its_sections(house: House) -> None:
    pages = {"orders": "/orders", "invoices": "/invoices", "support": "/support", "account": "/account"}
    browser = house.sign_in(house.finn)
    for roles, sections in ROLES.items():
        _set_roles(house, house.finn, roles)
        opened = {section for section, path in pages.items() if browser.get(path).status_code == 200}
        assert opened == set(sections.split()), roles


def _set_roles(house: House, address: str, roles: str) -> None:
    users, members = PORTAL["users"], PORTAL["members"]
    theirs = (
        users.select().with_only_columns(users.c.id).where(users.c.email_key == address).scalar_subquery()
    )
    with house.database.staff(write=True) as connection:
        connection.execute(members.update().where(members.c.user_id == theirs).values(roles=roles))


def test_a_section_the_portal_has_not_is_missing_for_everybody(open_house: Any, config: Any) -> None:
    house = open_house(config(portal={"sections": ("orders", "account"), "blocks": ("orders",)}))
    browser = house.sign_in(house.ann)
    assert [browser.get(path).status_code for path in ("/orders", "/invoices", "/support")] == [200, 404, 404]


def test_a_person_in_two_organisations_chooses_one_and_sees_only_that(house: House) -> None:
    a, b = house.world.a, house.world.b
    browser = house.sign_in(house.world.both)
    sent_to = browser.get(f"/orders/{b.refs['order']}").location
    assert sent_to == f"/switch?next=/orders/{b.refs['order']}"
    page = browser.get(sent_to).text
    assert a.name in page
    assert b.name in page
    chosen = browser.post("/switch", {"organisation": str(b.id), "next": f"/orders/{b.refs['order']}"})
    seen = browser.get(chosen.location)
    assert seen.status_code == 200
    assert b.canary in seen.text
    assert a.canary not in seen.text
    assert browser.get(f"/orders/{a.refs['order']}").status_code == 404


def test_a_link_into_another_of_ones_organisations_opens_it_there_in_one_tap(house: House) -> None:
    a, b = house.world.a, house.world.b
    browser = house.sign_in(house.world.both)
    browser.post("/switch", {"organisation": str(a.id)})
    link, nowhere = f"/orders/{b.refs['order']}", "/orders/aaaaaaaaaaaaaaaa"
    page, other = browser.get(link), browser.get(nowhere)
    assert (page.status_code, other.status_code) == (404, 404)
    assert _without_tokens(page.text, link) == _without_tokens(other.text, nowhere)
    assert f'name="next" value="{link}"' in page.text
    assert (
        browser.get(browser.post("/switch", {"organisation": str(b.id), "next": link}).location).status_code
        == 200
    )


def _without_tokens(text: str, link: str) -> str:
    return re.sub(r"[\w.-]{60,}", "", text.replace(link, "LINK"))


def test_roles_are_held_for_each_organisation_by_itself(house: House) -> None:
    both, a, b = house.world.both, house.world.a, house.world.b
    people.invite(house.database, house.config, both, b.id, ["support"], "staff", house.clock())
    house.mails()
    browser = house.sign_in(both)
    browser.post("/switch", {"organisation": str(a.id)})
    assert browser.get("/orders").status_code == 200
    browser.post("/switch", {"organisation": str(b.id)})
    assert [browser.get(path).status_code for path in ("/orders", "/support")] == [404, 200]


def test_who_belongs_to_nothing_gets_no_mail_and_who_lost_everything_a_plain_word(house: House) -> None:
    house.browser().ask(house.world.invited_nowhere)
    assert house.mails() == []
    browser = house.sign_in(house.finn)
    with house.database.staff(write=True) as connection:
        connection.execute(PORTAL["members"].delete())
    page = browser.get(browser.get("/").location)
    assert page.status_code == 403
    assert "not connected to a company" in page.text
    assert house.world.a.name not in page.text
    assert browser.post("/logout").status_code == 303


def test_while_records_are_sorted_anew_nothing_is_shown(house: House) -> None:
    browser = house.sign_in(house.ann)
    organisations = PORTAL["organisations"]
    with house.database.owners() as connection:
        connection.execute(organisations.update().values(links_version=2, removed_version=2))
    answer = browser.get("/orders")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert house.world.a.canary not in answer.text
    with house.database.sync() as connection:
        connection.execute(MIRROR["stamps"].update().values(version=2))
    assert browser.get("/orders").status_code == 200


def test_nothing_about_rights_stands_in_a_cookie(house: House) -> None:
    browser = house.sign_in(house.world.both)
    browser.post("/switch", {"organisation": str(house.world.a.id)})
    with browser.client.session_transaction() as held:
        assert set(held) <= {"csrf_token", "_user_id", "_fresh", "_id", "_permanent"}
    names = {cookie.key for cookie in browser.client._cookies.values()}
    assert names == {"fanlight", "fanlight-device"}


def test_a_cookie_signed_with_another_key_opens_nothing(house: House, open_house: Any, config: Any) -> None:
    forged = open_house(
        config(portal={"secret_key": SecretStr("another key of more than 32 bytes, 0f1e2d3c4b5a")})
    )
    browser, real = house.sign_in(house.ann), house.browser()
    with browser.client.session_transaction() as held, forged.browser().client.session_transaction() as made:
        made.update(held)
        cookie = forged.app.session_interface.get_signing_serializer(forged.app).dumps(dict(made))
    real.client.set_cookie("fanlight", cookie)
    assert real.get("/").status_code == 302
    real.client.set_cookie("fanlight", browser.cookie())
    assert real.get("/").status_code == 200
