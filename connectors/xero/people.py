"""Xero contacts → accounts, and the people in them → contacts.

People have no id in Xero. Theirs is their organisation's with their e-mail address, or their name where there
is no address: whoever changes address is somebody else until signed in anew.
"""

from collections.abc import Iterator
from typing import Any

from connectors.base import Unreadable
from connectors.records import Account, Address, Contact
from connectors.told import Told, listed, text
from connectors.xero.values import identifier, moment

ID_RULE = "ContactID/EmailAddress, else name"
_PHONES = ("DEFAULT", "OFFICE", "DDI", "MOBILE")


def account(told: Told) -> Account:
    """A contact as the customer it is."""
    own, name = identifier(told, "ContactID"), text(told, "Name")
    if not name:
        raise Unreadable("Name", "Xero sent no name", "give the contact one in Xero")
    addresses = {text(one, "AddressType"): one for one in listed(told, "Addresses")}
    return Account(
        source_id=own,
        belongs_to=own,
        updated=moment(told, "UpdatedDateUTC"),
        name=name,
        number=text(told, "AccountNumber"),
        tax_number=text(told, "TaxNumber"),
        email=text(told, "EmailAddress"),
        phone=_phone(told, _PHONES),
        website=text(told, "Website"),
        currency=text(told, "DefaultCurrency"),
        billing=_address(addresses.get("POBOX")),
        shipping=_address(addresses.get("STREET")),
    )


def people(told: Told) -> Iterator[tuple[str, dict[str, Any]]]:
    """The people of a contact, the primary person first, each with an id; nobody twice."""
    met = set[str]()
    primary = {name: told.get(name) for name in ("FirstName", "LastName", "EmailAddress", "Phones")}
    for person in (primary, *listed(told, "ContactPersons")):
        email, name = text(person, "EmailAddress"), _name(person)
        if not email and not name:
            continue
        key = f"{identifier(told, 'ContactID')}/{(email or name).casefold()}"
        if key not in met:
            met.add(key)
            whose = {"ContactID": told.get("ContactID"), "UpdatedDateUTC": told.get("UpdatedDateUTC")}
            yield key, {**whose, "Person": dict(person)}


def contact(told: Told) -> Contact:
    """One person."""
    person = told["Person"]
    email, name, whose = text(person, "EmailAddress"), _name(person), identifier(told, "ContactID")
    return Contact(
        source_id=f"{whose}/{(email or name).casefold()}",
        belongs_to=whose,
        updated=moment(told, "UpdatedDateUTC"),
        name=name or email,
        email=email,
        phone=_phone(person, ("DDI", "MOBILE")),
    )


def _name(person: Told) -> str:
    return " ".join(filter(None, (text(person, "FirstName"), text(person, "LastName"))))


def _phone(told: Told, types: tuple[str, ...]) -> str:
    """The first number of these types that is filled."""
    found = {text(one, "PhoneType"): one for one in listed(told, "Phones")}
    for one in (found[name] for name in types if name in found):
        number = text(one, "PhoneNumber")
        if number:
            country = text(one, "PhoneCountryCode")
            code = f"+{country.lstrip('+')}" if country else ""
            return " ".join(filter(None, (code, text(one, "PhoneAreaCode"), number)))
    return ""


def _address(told: Told | None) -> Address | None:
    if told is None:
        return None
    lines = tuple(filter(None, (text(told, f"AddressLine{n}") for n in range(1, 5))))
    address = Address(
        name=text(told, "AttentionTo"),
        lines=lines,
        city=text(told, "City"),
        region=text(told, "Region"),
        postcode=text(told, "PostalCode"),
        country=text(told, "Country"),
    )
    return None if address == Address() else address
