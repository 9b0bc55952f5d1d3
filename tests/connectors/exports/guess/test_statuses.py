"""Which rows stay inside: statuses in codes, and columns that call a row a draft or posted."""

import tomllib

import pytest

from connectors.exports.guess.document import document

ORDERS = "Order No,Customer,Date,Total"


def rows(*words):
    """One order for each word of the last column."""
    return "".join(f'{n},Ann,2026-01-02,9.50,"{word}"\n' for n, word in enumerate(words, 1))


@pytest.mark.parametrize("codes", [("0", "1", "2"), ("A", "B", "C"), ("1", "2", "")])
@pytest.mark.parametrize("head", ["Status", "Estado", "Status of the thing"])
def test_a_status_in_codes_shows_nothing_until_somebody_says_which_may_be_seen(guessed, head, codes):
    found = guessed(f"{ORDERS},{head}\n" + rows(*codes * 3))
    assert (found.trial.placed, sum(found.trial.hidden.values())) == (0, 9)
    text = document(found, "orders.csv", "orders", "Orders")
    assert tomllib.loads(text)["sources"][0]["files"][0]["map"]["show"][head] == []
    assert all(f'  #"{code}",' in text for code in codes) and text.count("take the # off") == 1
    assert "all rows are shown" not in text and "looks like a draft" not in text


def test_a_status_of_too_many_codes_to_list_is_warned_of(guessed):
    found = guessed(f"{ORDERS},Status\n" + rows(*range(60)))
    assert any('"Status" may say which rows are drafts' in said for said in found.draft.warnings)
    assert found.trial.placed == 60


def test_a_guess_that_the_cells_contradict_is_found_out_under_a_status_in_codes_too(guessed):
    cells = "".join(f"{n},C1,2026-01-0{n},2026-02-0{n},10.00,4.00,9.00,{n % 2}\n" for n in range(1, 6))
    found = guessed("Invoice No,Customer No,Invoice date,Due date,Total,Paid,Open,Status\n" + cells)
    assert not {"paid", "due"} <= set(found.draft.table["fields"]) and found.trial.placed == 0


@pytest.mark.parametrize(
    ("head", "shown", "inside"),
    [
        ("Is Draft", "no", "yes"),
        ("is_draft", "0", "1"),
        ("Draft", "", "x"),
        ("Draft", "Final", "Draft"),
        ("Internal", "0", "1"),
        ("Entwurf", "nein", "ja"),
        ("Brouillon", "non", "oui"),
        ("Borrador", "no", "sí"),
        ("Bozza", "falso", "vero"),
        ("Concept", "nee", "ja"),
        ("Rascunho", "não", "sim"),
        ("Szkic", "nie", "tak"),
        ("Posted", "1", "0"),
        ("Published", "true", "false"),
        ("Veröffentlicht", "ja", "nein"),
        ("Gebucht", "ja", ""),
        ("Publiée", "oui", "non"),
        ("Contabilizado", "sí", "no"),
        ("Registrato", "sì", "no"),
        ("Geboekt", "ja", "nee"),
        ("Publicado", "sim", "não"),
        ("Zaksięgowano", "tak", "nie"),
    ],
)
def test_what_a_column_calls_a_draft_or_not_posted_stays_inside(guessed, head, shown, inside):
    found = guessed(f"{ORDERS},{head}\n" + rows(shown, inside, shown, shown))
    assert [record.number for record in found.trial.records] == ["1", "3", "4"]
    assert head in found.draft.table["show"]


@pytest.mark.parametrize("head", ["Posted", "Published at", "Gebucht am"])
def test_a_day_of_posting_hides_nothing(guessed, head):
    assert guessed(f"{ORDERS},{head}\n" + rows("2026-01-03", "", "2026-01-04")).trial.placed == 3
