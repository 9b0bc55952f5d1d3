"""The rules that say which account belongs to which organisation, without a database."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.owners.rules import ID_MAP, PRIMARY, STAFF, Account, Decision, Link, Rules, comparable, decide

EVERY = frozenset({"crm", "shop", "books"})
RULES = Rules(primary="crm", match=("tax_number", "number"), sources=EVERY, settled=EVERY)


def decided(*accounts: Account, links: tuple[Link, ...] = (), rules: Rules = RULES) -> Decision:
    return decide(accounts, links, rules, count(100).__next__)


def after(links: tuple[Link, ...], decision: Decision) -> tuple[Link, ...]:
    kept = {link.key: link for link in links if link not in decision.removed}
    return tuple((kept | {link.key: link for link in decision.added}).values())


def ids(**sources: dict[str, str]) -> Rules:
    return replace(RULES, ids=sources)


BRIGHTWATER = Account("crm", "001", "Brightwater Ltd", number="K-17", tax_number="GB123456789")
HARBOUR = Account("crm", "002", "Harbour & Sons", number="K-18", tax_number="GB987654321")


def test_accounts_of_the_primary_source_become_organisations():
    decision = decided(BRIGHTWATER)
    assert decision.organisations == {100: "Brightwater Ltd"}
    assert decision.added == (Link("crm", "001", 100, PRIMARY),)


def test_an_account_that_was_gone_before_it_was_ever_linked_becomes_no_organisation():
    assert decided(replace(BRIGHTWATER, gone=True)).organisations == {}


def test_a_primary_account_that_goes_keeps_its_organisation_and_its_name():
    link = Link("crm", "001", 7, PRIMARY)
    decision = decided(replace(BRIGHTWATER, name="(deleted)", gone=True), links=(link,))
    assert (decision.added, decision.removed, decision.names) == ((), (), {})


def test_an_organisation_follows_the_name_of_its_primary_account():
    decision = decided(replace(BRIGHTWATER, name="Brightwater plc"), links=(Link("crm", "001", 7, PRIMARY),))
    assert decision.names == {7: "Brightwater plc"}


def test_the_id_map_links_an_account_that_has_no_row_of_its_own():
    decision = decided(BRIGHTWATER, rules=ids(shop={"buyer@brightwater.example": "001"}))
    assert Link("shop", "buyer@brightwater.example", 100, ID_MAP) in decision.added


def test_an_id_map_line_taken_out_takes_its_link_with_it():
    links = (Link("crm", "001", 7, PRIMARY), Link("shop", "b", 7, ID_MAP))
    assert decided(BRIGHTWATER, links=links).removed == (links[1],)


def test_an_id_map_line_that_points_elsewhere_moves_the_account():
    links = (Link("crm", "001", 7, PRIMARY), Link("crm", "002", 8, PRIMARY), Link("shop", "b", 7, ID_MAP))
    decision = decided(BRIGHTWATER, HARBOUR, links=links, rules=ids(shop={"b": "002"}))
    assert decision.added == (Link("shop", "b", 8, ID_MAP),)
    assert decision.removed == (links[2],)


def test_an_id_map_line_to_an_account_nobody_knows_links_nothing_and_is_told():
    decision = decided(BRIGHTWATER, rules=ids(shop={"b": "0001"}))
    assert [link.source for link in decision.added] == ["crm"]
    [problem] = decision.problems
    assert (problem.source, problem.account) == ("shop", "b")
    assert '"0001"' in problem.message
    assert problem.cure


def test_an_id_map_line_to_nobody_is_not_made_up_for_by_a_number():
    shop = Account("shop", "b", tax_number=BRIGHTWATER.tax_number)
    assert [link.source for link in decided(BRIGHTWATER, shop, rules=ids(shop={"b": "?"})).added] == ["crm"]


def test_an_id_map_line_for_the_primary_source_is_told_and_joins_nothing():
    decision = decided(BRIGHTWATER, HARBOUR, rules=ids(crm={"002": "001"}))
    assert len(decision.organisations) == 2
    assert "fanlight org link" in decision.problems[0].cure


@pytest.mark.parametrize("lookalike", ["42", "0042 ", "0042\u00a0", "0042\u200b", "00\u201042", "0042a"])
def test_ids_are_never_folded(lookalike: str):
    decision = decided(Account("crm", "0042", "A"), rules=ids(shop={"b": lookalike}))
    assert [link.source for link in decision.added] == ["crm"]


def test_two_primary_accounts_with_look_alike_ids_are_two_organisations():
    accounts = [Account("crm", each, "A") for each in ("0042", "42", "0042\u00a0", "001Abc", "001aBC")]
    assert len(decided(*accounts).organisations) == len(accounts)


@pytest.mark.parametrize("kind", ["tax_number", "number"])
def test_an_exact_number_links_across_sources(kind: str):
    books = Account("books", "x1", **{kind: f"  {getattr(BRIGHTWATER, kind)}\t"})
    assert Link("books", "x1", 100, kind) in decided(BRIGHTWATER, HARBOUR, books).added


@pytest.mark.parametrize(
    "number", ["gb123456789", "GB 123456789", "GB123456789\u00a0", "123456789", "GB123456789."]
)
def test_a_number_that_is_only_similar_links_nothing(number: str):
    assert len(decided(BRIGHTWATER, Account("books", "x1", tax_number=number)).added) == 1


@pytest.mark.parametrize(
    "number", ["", "  ", "\u00a0", "-", "--", "0", "000", "n/a", "N/A", "None", "unknown", "?"]
)
def test_two_accounts_without_a_number_have_nothing_in_common(number: str):
    accounts = (
        Account("crm", "1", number=number, tax_number=number),
        Account("books", "2", number=number, tax_number=number),
    )
    assert [link.source for link in decided(*accounts).added] == ["crm"]


def test_an_account_number_may_be_letters_only():
    assert comparable(" BRIGHT ", "number") == "BRIGHT"
    assert comparable("PENDING VAT", "tax_number") == ""


def test_a_number_of_two_customers_links_to_neither_and_is_told():
    twin = replace(HARBOUR, tax_number=BRIGHTWATER.tax_number)
    decision = decided(BRIGHTWATER, twin, Account("books", "x1", tax_number=BRIGHTWATER.tax_number))
    assert {link.source for link in decision.added} == {"crm"}
    assert "fits 2 customers" in decision.problems[0].message


def test_numbers_that_contradict_each_other_link_to_nobody():
    crossed = Account("books", "x1", tax_number=BRIGHTWATER.tax_number, number=HARBOUR.number)
    decision = decided(BRIGHTWATER, HARBOUR, crossed)
    assert {link.source for link in decision.added} == {"crm"}
    assert len(decision.problems) == 1


def test_names_emails_and_domains_never_link():
    books = Account("books", "info@brightwater.example", "Brightwater Ltd")
    assert len(decided(replace(BRIGHTWATER, id="info@brightwater.example"), books).added) == 1


def test_a_number_no_longer_asked_for_loses_its_links():
    links = (Link("crm", "001", 7, PRIMARY), Link("books", "x1", 7, "number"))
    books = Account("books", "x1", number=BRIGHTWATER.number)
    assert decided(BRIGHTWATER, books, links=links, rules=replace(RULES, match=())).removed == (links[1],)


def test_a_changed_number_removes_the_link_it_had_made():
    links = (Link("crm", "001", 7, PRIMARY), Link("books", "x1", 7, "tax_number"))
    books = Account("books", "x1", tax_number="GB000000001")
    assert decided(BRIGHTWATER, books, links=links).removed == (links[1],)


def test_a_gone_primary_account_leaves_its_number_to_the_one_it_was_merged_into():
    links = (Link("crm", "001", 7, PRIMARY), Link("crm", "002", 8, PRIMARY))
    survivor = replace(HARBOUR, tax_number=BRIGHTWATER.tax_number)
    books = Account("books", "x1", tax_number=BRIGHTWATER.tax_number)
    decision = decided(replace(BRIGHTWATER, gone=True), survivor, books, links=links)
    assert decision.added == (Link("books", "x1", 8, "tax_number"),)


@pytest.mark.parametrize("unread", ["crm", "books"])
def test_numbers_decide_nothing_before_both_lists_were_read_to_the_end(unread: str):
    books = Account("books", "x1", tax_number=BRIGHTWATER.tax_number)
    rules = replace(RULES, settled=EVERY - {unread})
    assert {link.source for link in decided(BRIGHTWATER, books, rules=rules).added} == {"crm"}


def test_a_mirror_that_is_being_rebuilt_loses_no_link():
    links = (Link("crm", "001", 7, PRIMARY), Link("books", "x1", 7, "tax_number"))
    decision = decided(links=links, rules=replace(RULES, settled=frozenset()))
    assert (decision.added, decision.removed) == ((), ())


def test_links_of_a_source_taken_out_of_the_configuration_are_left_alone():
    links = (Link("crm", "001", 7, PRIMARY), Link("books", "x1", 7, "tax_number"))
    decision = decided(BRIGHTWATER, links=links, rules=replace(RULES, sources=frozenset({"crm", "shop"})))
    assert decision.removed == ()


def test_what_staff_said_wins_over_every_rule():
    links = (Link("crm", "001", 7, PRIMARY), Link("shop", "b", 8, STAFF), Link("books", "x1", None, STAFF))
    accounts = (BRIGHTWATER, Account("books", "x1", tax_number=BRIGHTWATER.tax_number))
    decision = decided(*accounts, links=links, rules=ids(shop={"b": "001"}))
    assert (decision.added, decision.removed) == ((), ())


def test_a_primary_account_staff_joined_to_another_customer_founds_no_organisation():
    links = (Link("crm", "001", 7, PRIMARY), Link("crm", "002", 7, STAFF))
    books = Account("books", "x1", tax_number=HARBOUR.tax_number)
    decision = decided(BRIGHTWATER, HARBOUR, books, links=links)
    assert decision.organisations == {}
    assert decision.added == (Link("books", "x1", 7, "tax_number"),)


IDS = st.sampled_from(["1", "01", "1 ", "1\u00a0", "a", "A"])
NUMBERS = st.sampled_from(["", " ", "N1", "n1", "N1 ", "N2", "-", "0"])
ACCOUNTS = st.lists(
    st.builds(
        Account,
        source=st.sampled_from(["crm", "shop", "books"]),
        id=IDS,
        name=st.just("A"),
        number=NUMBERS,
        tax_number=NUMBERS,
        gone=st.booleans(),
    ),
    unique_by=lambda account: (account.source, account.id),
)
STAFF_LINKS = st.dictionaries(
    st.tuples(st.sampled_from(["crm", "shop", "gone"]), IDS), st.sampled_from([None, 1, 2])
)
SOME_RULES = st.builds(
    Rules,
    primary=st.just("crm"),
    ids=st.dictionaries(st.sampled_from(["shop", "books"]), st.dictionaries(IDS, IDS)),
    match=st.sampled_from([(), ("tax_number",), ("number", "tax_number")]),
    sources=st.just(EVERY),
    settled=st.sampled_from([EVERY, frozenset({"crm"}), frozenset()]),
)


def staff(said: dict[tuple[str, str], int | None]) -> tuple[Link, ...]:
    return tuple(Link(*key, organisation, STAFF) for key, organisation in said.items())


@given(ACCOUNTS, STAFF_LINKS, SOME_RULES)
def test_deciding_again_changes_nothing(accounts: list[Account], said: dict, rules: Rules):
    links = after(staff(said), decide(accounts, staff(said), rules, count(100).__next__))
    again = decide(accounts, links, rules, count(900).__next__)
    assert (again.organisations, again.added, again.removed) == ({}, (), ())


@given(ACCOUNTS, STAFF_LINKS, SOME_RULES, st.randoms())
def test_the_order_in_which_accounts_are_read_decides_nothing(accounts, said, rules, random):
    shuffled = random.sample(accounts, len(accounts))
    assert decide(accounts, staff(said), rules, count(1).__next__) == decide(
        shuffled, staff(said), rules, count(1).__next__
    )


@given(ACCOUNTS, STAFF_LINKS, SOME_RULES)
def test_no_rule_ever_touches_what_staff_said(accounts: list[Account], said: dict, rules: Rules):
    links = after(staff(said), decide(accounts, staff(said), rules, count(100).__next__))
    assert {link.key: link.organisation for link in links if link.rule == STAFF} == said


@given(ACCOUNTS, STAFF_LINKS, SOME_RULES)
def test_every_link_between_sources_has_an_exact_reason(accounts, said, rules: Rules):
    links = after(staff(said), decide(accounts, staff(said), rules, count(100).__next__))
    homes = {link.account: link.organisation for link in links if link.source == "crm"}
    known = {(account.source, account.id): account for account in accounts}
    for link in links:
        if link.rule == ID_MAP:
            assert homes[rules.ids[link.source][link.account]] == link.organisation
        elif link.rule in rules.match:
            number = getattr(known[link.key], link.rule).strip(" \t\r\n")
            twins = [
                a
                for a in accounts
                if a.source == "crm" and not a.gone and getattr(a, link.rule).strip(" \t\r\n") == number
            ]
            assert number
            assert {homes[twin.id] for twin in twins} == {link.organisation}


@given(ACCOUNTS, SOME_RULES, SOME_RULES)
def test_whatever_the_rules_said_before_makes_no_difference(accounts, before: Rules, now: Rules):
    now = replace(now, settled=EVERY)
    fresh = after((), decide(accounts, (), now, count(100).__next__))
    old = after((), decide(accounts, (), before, count(100).__next__))
    assert set(after(old, decide(accounts, old, now, count(900).__next__))) == set(fresh)
