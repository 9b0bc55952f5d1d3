"""Xero's templates: what people fill in by hand, and what customers must never see."""

from decimal import Decimal

import pytest

from connectors.base import Refused
from connectors.records import Account, Address, Invoice

XERO = (
    "*ContactName,EmailAddress,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,Total,*Description,*Quantity,"
)
XERO += "*UnitAmount,Discount,*AccountCode,*TaxType,TaxAmount,Currency,BrandingTheme\n"


@pytest.fixture
def template(folder, read):
    """Read rows of Xero's template."""

    def template(*rows, **told):
        folder.put("xero.csv", XERO + "".join(row + "\n" for row in rows))
        return read(folder.source("xero.csv", **{"date_order": "dmy", **told}), Invoice)

    return template


LINES = (
    "Kea,k@x.example,1,PO 7,31/01/2026,28/02/2026,,Coffee,2,50,10,200,15% GST,13.50,NZD,",
    ",,,,,,,Tea,1,10,,200,15% GST,1.50,,",
)


def test_a_xero_template_takes_its_amounts_from_the_lines_and_the_tax_that_is_told(template):
    told = template(*LINES, tax="excluded")
    invoice = told.records["1"]
    assert [line.total for line in invoice.lines] == [90, 10]
    assert (invoice.kind, invoice.subtotal, invoice.tax, invoice.total) == ("invoice", 100, 15, 115)
    assert (invoice.belongs_to, invoice.reference, invoice.currency) == ("Kea", "PO 7", "NZD")
    included = template(*LINES, tax="included").records["1"]
    assert (included.subtotal, included.tax, included.total) == (85, 15, 100)


def test_a_xero_template_whose_taxes_are_not_filled_in_has_no_total_rather_than_a_wrong_one(template):
    rows = [line.replace("13.50", "").replace("1.50", "") for line in LINES]
    invoice = template(*rows, tax="excluded").records["1"]
    assert (invoice.total, invoice.tax) == (None, None)
    assert template(*rows, tax="included").records["1"].total == 100


def test_a_xero_template_whose_lines_add_up_below_zero_is_a_credit_note(template):
    note = template(
        "Kea,,7,,31/01/2026,28/02/2026,,Back,-1,50,,200,15% GST,-7.50,NZD,", tax="excluded"
    ).records["7"]
    assert (note.kind, note.total, note.lines[0].quantity) == ("credit note", Decimal("-57.50"), -1)


def test_bills_are_refused_as_what_they_are(shared):
    path = "samples/xero/BillTemplate__header.csv"
    with pytest.raises(Refused, match="template for bills, the business's own purchases"):
        shared.source(path).check()
    with pytest.raises(Refused, match="no column Reference"):
        shared.source({"path": path, "profile": "xero-invoice-template"}).check()


def test_xero_contacts_are_the_accounts_invoices_name(folder, read):
    head = "*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAttentionTo,"
    head += "POAddressLine1,POCity,PhoneNumber,TaxNumber,BankAccountNumber\n"
    folder.put(
        "contacts.csv",
        head + "Kea Cafe,K-1,k@x.example,Kim,Ea,Kim,1 High St,Wellington,+64 4 1,123-456,02-1234\n",
    )
    told = read(folder.source("contacts.csv"), Account)
    assert told.records["Kea Cafe"] == Account(
        source_id="Kea Cafe",
        belongs_to="Kea Cafe",
        name="Kea Cafe",
        number="K-1",
        email="k@x.example",
        phone="+64 4 1",
        tax_number="123-456",
        billing=Address(name="Kim", lines=("1 High St",), city="Wellington"),
    )
    assert "02-1234" not in str(told.rows)
