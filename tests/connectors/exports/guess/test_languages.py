"""Invented files of eight languages and their habits: the mapping of each, by its columns."""

from pathlib import Path

import pytest


def content(language):
    """One of the invented files."""
    return (Path(__file__).parent / "files" / f"{language}.csv").read_text("utf-8")


FILES = {
    "english": ("order", "Order No", "Customer No"),
    "german": ("order", "Bestellnr.", "Kd-Nr."),
    "french": ("invoice", "N° de facture", "Code client"),
    "spanish": ("order", "Nº pedido", "Cliente"),
    "italian": ("invoice", "Numero fattura", "Ragione sociale"),
    "dutch": ("order", "Bestelnummer", "Klantnummer"),
    "portuguese": ("invoice", "Número da fatura", "Cliente"),
    "polish": ("order", "Numer zamówienia", "Nr klienta"),
}
FIELDS = {
    "english": {
        "status": "Status",
        "placed_on": "Order date",
        "expected": "Required by",
        "total": "Order total",
    },
    "german": {"placed_on": "Bestelldatum", "expected": "Wunschtermin", "total": "Summe brutto"},
    "french": {
        "issued": "Date de facture",
        "due_on": "Date d'échéance",
        "subtotal": "Montant HT",
        "tax": "TVA",
        "total": "Montant TTC",
        "due": "Reste à payer",
        "currency": "Devise",
    },
    "spanish": {"status": "Estado", "placed_on": "Fecha", "total": "Total pedido"},
    "italian": {
        "issued": "Data fattura",
        "due_on": "Scadenza",
        "subtotal": "Imponibile",
        "tax": "IVA",
        "total": "Totale",
    },
    "dutch": {"placed_on": "Besteldatum", "subtotal": "Totaal excl. btw", "total": "Totaal incl. btw"},
    "portuguese": {
        "issued": "Data de emissão",
        "due_on": "Vencimento",
        "subtotal": "Valor líquido",
        "tax": "IVA",
        "total": "Valor total",
        "status": "Situação",
    },
    "polish": {"placed_on": "Data zamówienia", "currency": "Waluta", "total": "Razem"},
}
LINES = {
    "english": {
        "name": "Item",
        "sku": "SKU",
        "quantity": "Qty",
        "unit_price": "Unit price",
        "total": "Line total",
    },
    "german": {
        "name": "Bezeichnung",
        "sku": "Artikelnr.",
        "quantity": "Menge",
        "unit_price": "Einzelpreis",
        "total": "Gesamtpreis",
    },
    "spanish": {"name": "Artículo", "quantity": "Cantidad", "unit_price": "Precio", "total": "Importe"},
    "dutch": {"name": "Omschrijving", "quantity": "Aantal", "unit_price": "Stukprijs"},
    "polish": {
        "name": "Nazwa towaru",
        "quantity": "Ilość",
        "unit_price": "Cena jednostkowa",
        "total": "Wartość brutto",
    },
}
SIGNS = {"english": ".", "spanish": "."}


@pytest.mark.parametrize("language", FILES)
def test_a_file_of_this_language_is_mapped_and_every_row_of_it_is_told(guessed, language):
    record, number, owner = FILES[language]
    found = guessed(content(language), "export.csv")
    table = found.draft.table
    assert (found.record, table["id"], table["belongs_to"]) == (record, number, owner)
    assert FIELDS[language].items() <= table["fields"].items()
    assert LINES.get(language, {}).items() <= table.get("lines", {}).items()
    assert found.trial.aside == [] and found.trial.data_rows == content(language).count("\n") - 1
    settings = {one.key: one.value for one in found.trial.settings}
    assert settings.get("decimal") == SIGNS.get(language, ",")


def test_statuses_are_listed_and_drafts_of_any_language_are_not_shown(guessed):
    drafts = {"german": "Entwurf", "french": "Brouillon", "italian": "Bozza", "portuguese": "Rascunho"}
    for language, draft in drafts.items():
        found = guessed(content(language))
        (words,) = found.draft.table["show"].values()
        (shown,) = found.trial.profile.show.values()
        assert draft in words and set(words) - set(shown) == {draft}
        assert sum(found.trial.hidden.values()) == 1


def test_a_polish_file_of_an_old_windows_is_read_in_its_own_letters(guessed):
    found = guessed(content("polish"), encoding="cp1250")
    assert found.encoding == "cp1250"
    assert found.trial.records[0].status == "Wysłane"
    assert guessed(content("german"), encoding="cp1252").encoding == "cp1252"
    assert guessed(content("german"), encoding="utf-16").encoding == ""
