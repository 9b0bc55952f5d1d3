"""config.example.toml explains every setting: it loads as it stands, and with everything switched on."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from connectors.exports.settings import ExportsSettings
from connectors.salesforce.settings import SalesforceSettings
from connectors.shopify.settings import ShopifySettings
from connectors.xero.settings import SHOWN, XeroSettings
from sync.config import Config, load

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"


def in_full(text: str) -> str:
    """The example with every setting switched on."""
    return re.sub(r'(?m)^#(?=\w+ = |"[^"]+" = |\[)', "", text)


def load_example(folder: Path, text: str) -> Config:
    """Load the example with everything around it that it names."""
    for name in (
        "secret.key",
        "credentials.key",
        "credentials.old.key",
        "sftp.key",
        "logo.svg",
        "icon.png",
        "server.key",
    ):
        (folder / name).write_text("6f1e0c9ab4d8573e2f90b1c6d7a85e43")
        (folder / name).chmod(0o600)
    (folder / "links").mkdir()
    (folder / "links" / "shop.csv").write_text("account,primary\nann@customer.example,0011000000ABCDFAAA\n")
    (folder / "fanlight.toml").write_text(text, "utf-8")
    secrets = {
        f"FANLIGHT_{name}_PASSWORD": "a password" for name in ("WEB", "STAFF", "SYNC", "MAIL", "FILES")
    }
    named = ("XERO", "FILES", "SHOPIFY", "SALESFORCE")
    secrets |= {f"FANLIGHT_{name}_SECRET": "a secret" for name in named}
    secrets |= dict.fromkeys(("FANLIGHT_SHOPIFY_TOKEN", "FANLIGHT_SALESFORCE_SESSION"), "a secret")
    return load(folder / "fanlight.toml", secrets)


def keys_of(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    """The keys of a table and of every table inside it."""
    seen.add(model)
    for name, setting in model.model_fields.items():
        yield setting.alias or name
        for inner in models_in(setting.annotation):
            if inner not in seen:
                yield from keys_of(inner, seen)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def test_the_example_is_a_whole_configuration(tmp_path: Path) -> None:
    config = load_example(tmp_path, EXAMPLE.read_text("utf-8"))
    assert [source.id for source in config.sources] == ["crm"]
    assert config.warnings == ()


def test_every_setting_of_the_example_may_be_switched_on(tmp_path: Path) -> None:
    config = load_example(tmp_path, in_full(EXAMPLE.read_text("utf-8")))
    assert [source.id for source in config.sources] == ["crm", "shop", "books", "store", "desk"]
    assert config.mail.method == "smtp"
    assert set(config.stages.orders) == {"In Process", "Picked"}


def keys_in(told: object) -> Iterator[str]:
    """The keys that stand anywhere in a TOML document."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield key
            yield from keys_in(value)
    elif isinstance(told, list):
        for value in told:
            yield from keys_in(value)


def test_the_example_explains_every_key_there_is() -> None:
    told = set(keys_in(tomllib.loads(in_full(EXAMPLE.read_text("utf-8")))))
    models = (Config, ExportsSettings, XeroSettings, ShopifySettings, SalesforceSettings)
    keys = {key for model in models for key in keys_of(model, set())}
    short = {"first"}  # written as a list
    assert keys - {"path", "warnings"} - short <= told


def test_defaults_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    plain = load_example(tmp_path, EXAMPLE.read_text("utf-8"))
    told = tomllib.loads(in_full(EXAMPLE.read_text("utf-8")))
    same = {"database", "timezone", "currency", "locale", "sections", "blocks", "proxies"}
    for key in same:
        default = getattr(plain.portal, key)
        assert told["portal"][key] == (list(default) if isinstance(default, tuple) else default), key
    assert told["login"] == plain.login.model_dump(mode="json")
    assert told["portal"]["brand"]["color"] == plain.portal.brand.color
    assert told["mail"]["port"] == plain.mail.port
    assert told["sources"][0]["every"] == plain.sources[0].every
    assert told["sources"][0]["stale_after"] == plain.sources[0].stale_after


def test_defaults_of_xero_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    told = tomllib.loads(in_full(EXAMPLE.read_text("utf-8")))
    (table,) = (source for source in told["sources"] if source["kind"] == "xero")
    own = {"id", "label", "kind", "client_id", "client_secret", "tenant_id", "show"}
    for key in set(table) - own:
        default = XeroSettings.model_fields[key].default
        assert table[key] == (list(default) if isinstance(default, tuple) else default), key
    assert {key: tuple(words) for key, words in table["show"]["invoice"].items()} == SHOWN["invoice"]


def test_defaults_of_shopify_and_salesforce_in_the_example_are_the_defaults(tmp_path: Path) -> None:
    told = {one["kind"]: one for one in tomllib.loads(in_full(EXAMPLE.read_text("utf-8")))["sources"]}
    for kind, model, same in (
        (
            "shopify",
            ShopifySettings,
            ("auth", "accounts", "every", "sweep", "records", "page_size", "api_version"),
        ),
        (
            "salesforce",
            SalesforceSettings,
            ("auth", "audience", "api_version", "every", "sweep", "bulk_above"),
        ),
    ):
        for key in same:
            default = model.model_fields[key].default
            assert told[kind][key] == (list(default) if isinstance(default, tuple) else default), key
