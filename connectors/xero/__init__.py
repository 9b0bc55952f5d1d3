"""The Xero connector: contacts, sales invoices and credits, quotes and payments of one Xero organisation.

    calls ─ walk ▶ rows of a listing ─ shown ▶ to show ─ reading ▶ pages
    Row.raw ─ people, documents ▶ Record

``access`` and ``consent`` are its right to ask; ``listings`` says what is asked for and what of it is taken.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from connectors.base import Authorisation, Connector, Page, Quota, Reads
from connectors.http import Http, Limits, Time, host_of
from connectors.oauth import Tokens
from connectors.records import NAMES, RECORDS, Account, Contact, Invoice, Payment, Quote, Record
from connectors.xero.access import Access
from connectors.xero.calls import Budget, Calls
from connectors.xero.consent import Consent, choose
from connectors.xero.documents import document, payment, quote
from connectors.xero.people import ID_RULE, account, contact
from connectors.xero.reading import Reading
from connectors.xero.settings import XeroSettings

CODE = "1"  # grows when the same row makes another record than before
MAP: Mapping[type[Record], Callable[[Any], Record]] = {
    Account: account,
    Contact: contact,
    Invoice: document,
    Quote: quote,
    Payment: payment,
}


class Xero(Connector):
    """One Xero organisation as a source. ``time`` and ``limits`` are for tests to hold."""

    Settings: ClassVar[type[XeroSettings]] = XeroSettings
    settings: XeroSettings

    def __init__(
        self, settings: XeroSettings, time: Time | None = None, limits: Limits | None = None
    ) -> None:
        super().__init__(settings)
        self._time = time or Time()
        self._budget = Budget(self._time.now)
        http = Http(
            [host_of(settings.base_url), host_of(settings.token_url)],
            token_urls=(settings.token_url,),
            limits=limits,
            time=self._time,
            heard=self._budget.heard,
        )
        self._http, self._access = http, Access(settings, http)
        self._tokens = Tokens(
            lambda: self.credentials, lambda kept: self._access.renew(kept, self._time.now()), self._time.now
        )
        self._calls = Calls(settings, http, self._tokens)

    def outgoing(self) -> Http:
        """Its one session."""
        return self._http

    @property
    def reads(self) -> Mapping[type[Record], Reads]:
        """What the TOML asks for; Xero's silence means unchanged."""
        return {cls: Reads.CHANGES for name, cls in RECORDS.items() if name in self.settings.records}

    def mapping(self, record: type[Record]) -> str:
        """A hash of the show rules, the pay links, and the code's version."""
        shown = {name: self.settings.shown(name) for name in ("account", NAMES[record])}
        said = json.dumps([CODE, shown, self.settings.pay_links and record is Invoice], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def id_rule(self, record: type[Record]) -> str:
        """Xero's own ids, of the organisation that is named; people have none. What is known of one
        organisation, and read up to when, says nothing of another."""
        rules = (ID_RULE if record is Contact else "", self.settings.tenant_id.lower())
        return " of ".join(filter(None, rules))

    def check(self) -> None:
        """Ask which organisations are reached, and see that ours is one of them."""
        if wrong := choose(self.settings, self._calls.tenants()):
            raise wrong

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        """What changed since the cursor's chain began."""
        yield from Reading(self.settings, self._calls, record).pages(cursor)

    def map(self, record: type[Record], raw: Any) -> Record:
        """Make the record of one row."""
        return MAP[record](raw)

    def list_ids(self, record: type[Record]) -> Iterator[str]:
        """The ids of all there is to show."""
        yield from Reading(self.settings, self._calls, record).ids()

    def quota(self) -> Quota | None:
        """The day's calls that are left."""
        return self._budget.left

    def authorisation(self) -> Authorisation | None:
        """A person's consent; a custom connection was given one in Xero itself."""
        if self.settings.auth == "custom":
            return None
        return Consent(self.settings, self._access, self._tokens, self._time.now, self._calls.tenants)
