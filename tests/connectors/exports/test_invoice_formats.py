"""What invoicing and payment programs export: Zoho Books, FreshBooks, QuickBooks and Stripe, told to the last
value."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base import Refused
from connectors.records import Account, Invoice, Line, Payment


def test_a_zoho_invoice_is_told_once_though_every_row_repeats_it(shared, read):
    source = shared.source(
        "samples/zoho_books/invoices_export.csv", show={"invoice": {"Invoice Status": ["Draft"]}}
    )
    told = read(source, Invoice)
    invoice = told.records["2520018000000073144"]
    assert (told.data_rows, len(told.records)) == (13, 3)
    assert (invoice.number, invoice.belongs_to, invoice.issued) == (
        "INV-000001",
        "2520018000000073035",
        date(2021, 1, 28),
    )
    assert (invoice.subtotal, invoice.total, invoice.due) == (Decimal("489.75"),) * 3
    assert [line.total for line in invoice.lines] == [
        Decimal(n) for n in ("25.50", "4.25", "180.00", "280.00")
    ]
    assert invoice.lines[0] == Line(
        name="Hardware Supply",
        quantity=Decimal("6.00"),
        unit_price=Decimal("4.25"),
        discount=Decimal("0.000"),
        total=Decimal("25.50"),
    )


def test_a_zoho_contact_is_the_account_its_invoices_belong_to(sample):
    assert sample("zoho_books/contacts_export.csv", Account)["2520018000000073048"] == Account(
        source_id="2520018000000073048",
        belongs_to="2520018000000073048",
        name="Simpsons Baking Co",
        email="marge@simpsonsbaking.com",
        phone="888-567-5309",
        website="simpsonsbaking.com",
        currency="USD",
    )


def test_a_freshbooks_invoice_adds_its_lines_up(sample):
    invoice = sample("freshbooks/invoices_export.csv", Invoice)["0000001"]
    assert (invoice.number, invoice.belongs_to, invoice.status, invoice.total) == (
        "0000001",
        "X-Men",
        "sent",
        Decimal("7890.00"),
    )
    assert invoice.lines[1] == Line(
        name="Painting Service",
        quantity=Decimal("5.00000000"),
        unit_price=Decimal("98.00"),
        total=Decimal("490.00"),
    )
    assert set(sample("freshbooks/clients_export.csv", Account)) == {"Marge Simpson", "X-Men"}


def test_a_quickbooks_invoice_asks_for_its_date_order_and_its_tax(shared):
    with pytest.raises(Refused, match=r"day first or month first.*include tax"):
        shared.source("samples/quickbooks/invoice_import_template_eur.csv").check()


def test_a_quickbooks_invoice_is_told_to_the_last_value(sample):
    assert sample("quickbooks/invoice_import_template_eur.csv", Invoice)["INV-001"] == Invoice(
        source_id="INV-001",
        belongs_to="Mary Smith",
        number="INV-001",
        issued=date(2026, 6, 1),
        due_on=date(2026, 7, 1),
        currency="EUR",
        subtotal=Decimal("100.00"),
        tax=Decimal("0.00"),
        total=Decimal("100.00"),
        lines=(
            Line(
                name="Bouquets of Flowers",
                quantity=Decimal(2),
                unit_price=Decimal("50.00"),
                tax=Decimal("0.00"),
                total=Decimal("100.00"),
            ),
        ),
    )


QUICKBOOKS = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,"
QUICKBOOKS += "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,ItemTaxAmount\n"


def test_a_blank_number_in_quickbooks_means_the_invoice_above(folder, read):
    rows = (
        "1,Ann,31/01/2026,28/02/2026,Bolt,1,10,10,2\n,,,,Nut,2,5,10,2\n\n2,Bob,31/01/2026,28/02/2026,Bolt,-1,10,-10,-2\n"
        ",,,,Nut,1,5,5,1\n,,,,Please pay in time,,,,\n"
    )
    folder.put("qb.csv", QUICKBOOKS + rows)
    told = read(folder.source("qb.csv", tax="excluded", currency="GBP"), Invoice)
    assert [(one.kind, one.total, len(one.lines)) for one in told.records.values()] == [
        ("invoice", 24, 2),
        ("credit note", -6, 2),
    ]
    assert told.data_rows == 4 and told.aside == []


def test_a_blank_number_below_a_row_that_cannot_be_placed_belongs_to_nobody(folder, read):
    ann, bob = (f"{name},31/01/2026,28/02/2026,Bolt,1,10,10,2\n" for name in ("1,Ann", "2,Bo,b"))
    folder.put("qb.csv", QUICKBOOKS + ann + bob + ",,,,Nut,2,5,10,2\n" + ann.replace("1,Ann", "3,Cy"))
    told = read(folder.source("qb.csv", tax="excluded", currency="GBP"), Invoice)
    assert told.data_rows == 4 and [one.source_id for one in told.aside] == ["1", None, None, "3"]


def test_a_stripe_payment_is_told_to_the_last_value_and_a_test_or_failed_one_never(shared, folder, read):
    path = "samples/stripe/unified_payments__one_row_masked.csv"
    told = read(shared.source(path), Payment)
    assert list(told.records.values()) == [
        Payment(
            source_id="ch_3POsheC8ukEwBaxR1SBP6Pvo",
            belongs_to="cus_PsVhjfaepodbyRV",
            number="pi_3POshaC6ukEwZcxR1PAcB2Kx",
            invoice_number="BC6E5H89-0105",
            paid_on=date(2024, 6, 7),
            currency="USD",
            amount=Decimal("15.00"),
            method="Visa",
        )
    ]
    assert "1323" not in str(told.rows)
    text = (shared.path / path).read_text("utf-8")
    for old, new in ((",Live,", ",Test,"), (",Paid,", ",Failed,")):
        folder.put("stripe.csv", text.replace(old, new))
        hidden = read(folder.source("stripe.csv"), Payment)
        assert hidden.records == {} and len(hidden.gone) == 1
