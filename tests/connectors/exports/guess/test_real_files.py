"""The guess against real files: those no format knows, and those of known formats, judged by the format's own
mapping."""

from collections import Counter

import pytest

from connectors.base import Failure
from connectors.exports.formula import Formula, Place
from connectors.exports.guess import guess
from connectors.exports.profile import shipped
from connectors.exports.reader import folded
from connectors.exports.settings import FileSet

SAMPLES = {
    "freshbooks/clients_export.csv": "freshbooks-clients",
    "freshbooks/invoices_export.csv": "freshbooks-invoices",
    "quickbooks/invoice_import_template_eur.csv": "quickbooks-invoices",
    "salesforce/Account__data_loader_bom_compound_json.csv": "salesforce-account",
    "salesforce/Case__data_loader_bom_compound_json.csv": "salesforce-case",
    "salesforce/Contact__data_loader_bom_compound_json.csv": "salesforce-contact",
    "salesforce/Order__api_names_snake_case.csv": "salesforce-order",
    "shopify/customers_export__header_only.csv": "shopify-customers",
    "shopify/orders_export__multirow_draft_paid_outstanding_inr.csv": "shopify-orders",
    "shopify/orders_export__reduced_columns_refunds.csv": "shopify-orders",
    "stripe/unified_payments__one_row_masked.csv": "stripe-payments",
    "woocommerce/webtoffee_order_export_sample.csv": "woocommerce-orders",
    "xero/SalesInvoiceTemplate__header_2023.csv": "xero-invoice-template",
    "xero/SalesInvoices_export__nzd_all_quoted_4dp.csv": "xero-sales-invoices",
    "zoho_books/contacts_export.csv": "zoho-contacts",
    "zoho_books/invoices_export.csv": "zoho-invoices",
}


def columns_of(value, names):
    """The columns of a file that a formula reads."""
    if isinstance(value, Place):
        parts = [*value.parts().values(), *value.lines]
        return set().union(*(columns_of(part, names) for part in parts)) if parts else set()
    return {folded(cell) for cell in value.cells()} & names if isinstance(value, Formula) else set()


def judged(profile, found, names):
    """Of every field the format maps in this file: right, wrong or missing."""
    verdicts = {}
    own = {"id": profile.id, "group": profile.group, "belongs_to": profile.belongs_to, **profile.fields}
    theirs = {"id": found.id, "group": found.group, "belongs_to": found.belongs_to, **found.fields}
    own |= {f"lines.{name}": value for name, value in profile.lines.items()}
    theirs |= {f"lines.{name}": value for name, value in found.lines.items()}
    for name, value in own.items():
        wanted = columns_of(value, names)
        if wanted:
            twin = {"placed": "placed_on", "placed_on": "placed"}.get(name, name)
            got = columns_of(theirs.get(name) or theirs.get(twin), names)
            verdicts[name] = "right" if got & wanted else "wrong" if got else "missing"
    return verdicts


@pytest.fixture
def rates(shared):
    """Guess every sample as if nobody knew it."""
    found = {}
    for path, name in SAMPLES.items():
        place = shared.path / "samples" / path
        profile = shipped()[name]
        guessed = guess(place, FileSet(path=place, record=profile.record), own=True)
        header = place.read_text("utf-8-sig").split("\n", 1)[0]
        names = {folded(cell) for cell in header.replace('"', "").split(",")}
        found[path] = judged(profile, guessed.trial.profile, names)
    return found


def test_of_the_fields_of_known_formats_seven_in_eight_are_guessed_right_and_few_wrong(rates):
    counts = Counter(verdict for verdicts in rates.values() for verdict in verdicts.values())
    wrong = {f"{path} {name}": v for path, vs in rates.items() for name, v in vs.items() if v != "right"}
    assert counts["right"] >= 0.875 * counts.total(), wrong
    assert counts["wrong"] <= 0.05 * counts.total(), wrong


def test_the_record_of_known_formats_is_guessed_by_vote(shared):
    wrong = {}
    for path, name in SAMPLES.items():
        place = shared.path / "samples" / path
        try:
            record = guess(place, FileSet(path=place), own=True).record
        except Failure as e:
            record = str(e)
        if record != shipped()[name].record:
            wrong[path] = record
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "record", "placed"),
    [("customers", "account", 122), ("orders", "order", 326), ("payments", "payment", 273)],
)
def test_a_real_wholesalers_tables_are_mapped_whole(shared, name, record, placed):
    path = shared.path / "demo/classicmodels" / f"{name}.csv"
    found = guess(path, FileSet(path=path))
    assert (found.record, found.trial.placed, found.trial.aside) == (record, placed, [])
    assert found.draft.table["id"] in ("CUSTOMERNUMBER", "ORDERNUMBER", "CHECKNUMBER")
    if record != "account":
        assert found.draft.table["belongs_to"] == "CUSTOMERNUMBER"


def test_no_broken_file_makes_the_guess_fail_in_another_way_than_by_a_reason(shared):
    for path in sorted((shared.path / "dirty_csv").rglob("*.?sv")):
        for record in (None, "order", "account", "ticket", "payment"):
            try:
                guess(path, FileSet(path=path, record=record))
            except Failure as e:
                assert path.name in str(e) and len(str(e)) < 600, e
