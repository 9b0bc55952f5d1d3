"""Shopify: companies and customers, their people, orders with lines, parcels, refunds and what is to pay.

Read through the GraphQL Admin API by documents that hold queries only; what changed by updated_at, in the
order of ids; what was deleted leaves no trace there and is told by the sweep of ids.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.base import Connector, Page, Quota, Reads
from connectors.chain import fingerprint
from connectors.http import Http, Limits, Time
from connectors.records import RECORDS, Account, Contact, Order, Record
from connectors.shopify.mapping import account_of, contact_of, order_of
from connectors.shopify.reading import ALL, WINDOW, Reading
from connectors.shopify.settings import ShopifySettings
from connectors.shopify.shop import Shop

VERSION = 2  # of the code that makes records; another one maps every row anew
MAPPED: Mapping[type[Record], Callable[[Any], Record]] = {
    Account: account_of,
    Contact: contact_of,
    Order: order_of,
}


class Shopify(Connector):
    """One shop."""

    Settings = ShopifySettings
    settings: ShopifySettings

    def __init__(
        self, settings: ShopifySettings, time: Time | None = None, limits: Limits | None = None
    ) -> None:
        """``time`` and ``limits`` of its requests: other ones in tests."""
        super().__init__(settings)
        self._shop = Shop(settings, lambda: self.credentials, time or Time(), limits)

    @property
    def reads(self) -> Mapping[type[Record], Reads]:
        """The records named in the TOML; silence means unchanged."""
        return {RECORDS[name]: Reads.CHANGES for name in self.settings.records}

    def mapping(self, record: type[Record]) -> str:
        """A hash of the rules and of this code's version."""
        told = (VERSION, self.settings.show if record is Order else self.settings.accounts)
        return fingerprint(told).hex()

    def id_rule(self, record: type[Record]) -> str:  # noqa: ARG002 - the same for all
        """The shop: what is known of one, and read up to when, says nothing of another."""
        return self.settings.shop

    def check(self) -> None:
        """Ask which shop this is."""
        self._shop.ask("shop", {})

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        """What changed since the cursor, by the shop's own times."""
        return Reading(self._shop, record).pages(cursor)

    def map(self, record: type[Record], raw: Any) -> Record:
        """One object of the shop as a record."""
        return MAPPED[record](raw)

    def list_ids(self, record: type[Record]) -> Iterator[str]:
        """The ids of all there is; what was deleted is not among them, and nothing else tells."""
        return Reading(self._shop, record).ids()

    def outgoing(self) -> Http:
        """Its one session."""
        return self._shop.http

    def quota(self) -> Quota | None:
        """The points left to ask with."""
        return self._shop.quota

    def covers_from(self, record: type[Record]) -> datetime | None:
        """Without the scope read_all_orders: sixty days ago, by the creation of an order. It is held against
        ``placed``, which is never later than the creation (see mapping)."""
        scopes = self._shop.scopes
        if record is not Order or scopes is None or ALL in scopes:
            return None
        return (self._shop.date or self._shop.time.now()) - WINDOW
