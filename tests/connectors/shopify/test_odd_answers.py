"""What a real shop may answer though its schema, or its plan, did not lead to expect it."""

import pytest

from connectors.base import Garbled, Refused
from connectors.records import Account, Contact, Order
from sync.stages import COMMON, status_key


def denied(path, message="This app is not approved to access the Customer object."):
    """An answer that denies a field."""
    return {"message": message, "path": path, "extensions": {"code": "ACCESS_DENIED"}}


def answers(vendor, **body):
    """Every question is answered so from now on."""
    vendor._run = lambda _: body


def test_protected_customer_data_that_is_denied_is_asked_for_in_words(vendor, source):
    answers(vendor, data=None, errors=[denied(["customers"])])
    with pytest.raises(Refused, match="access to protected customer data"):
        list(source().pull(Account, None))


def test_a_listing_that_is_denied_and_null_is_no_empty_one(vendor, source):
    answers(vendor, data={"answers_accounts": "QueryRoot", "customers": None}, errors=[denied(["customers"])])
    with pytest.raises(Refused, match="access to protected customer data"):
        list(source().pull(Account, None))


def test_companies_that_are_denied_and_null_are_done_without(vendor, world, source):
    ann, run = world.customer("Ann"), vendor._run

    def without(body):
        made = run(body)
        if made["data"].get("companies") and body["variables"]["companies"]:
            made["data"]["companies"] = None
            made["errors"] = [denied(["companies"], "Access denied for companies field.")]
        return made

    vendor._run = without
    assert set(source().list_ids(Account)) == {ann.removeprefix("gid://shopify/")}


def test_an_order_whose_customer_is_kept_from_us_belongs_to_nobody_and_staff_are_told(vendor, world, source):
    world.order(world.customer("Ann"))
    run = vendor._run

    def without(body):
        made = run(body)
        for at, order in enumerate(made["data"].get("orders", {}).get("nodes", ())):
            order["customer"] = None
            made.setdefault("errors", []).append(denied(["orders", "nodes", at, "customer"]))
        return made

    vendor._run = without
    shop = source()
    pages = list(shop.pull(Order, None))
    assert [shop.map(Order, row.raw).belongs_to for page in pages for row in page.rows] == [None]
    assert "keeps orders.nodes.customer from us" in pages[-1].notes[0]


@pytest.mark.parametrize(
    ("told", "where"),
    [
        (None, lambda at: ["orders", "nodes", at, "purchasingEntity"]),
        (None, lambda at: ["orders", "nodes", at, "purchasingEntity", "company"]),
        (
            {"__typename": "PurchasingCompany", "company": None},
            lambda at: ["orders", "nodes", at, "purchasingEntity", "company", "id"],
        ),
        (None, lambda _: ["orders", "nodes", "purchasingEntity"]),
    ],
)
def test_an_order_of_which_we_may_not_know_the_company_goes_to_nobody_else(
    vendor, world, source, told, where
):
    ann = world.customer("Ann")
    theirs, hers = world.order(ann, world.company("Acme", ann)), world.order(ann)
    world.change(hers, purchasingEntity={"__typename": "Customer"})
    vendor.scopes, run = ("read_orders", "read_all_orders", "read_customers"), vendor._run

    def without(body):
        made = run(body)
        for at, order in enumerate(made["data"]["orders"]["nodes"]):
            if order["id"] == theirs:
                order["purchasingEntity"] = told
                made["errors"] = [denied(where(at), "Access denied for purchasingEntity field.")]
        return made

    vendor._run = without
    shop, short = source(), theirs.removeprefix("gid://shopify/")
    pages = list(shop.pull(Order, None))
    skipped = [one for page in pages for one in page.skipped]
    kept = {row.source_id: shop.map(Order, row.raw).belongs_to for page in pages for row in page.rows}
    assert short not in kept and set(kept.values()) <= {ann.removeprefix("gid://shopify/")}
    assert [one.field for one in skipped if one.source_id == short] == ["purchasingEntity"]
    assert all("read_companies" in one.cure and "--full" in one.cure for one in skipped)
    assert hers.removeprefix("gid://shopify/") in kept


@pytest.mark.parametrize(
    "found", [[], {"nodes": [None], "pageInfo": {"hasNextPage": False}}, {"nodes": {}, "pageInfo": 1}, None]
)
def test_a_page_of_another_form_is_not_taken(vendor, source, found):
    answers(vendor, data={"answers_orders": "QueryRoot", "orders": found})
    with pytest.raises(Garbled):
        list(source().pull(Order, None))


def test_one_odd_person_keeps_nobody_else_from_being_read(vendor, world, source):
    ann, bob = world.customer("Ann"), world.customer("Bob")
    odd, sound = world.company("Odd", ann), world.company("Sound", bob)
    run = vendor._run

    def spoilt(body):
        made = run(body)
        for company in made["data"].get("companies", {}).get("nodes", ()):
            if company["id"] == odd:
                company["contacts"]["nodes"] = [{"id": "gid://shopify/CompanyContact/1", "customer": "Ann"}]
        return made

    vendor._run = spoilt
    shop = source()
    (page, *_) = shop.pull(Contact, None)
    assert [(one.place, one.reason) for one in page.skipped] == [
        (odd.removeprefix("gid://shopify/"), "holds a text where an object belongs")
    ]
    assert page.whole_of == [sound.removeprefix("gid://shopify/")]
    assert {row.raw["displayName"] for row in page.rows} == {"Ann", "Bob"}
    with pytest.raises(Garbled, match="nobody goes"):
        list(shop.list_ids(Contact))


def test_somebody_without_name_address_or_number_is_called_by_his_id(world, source):
    ann = world.customer("")
    shop, short = source(), ann.removeprefix("gid://shopify/")
    for record in (Account, Contact):
        rows = [row for page in shop.pull(record, None) for row in page.rows]
        assert [shop.map(record, row.raw).name for row in rows] == [short.replace("/", " ")]


def test_a_page_that_was_too_dear_once_is_asked_for_in_its_size_from_then_on(vendor, world, source):
    vendor.row_cost = 300.0
    for _ in range(7):
        world.order()
    cursor = list(source(page_size=100).pull(Order, None))[-1].cursor
    vendor.pass_(hours=1)
    vendor.forget()
    cursor = list(source(page_size=100).pull(Order, cursor))[-1].cursor
    sizes = [one.json()["variables"]["first"] for one in vendor.requests if one.path.endswith("graphql.json")]
    assert sizes and set(sizes) == {3}


def test_more_of_one_order_than_a_question_may_cost_needs_a_person(vendor, world, source):
    world.order(lineItems=[world.line(f"L-{n}") for n in range(40)])
    run = vendor._run

    def dear(body):
        if "$after" in body["query"]:
            return {"errors": [{"message": "too dear", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
        return run(body)

    vendor._run = dear
    with pytest.raises(Refused, match="one row of lines dearer than a question may be"):
        list(source().pull(Order, None))


def test_an_app_without_any_scope_is_not_taken_for_one_that_reads_all_orders(vendor, world, source):
    world.order()
    shop, run = source(), vendor._run

    def unscoped(body):
        made = run(body)
        if "currentAppInstallation" in made["data"]:
            made["data"]["currentAppInstallation"]["accessScopes"] = []
        return made

    vendor._run = unscoped
    list(shop.pull(Order, None))
    assert shop.covers_from(Order) is not None


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("FULFILLED", "dispatched"),
        ("IN_PROGRESS", "in_production"),
        ("ON_HOLD", "on_hold"),
        ("OPEN", "received"),
        ("PARTIALLY_FULFILLED", "part_dispatched"),
        ("PENDING_FULFILLMENT", "received"),
        ("SCHEDULED", "received"),
        ("UNFULFILLED", "received"),
        ("Activated", "received"),  # Salesforce
    ],
)
def test_a_vendors_usual_statuses_are_stages_of_the_portal(status, stage):
    assert COMMON[status_key(status)] == stage


def test_any_page_of_a_large_shop_is_the_first_of_its_question(vendor, world, source):
    """Shopify ends a paged listing after 25,000 objects; ours begins anew behind the last id each time."""
    for _ in range(9):
        world.order()
    list(source().pull(Order, None))
    asked = [one.json() for one in vendor.requests if one.path.endswith("graphql.json")]
    assert len(asked) == 3 and not any("after" in one["variables"] for one in asked)
