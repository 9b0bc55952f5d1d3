"""Whoever is not let in any more is told which command to run: in every way the three vendors have."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fakes import salesforce_source, shopify_source
from fakes.salesforce import FakeSalesforce
from fakes.shopify import FakeShopify
from fakes.xero import TENANT, Xero
from fakes.xero_source import Books

from connectors.base import Disconnected
from connectors.salesforce import Salesforce
from connectors.shopify import Shopify
from portal.cli import commands

CONNECTORS = Path(__file__).parents[2] / "connectors"
NOWHERE = "00000000-0000-0000-0000-000000000000"
ENV = {"env": {"PEM": "no key", "SESSION": "ended", "TOKEN": "shpat_revoked"}}


def with_secrets(kind: Any, settings: Any, **told: Any) -> Any:
    """A source of the same settings and some secrets."""
    table = settings.model_dump(exclude_unset=True, exclude={"client_secret"})
    return kind(kind.Settings.model_validate({**table, **told}, context=ENV))


def shop_secret(vendor: FakeShopify) -> None:
    vendor.revoke()
    shopify_source.source(vendor).check()


def shop_token(vendor: FakeShopify) -> None:
    with_secrets(
        Shopify, shopify_source.settings(vendor), auth="token", token={"env": "TOKEN"}, client_id=""
    ).check()


def crm_secret(vendor: FakeSalesforce) -> None:
    vendor.client_secret = "another-client-secret"
    salesforce_source.source(vendor).check()


def crm_revoked(vendor: FakeSalesforce) -> None:
    vendor.revoke()
    salesforce_source.source(vendor).check()


def crm_key(vendor: FakeSalesforce) -> None:
    told = {"auth": "jwt", "username": "fanlight@acme.example", "private_key": {"env": "PEM"}}
    with_secrets(Salesforce, salesforce_source.settings(vendor), **told).check()


def crm_refused_twice(vendor: FakeSalesforce) -> None:
    vendor.plan({2: "401", 4: "401"})
    salesforce_source.source(vendor).check()


def crm_session(vendor: FakeSalesforce) -> None:
    told = {"auth": "session", "session_id": {"env": "SESSION"}}
    with_secrets(Salesforce, salesforce_source.settings(vendor), **told).check()


def books_secret(vendor: Xero) -> None:
    vendor.client = ("xero-client-id", "another")
    Books(vendor).source().check()


def books_scope(vendor: Xero) -> None:
    Books(vendor).source(scopes=("accounting.journals.read",)).check()


def books_never_connected(vendor: Xero) -> None:
    Books(vendor).source(auth="code", tenant_id=TENANT).check()


def books_consent_ended(vendor: Xero) -> None:
    source = Books(vendor).by_consent()
    vendor.grants.refresh.clear()
    vendor.pass_(minutes=31)
    source.check()


def books_nobody_agreed(vendor: Xero) -> None:
    way = Books(vendor).source(auth="code").authorisation()
    assert way is not None
    way.redeem("http://localhost:8765/callback", {"error": "access_denied"}, "a verifier")


def books_no_organisation(vendor: Xero) -> None:
    source = Books(vendor).by_consent()
    vendor.tenants.clear()
    source.check()


def books_custom_no_organisation(vendor: Xero) -> None:
    vendor.tenants.clear()
    Books(vendor).source().check()


def books_wrong_organisation(vendor: Xero) -> None:
    source = Books(vendor).source(auth="code", tenant_id=NOWHERE)
    source.credentials.keep(vendor.consent())
    source.check()


def books_custom_wrong_organisation(vendor: Xero) -> None:
    Books(vendor).source(tenant_id=NOWHERE).check()


def books_untold_organisation(vendor: Xero) -> None:
    source = Books(vendor).source(auth="code")
    source.credentials.keep(vendor.consent())
    list(source.pull(next(iter(source.reads)), None))


def books_shut_out(vendor: Xero) -> None:
    source = Books(vendor).by_consent()
    vendor.plan({1: "403"})
    source.check()


def books_custom_shut_out(vendor: Xero) -> None:
    vendor.plan({2: "403"})
    Books(vendor).source().check()


VENDORS = {"shop": FakeShopify, "crm": FakeSalesforce, "books": Xero}
WAYS = [way for name, way in list(globals().items()) if name.split("_")[0] in VENDORS and callable(way)]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_source_that_lets_nobody_in_names_the_command_to_run(way: Callable[[Any], None]) -> None:
    source = way.__name__.split("_")[0]
    vendor = VENDORS[source]()
    with vendor.listening(), pytest.raises(Disconnected) as told:
        way(vendor)
    found = re.search(rf"\brun: fanlight ([a-z ]+ {source})$", str(told.value))
    assert found, told.value
    assert CliRunner().invoke(commands, [*found[1].split(), "--help"]).exit_code == 0


def test_no_connector_shuts_itself_out_without_a_command() -> None:
    made = [
        f"{path.name}:{call.lineno}: {ast.unparse(call)}"
        for path in sorted(CONNECTORS.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Disconnected"
    ]
    assert len(made) >= 10
    assert [one for one in made if not re.search(r"settings\.again|reconnect\(|fanlight auth", one)] == []
