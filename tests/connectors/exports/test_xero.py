"""Xero's sales invoices export: amounts of an invoice stand on each of its lines; bills and drafts never
come through."""

from decimal import Decimal

import pytest

from connectors.base import Refused
from connectors.records import Invoice

HEAD = (
    "ContactName,EmailAddress,POAddressLine1,POCity,InvoiceNumber,Reference,InvoiceDate,DueDate,Total,TaxTotal,"
    "InvoiceAmountPaid,InvoiceAmountDue,InventoryItemCode,Description,Quantity,UnitAmount,LineAmount,TaxAmount,Currency,Type,Sent,Status\n"
)
INVOICE = {
    "ContactName": "Kea Cafe", "InvoiceNumber": "INV-1", "Reference": "PO 7", "InvoiceDate": "28/03/2025",
    "DueDate": "27/04/2025",
    "Total": "115.0000", "TaxTotal": "15.0000", "InvoiceAmountPaid": "40.0000", "InvoiceAmountDue": "65.0000",
    "Description": "Coffee", "Quantity": "2.0000", "UnitAmount": "50.0000", "LineAmount": "100.0000",
    "TaxAmount": "15.0000",
    "Currency": "NZD", "Type": "Sales invoice", "Sent": "Sent", "Status": "Awaiting Payment",
}  # fmt: skip
CREDIT = INVOICE | {
    "Type": "Sales credit note",
    "InvoiceAmountPaid": "0.0000",
    "InvoiceAmountDue": "115.0000",
}


@pytest.fixture
def invoices(folder, read):
    """Read these rows as a Xero export."""

    def invoices(*rows, **told):
        columns = HEAD.strip().split(",")
        text = HEAD + "".join(",".join(f'"{row.get(name, "")}"' for name in columns) + "\n" for row in rows)
        folder.put("SalesInvoices.csv", text)
        return read(folder.source("SalesInvoices.csv", **told), Invoice)

    return invoices


def test_an_invoice_of_two_lines_is_one_invoice_with_its_own_total(invoices):
    told = invoices(INVOICE, INVOICE | {"Description": "Tea"})
    invoice = told.records["invoice:INV-1"]
    assert (invoice.kind, invoice.number, invoice.belongs_to) == ("invoice", "INV-1", "Kea Cafe")
    assert (invoice.total, invoice.subtotal, invoice.tax) == (115, 100, 15)
    assert [line.name for line in invoice.lines] == ["Coffee", "Tea"]
    assert told.rows[0].data_rows == 2


def test_what_is_neither_paid_nor_due_was_credited(invoices):
    invoice = invoices(INVOICE).records["invoice:INV-1"]
    assert (invoice.paid, invoice.credited, invoice.due) == (40, 10, 65)


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_credit_note_is_negative_whatever_sign_the_file_has(invoices, sign):
    amounts = {
        name: sign + CREDIT[name]
        for name in ("Total", "TaxTotal", "InvoiceAmountDue", "UnitAmount", "LineAmount", "TaxAmount")
    }
    note = invoices(CREDIT | amounts).records["credit note:INV-1"]
    assert (note.kind, note.total, note.due, note.paid, note.credited) == ("credit note", -115, -115, 0, 0)
    assert (note.tax, note.subtotal) == (-15, -100)
    assert (note.lines[0].quantity, note.lines[0].unit_price, note.lines[0].total) == (2, -50, -100)


def test_an_invoice_and_a_credit_note_of_one_number_do_not_meet(invoices):
    assert set(invoices(INVOICE, CREDIT).records) == {"invoice:INV-1", "credit note:INV-1"}


@pytest.mark.parametrize("kind", ["Sales overpayment", "Sales prepayment"])
def test_overpayments_and_prepayments_are_money_owed_to_the_customer(invoices, kind):
    told = invoices(CREDIT | {"Type": kind})
    assert [(one.kind, one.due) for one in told.records.values()] == [("credit note", -115)]


@pytest.mark.parametrize("status", ["Draft", "Awaiting Approval", "Deleted", "", "Something new"])
def test_an_invoice_not_meant_for_customers_is_hidden_and_the_rule_is_told(invoices, status):
    told = invoices(INVOICE | {"Status": status})
    assert told.records == {}
    assert [(one.why, one.number, one.rule) for one in told.gone] == [
        ("hidden", "INV-1", f"show.invoice.Status: {status or 'blank'} is not in the list")
    ]
    assert f"1 hidden by show.invoice.Status: {status or 'blank'} is not in the list" in told.notes


def test_the_toml_widens_and_narrows_what_is_shown(invoices):
    paid, draft = INVOICE | {"InvoiceNumber": "2", "Status": "Paid"}, INVOICE | {"Status": "Draft"}
    for key in ("status", "Status"):
        told = invoices(draft, paid, show={"invoice": {key: ["draft"]}})
        assert list(told.records) == ["invoice:INV-1"]
        assert told.gone[0].rule == f"show.invoice.{key}: Paid is not in the list"


def test_a_star_shows_every_status(invoices):
    assert len(invoices(INVOICE | {"Status": "Draft"}, show={"invoice": {"status": ["*"]}}).records) == 1


@pytest.mark.parametrize("kind", ["Bill", "Bill credit note", "Expense claim"])
def test_a_bill_is_never_shown_whatever_the_toml_says(invoices, kind):
    told = invoices(INVOICE | {"Type": kind}, show={"invoice": {"Type": [kind], "Status": ["*"]}})
    assert told.records == {}
    assert "is never shown" in told.gone[0].rule


def test_a_rule_on_another_column_hides_by_it(invoices):
    told = invoices(
        INVOICE, INVOICE | {"InvoiceNumber": "2", "Sent": "Unsent"}, show={"invoice": {"Sent": ["Sent"]}}
    )
    assert list(told.records) == ["invoice:INV-1"]


def test_a_rule_on_a_column_the_file_lacks_is_refused(invoices):
    with pytest.raises(Refused, match=r"no column Statsu .*did you mean Status"):
        invoices(INVOICE, show={"invoice": {"Statsu": ["Paid"]}})


def test_a_voided_invoice_is_shown_as_void_and_owes_nothing(invoices):
    invoice = invoices(INVOICE | {"Status": "Voided"}).records["invoice:INV-1"]
    assert (invoice.void, invoice.due, invoice.total) == (True, 0, 115)


def test_amounts_that_contradict_each_other_are_quarantined(invoices):
    told = invoices(INVOICE | {"InvoiceAmountDue": "165.0000"})
    assert [(one.source_id, one.field) for one in told.unreadable] == [("invoice:INV-1", "total")]


def test_amounts_keep_the_places_the_source_gives(invoices):
    invoice = invoices(INVOICE | {"UnitAmount": "49.9999"}).records["invoice:INV-1"]
    assert invoice.lines[0].unit_price == Decimal("49.9999")


def test_dates_of_a_file_without_a_day_beyond_twelve_must_be_told(invoices):
    early = INVOICE | {"InvoiceDate": "03/04/2025", "DueDate": "05/06/2025"}
    with pytest.raises(
        Refused,
        match=r'dates like \'03/04/2025\' \(SalesInvoices\.csv, InvoiceDate, line 2\).*date_order = "dmy"',
    ):
        invoices(early)
    assert invoices(early, date_order="mdy").records["invoice:INV-1"].issued.isoformat() == "2025-03-04"


def test_one_day_beyond_twelve_tells_the_order_of_the_whole_set(folder, read, invoices):
    invoices(INVOICE | {"InvoiceDate": "03/04/2025", "DueDate": "05/06/2025"}, date_order="dmy")
    text = (folder.path / "SalesInvoices.csv").read_text()
    folder.put("SalesInvoices-2.csv", text.replace("INV-1", "INV-2").replace("05/06", "25/06"))
    told = read(folder.source("SalesInvoices*.csv"), Invoice)
    assert {one.issued.isoformat() for one in told.records.values()} == {"2025-04-03"}
