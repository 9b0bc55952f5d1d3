"""Sources that read a fake Salesforce, in its own time."""

from pathlib import Path
from typing import Any

from fakes.salesforce import FakeSalesforce

from connectors.http import Limits, Time
from connectors.salesforce import Salesforce

LIMITS = Limits(connect=2, read=5, total=8)


def settings(vendor: FakeSalesforce, **told: Any) -> Any:
    """The settings of an app with client credentials, unless told otherwise."""
    table = {
        "id": "crm", "label": "Salesforce", "kind": "salesforce", "base_url": vendor.url,
        "client_id": "3MVG9client", "client_secret": {"env": "SALESFORCE_SECRET"}, "currency": "EUR",
    }  # fmt: skip
    context = {"env": {"SALESFORCE_SECRET": "its-client-secret"}, "folder": Path("/")}
    return Salesforce.Settings.model_validate({**table, **told}, context=context)


def source(vendor: FakeSalesforce, limits: Limits = LIMITS, **told: Any) -> Salesforce:
    """A source that knows no time but the fake's; sleeping takes the fake's time only."""
    time = Time(lambda: vendor.now.timestamp(), vendor.clock, vendor.sleep, lambda: 0.5)
    return Salesforce(settings(vendor, **told), time, limits)
