"""Salesforce: accounts, contacts, orders, cases and, where the TOML says from which object, invoices.

Read by an integration user through REST queries (the Bulk API for large first loads); what changed is told by
SystemModstamp, deletions and merges by queryAll, what was purged by the sweep of ids.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from connectors.base import Connector, Page, Quota, Reads, Refused
from connectors.chain import fingerprint
from connectors.http import Http, Limits, Time
from connectors.records import RECORDS, Record
from connectors.salesforce import pulling
from connectors.salesforce.mapping import record_of
from connectors.salesforce.org import Org
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.shapes import Shape

VERSION = 1  # of the code that makes records; another one maps every row anew


class Salesforce(Connector):
    """One org."""

    Settings = SalesforceSettings
    settings: SalesforceSettings

    def __init__(
        self, settings: SalesforceSettings, time: Time | None = None, limits: Limits | None = None
    ) -> None:
        """``time`` and ``limits`` of its requests: other ones in tests."""
        super().__init__(settings)
        self._shapes = {RECORDS[name]: settings.shape(name) for name in settings.records}
        self._org = Org(settings, lambda: self.credentials, time or Time(), limits)

    @property
    def reads(self) -> Mapping[type[Record], Reads]:
        """The records named in the TOML; silence means unchanged."""
        return dict.fromkeys(self._shapes, Reads.CHANGES)

    def mapping(self, record: type[Record]) -> str:
        """A hash of the shape, its show rules and the currency."""
        told = (VERSION, self._shapes[record], self.settings.currency)
        return fingerprint(told).hex()

    def id_rule(self, record: type[Record]) -> str:  # noqa: ARG002 - the same for all
        """The org, by its host: what is known of one, and read up to when, says nothing of another."""
        return urlsplit(self.settings.base_url).hostname or ""

    def check(self) -> None:
        """Ask for each object's description; raises Refused where a field named in the TOML is not there."""
        for name in self.settings.records:
            self._check(name, self._shapes[RECORDS[name]])

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        """What changed since the cursor, by the org's own stamps."""
        return pulling.Pull(self._org, self._shapes[record], cursor).pages()

    def map(self, record: type[Record], raw: Any) -> Record:
        """One row of REST or of the Bulk API as a record."""
        return record_of(self._shapes[record], raw, self.settings.currency or "")

    def list_ids(self, record: type[Record]) -> Iterator[str]:
        """The ids of all rows that are not deleted; purged ones are told by nothing else."""
        return pulling.ids(self._org, self._shapes[record].table)

    def outgoing(self) -> Http:
        """Its one session."""
        return self._org.http

    def quota(self) -> Quota | None:
        """The org's calls of 24 hours."""
        return self._org.quota

    def _check(self, name: str, shape: Shape) -> None:
        known = self._org.describe(shape.table)
        named = [*shape.needed, *getattr(self.settings, name).fields.values()]
        for field in dict.fromkeys(named):
            head = f"{field.partition('.')[0]}." if "." in field else field
            if head not in known:
                near = get_close_matches(field, known, 1)
                hint = f'; did you mean "{near[0]}"?' if near else ""
                raise Refused(
                    f"Salesforce: {shape.table} has no field {field} that our user may read{hint} Correct "
                    f"[sources.{name}] in the TOML, or give the user read access"
                )
        if shape.lines:
            self._org.describe(shape.lines.table)
        if name in ("order", "invoice") and not self.settings.currency:
            self._check_currency(shape, known)

    @staticmethod
    def _check_currency(shape: Shape, known: Mapping[str, str]) -> None:
        if shape.fields.get("currency") not in known:
            raise Refused(
                f"Salesforce: {shape.table} does not tell its currency, as no org with one only does; name "
                'it in the TOML: currency = "EUR"'
            )
