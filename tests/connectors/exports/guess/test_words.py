"""Column names in many languages and spellings, and what they are taken for."""

import tomllib
from pathlib import Path

import pytest

from connectors.exports.guess.words import ideas_in, meaning, says

NAMES = tomllib.loads((Path(__file__).parent / "names.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "wanted"), [(name, wanted) for wanted, names in NAMES.items() for name in names]
)
def test_a_column_is_understood_by_its_name(name, wanted):
    found = meaning(name)
    assert (found.name, found.sure >= 0.75) == (wanted, True)


@pytest.mark.parametrize("name", ["temperature", "Foo", "", "   ", "Captured", "x7", "日付", "🙂", "Make"])
def test_a_name_nobody_knows_means_nothing_for_certain(name):
    found = meaning(name)
    assert not found.name or found.sure < 0.75


def test_an_address_knows_its_side_and_its_line():
    found = [
        meaning(n) for n in ("Shipping Address2", "billing_city", "Lieferanschrift Straße", "POAddressLine3")
    ]
    assert [(one.name, one.side, one.ordinal) for one in found] == [
        ("street", "shipping", 2),
        ("city", "billing", 0),
        ("street", "shipping", 0),
        ("street", "billing", 3),
    ]


def test_a_name_may_tell_the_currency_and_the_zone_of_its_cells():
    assert meaning("Total (EUR)").currency == "EUR"
    assert meaning("Betrag in €").currency == "EUR"
    assert meaning("Created date (UTC)").zone == "UTC"
    assert meaning("Total").currency == meaning("Date").zone == ""


def test_a_files_name_is_a_hint():
    assert "invoice" in ideas_in("Rechnungen_2026-01")
    assert {"supplier", "invoice"} <= ideas_in("Lieferantenrechnungen")
    assert ideas_in("export-17") == frozenset()


def test_a_status_is_called_internal_by_whole_words_only():
    drafts = ["Draft", "Entwurf (neu)", "internal", "Intern", "Brouillon", "wersja robocza", "Pro forma"]
    open_to_all = [
        "International",
        "Shipped",
        "Tested",
        "Billed",
        "Redraft-free",
        "Offen",
        "",
        "Temporarily out",
    ]
    assert all(says(word, "draft") for word in drafts)
    assert not any(says(word, "draft") for word in open_to_all)
    assert says("Bill", "bill") and not says("Billed", "bill")
