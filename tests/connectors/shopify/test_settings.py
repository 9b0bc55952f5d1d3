"""The TOML of a Shopify source: what is wrong is told with its cure."""

import pytest
from pydantic import ValidationError

from connectors.records import Account, Order
from connectors.shopify import Shopify


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"shop": "https://acme.myshopify.com"}, "pattern"),
        ({"shop": "shop.acme.example"}, "pattern"),
        ({"base_url": "http://acme.myshopify.com"}, "not encrypted"),
        ({"base_url": "acme"}, 'base_url\n.*write one like "https://acme.myshopify.com"'),
        ({"token_url": "acme"}, 'write one like "https://acme.myshopify.com/admin/oauth/access_token"'),
        ({"auth": "token"}, "needs token too"),
        ({"client_id": ""}, "needs client_id too"),
        ({"api_version": "2026-11"}, "pattern"),
        ({"records": ["invoice"]}, "'account', 'contact' or 'order'"),
        ({"accounts": []}, "at least 1 item"),
        ({"show": {"order": {"status": ["PAID"]}}}, "no rule show.order.status; there are display"),
        ({"client_secret": "stands here"}, "a secret never stands in this file"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(settings, told, message):
    with pytest.raises(ValidationError, match=message):
        settings(**told)


def test_other_rules_make_every_row_new_to_map(settings):
    plain, narrowed = settings(), settings(show={"order": {"displayFinancialStatus": ["PAID"]}})
    assert Shopify(plain).mapping(Order) != Shopify(narrowed).mapping(Order)
    assert Shopify(plain).mapping(Account) == Shopify(narrowed).mapping(Account)


def test_another_shop_under_the_same_id_is_not_read_as_changes_of_the_first(settings):
    one, other = settings(), settings(shop="beta.myshopify.com")
    assert {Shopify(one).id_rule(record) for record in (Account, Order)} == {"acme.myshopify.com"}
    assert Shopify(other).id_rule(Order) == "beta.myshopify.com"


@pytest.mark.parametrize("name", ["base_url", "token_url"])
@pytest.mark.parametrize("address", ["https://ann:hush-hush@acme.example", "https://:hush-hush@acme.example"])
def test_a_password_in_an_address_is_refused_and_not_repeated(settings, name, address):
    with pytest.raises(ValidationError) as refused:
        settings(**{name: address})
    (error,) = refused.value.errors()
    assert "holds no user or password" in error["msg"] and "hush-hush" not in error["msg"]
