"""Real export files, as they lie in ../shared: what their records say, and a whole wholesaler by a mapping of
one's own. (test_samples counts the rows.)"""

from decimal import Decimal

import pytest

from connectors.base import Reads
from connectors.records import Account, Contact, Invoice, Order, Payment

SHOPIFY = "samples/shopify/"
SALESFORCE = "samples/salesforce/"


def test_a_draft_order_paid_by_its_status_still_owes_its_balance(shared, read):
    told = read(shared.source(SHOPIFY + "orders_export__multirow_*.csv"), Order)
    order = told.records["6798481555755"]
    assert (order.number, order.payment_status, order.outstanding) == ("#1051", "paid", Decimal("1299.00"))
    assert order.placed.isoformat() == "2025-12-06T15:37:33+00:00"
    assert [line.sku for line in told.records["6798481490219"].lines] == [
        "LW-MIN-BRN", "YM-ECO-001", "SC-LAV-VAN", "CB-ETH-500",
    ]  # fmt: skip


def test_a_real_xero_export_knows_its_date_order_from_the_whole_column(shared, read):
    told = read(shared.source("samples/xero/SalesInvoices_export*.csv"), Invoice)
    invoice = told.records["invoice:INV-1014"]
    assert (invoice.issued.isoformat(), invoice.due_on.isoformat()) == ("2026-03-24", "2026-04-23")
    assert (invoice.total, invoice.paid, invoice.credited, invoice.due) == (1495, 0, 0, 1495)
    assert (invoice.subtotal, invoice.tax, invoice.belongs_to) == (1300, 195, "Harbour Cafe")


def test_contacts_without_an_account_belong_to_nobody(shared, read):
    told = read(shared.source(SALESFORCE + "Contact*.csv"), Contact)
    assert sum(contact.belongs_to is None for contact in told.records.values()) == 84
    assert told.records["003Ec00000Cz30UIAR"].belongs_to == "001Ec00000GGw3hIAD"


CLASSIC = "demo/classicmodels/"
CUSTOMERS = {
    "path": CLASSIC + "customers.csv",
    "record": "account",
    "complete": True,
    "map": {
        "id": "CUSTOMERNUMBER",
        "fields": {
            "name": "CUSTOMERNAME",
            "number": "CUSTOMERNUMBER",
            "phone": "PHONE",
            "owner_name": {
                "column": "SALESREPEMPLOYEENUMBER",
                "find": {"file": CLASSIC + "employees.csv", "by": "EMPLOYEENUMBER", "take": "LASTNAME",
                "keep": False},
            },
            "billing": {"lines": ["ADDRESSLINE1", "ADDRESSLINE2"], "city": "CITY", "country": "COUNTRY"},
        },
    },
}  # fmt: skip
PEOPLE = {
    "path": CLASSIC + "customers.csv",
    "record": "contact",
    "map": {
        "id": "CUSTOMERNUMBER",
        "belongs_to": "CUSTOMERNUMBER",
        "fields": {"name": {"join": ["CONTACTFIRSTNAME", "CONTACTLASTNAME"]}, "phone": "PHONE"},
    },
}
ORDERS = {
    "path": CLASSIC + "orders.csv",
    "record": "order",
    "complete": True,
    "lines": {"file": CLASSIC + "orderdetails.csv", "parent": "ORDERNUMBER"},
    "map": {
        "id": "ORDERNUMBER",
        "belongs_to": "CUSTOMERNUMBER",
        "fields": {
            "number": "ORDERNUMBER",
            "status": "STATUS",
            "placed_on": "ORDERDATE",
            "expected": "REQUIREDDATE",
            "cancelled": {"column": "STATUS", "is": ["Cancelled"]},
            "total": {"sum": "total"},
        },
        "lines": {
            "name": {
                "column": "PRODUCTCODE",
                "find": {"file": CLASSIC + "products.csv", "by": "PRODUCTCODE", "take": "PRODUCTNAME"},
            },
            "sku": "PRODUCTCODE",
            "quantity": "QUANTITYORDERED",
            "unit_price": "PRICEEACH",
            "total": {"product": ["quantity", "unit_price"]},
        },
        "shipments": [{"shipped": "SHIPPEDDATE"}],
    },
}
PAYMENTS = {
    "path": CLASSIC + "payments.csv",
    "record": "payment",
    "map": {
        "id": {"join": ["CUSTOMERNUMBER", "CHECKNUMBER"], "by": "/"},
        "belongs_to": "CUSTOMERNUMBER",
        "fields": {"number": "CHECKNUMBER", "paid_on": "PAYMENTDATE", "amount": "AMOUNT"},
    },
}


@pytest.fixture
def classic(shared):
    """ClassicModels, a wholesaler, through a mapping of one's own."""
    return shared.source(CUSTOMERS, PEOPLE, ORDERS, PAYMENTS, currency="USD")


def test_classicmodels_loads_to_the_last_row(classic, read):
    classic.check()
    told = {record: read(classic, record) for record in (Account, Contact, Order, Payment)}
    assert [len(one.records) for one in told.values()] == [122, 122, 326, 273]
    assert all(one.aside == [] and one.gone == [] for one in told.values())
    assert told[Order].data_rows == 326 + 2996
    assert sum(len(order.lines) for order in told[Order].records.values()) == 2996
    assert classic.reads == {
        Account: Reads.EVERYTHING, Contact: Reads.CHANGES, Order: Reads.EVERYTHING, Payment: Reads.CHANGES,
    }  # fmt: skip


def test_classicmodels_orders_have_their_statuses_totals_and_dates(classic, read):
    orders = read(classic, Order).records
    statuses = {}
    for order in orders.values():
        statuses[order.status] = statuses.get(order.status, 0) + 1
    assert statuses == {
        "Shipped": 303, "Cancelled": 6, "In Process": 6, "On Hold": 4, "Resolved": 4, "Disputed": 3,
    }  # fmt: skip
    first = orders["10100"]
    assert (first.belongs_to, first.placed_on.isoformat(), first.total) == (
        "363",
        "2011-01-06",
        Decimal("10223.83"),
    )
    assert first.lines[0].name == "1936 Mercedes Benz 500k Roadster"
    assert first.shipments[0].shipped.isoformat() == "2011-01-10"
    assert sum(order.cancelled for order in orders.values()) == 6


def test_staff_comments_of_classicmodels_are_not_read(classic, read):
    orders = read(classic, Order)
    assert all("Check on availability" not in str(row.raw) for row in orders.rows)
    assert all(order.note == "" for order in orders.records.values())


def test_classicmodels_finds_the_account_manager_and_leaves_strangers_blank(classic, read):
    accounts = read(classic, Account).records
    assert accounts["103"].owner_name == "Hernandez"
    assert sum(account.owner_name == "" for account in accounts.values()) == 22
    assert read(classic, Contact).records["103"].name == "Carine Schmitt"
