"""Sources that read a fake shop, in its own time."""

from typing import Any

from fakes.shopify import FakeShopify

from connectors.http import Limits, Time
from connectors.shopify import Shopify

LIMITS = Limits(connect=2, read=5, total=8)


def settings(vendor: FakeShopify, **told: Any) -> Any:
    """The settings of an app with client credentials, pages of three rows, unless told otherwise."""
    table = {
        "id": "shop", "label": "Web shop", "kind": "shopify", "shop": "acme.myshopify.com",
        "base_url": vendor.url, "client_id": "shopify-client", "client_secret": {"env": "SHOPIFY_SECRET"},
        "page_size": 3,
    }  # fmt: skip
    env = {"SHOPIFY_SECRET": "its-client-secret", "SHOPIFY_TOKEN": "shpat_given_by_hand"}
    return Shopify.Settings.model_validate({**table, **told}, context={"env": env})


def source(vendor: FakeShopify, limits: Limits = LIMITS, **told: Any) -> Shopify:
    """A source that knows no time but the fake's; sleeping takes the fake's time only."""
    time = Time(lambda: vendor.now.timestamp(), vendor.clock, vendor.sleep, lambda: 0.5)
    return Shopify(settings(vendor, **told), time, limits)
