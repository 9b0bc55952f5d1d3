"""Fields our user may not read, objects of other forms, and what Salesforce says when it cannot."""

from decimal import Decimal

import pytest
from fakes.salesforce import refusal

from connectors.base import Garbled, Refused, Unavailable
from connectors.records import Account, Order, Ticket


def records(source, record, cursor=None):
    """The records of a pull by id."""
    pages = list(source.pull(record, cursor))
    return {row.source_id: source.map(record, row.raw) for page in pages for row in page.rows}


def test_fields_of_a_related_object_are_done_without_where_our_user_may_not_read_them(
    business, source, vendor
):
    for field in ("Phone", "Email"):
        vendor.org.hide_field("User", field)
    crm = source()
    account = records(crm, Account)[business.ids["acme"]]
    assert (account.owner_name, account.owner_phone, account.owner_email) == ("Rita Rep", "", "")
    cursor = list(crm.pull(Account, None))[-1].cursor
    vendor.forget()
    list(crm.pull(Account, cursor))
    assert len(vendor.requests) == 1  # what is lacking is remembered


def notes(source, record, cursor=None):
    """What staff is told with the last page of a pull, and the cursor of the next one."""
    *before, last = source.pull(record, cursor)
    assert not any(page.notes for page in before)
    return list(last.notes), last.cursor


def test_what_our_user_may_not_read_is_told_to_staff_in_one_sentence(business, source, vendor):
    for table, field in (("Account", "Phone"), ("User", "Email")):
        vendor.org.hide_field(table, field)
    crm = source(account={"fields": {"tax_number": "VAT__c"}})
    said, cursor = notes(crm, Account)
    assert said == [
        "Account.Phone, Account.VAT__c and Account.Owner.Email cannot be read and stay blank: give our user "
        "read access and run `fanlight sync crm --record account --full`, or ignore it"
    ]
    assert notes(crm, Account, cursor)[0] == said  # as long as it is so


def test_lines_that_lack_a_field_are_told_too(business, source, vendor):
    vendor.org.hide_field("OrderItem", "UnitPrice")
    (said,), _ = notes(source(), Order)
    assert said.startswith("OrderItem.UnitPrice cannot be read and stays blank: ")


def test_what_most_orgs_lack_is_no_news(business, source, vendor):
    vendor.org.hide_field("Order", "CurrencyIsoCode")
    vendor.org.hide_field("Case", "IsVisibleInSelfService")
    every = source(show={"ticket": {"IsVisibleInSelfService": ["*", ""]}})
    assert [notes(every, record)[0] for record in every.reads] == [[], [], [], []]


def test_a_products_name_our_user_may_not_read_leaves_the_line(business, source, vendor):
    vendor.org.hide_field("Product2", "Name")
    (order,) = records(source(), Order).values()
    assert [line.name for line in order.lines] == ["B-1", "B-1"]


def test_a_rule_whose_field_cannot_be_read_shows_nothing_and_says_so(business, source, vendor):
    crm = source()
    cursor = list(crm.pull(Ticket, None))[-1].cursor
    vendor.org.hide_field("Case", "IsVisibleInSelfService")
    cure = r'may not read Case\.IsVisibleInSelfService.*IsVisibleInSelfService = \["\*", ""\] shows all'
    for at in (None, cursor):
        with pytest.raises(Refused, match=cure):
            list(crm.pull(Ticket, at))
    with pytest.raises(Refused, match=r"Case has no field IsVisibleInSelfService"):
        crm.check()
    every = source(show={"ticket": {"IsVisibleInSelfService": ["*", ""]}})
    every.check()
    assert set(records(every, Ticket)) == {business.ids["case"]}


def test_orders_do_not_vanish_when_their_state_can_no_longer_be_read(business, source, vendor):
    crm = source()
    cursor = list(crm.pull(Order, None))[-1].cursor
    vendor.org.hide_field("Order", "StatusCode")
    vendor.org.change("Order", business.ids["order"], Status="Sent")
    with pytest.raises(Refused, match=r"may not read Order\.StatusCode"):
        list(crm.pull(Order, cursor))


def test_lines_that_do_not_name_their_order_are_asked_for_in_words(business, source, vendor):
    vendor.org.hide_field("OrderItem", "OrderId")
    with pytest.raises(Refused, match=r"may not read OrderItem\.OrderId"):
        list(source().pull(Order, None))


def test_an_org_with_one_currency_has_to_name_it(business, source, vendor):
    vendor.org.hide_field("Order", "CurrencyIsoCode")
    source(currency="EUR").check()
    with pytest.raises(Refused, match='name it in the TOML: currency = "EUR"'):
        source(currency=None).check()
    (order,) = records(source(currency="EUR"), Order).values()
    assert order.currency == "EUR"


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, "QUERY_TIMEOUT", Unavailable),
        (400, "UNABLE_TO_LOCK_ROW", Unavailable),
        (400, "UNSUPPORTED_API_VERSION", Refused),
        (400, "MALFORMED_QUERY", Garbled),
        (403, "INSUFFICIENT_ACCESS", Refused),
    ],
)
def test_an_error_leads_where_it_belongs(business, source, vendor, status, code, failure):
    crm = source()
    crm.check()
    vendor._resource = lambda *_: refusal(status, code, "no")
    with pytest.raises(failure):
        list(crm.pull(Account, None))


@pytest.mark.parametrize("message", [" ", "\n", None, 7])
def test_an_error_that_says_nothing_is_one_of_ours_too(business, source, vendor, message):
    crm = source()
    crm.check()
    vendor._resource = lambda *_: refusal(400, "MALFORMED_QUERY", message)
    with pytest.raises(Garbled, match="did not understand us"):
        list(crm.pull(Account, None))


def test_the_share_is_of_the_orgs_calls_not_of_the_apps(business, source, vendor):
    from fakes import salesforce as fake

    crm, with_limits = source(), fake._with

    def per_app(answer, headers):
        told = headers["Sforce-Limit-Info"]
        return with_limits(answer, {"Sforce-Limit-Info": f"per-app-api-usage=249/250(appName=x); {told}"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake, "_with", per_app)
        list(crm.pull(Account, None))
    assert crm.quota().of == 100_000


def test_two_hundred_ids_and_all_fields_fit_into_an_address(business, source, vendor):
    vendor.batch = 2000
    for n in range(2, 420):
        business.line(business.order(f"{n:08}", business.ids["acme"]), Decimal(1))
    cursor = list(source().pull(Order, None))[-1].cursor
    vendor.pass_(hours=1)
    for line in list(vendor.org.tables["OrderItem"]):
        vendor.org.change("OrderItem", line, Quantity=Decimal(7))
    found = records(source(), Order, cursor)
    assert len(found) == 419 and {one.quantity for order in found.values() for one in order.lines} == {7}
