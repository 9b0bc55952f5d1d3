"""What shops export: WooCommerce, Odoo and Magento, told to the last value."""

from datetime import UTC, datetime
from decimal import Decimal

from connectors.records import Account, Address, Event, Line, Order

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
