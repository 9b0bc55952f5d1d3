"""Sources that read a fake Xero, in its own time."""

from typing import Any

from fakes import xero as fake

from connectors.http import Limits, Time
from connectors.xero import Xero

QUICK = Limits(connect=5, read=0.3, total=0.6)  # for a Xero that hangs
PATIENT = Limits(connect=20, read=30, total=60)  # for a machine that has much to do


class Books:
    """A Xero and the ways to read it. ``world`` is the fake."""

    def __init__(self, world: fake.Xero) -> None:
        self.world, self.limits = world, PATIENT

    def settings(self, **told: Any) -> Any:
        """The settings of a custom connection, unless told otherwise."""
        url = self.world.url
        table = {
            "id": "books", "label": "Books", "kind": "xero", "client_id": "xero-client-id",
            "client_secret": {"env": "XERO_SECRET"}, "base_url": url, "token_url": f"{url}/connect/token",
        }  # fmt: skip
        secrets = {"env": {"XERO_SECRET": "xero-client-secret"}}
        return Xero.Settings.model_validate({**table, **told}, context=secrets)

    def source(self, **told: Any) -> Xero:
        """A source that knows no time but the fake's."""
        time = Time(now=self.world.clock, sleep=self.world.sleep, chance=lambda: 0.5)
        return Xero(self.settings(**told), time, self.limits)

    def by_consent(self, **told: Any) -> Xero:
        """One that a person connected."""
        source = self.source(auth="code", tenant_id=fake.TENANT, **told)
        source.credentials.keep(self.world.consent())
        return source
