"""Whom a change of a person reaches, and which day an order's moments are."""

from datetime import timedelta

import pytest
from fakes.shopify_world import short, written

from connectors.base import Refused
from connectors.records import Contact, Order


def records(source, record, cursor=None):
    """The records of a pull by id."""
    pages = list(source.pull(record, cursor))
    return {row.source_id: source.map(record, row.raw) for page in pages for row in page.rows}


def test_a_new_address_of_a_companys_person_is_heard_of_though_the_company_did_not_change(
    vendor, world, source
):
    ann, _ = world.customer("Ann", "ann@old.example"), world.customer("Bob", "bob@home.example")
    world.company("Acme", ann)
    profile = short(world.customers[ann]["companyContactProfiles"][0]["id"])
    shop, cursor = source(accounts=["companies"]), None
    for _ in range(3):
        cursor = list(shop.pull(Contact, cursor))[-1].cursor
        vendor.pass_(hours=1)
    world.change(ann, defaultEmailAddress={"emailAddress": "ann@new.example"})
    found = records(shop, Contact, cursor)
    assert {key: one.email for key, one in found.items()} == {profile: "ann@new.example"}
    assert list(shop.list_ids(Contact)) == [profile]


def test_companies_that_are_denied_later_are_not_done_without_where_nobody_else_is_read(
    vendor, world, source
):
    world.company("Acme", world.customer("Ann"))
    shop = source(accounts=["companies"])
    cursor = list(shop.pull(Contact, None))[-1].cursor
    vendor.pass_(hours=1)
    vendor.scopes = ("read_orders", "read_all_orders", "read_customers")
    with pytest.raises(Refused, match="read_companies"):
        list(shop.pull(Contact, cursor))


def test_an_order_that_was_created_before_the_window_is_not_taken_for_one_inside_it(vendor, world, source):
    days = {n: written(vendor.now - timedelta(days=n)) for n in (70, 10)}
    later = world.order(createdAt=days[70], processedAt=days[10])
    brought = world.order(createdAt=days[10], processedAt=days[70])
    shop = source()
    placed = {key: one.placed for key, one in records(shop, Order).items()}
    vendor.scopes = ("read_orders",)
    list(shop.pull(Order, None))
    assert set(shop.list_ids(Order)) == {short(brought)}
    assert placed[short(later)] < shop.covers_from(Order)
    assert placed[short(brought)] == vendor.now - timedelta(days=70)  # the day its customer knows


def test_days_are_those_of_the_shops_own_calendar(vendor, world, source):
    parcel = world.fulfilment("#1-F1", estimatedDeliveryAt="2026-12-01T04:00:00Z")
    terms = {"paymentSchedules": {"nodes": [{"dueAt": "2027-01-01T05:00:00Z", "completedAt": None}]}}
    order = short(world.order(fulfillments=[parcel], paymentTerms=terms))
    told = {}
    for vendor.zone in ("America/New_York", "America/Chicago", "Mars/Olympus_Mons"):
        made = records(source(), Order)[order]
        told[vendor.zone] = (str(made.expected), str(made.payment_due))
    assert told == {
        "America/New_York": ("2026-11-30", "2027-01-01"),
        "America/Chicago": ("2026-11-30", "2026-12-31"),
        "Mars/Olympus_Mons": ("2026-12-01", "2027-01-01"),
    }
