"""What a pull brings, from an org that changes meanwhile."""

from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.base import Disconnected, Garbled, Refused, Unavailable
from connectors.records import Account, Contact, Order, Ticket


def rows(pages):
    """Source ids of all rows, in order."""
    return [row.source_id for page in pages for row in page.rows]


def gone(pages):
    """What the source says is gone: id → why."""
    return {one.source_id: (one.why, one.rule) for page in pages for one in page.gone}


def records(source, record, cursor=None):
    """The records of a pull by id."""
    pages = list(source.pull(record, cursor))
    return {row.source_id: source.map(record, row.raw) for page in pages for row in page.rows}


def test_every_record_of_the_org_arrives_as_it_stands_there(business, source):
    crm, ids = source(), business.ids
    accounts, contacts = records(crm, Account), records(crm, Contact)
    assert accounts[ids["acme"]].name == "Acme" and accounts[ids["acme"]].number == "0042"
    assert accounts[ids["acme"]].owner_name == "Rita Rep"
    assert accounts[ids["beta"]].parent == ids["acme"]
    assert contacts[ids["ann"]].belongs_to == ids["acme"]
    assert contacts[ids["nobody"]].belongs_to is None
    order = records(crm, Order)[ids["order"]]
    assert order.belongs_to == ids["acme"] and order.currency == "EUR" and not order.cancelled
    assert [(line.name, line.quantity, line.total) for line in order.lines] == [
        ("Bolt", Decimal(2), Decimal("2.5")),
        ("Bolt", Decimal(3), Decimal("3.75")),
    ]


def test_internal_comments_are_never_even_asked_for(business, source, vendor):
    ticket = records(source(), Ticket)[business.ids["case"]]
    assert [(one.text, one.author, one.staff) for one in ticket.messages] == [
        ("We send another", "Rita Rep", True)
    ]
    asked = [one.query.get("q", "") for one in vendor.requests]
    assert not [q for q in asked if "Comments" in q]
    assert all("IsPublished = true" in q for q in asked if "CommentBody" in q)


def test_a_draft_is_hidden_by_a_rule_that_says_so(business, source):
    draft = business.order("00000002", business.ids["acme"], StatusCode="Draft")
    pages = list(source().pull(Order, None))
    assert gone(pages) == {draft: ("hidden", "show.order.StatusCode: Draft is not in the list")}
    assert rows(pages) == [business.ids["order"]]


def test_a_case_not_meant_for_customers_is_hidden(business, source):
    kept_back = business.vendor.org.add("Case", CaseNumber="00001002", Subject="Ours")
    assert gone(list(source().pull(Ticket, None)))[kept_back][0] == "hidden"


def test_the_next_run_asks_from_the_start_of_the_last_less_ten_minutes(business, source, vendor):
    crm = source()
    cursor = list(crm.pull(Order, None))[-1].cursor
    vendor.pass_(hours=1)
    late = business.order("00000002", business.ids["acme"], stamp=vendor.now - timedelta(minutes=69))
    new = business.order("00000003", business.ids["beta"])
    found = rows(crm.pull(Order, cursor))
    assert set(found) == {business.ids["order"], late, new}


def test_rows_of_one_second_over_several_pages_all_arrive(business, source, vendor):
    all_ids = {business.order(f"{n:08}", business.ids["acme"]) for n in range(2, 12)} | {
        business.ids["order"]
    }
    assert set(rows(source().pull(Order, None))) == all_ids


def test_a_run_that_died_goes_on_after_the_last_page_it_kept(business, source, vendor):
    for n in range(2, 9):
        business.order(f"{n:08}", business.ids["acme"])
    first = next(iter(source().pull(Order, None)))
    vendor.forget()
    rest = list(source().pull(Order, first.cursor))
    assert not set(rows([first])) & set(rows(rest))
    assert len(rows([first])) + len(rows(rest)) == 8
    assert rest[-1].as_of == vendor.now


def test_an_order_is_read_again_when_only_its_lines_changed(business, source, vendor):
    crm = source()
    cursor = list(crm.pull(Order, None))[-1].cursor
    vendor.pass_(hours=1)
    vendor.org.change("OrderItem", business.ids["line"], Quantity=Decimal(20))
    (order,) = records(crm, Order, cursor).values()
    vendor.pass_(hours=1)
    cursor = list(crm.pull(Order, cursor))[-1].cursor
    vendor.pass_(hours=1)
    vendor.org.delete("OrderItem", business.ids["line"])
    (shorter,) = records(crm, Order, cursor).values()
    assert order.lines[0].quantity == 20 and len(shorter.lines) == 1


def test_a_comment_made_internal_leaves_the_case(business, source, vendor):
    crm = source()
    cursor = list(crm.pull(Ticket, None))[-1].cursor
    vendor.pass_(hours=1)
    vendor.org.change("CaseComment", business.ids["public"], IsPublished=False)
    (ticket,) = records(crm, Ticket, cursor).values()
    assert ticket.messages == ()


def test_deleted_and_merged_accounts_are_gone_and_restored_ones_are_back(business, source, vendor):
    crm, ids = source(), business.ids
    cursor = list(crm.pull(Account, None))[-1].cursor
    contacts = list(crm.pull(Contact, None))[-1].cursor
    vendor.pass_(hours=1)
    vendor.org.merge(ids["beta"], ids["acme"])
    pages = list(crm.pull(Account, cursor))
    assert gone(pages) == {ids["acme"]: ("deleted", "")}
    assert records(crm, Contact, contacts)[ids["ann"]].belongs_to == ids["beta"]
    vendor.pass_(hours=1)
    vendor.org.undelete("Account", ids["acme"])
    assert ids["acme"] in rows(crm.pull(Account, pages[-1].cursor))


def test_the_sweep_hears_of_all_ids_but_the_purged(business, source, vendor):
    more = [business.order(f"{n:08}", None) for n in range(2, 8)]
    vendor.org.purge("Order", more[0])
    vendor.org.delete("Order", more[1])
    assert list(source().list_ids(Order)) == [business.ids["order"], *more[2:]]


def test_a_session_that_ends_between_pages_costs_nothing(business, source, vendor):
    wanted = {business.order(f"{n:08}", None) for n in range(2, 9)} | {business.ids["order"]}
    crm = source()
    list(crm.pull(Account, None))
    vendor.forget()
    vendor.plan({3: "401"})
    assert set(rows(crm.pull(Order, None))) == wanted
    vendor.plan({2: "401"})
    assert set(crm.list_ids(Order)) == wanted


def test_an_old_answer_kept_on_the_way_is_not_taken(business, source, vendor):
    crm = source()
    cursor = list(crm.pull(Account, None))[-1].cursor
    vendor.pass_(minutes=30)
    vendor.plan({1: "previous"})
    crm.check()  # the clock has gone on
    vendor.plan({1: "previous"})
    with pytest.raises(Garbled, match="sent an old answer"):
        list(crm.pull(Account, cursor))


def test_an_app_that_was_revoked_needs_a_person(business, source, vendor):
    crm = source()
    list(crm.pull(Order, None))
    vendor.revoke()
    with pytest.raises(Disconnected, match=r"invalid_grant.*Run-As"):
        list(crm.pull(Order, None))


def test_a_wrong_secret_is_told_with_its_cure_and_not_shown(business, source, vendor):
    vendor.client_secret = "another-client-secret"
    with pytest.raises(Disconnected, match="client_id or client_secret is wrong") as told:
        list(source().pull(Order, None))
    assert "its-client" not in str(told.value)


def test_a_used_up_day_is_waited_for_and_a_share_is_left_to_others(business, source, vendor):
    vendor.used, vendor.limit = 79, 100
    with pytest.raises(Unavailable, match="81 of the org's 100 calls") as told:
        list(source().pull(Order, None))
    assert told.value.retry_after == 3600
    vendor.used = 100
    with pytest.raises(Unavailable, match="no calls left"):
        list(source(api_share=1.0).pull(Order, None))


def test_the_quota_is_what_the_last_answer_said(business, source, vendor):
    crm = source()
    assert crm.quota() is None
    list(crm.pull(Account, None))
    quota = crm.quota()
    assert (quota.left, quota.of) == (100_000 - vendor.used, 100_000)


def test_a_field_our_user_may_not_read_is_done_without(business, source, vendor):
    crm = source()
    vendor.org.hide_field("Account", "AccountNumber")
    assert records(crm, Account)[business.ids["acme"]].number == ""
    cursor = list(crm.pull(Account, None))[-1].cursor
    vendor.org.hide_field("Account", "Phone")  # while the source runs
    vendor.pass_(hours=1)
    vendor.org.change("Account", business.ids["acme"], Name="Acme & Co")
    assert records(crm, Account, cursor)[business.ids["acme"]].name == "Acme & Co"


def test_a_field_no_record_can_do_without_is_asked_for_in_words(business, source, vendor):
    vendor.org.hide_field("Order", "AccountId")
    with pytest.raises(Refused, match=r"may not read Order\.AccountId"):
        list(source().pull(Order, None))


def test_an_object_the_org_has_not_is_named(business, source, vendor):
    del vendor.org.fields["Order"]
    with pytest.raises(Refused, match=r"no sobjects/Order/describe: is the object switched on"):
        list(source().pull(Order, None))


def test_half_a_listing_is_not_taken_for_a_whole_one(business, source, vendor):
    for n in range(2, 6):
        business.order(f"{n:08}", None)
    crm = source()
    list(crm.pull(Account, None))
    page = vendor._page

    def shorter(query, found, session, how, at=0):
        return page(query, found[:-1] if at else found, session, how, at)

    vendor._page = shorter
    with pytest.raises(Garbled, match=r"announced 5 rows and sent 4"):
        list(crm.pull(Order, None))


def test_what_is_no_json_is_not_taken(business, source, vendor):
    crm = source()
    list(crm.pull(Account, None))
    for fault in ("html200", "blank200", "null200", "json_empty", "error200"):
        vendor.plan({2: fault})
        with pytest.raises(Garbled):
            list(crm.pull(Contact, None))


def test_an_idle_run_asks_once_an_object(business, source, vendor):
    crm = source()
    cursors = {record: list(crm.pull(record, None))[-1].cursor for record in crm.reads}
    vendor.pass_(hours=1)
    cursors = {record: list(crm.pull(record, cursor))[-1].cursor for record, cursor in cursors.items()}
    vendor.pass_(minutes=15)
    vendor.forget()
    for record, cursor in cursors.items():
        assert rows(crm.pull(record, cursor)) == []
    asked = [one.query["q"].split(" FROM ")[1].split()[0] for one in vendor.requests]
    assert asked == ["Account", "Contact", "Order", "OrderItem", "Case", "CaseComment"]


def test_320_orders_cost_no_call_each(business, source, vendor):
    vendor.batch = 2000
    for n in range(2, 321):
        business.line(business.order(f"{n:08}", business.ids["acme"]), Decimal(1))
    crm = source()
    list(crm.pull(Account, None))
    vendor.forget()
    found = records(crm, Order)
    assert len(found) == 320 and all(order.lines for order in found.values())
    assert len(vendor.requests) == 6  # two descriptions, a count, the orders, their lines in two portions


def test_nothing_it_asks_would_write(business, source, vendor):
    crm = source(bulk_above=2000)
    crm.check()
    for record in crm.reads:
        list(crm.pull(record, None))
        list(crm.list_ids(record))
    assert vendor.writes == []
