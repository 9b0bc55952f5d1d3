"""Sections of one organisation alone, by [organisations.sections]: what is closed there is in no menu, on no
page and at no address, for its own people and nobody else."""

import re
from typing import Any

import pytest
from sqlalchemy import delete, event, update
from sqlalchemy.engine import Engine

from connectors.records import Account
from portal import gate, letters
from sync.tables import MIRROR

A, B = "a0017", "b0017"
ALL = set(gate.SECTIONS)
USUAL = {"orders", "invoices", "support", "account"}


@pytest.fixture
def opened(open_house: Any, config: Any) -> Any:
    """Start the portal with these sections for these primary accounts."""

    def start(own: dict[str, list[str]], **portal: Any) -> Any:
        return open_house(config(organisations={"from": "crm", "sections": own}, portal=portal))

    return start


def menu(browser: Any) -> set[str]:
    """The sections the menu of the first page leads to."""
    page = browser.get("/")
    assert page.status_code == 200
    nav = re.search(r"<nav.*?</nav>", page.text, re.DOTALL)
    assert nav
    return set(re.findall(r'href="/(\w+)"', nav[0]))


def answers(house: Any, browser: Any, refs: dict[str, str]) -> dict[str, set[int]]:
    """What every address of each section answers: all that routes declare, the records' own pages too."""
    found: dict[str, set[int]] = {}
    for rule in house.app.url_map.iter_rules():
        section = gate.audience_of(house.app, rule.endpoint)
        if section in gate.SECTIONS and "GET" in (rule.methods or ()):
            path = rule.rule.replace("<ref>", refs[gate.SHOWN[section]]) if rule.arguments else rule.rule
            found.setdefault(section, set()).add(browser.get(path).status_code)
    return found


def expected(sections: set[str]) -> dict[str, set[int]]:
    return {section: {200 if section in sections else 404} for section in ALL}


def test_what_is_closed_for_an_organisation_is_missing_at_every_address_and_in_its_menu(opened: Any) -> None:
    house = opened({A: ["orders", "support"]})
    ann = house.sign_in(house.ann)
    assert menu(ann) == {"orders", "support"}
    assert answers(house, ann, house.world.a.refs) == expected({"orders", "support"})
    closed = ann.get(f"/invoices/{house.world.a.refs['invoice']}")
    assert closed.text == ann.get("/orders/aaaaaaaaaaaaaaaa").text


def test_another_organisation_keeps_the_sections_of_everybody(opened: Any) -> None:
    house = opened({A: ["orders"]})
    ben = house.sign_in(house.world.b.member)
    assert menu(ben) == USUAL
    assert answers(house, ben, house.world.b.refs) == expected(USUAL)


@pytest.mark.parametrize(
    ("section", "own", "other"), [("orders", "order", "invoice"), ("invoices", "invoice", "order")]
)
def test_no_page_of_an_open_section_names_a_record_of_a_closed_one(
    house: Any, opened: Any, section: str, own: str, other: str
) -> None:
    refs = house.world.a.refs
    page, closed = f"/{section}/{refs[own]}", f"{other}s/{refs[other]}"
    assert closed in house.sign_in(house.ann).get(page).text, "both open: one names the other"
    ann = opened({A: [section]}).sign_in(house.ann)
    for path in ("/", f"/{section}", page):
        text = ann.get(path).text
        assert refs[other] not in text
        assert f'href="/{other}s' not in text
    home = ann.get("/").text
    assert ("To pay" in home, "Latest order" in home) == (section == "invoices", section == "orders")
    assert "open ticket" not in home


def test_a_first_page_without_any_block_names_the_organisation_at_least(opened: Any) -> None:
    house = opened({A: ["account"]})
    assert f'<h1 dir="auto">{house.world.a.name}</h1>' in house.sign_in(house.ann).get("/").text
    assert '<h1 class="unseen"' in house.sign_in(house.world.b.member).get("/").text


def test_an_organisation_may_have_a_section_that_the_others_have_not(opened: Any) -> None:
    house = opened({A: ["orders", "quotes"]}, sections=("orders", "account"))
    ann, ben = house.sign_in(house.ann), house.sign_in(house.world.b.member)
    assert answers(house, ann, house.world.a.refs) == expected({"orders", "quotes"})
    assert answers(house, ben, house.world.b.refs) == expected({"orders", "account"})
    assert menu(ann) == {"orders", "quotes"}


def test_a_person_of_two_organisations_sees_the_sections_of_the_chosen_one(opened: Any) -> None:
    house = opened({A: ["orders"], B: ["support", "quotes"]})
    both, a, b = house.sign_in(house.world.both), house.world.a, house.world.b
    for one, sections in ((a, {"orders"}), (b, {"support", "quotes"}), (a, {"orders"})):
        both.post("/switch", {"organisation": str(one.id)})
        assert menu(both) == sections
        assert answers(house, both, one.refs) == expected(sections)


def test_a_role_opens_no_section_that_its_organisation_has_not_and_none_beyond_the_role(opened: Any) -> None:
    house = opened({A: ["orders", "quotes", "account"]})
    assert menu(house.sign_in(house.finn)) == {"quotes", "account"}


def test_an_organisation_of_several_primary_accounts_has_what_all_of_them_have(
    opened: Any, mirrored: Any
) -> None:
    mirrored(Account(source_id="joined", name="A too"), Account(source_id="plain", name="A as well"))
    house = opened({A: ["orders", "invoices", "quotes"], "joined": ["quotes", "orders", "support"]})
    assert menu(house.sign_in(house.ann)) == {"orders", "quotes"}


def test_a_primary_account_that_is_gone_counts_like_any_other(opened: Any, mirrored: Any, now: Any) -> None:
    mirrored(Account(source_id="left", name="A once"), gone_at=now, gone_why="deleted")
    house = opened({"left": ["orders"]})
    assert menu(house.sign_in(house.ann)) == {"orders"}


def test_an_account_of_the_same_id_in_another_source_changes_nothing(opened: Any, mirrored: Any) -> None:
    mirrored(Account(source_id="same", name="A in the shop"), source="shop")
    house = opened({"same": ["orders"]})
    assert menu(house.sign_in(house.ann)) == USUAL


@pytest.mark.parametrize("missing", ["the end of the list", "the account"])
def test_while_the_primary_accounts_are_not_certain_only_what_all_organisations_have_is_shown(
    opened: Any, missing: str
) -> None:
    house = opened({A: ["orders", "support", "quotes"], B: ["orders", "support", "account"]})
    ann = house.sign_in(house.ann)
    assert menu(ann) == {"orders", "support", "quotes"}
    streams, accounts = MIRROR["streams"].c, MIRROR["accounts"].c
    unread = update(MIRROR["streams"]).where(streams.source == "crm", streams.record == "account")
    unlisted = delete(MIRROR["accounts"]).where(accounts.org_id == house.world.a.id)
    with house.database.sync() as connection:
        connection.execute(unlisted if missing == "the account" else unread.values(first_completed_at=None))
    assert menu(ann) == {"orders", "support"}
    assert answers(house, ann, house.world.a.refs) == expected({"orders", "support"})


def test_an_account_that_joins_an_organisation_brings_its_sections_at_once(
    opened: Any,
) -> None:
    house = opened({"u0017": ["support"]})
    ann = house.sign_in(house.ann)
    assert menu(ann) == USUAL
    accounts = MIRROR["accounts"]
    with house.database.sync() as connection:
        moved = update(accounts).where(accounts.c.source_id == "u0017")
        connection.execute(moved.values(org_id=house.world.a.id))
    assert menu(ann) == {"support"}


def statements(browser: Any, path: str) -> list[str]:
    """What a page asks the database."""
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert browser.get(path).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return told


def test_sections_of_an_organisation_cost_a_page_one_question_and_none_where_nobody_has_any(
    house: Any, opened: Any
) -> None:
    more = opened({A: ["orders", "invoices", "support", "account"]})
    usual, own = house.sign_in(house.ann), more.sign_in(more.ann)
    for path in ("/", "/orders"):
        assert len(statements(own, path)) == len(statements(usual, path)) + 1


def test_an_invitation_promises_no_section_that_some_organisation_lacks(config: Any) -> None:
    def told(**sections: list[str]) -> str:
        settings = config(organisations={"from": "crm", "sections": sections})
        return letters.invitation(settings, "A Trading Ltd").text

    assert all(word in told() for word in ("any time:", "- orders", "- invoices", "- support"))
    narrower = told(a=["orders", "support", "quotes"], b=["orders", "invoices"])
    assert [word in narrower for word in ("- orders", "- invoices", "- support")] == [True, False, False]
    assert "any time." in told(a=["account"])
