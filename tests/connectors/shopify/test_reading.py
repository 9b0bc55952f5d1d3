"""What a pull brings, from a shop that changes meanwhile."""

from datetime import timedelta

import pytest
from fakes.shopify_world import gid

from connectors.base import Disconnected, Garbled, Refused, Unavailable
from connectors.records import Account, Contact, Order


def short(node_id):
    """The id a record has."""
    return node_id.removeprefix("gid://shopify/")


def rows(pages):
    """Ids of all rows, in order."""
    return [row.source_id for page in pages for row in page.rows]


def records(source, record, cursor=None):
    """The records of a pull by id."""
    pages = list(source.pull(record, cursor))
    return {row.source_id: source.map(record, row.raw) for page in pages for row in page.rows}


def test_orders_belong_to_the_company_they_were_placed_for_else_to_the_customer(world, source):
    ann = world.customer("Ann", "ann@acme.example")
    acme = world.company("Acme", ann)
    hers, theirs, nobodys = world.order(ann), world.order(ann, acme), world.order()
    found = records(source(), Order)
    assert found[short(hers)].belongs_to == short(ann)
    assert found[short(theirs)].belongs_to == short(acme)
    assert found[short(nobodys)].belongs_to is None


def test_companies_and_customers_are_accounts_and_their_people_contacts(world, source):
    ann, bob = world.customer("Ann", "ann@acme.example"), world.customer("Bob", "bob@home.example")
    acme = world.company("Acme", ann, externalId="C-17")
    accounts, contacts = records(source(), Account), records(source(), Contact)
    assert set(accounts) == {short(acme), short(ann), short(bob)}
    assert accounts[short(acme)].number == "C-17" and accounts[short(bob)].email == "bob@home.example"
    assert {(one.belongs_to, one.email) for one in contacts.values()} == {
        (short(acme), "ann@acme.example"),
        (short(ann), "ann@acme.example"),
        (short(bob), "bob@home.example"),
    }


def test_a_person_who_left_a_company_is_told_by_the_company_being_whole(world, source):
    ann, bob = world.customer("Ann"), world.customer("Bob")
    acme = world.company("Acme", ann, bob)
    (page, *_) = source().pull(Contact, None)
    assert page.whole_of == [short(acme)]


def test_more_people_than_fit_beside_their_company_are_all_read(world, source):
    people = [world.customer(f"Person {n}") for n in range(140)]
    acme = world.company("Acme", *people)
    crm = source(accounts=["companies"], page_size=250)
    found = records(crm, Contact)
    assert len([one for one in found.values() if one.belongs_to == short(acme)]) == 140
    assert set(crm.list_ids(Contact)) == set(found)


def test_a_shop_without_companies_is_read_by_its_customers(vendor, world, source):
    vendor.scopes = ("read_orders", "read_all_orders", "read_customers")
    ann = world.customer("Ann")
    pages = list(source().pull(Account, None))
    assert rows(pages) == [short(ann)]
    assert 'accounts = ["customers"] spares the question' in pages[-1].notes[0]
    assert list(source().list_ids(Account)) == [short(ann)]
    with pytest.raises(Refused, match="read_companies"):
        list(source(accounts=["companies"]).pull(Account, None))


def test_inner_pages_are_followed_to_their_end(world, source):
    lines = [world.line(f"Line {n}") for n in range(130)]
    parcels = [world.fulfilment(f"#1-F{n}") for n in range(12)]
    order = world.order(lineItems=lines, fulfillments=parcels)
    found = records(source(), Order)[short(order)]
    assert [line.name for line in found.lines] == [f"Line {n}" for n in range(130)]
    assert [parcel.number for parcel in found.shipments] == [f"#1-F{n}" for n in range(12)]


def test_a_row_that_changes_while_we_page_moves_nothing(vendor, world, source):
    orders = [world.order() for _ in range(8)]
    vendor.before(3, lambda: (vendor.pass_(seconds=5), world.touch(orders[0]), world.touch(orders[4])))
    assert rows(source().pull(Order, None)) == [short(order) for order in orders]


def test_the_next_run_asks_from_the_start_of_the_last_less_ten_minutes(vendor, world, source):
    old = world.order()
    shop = source()
    cursor = list(shop.pull(Order, None))[-1].cursor
    vendor.pass_(hours=1)
    late = world.order(updatedAt=(vendor.now - timedelta(minutes=69)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    new = world.order()
    assert set(rows(shop.pull(Order, cursor))) == {short(old), short(late), short(new)}
    vendor.pass_(hours=1)
    cursor = list(shop.pull(Order, cursor))[-1].cursor
    vendor.pass_(hours=1)
    assert rows(shop.pull(Order, cursor)) == []


def test_customers_are_asked_for_by_whole_days_as_shopify_compares_them(vendor, world, source):
    shop = source()
    cursor = list(shop.pull(Account, None))[-1].cursor
    vendor.pass_(hours=14, minutes=20)  # just before midnight
    late = world.customer("Late")
    cursor = list(shop.pull(Account, cursor))[-1].cursor
    vendor.pass_(minutes=20)
    assert rows(shop.pull(Account, cursor)) == [short(late)]


def test_a_run_that_died_goes_on_after_the_last_page_it_kept(world, source):
    orders = [world.order() for _ in range(8)]
    first = next(iter(source().pull(Order, None)))
    rest = list(source().pull(Order, first.cursor))
    assert rows([first]) + rows(rest) == [short(order) for order in orders]


def test_a_deleted_order_is_missing_from_the_sweep_and_told_by_nothing_else(vendor, world, source):
    orders = [world.order() for _ in range(8)]
    shop = source()
    cursor = list(shop.pull(Order, None))[-1].cursor
    world.delete(orders[3])
    vendor.pass_(hours=1)
    assert [page.gone for page in shop.pull(Order, cursor) if page.gone] == []
    assert set(shop.list_ids(Order)) == {short(order) for order in orders if order != orders[3]}


def test_test_orders_and_those_a_rule_leaves_out_are_hidden(world, source):
    test, kept, open_ = world.order(test=True), world.order(), world.order(displayFinancialStatus="PENDING")
    shop = source(show={"order": {"displayFinancialStatus": ["PAID"]}})
    pages = list(shop.pull(Order, None))
    assert rows(pages) == [short(kept)]
    assert {one.source_id: one.rule for page in pages for one in page.gone} == {
        short(test): "test orders are never shown",
        short(open_): "show.order.displayFinancialStatus: PENDING is not in the list",
    }


def test_sixty_days_are_told_of_and_nothing_older_is_called_missing(vendor, world, source):
    vendor.scopes = ("read_orders", "read_customers", "read_companies")
    shop = source()
    world.order(createdAt="2026-01-01T00:00:00Z")
    recent = world.order()
    pages = list(shop.pull(Order, None))
    assert rows(pages) == [short(recent)]
    assert "last 60 days only" in pages[-1].notes[0]
    assert shop.covers_from(Order) == vendor.now - timedelta(days=60)
    assert shop.covers_from(Account) is None
    vendor.scopes = ("read_orders", "read_all_orders")
    list(shop.pull(Order, None))
    assert shop.covers_from(Order) is None


def test_it_waits_for_points_and_never_storms(vendor, world, source):
    vendor.row_cost = 100  # a page of three costs 310, the bucket holds 2,000 and gains 100 a second
    for _ in range(40):
        world.order()
    assert len(rows(source().pull(Order, None))) == 40
    throttled = [one for one in vendor.requests if b"orders(" in one.body]
    assert len(throttled) <= 15  # 14 pages; at most one was asked too early
    assert 0 < sum(vendor.slept) < 40


def test_a_throttled_answer_is_waited_out_and_a_long_one_left_to_the_schedule(vendor, world, source):
    order = world.order()
    vendor.plan({2: "throttle", 3: "throttle"})
    assert rows(source().pull(Order, None)) == [short(order)]
    vendor.rate, vendor.row_cost = 0.01, 300.0
    vendor.plan({2: "throttle"})
    with pytest.raises(Unavailable, match="no points left for orders") as told:
        list(source().pull(Order, None))
    assert told.value.retry_after > 60


def test_a_question_that_is_too_dear_is_asked_in_smaller_pages(vendor, world, source):
    vendor.row_cost = 300.0
    orders = [world.order() for _ in range(7)]
    assert rows(source(page_size=100).pull(Order, None)) == [short(order) for order in orders]


def test_a_filter_that_was_ignored_is_no_answer(vendor, world, source, monkeypatch):
    world.order()
    from connectors.shopify import walking

    monkeypatch.setattr(walking.Walk, "_filter", lambda *_: "updated_at:after:2026-11-23")
    with pytest.raises(Garbled, match="ignored a part of our filter"):
        list(source().pull(Order, None))


def test_a_page_that_comes_again_is_noticed(vendor, world, source):
    for _ in range(7):
        world.order()
    vendor.plan({3: "previous"})
    with pytest.raises(Garbled, match="twice, or out of order"):
        list(source().pull(Order, None))


def test_an_error_inside_an_answer_is_tried_again_then_left_to_the_next_run(vendor, world, source):
    order = world.order()
    vendor.plan({2: "error200"})
    assert rows(source().pull(Order, None)) == [short(order)]
    vendor.plan(dict.fromkeys(range(2, 20), "error200"))
    with pytest.raises(Unavailable):
        list(source().pull(Order, None))


def test_a_token_that_ended_is_renewed_once_and_a_revoked_app_needs_a_person(vendor, world, source):
    order = world.order()
    shop = source()
    list(shop.pull(Order, None))
    vendor.plan({1: "401"})
    assert rows(shop.pull(Order, None)) == [short(order)]
    vendor.pass_(hours=25)  # its 24 hours are over: renewed before it is refused
    vendor.forget()
    list(shop.pull(Order, None))
    assert [one.path.rsplit("/", 1)[-1] for one in vendor.requests] == ["access_token", "graphql.json"]
    vendor.revoke()
    with pytest.raises(Disconnected, match="check client_id and client_secret") as told:
        list(shop.pull(Order, None))
    assert "its-client-secret" not in str(told.value)


def test_a_given_token_is_used_as_it_is(vendor, world, source):
    order = world.order()
    vendor.given()
    shop = source(auth="token", token={"env": "SHOPIFY_TOKEN"})
    assert rows(shop.pull(Order, None)) == [short(order)]
    assert vendor.count("access_token") == 0
    vendor.revoke()
    with pytest.raises(Disconnected, match="renew the token the TOML names"):
        list(shop.pull(Order, None))


def test_two_shops_are_asked_each_with_its_own_token(vendor, world, source):
    from fakes.shopify import FakeShopify

    other = FakeShopify()
    other.client_secret = "its-client-secret"
    with other.listening():
        mine, theirs = world.order(), other.world.order()
        one, two = source(), source(base_url=other.url, shop="other.myshopify.com")
        begun = one.pull(Order, None)
        next(begun)
        assert rows(two.pull(Order, None)) == [short(theirs)]
        assert rows(begun) == [] and rows(one.pull(Order, None)) == [short(mine)]
        theirs_tokens = {asked.headers.get("x-shopify-access-token") for asked in other.requests}
        mine_tokens = {asked.headers.get("x-shopify-access-token") for asked in vendor.requests}
        assert not (theirs_tokens & mine_tokens) - {None}


def test_another_version_than_ours_is_told(vendor, world, source):
    vendor.version = "2025-10"
    pages = list(source().pull(Order, None))
    assert "answers in version 2025-10, not 2026-10" in pages[-1].notes[0]


def test_an_idle_run_asks_once_a_stream(vendor, world, source):
    ann = world.customer("Ann")
    world.order(ann, world.company("Acme", ann))
    shop = source(page_size=100)
    cursors = {record: list(shop.pull(record, None))[-1].cursor for record in shop.reads}
    vendor.pass_(days=3)
    cursors = {record: list(shop.pull(record, cursor))[-1].cursor for record, cursor in cursors.items()}
    vendor.pass_(hours=1)
    vendor.forget()
    for record, cursor in cursors.items():
        assert rows(shop.pull(record, cursor)) == []
    assert len(vendor.requests) == 3


def test_320_orders_cost_four_questions(vendor, world, source):
    for _ in range(320):
        world.order(lineItems=[world.line(f"L{n}") for n in range(5)])
    shop = source(page_size=100)
    shop.check()
    vendor.forget()
    assert len(rows(shop.pull(Order, None))) == 320 and len(vendor.requests) == 4


def test_nothing_it_asks_would_write_nor_tells_more_than_a_customer_may_see(vendor, world, source):
    ann = world.customer("Ann")
    world.order(ann, world.company("Acme", ann))
    shop = source()
    shop.check()
    for record in shop.reads:
        list(shop.pull(record, None))
        list(shop.list_ids(record))
    assert vendor.writes == []
    asked = b"".join(one.body for one in vendor.requests)
    for private in (b"statusPageUrl", b"note", b"tags", b"clientIp", b"shopMoney", b"risk"):
        assert private not in asked


def test_an_id_of_no_kind_we_know_stops_the_page(vendor, world, source):
    world.orders[gid("Order", 5)] = {**world.find(world.order()), "id": "Order#5"}
    with pytest.raises((Garbled, Refused)):
        list(source().pull(Order, None))
