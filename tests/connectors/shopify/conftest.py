"""A shop with something in it, and a connector that reads it by the shop's own clock."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes.shopify import FakeShopify

from connectors.http import Limits, Time
from connectors.shopify import Shopify


@pytest.fixture
def vendor() -> Iterator[FakeShopify]:
    """A listening shop, empty."""
    fake = FakeShopify()
    with fake.listening():
        yield fake


@pytest.fixture
def world(vendor) -> Any:
    """What it holds."""
    return vendor.world


@pytest.fixture
def settings(vendor, monkeypatch) -> Callable[..., Any]:
    """Checked settings of a source that reads the fake; pages of three rows."""
    monkeypatch.setenv("SHOPIFY_SECRET", "its-client-secret")
    told = {
        "id": "shop",
        "label": "Web shop",
        "kind": "shopify",
        "shop": "acme.myshopify.com",
        "base_url": vendor.url,
        "client_id": "shopify-client",
        "client_secret": {"env": "SHOPIFY_SECRET"},
        "page_size": 3,
    }
    return lambda **more: Shopify.Settings.model_validate({**told, **more})


@pytest.fixture
def source(vendor, settings) -> Callable[..., Shopify]:
    """A connector that reads the fake; sleeping takes the fake's time only."""
    time = Time(lambda: vendor.now.timestamp(), vendor.clock, vendor.sleep, lambda: 0.5)
    return lambda **more: Shopify(settings(**more), time, Limits(connect=2, read=5, total=8))
