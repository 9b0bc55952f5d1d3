"""Where nobody exports the customers, the orders' or invoices' own file names them."""

from connectors.records import Account, Invoice, Order

ORDERS = """\
Name,Email,Fulfillment Status,Currency,Total,Created at,Lineitem name,Lineitem quantity,Id
#2,bea@south.example,fulfilled,EUR,5.00,2026-09-02 10:00:00 +0200,Tape,1,102
#1,ann@north.example,fulfilled,EUR,7.00,2026-09-01 10:00:00 +0200,Box,1,101
#1,ann@north.example,,,,2026-09-01 10:00:00 +0200,Tape,1,
#till,,fulfilled,EUR,2.00,2026-08-31 11:00:00 +0200,Pen,1,99
#0,bea@south.example,fulfilled,EUR,5.00,2026-08-31 10:00:00 +0200,Tape,1,100
"""
INVOICES = """\
ContactName,EmailAddress,InvoiceNumber,InvoiceDate,DueDate,Total,InvoiceAmountPaid,InvoiceAmountDue,Currency,\
Type,Status
North Ltd,ann@north.example,INV-1,28/08/2026,27/09/2026,7.00,0.00,7.00,EUR,Sales invoice,Awaiting Payment
South Ltd,bea@south.example,INV-2,29/08/2026,28/09/2026,5.00,0.00,5.00,EUR,Sales invoice,Awaiting Payment
North Ltd,carl@north.example,INV-3,30/08/2026,29/09/2026,7.00,0.00,7.00,EUR,Sales invoice,Draft
"""


def test_a_shop_without_a_customers_export_has_its_buyers_as_accounts(folder, read):
    folder.put("orders_export_1.csv", ORDERS)
    twice = {"path": "orders_export_1.csv", "profile": "shopify-orders-customers"}
    source = folder.source("orders_export_1.csv", twice, timezone="Europe/Berlin")
    accounts, orders = read(source, Account), read(source, Order).records
    assert accounts.records.keys() == {"ann@north.example", "bea@south.example"}
    assert not accounts.aside, "an order without an address is nobody's, and nothing is wrong with it"
    assert {order.belongs_to for order in orders.values()} == {*accounts.records, None}


def test_books_without_a_contacts_export_have_their_invoiced_customers_as_accounts(folder, read):
    folder.put("SalesInvoices.csv", INVOICES)
    twice = {"path": "SalesInvoices.csv", "profile": "xero-invoices-customers"}
    source = folder.source("SalesInvoices.csv", twice, date_order="dmy")
    accounts, invoices = read(source, Account).records, read(source, Invoice).records
    assert {account.name for account in accounts.values()} == {"North Ltd", "South Ltd"}
    assert {invoice.belongs_to for invoice in invoices.values()} == accounts.keys()


def test_such_a_file_is_never_taken_for_a_list_of_customers_by_itself(folder):
    folder.put("orders_export_1.csv", ORDERS)
    folder.put("SalesInvoices.csv", INVOICES)
    source = folder.source("*.csv", date_order="dmy", timezone="Europe/Berlin")
    assert set(source.reads) == {Order, Invoice}
