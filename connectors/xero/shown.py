"""Visibility: which of Xero's rows customers may see. Every row left out knows the rule that decided."""

from collections.abc import Mapping

from connectors.base import Gone, Unreadable
from connectors.records import NAMES, Contact, Record
from connectors.told import Told, text, yes
from connectors.xero.listings import Listing
from connectors.xero.settings import NEVER, SHOWN, XeroSettings
from connectors.xero.values import identifier

ALL = "*"
DELETED = ("DELETED", "GDPRREQUEST")
KNOWN = {
    name: {*rules.get("status", ()), *NEVER[name], *(("ARCHIVED",) if name == "account" else ())}
    for name, rules in SHOWN.items()
}


class Shown:
    """The rules of one source for one record. People are shown where their organisation is."""

    def __init__(self, settings: XeroSettings, record: type[Record]) -> None:
        self.name = "account" if record is Contact else NAMES[record]
        self._lists: Mapping[str, tuple[str, ...]] = settings.shown(self.name)

    def gone(self, listing: Listing, told: Told) -> Gone | None:
        """Why a row is no record, in the source's words or by rule; None where it is one. Raises Unreadable
        where it does not say what it is."""
        why, rule = "hidden", ""
        if (status := text(told, listing.status)) in DELETED:
            why = "deleted"
        else:
            rule = self._rule(listing, told, status)
            if not rule:
                return None
        number = told.get(listing.number)
        return Gone(identifier(told, listing.id), why, rule, number if isinstance(number, str) else "")

    def _rule(self, listing: Listing, told: Told, status: str) -> str:
        kind = _side(told) if self.name == "account" else ""
        if listing.kinds:
            named = text(told, listing.type)
            if not named:
                raise Unreadable(listing.type, "Xero did not say what it is")
            kind = listing.kinds.get(named, "")
            if not kind:
                return f"{listing.name}: {named} is never shown"
        if not status:
            raise Unreadable(listing.status, "Xero did not say its status")
        if status in NEVER[self.name] and ALL in self._lists["status"]:
            return f"{listing.name}: {status} is never shown"
        said = {"status": status, "kind": kind}
        for name, words in self._lists.items():
            if said[name] not in words and ALL not in words:
                return f"show.{self.name}.{name}: {said[name]} is not in the list"
        return ""

    def unknown(self, listing: Listing, told: Told) -> str:
        """A status this Fanlight has never heard of, for staff to look at; '' otherwise."""
        status = told.get(listing.status)
        known = not isinstance(status, str) or not status or status in KNOWN[self.name]
        return "" if known else str(status)[:40]


def _side(told: Told) -> str:
    """What a contact is to the business. One without documents yet is neither in Xero: a customer to be."""
    return "supplier" if yes(told, "IsSupplier") and not yes(told, "IsCustomer") else "customer"
