"""The formats that come along, each by the real file beside the repository: nothing of it is lost, and one
record of it is told to the last value."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connectors.base import Refused
from connectors.exports.catalogue import recognise
from connectors.exports.profile import shipped
from connectors.exports.settings import FileSet
from connectors.records import Account, Address, Event, Invoice, Line, Order, Payment

SAMPLES = {
    "freshbooks/clients_export.csv": "freshbooks-clients",
    "freshbooks/invoices_export.csv": "freshbooks-invoices",
    "odoo/sale.order.csv": "odoo-orders",
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
    "xero/SalesInvoiceTemplate__header_older.csv": "xero-invoice-template",
    "xero/SalesInvoices_export__nzd_all_quoted_4dp.csv": "xero-sales-invoices",
    "zoho_books/contacts_export.csv": "zoho-contacts",
    "zoho_books/invoices_export.csv": "zoho-invoices",
}
TOLD = {"timezone": "Europe/Berlin", "date_order": "dmy", "tax": "excluded", "currency": "EUR"}


@pytest.mark.parametrize(("path", "name"), SAMPLES.items())
def test_every_sample_is_recognised_as_exactly_one_format(shared, path, name):
    place = shared.path / "samples" / path
    assert recognise(place, FileSet(path=place)) == shipped()[name]


def test_no_format_is_recognised_by_what_makes_another_one(folder, shared):
    assert set(SAMPLES.values()) | {"xero-contacts", "magento-orders"} == {
        name for name, profile in shipped().items() if profile.recognise
    }


@pytest.mark.parametrize(
    ("path", "record", "records", "hidden", "data_rows"),
    [
        ("freshbooks/clients_export.csv", Account, 2, 0, 2),
        ("freshbooks/invoices_export.csv", Invoice, 1, 0, 3),
        ("odoo/sale.order.csv", Order, 22, 0, 22),
        ("quickbooks/invoice_import_template_eur.csv", Invoice, 2, 0, 2),
        ("stripe/unified_payments__one_row_masked.csv", Payment, 1, 0, 1),
        ("woocommerce/webtoffee_order_export_sample.csv", Order, 3, 0, 3),
        ("xero/SalesInvoiceTemplate__header_2023.csv", Invoice, 0, 0, 0),
        ("xero/SalesInvoiceTemplate__header_older.csv", Invoice, 0, 0, 0),
        ("zoho_books/contacts_export.csv", Account, 5, 0, 5),
        ("zoho_books/invoices_export.csv", Invoice, 0, 3, 13),
    ],
)
def test_every_data_row_of_a_sample_is_in_a_record_or_hidden(
    shared, read, path, record, records, hidden, data_rows
):
    source = shared.source("samples/" + path, **TOLD)
    source.check()
    told = read(source, record)
    assert (len(told.records), len(told.gone), told.data_rows) == (records, hidden, data_rows)
    assert told.aside == []


@pytest.fixture
def sample(shared, read):
    """Read a sample as its records."""

    def sample(path, record, **told):
        return read(shared.source({"path": "samples/" + path, **TOLD, **told}), record).records

    return sample


LED_TV_AND_MORE = tuple(
    Line(name=name, sku=sku, quantity=Decimal(1), total=Decimal(total), tax=Decimal(tax))
    for name, sku, total, tax in (
        ("LED TV", "A13", "23.19", "4.17"),
        ("Samsung Galaxy Ace Duos", "A11", "8.80", "1.58"),
        ("Men's Cotton T-Shirt", "B11V2", "8.00", "1.44"),
    )
)


def test_a_woocommerce_order_has_two_date_orders_and_its_lines_in_columns(sample):
    order = sample("woocommerce/webtoffee_order_export_sample.csv", Order)["1003"]
    placed = datetime(2018, 5, 16, 5, 21, 32, tzinfo=UTC)
    home = Address(
        name="Mark Xa",
        lines=("Xadapter", "20 Maple Avenue"),
        city="San Pedro",
        region="CA",
        postcode="90731",
        country="US",
    )
    assert order == Order(
        source_id="1003",
        belongs_to="mark@example.com",
        number="1003",
        status="processing",
        placed=placed,
        currency="USD",
        discount=Decimal("10"),
        shipping=Decimal("10"),
        tax=Decimal("8.99"),
        total=Decimal("58.98"),
        bill_to=home,
        ship_to=home,
        lines=LED_TV_AND_MORE,
        events=(Event(at=placed, what="placed"),),
    )


def test_a_woocommerce_guest_belongs_to_the_address_of_the_bill(sample):
    orders = sample("woocommerce/webtoffee_order_export_sample.csv", Order)
    assert orders["1002"].belongs_to == "john@example.com"
    assert [event.at.isoformat() for event in orders["1001"].events] == [
        "2018-05-16T05:32:06+00:00",
        "2020-03-19T05:40:32+00:00",
        "2020-03-19T05:40:32+00:00",
    ]
    people = sample(
        "woocommerce/webtoffee_order_export_sample.csv", Account, profile="woocommerce-orders-customers"
    )
    assert set(people) == {order.belongs_to for order in orders.values()}


WOO = "order_id,order_number,order_date,status,order_total,order_currency,billing_email,"
WOO += "line_item_2,line_item_10,line_item_1\n"


def test_woocommerce_lines_keep_the_order_of_their_numbers_and_bars_in_names(folder, read):
    folder.put(
        "woo.csv",
        WOO + "1,1,16-05-2018 07:32:06,wc-completed,9,EUR,a@x.example,"
        '"name:Two|total:2","name:Ten | or so|total:3","name:One: the first|quantity:1"\n'
        "2,2,16-05-2018 07:32:06,trash,9,EUR,a@x.example,,,\n"
        "3,3,16-05-2018 07:32:06,completed,9,EUR,a@x.example,broken,,\n",
    )
    told = read(folder.source("woo.csv", timezone="UTC"), Order)
    order = told.records["1"]
    assert [line.name for line in order.lines] == ["One: the first", "Two", "Ten | or so"]
    assert order.status == "completed"
    assert [one.source_id for one in told.gone] == ["2"]
    assert [(one.source_id, one.reason) for one in told.aside] == [
        ("3", "line_item_2: no name:… in 'broken'")
    ]


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
        shared.source({"path": path, "profile": "xero-invoice-template"}, **TOLD).check()


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


def test_an_odoo_order_belongs_to_its_partner(sample):
    order = sample("odoo/sale.order.csv", Order)["sale_order_22"]
    assert order == Order(
        source_id="sale_order_22", belongs_to="res_partner_51", number="SOI022", currency="EUR"
    )


def test_an_odoo_order_with_lines_has_blank_cells_below_its_first_and_quotations_are_hidden(folder, read):
    head = "id,name,partner_id/id,state,date_order,amount_total,order_line/product_id,"
    head += "order_line/product_uom_qty,order_line/price_unit,order_line/price_subtotal\n"
    folder.put(
        "odoo.csv",
        head + "so_1,S1,p_1,sale,2026-01-31 10:37:33,30.00,Bolt,2,10.00,20.00\n,,,,,,Nut,1,10.00,10.00\n"
        "so_2,S2,p_1,draft,2026-01-31 10:37:33,10.00,Nut,1,10.00,10.00\n",
    )
    told = read(folder.source("odoo.csv", timezone="UTC"), Order)
    order = told.records["so_1"]
    assert (order.status, order.total, [line.name for line in order.lines]) == (
        "Sales Order",
        Decimal("30.00"),
        ["Bolt", "Nut"],
    )
    assert [(one.source_id, one.data_rows) for one in told.gone] == [("so_2", 1)]


def test_a_magento_grid_is_read_with_its_written_months(folder, read):
    folder.put(
        "export.csv",
        'ID,"Purchase Point","Purchase Date","Bill-to Name","Ship-to Name","Grand Total (Base)",'
        '"Grand Total (Purchased)",Status,"Billing Address","Shipping Address","Shipping Information",'
        '"Customer Email","Customer Group",Subtotal,"Shipping and Handling","Customer Name","Payment Method",'
        '"Total Refunded"\n000000001,"Main Website\n Main Store","Jan 31, 2026 10:37:33 PM",Ann,Ann,'
        "105.0000,105.0000,"
        "processing,1 High St,1 High St,Flat,a@x.example,General,100.0000,5.0000,Ann,checkmo,\n",
    )
    told = read(folder.source("export.csv", timezone="UTC", currency="EUR"), Order)
    order = told.records["000000001"]
    assert (order.placed, order.total, order.shipping, order.currency, order.belongs_to) == (
        datetime(2026, 1, 31, 22, 37, 33, tzinfo=UTC),
        105,
        5,
        "EUR",
        "a@x.example",
    )
