"""Contacts as customers, and the people in them."""

import pytest

from connectors.base import Unreadable
from connectors.records import Address
from connectors.xero.people import account, contact, people

KEA = {
    "ContactID": "8138A266-fb42-49b2-a104-014b7045753d",
    "Name": "Kea Cafe Ltd",
    "FirstName": "Blake",
    "LastName": "Kohler",
    "EmailAddress": "bk@kea.example",
    "AccountNumber": "K-17",
    "TaxNumber": "123-456",
    "DefaultCurrency": "NZD",
    "Website": "https://kea.example",
    "Addresses": [
        {"AddressType": "STREET", "City": "", "Region": ""},
        {
            "AddressType": "POBOX",
            "AddressLine1": "1 Quay St",
            "AddressLine3": "Floor 2",
            "City": "Wellington",
        },
    ],
    "Phones": [
        {"PhoneType": "FAX", "PhoneNumber": "1"},
        {"PhoneType": "DEFAULT", "PhoneNumber": ""},
        {"PhoneType": "MOBILE", "PhoneNumber": "408-0914", "PhoneAreaCode": "21", "PhoneCountryCode": "64"},
    ],
    "ContactPersons": [
        {
            "FirstName": "Sue",
            "LastName": "Johnson",
            "EmailAddress": "Sue@kea.example",
            "IncludeInEmails": True,
        }
    ],
    "UpdatedDateUTC": "/Date(1551459777193+0000)/",
}
ID = "8138a266-fb42-49b2-a104-014b7045753d"


def ids(told):
    return [key for key, _ in people(told)]


def test_a_contact_is_a_customer_with_its_numbers_and_addresses():
    one = account(KEA)
    assert (one.source_id, one.belongs_to, one.name) == (ID, ID, "Kea Cafe Ltd")
    assert (one.number, one.tax_number, one.currency) == ("K-17", "123-456", "NZD")
    assert one.phone == "+64 21 408-0914"
    assert one.billing == Address(lines=("1 Quay St", "Floor 2"), city="Wellington")
    assert one.shipping is None


def test_a_customer_without_a_name_is_set_aside():
    with pytest.raises(Unreadable, match="no name"):
        account({**KEA, "Name": None})


def test_everybody_with_an_address_or_a_name_is_a_person():
    found = [contact(told) for _, told in people(KEA)]
    assert [(one.name, one.email, one.belongs_to) for one in found] == [
        ("Blake Kohler", "bk@kea.example", ID),
        ("Sue Johnson", "Sue@kea.example", ID),
    ]
    assert [one.source_id for one in found] == ids(KEA)


def test_a_person_keeps_the_id_when_others_come_go_or_move():
    before = ids(KEA)
    more = [{"FirstName": "Al", "EmailAddress": "al@kea.example"}, *KEA["ContactPersons"]]
    after = ids({**KEA, "ContactPersons": more})
    assert set(before) < set(after)


def test_a_person_with_a_new_address_is_another():
    moved = [{**KEA["ContactPersons"][0], "EmailAddress": "sue@elsewhere.example"}]
    assert set(ids(KEA)) - set(ids({**KEA, "ContactPersons": moved})) == {f"{ID}/sue@kea.example"}


def test_nobody_is_there_twice():
    twice = [{"FirstName": "B", "EmailAddress": "BK@kea.example"}]
    assert ids({**KEA, "ContactPersons": twice}) == [f"{ID}/bk@kea.example"]


def test_a_person_without_an_address_goes_by_name_and_one_without_either_is_nobody():
    found = [{"FirstName": "Ann", "LastName": "Doe"}, {"FirstName": None}, {}]
    told = {**KEA, "FirstName": "", "LastName": None, "EmailAddress": "", "ContactPersons": found}
    assert ids(told) == [f"{ID}/ann doe"]


def test_one_address_in_two_organisations_is_two_people():
    other = {**KEA, "ContactID": "other", "ContactPersons": []}
    assert set(ids(KEA)) & set(ids(other)) == set()
