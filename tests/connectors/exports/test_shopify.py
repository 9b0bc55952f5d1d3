"""Shopify's orders and customers exports: one order over several rows, told by its first."""

from decimal import Decimal

import pytest

from connectors.base import Refused
from connectors.records import Account, Order

HEAD = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,"
    "Taxes,Total,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
    "Lineitem fulfillment status,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,Shipping Country,"
    "Notes,Note Attributes,Cancelled at,Refunded Amount,Outstanding Balance,"
    "Employee,Id,Tags,Risk Level,Lineitem discount\n"
)
COLUMNS = HEAD.strip().split(",")
FIRST = {
    "Name": "#1001", "Email": "buyer@x.example", "Financial Status": "partially_paid",
    "Fulfillment Status": "partial",
    "Currency": "EUR", "Subtotal": "30.00", "Shipping": "5.00", "Taxes": "6.65", "Total": "41.65",
    "Discount Amount": "0.00",
    "Created at": "2025-12-06 10:37:33 -0500", "Lineitem quantity": "2", "Lineitem name": "Bolt",
    "Lineitem price": "10.00",
    "Lineitem sku": "B-1", "Lineitem fulfillment status": "fulfilled", "Shipping Name": "Ann",
    "Shipping Address1": "Hauptstr. 5",
    "Shipping City": "Dresden", "Shipping Zip": "'01307", "Shipping Country": "DE", "Refunded Amount": "0.00",
    "Outstanding Balance": "21.65", "Id": "6798481555755", "Lineitem discount": "0.00",
    "Notes": "SECRET", "Note Attributes": "SECRET: x", "Employee": "SECRET", "Tags": "SECRET",
    "Risk Level": "SECRET",
}  # fmt: skip
NEXT = {
    "Name": "#1001", "Email": "buyer@x.example", "Created at": "2025-12-06 10:37:33 -0500",
    "Lineitem quantity": "1",
    "Lineitem name": "Nut", "Lineitem price": "10.00", "Lineitem fulfillment status": "pending",
    "Lineitem discount": "0.00",
}  # fmt: skip


def csv(*rows, head=HEAD):
    """A Shopify export of these rows."""
    columns = head.strip().split(",")
    return head + "".join(",".join(row.get(name, "") for name in columns) + "\n" for row in rows)


@pytest.fixture
def orders(folder, read):
    """Read these rows as a Shopify orders export."""

    def orders(*rows, head=HEAD):
        folder.put("orders_export_1.csv", csv(*rows, head=head))
        return read(folder.source("orders_export*.csv"), Order)

    return orders


def test_an_order_has_its_lines_amounts_and_address(orders):
    told = orders(FIRST, NEXT)
    order = told.records["6798481555755"]
    assert (order.number, order.status, order.payment_status) == ("#1001", "partial", "partially_paid")
    assert (order.belongs_to, order.currency, order.outstanding) == (
        "buyer@x.example",
        "EUR",
        Decimal("21.65"),
    )
    amounts = (order.subtotal, order.shipping, order.tax, order.total)
    assert amounts == (Decimal("30.00"), Decimal("5.00"), Decimal("6.65"), Decimal("41.65"))
    assert [(line.name, line.quantity, line.shipped) for line in order.lines] == [
        ("Bolt", 2, 2),
        ("Nut", 1, 0),
    ]
    assert (order.ship_to.lines, order.ship_to.postcode) == (("Hauptstr. 5",), "01307")
    assert told.rows[0].data_rows == 2


def test_notes_tags_risk_and_employees_never_leave_the_file(orders):
    told = orders(FIRST, NEXT)
    assert "SECRET" not in str(told.rows) + str(told.records)


def test_a_blank_fulfillment_status_means_unfulfilled(orders):
    assert orders(FIRST | {"Fulfillment Status": ""}).records["6798481555755"].status == "unfulfilled"


def test_a_line_without_a_fulfillment_status_says_nothing_about_dispatch(orders):
    told = orders(
        FIRST | {"Lineitem fulfillment status": ""}, NEXT | {"Lineitem fulfillment status": "partial"}
    )
    assert [line.shipped for line in told.records["6798481555755"].lines] == [None, None]


def test_a_dispatched_order_has_a_shipment_and_its_events(orders):
    at = {"Fulfilled at": "2025-12-08 09:00:00 +0100", "Paid at": "2025-12-07 09:00:00 +0100"}
    order = orders(FIRST | at | {"Shipping Method": "Express"}).records["6798481555755"]
    assert [(one.shipped.isoformat(), one.carrier) for one in order.shipments] == [
        ("2025-12-08T08:00:00+00:00", "Express")
    ]
    assert [event.what for event in order.events] == ["placed", "paid", "dispatched"]


def test_a_carrier_alone_is_no_shipment(orders):
    assert orders(FIRST | {"Shipping Method": "Express"}).records["6798481555755"].shipments == ()


def test_a_cancelled_order_is_cancelled_and_its_event_told(orders):
    order = orders(FIRST | {"Cancelled at": "2025-12-09 09:00:00 +0100"}).records["6798481555755"]
    assert order.cancelled and order.events[-1].what == "cancelled"
    assert not orders(FIRST).records["6798481555755"].cancelled


def test_two_orders_of_one_name_and_two_ids_are_two_orders(orders):
    told = orders(FIRST, NEXT, FIRST | {"Id": "77"}, NEXT)
    assert {ident: len(one.lines) for ident, one in told.records.items()} == {"6798481555755": 2, "77": 2}


def test_an_export_appended_to_another_counts_every_order_once(orders):
    told = orders(FIRST, NEXT, {"Name": "Name"} | {c: c for c in COLUMNS}, FIRST, NEXT)
    assert len(told.records["6798481555755"].lines) == 2
    assert (told.data_rows, told.aside) == (4, [])


def test_a_sorted_export_whose_orders_lie_scattered_is_put_together(orders):
    other = {"Name": "#1002", "Id": "2", "Lineitem name": "Pin"}
    told = orders(NEXT, FIRST | other, FIRST, NEXT | {"Lineitem name": "Washer"})
    assert [line.name for line in told.records["6798481555755"].lines] == ["Nut", "Bolt", "Washer"]
    assert told.records["6798481555755"].total == Decimal("41.65")
    assert told.data_rows == 4


def test_a_row_that_continues_no_order_is_quarantined(orders):
    told = orders(NEXT)
    assert [(one.source_id, one.reason) for one in told.skipped] == [(None, "is blank")]


def test_without_an_id_column_the_name_is_the_id_and_the_rule_says_so(folder, read):
    head = HEAD.replace(",Id,", ",")
    folder.put("orders_export.csv", csv(FIRST, NEXT, head=head))
    source = folder.source("orders_export.csv")
    assert source.id_rule(Order) == "Name"
    assert len(read(source, Order).records["#1001"].lines) == 2
    folder.put("orders_export.csv", csv(FIRST, NEXT))
    assert source.id_rule(Order) == "Id"


def test_an_export_without_the_email_column_is_refused(orders):
    with pytest.raises(Refused, match="no column Email"):
        orders(FIRST, head=HEAD.replace(",Email,", ","))


def test_an_order_belongs_to_the_customer_whose_address_it_bears(folder, read):
    folder.put(
        "orders_export.csv",
        csv(
            FIRST | {"Email": " Buyer@X.example"}, FIRST | {"Id": "2", "Name": "#2", "Email": "new@x.example"}
        ),
    )
    folder.put(
        "customers_export.csv",
        "Customer ID,First Name,Last Name,Email,Default Address Company\n"
        "'501,Ann,Ash,buyer@x.EXAMPLE,Ash Ltd\n",
    )
    source = folder.source("customers_export.csv", "orders_export.csv")
    told = read(source, Order)
    assert [order.belongs_to for order in told.records.values()] == ["501", "new@x.example"]
    account = read(source, Account).records["501"]
    assert (account.name, account.belongs_to, account.email) == ("Ash Ltd", "501", "buyer@x.EXAMPLE")


def test_an_address_of_two_customers_joins_none_and_staff_are_told(folder, read):
    folder.put("orders_export.csv", csv(FIRST))
    folder.put(
        "customers_export.csv",
        "Customer ID,First Name,Last Name,Email\n1,Ann,Ash,buyer@x.example\n2,Bob,Ash,buyer@x.example\n",
    )
    told = read(folder.source("customers_export.csv", "orders_export.csv"), Order)
    assert told.records["6798481555755"].belongs_to == "buyer@x.example"
    assert "stand for several Customer ID" in " ".join(told.notes)


def test_a_customer_who_becomes_known_changes_the_fingerprint_of_the_order(folder, read):
    folder.put("orders_export.csv", csv(FIRST))
    customers = "Customer ID,First Name,Last Name,Email\n"
    folder.put("customers_export.csv", customers)
    source = folder.source("customers_export.csv", "orders_export.csv")
    before = read(source, Order)
    folder.put("customers_export.csv", customers + "1,Ann,Ash,buyer@x.example\n")
    after = read(source, Order, before.pages[-1].cursor)
    assert after.records["6798481555755"].belongs_to == "1"
    assert before.rows[0].fingerprint != after.rows[0].fingerprint


def test_a_cell_nobody_reads_does_not_change_the_fingerprint(orders):
    before, after = orders(FIRST, NEXT), orders(FIRST | {"Tags": "vip"}, NEXT)
    moved = orders(FIRST, NEXT | {"Lineitem quantity": "9"})
    assert before.rows[0].fingerprint == after.rows[0].fingerprint != moved.rows[0].fingerprint


def test_a_customer_without_a_company_is_called_by_name_or_address(folder, read):
    folder.put(
        "customers_export.csv",
        "Customer ID,First Name,Last Name,Email,Phone\n1,Ann,Ash,a@x.example,'+49 30\n2,,,b@x.example,\n",
    )
    accounts = read(folder.source("customers_export.csv"), Account).records
    assert [account.name for account in accounts.values()] == ["Ann Ash", "b@x.example"]
    assert accounts["1"].phone == "+49 30"
