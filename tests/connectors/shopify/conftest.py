"""A shop with something in it, and a connector that reads it by the shop's own clock."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from fakes import shopify_source
from fakes.shopify import FakeShopify

from connectors.shopify import Shopify


@pytest.fixture
def vendor() -> Iterator[FakeShopify]:
    """A listening shop, empty."""
    fake = FakeShopify()
    with fake.listening():
        yield fake


@pytest.fixture
def world(vendor: FakeShopify) -> Any:
    """What it holds."""
    return vendor.world


@pytest.fixture
def settings(vendor: FakeShopify) -> Callable[..., Any]:
    """Checked settings of a source that reads the fake."""
    return partial(shopify_source.settings, vendor)


@pytest.fixture
def source(vendor: FakeShopify) -> Callable[..., Shopify]:
    """A connector that reads the fake."""
    return partial(shopify_source.source, vendor)
