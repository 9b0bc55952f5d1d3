"""Every export file of the manifest beside the repository: each data row is in a record, hidden, deleted or
quarantined. What is no export of customers' records is listed with the reason, and refused in words."""

import csv

import pytest

from connectors.base import Refused
from connectors.exports.catalogue import recognise
from connectors.exports.profile import shipped
from connectors.exports.settings import FileSet

TOLD = {"timezone": "Europe/Berlin", "date_order": "dmy", "tax": "excluded", "currency": "EUR"}

# format, records, hidden, deleted, quarantined
LOADED = {
    "freshbooks/clients_export.csv": ("freshbooks-clients", 2, 0, 0, 0),
    "freshbooks/invoices_export.csv": ("freshbooks-invoices", 1, 0, 0, 0),
    "odoo/sale.order.csv": ("odoo-orders", 22, 0, 0, 0),
    "quickbooks/invoice_import_template_eur.csv": ("quickbooks-invoices", 2, 0, 0, 0),
    "salesforce/Account__data_loader_bom_compound_json.csv": ("salesforce-account", 22, 0, 0, 0),
    "salesforce/Case__data_loader_bom_compound_json.csv": ("salesforce-case", 40, 0, 0, 0),
    "salesforce/Contact__data_loader_bom_compound_json.csv": ("salesforce-contact", 102, 0, 0, 0),
    "salesforce/Order__api_names_snake_case.csv": ("salesforce-order", 10, 0, 0, 0),
    "shopify/customers_export__header_only.csv": ("shopify-customers", 0, 0, 0, 0),
    "shopify/orders_export__multirow_draft_paid_outstanding_inr.csv": ("shopify-orders", 51, 0, 0, 0),
    "shopify/orders_export__reduced_columns_refunds.csv": ("shopify-orders", 8, 0, 0, 0),
    "stripe/unified_payments__one_row_masked.csv": ("stripe-payments", 1, 0, 0, 0),
    "woocommerce/webtoffee_order_export_sample.csv": ("woocommerce-orders", 3, 0, 0, 0),
    "xero/SalesInvoiceTemplate__header_2023.csv": ("xero-invoice-template", 0, 0, 0, 0),
    "xero/SalesInvoiceTemplate__header_older.csv": ("xero-invoice-template", 0, 0, 0, 0),
    "xero/SalesInvoices_export__nzd_all_quoted_4dp.csv": ("xero-sales-invoices", 15, 0, 0, 0),
    "zoho_books/contacts_export.csv": ("zoho-contacts", 5, 0, 0, 0),
    "zoho_books/invoices_export.csv": ("zoho-invoices", 0, 3, 0, 0),
}  # fmt: skip
TABLES = "quickbooks_api_flat/"  # an API's answers as tables, which no shipped format knows
CUSTOMERS = {
    "path": f"samples/{TABLES}customer_data.csv",
    "record": "account",
    "map": {"id": "id", "deleted": "_fivetran_deleted", "fields": {"name": "display_name"}},
}
INVOICES = {
    "path": f"samples/{TABLES}invoice_data.csv",
    "record": "invoice",
    "lines": {"file": f"samples/{TABLES}invoice_line_data.csv", "parent": "invoice_id"},
    "map": {
        "id": "id",
        "belongs_to": "customer_id",
        "deleted": "_fivetran_deleted",
        "fields": {
            "number": "doc_number", "issued": "transaction_date", "due_on": "due_date",
            "currency": "currency_id", "total": "total_amount", "tax": "total_tax", "due": "balance",
        },
        "lines": {"name": "description", "quantity": "sales_item_quantity", "total": "amount"},
    },
}  # fmt: skip
PAYMENTS = {
    "path": f"samples/{TABLES}payment_data.csv",
    "record": "payment",
    "map": {
        "id": "id",
        "belongs_to": "customer_id",
        "deleted": "_fivetran_deleted",
        "fields": {"number": "reference_number", "paid_on": "transaction_date", "amount": "total_amount"},
    },
}
MAPPED = [  # and records, deleted, quarantined
    (CUSTOMERS, ["customer_data.csv"], (4, 1, 0)),
    (INVOICES, ["invoice_data.csv", "invoice_line_data.csv"], (1, 11, 2)),  # two invoices have lines alone
    (PAYMENTS, ["payment_data.csv"], (11, 0, 0)),
]
NEITHER = {
    "magento/customer_profile.csv": ("people to fill a demonstration shop with", "none of the known formats"),
    "magento/sales_sample_orders.csv": ("orders to be made, without a number", "none of the known formats"),
    "salesforce/dataloader_error0413060133.csv": ("a log of rows not uploaded", "none of the known formats"),
    "salesforce/dataloader_success0413060133.csv": ("a log of an upload", "none of the known formats"),
    "xero/BillTemplate__header.csv": ("the business's own purchases", "customers must never see them"),
}


def data_rows(path):
    """Records below the header that are not blank, as Python's csv counts them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(any(map(str.strip, cells)) for cells in csv.reader(file)) - 1


def test_every_sample_of_the_manifest_is_loaded_mapped_or_known_to_be_no_export(shared):
    with (shared.path / "manifest.csv").open(encoding="utf-8") as file:
        listed = {row["file"] for row in csv.DictReader(file) if row["file"].startswith("samples/")}
    mapped = {TABLES + name for _, names, _ in MAPPED for name in names}
    assert listed == {f"samples/{name}" for name in (*LOADED, *mapped, *NEITHER)}
    there = {str(path.relative_to(shared.path)) for path in (shared.path / "samples").rglob("*.*")}
    assert there == listed


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, (name, *_) in LOADED.items()])
def test_a_sample_is_recognised_as_exactly_one_format(shared, path, name):
    place = shared.path / "samples" / path
    assert recognise(place, FileSet(path=place)) == shipped()[name]


def test_every_format_has_a_sample_or_is_tested_from_its_documentation():
    documented = {"xero-contacts", "magento-orders"}
    assert {name for name, *_ in LOADED.values()} | documented == {
        name for name, profile in shipped().items() if profile.recognise
    }


@pytest.mark.parametrize("path", LOADED)
def test_every_data_row_of_a_sample_is_in_a_record_hidden_deleted_or_quarantined(shared, read, path):
    name, *counts = LOADED[path]
    source = shared.source(f"samples/{path}", **TOLD)
    source.check()
    record = shipped()[name].cls
    assert list(source.reads) == [record]
    told = read(source, record)
    gone = [sum(one.why == why for one in told.gone) for why in ("hidden", "deleted")]
    assert [len(told.records), *gone, len(told.aside)] == counts
    assert told.data_rows == data_rows(shared.path / "samples" / path)


@pytest.mark.parametrize(("table", "names", "counts"), MAPPED, ids=["customers", "invoices", "payments"])
def test_every_data_row_of_a_sample_read_by_a_mapping_of_ones_own_is_accounted_for(
    shared, read, table, names, counts
):
    source = shared.source(table, timezone="UTC", currency="USD")
    source.check()
    (record,) = source.reads
    told = read(source, record)
    assert told.data_rows == sum(data_rows(shared.path / "samples" / TABLES / name) for name in names)
    assert (len(told.records), len(told.gone), len(told.aside)) == counts
    assert all(one.why == "deleted" for one in told.gone)


@pytest.mark.parametrize("path", NEITHER)
def test_a_file_that_is_no_export_of_customers_records_is_refused_in_words(shared, path):
    with pytest.raises(Refused, match=NEITHER[path][1]):
        shared.source(f"samples/{path}").check()
