"""Writes the shop's orders as Shopify exports them: one row per line, order cells on the first row only."""

from collections.abc import Iterator

from portal.demo.chance import dice
from portal.demo.files import Cell, columns, table
from portal.demo.orders import ZERO, Line, Order
from portal.demo.world import World

HEADER = columns("""
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,
Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,
Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,
Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,
Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,
Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,
Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,
Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,
Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,
Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,
Billing Province Name,Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,
Payment References
""")
SETTLED = ("paid", "partially_refunded", "refunded")
METHODS = {"GB": "Next day carrier", "US": "Air freight 5–7 days"}


def orders_export(world: World) -> str:
    """The orders export, newest order first."""
    return table(HEADER, (row for order in world.shown_orders for row in _rows(world, order)))


def _rows(world: World, order: Order) -> Iterator[dict[str, Cell]]:
    for n, line in enumerate(order.lines):
        first = {} if n else _order_cells(world, order)
        yield first | _line_cells(world, order, line) | {"Lineitem compare at price": "" if n else None}


def _line_cells(world: World, order: Order, line: Line) -> dict[str, Cell]:
    return {
        "Name": order.name,
        "Email": order.email,
        "Created at": _time(world, order.day, order.minute),
        "Lineitem quantity": str(line.quantity),
        "Lineitem name": line.name,
        "Lineitem price": str(line.price),
        "Lineitem sku": line.sku,
        "Lineitem requires shipping": "true",
        "Lineitem taxable": "true",
        "Lineitem fulfillment status": "fulfilled" if order.shipped(line, world.now) else "pending",
        "Vendor": "Northgate Supplies",
        "Lineitem discount": "0.00",
    }


def _order_cells(world: World, order: Order) -> dict[str, Cell]:
    now, company, terms = world.now, order.company, order.company.terms
    attributes = f"Purchase order: {order.purchase_order}" if order.purchase_order else ""
    return {
        **_status_cells(world, order),
        **_money_cells(world, order),
        **_address("Billing", order),
        **_address("Shipping", order),
        "Accepts Marketing": "no",
        "Currency": company.currency,
        "Discount Code": order.code,
        "Shipping Method": METHODS.get(company.code, "Road freight 3–5 days"),
        "Notes": order.note,
        "Note Attributes": attributes,
        "Payment Method": "custom" if terms else "Shopify Payments",
        "Payment Reference": "" if terms else _reference(order),
        "Id": str(6_210_000_000_000 + order.number * 3_276_800 + order.minute * 1_237),
        "Tags": "" if terms else "card",
        "Risk Level": "Low",
        "Source": "web",
        "Payment ID": None if terms else _reference(order),
        "Payment References": None if terms else _reference(order),
        "Payment Terms Name": f"Net {terms}" if terms else None,
        "Next Payment Due At": _time(world, order.day + terms, order.minute)
        if terms and order.outstanding(now)
        else None,
    }


def _reference(order: Order) -> str:
    return f"r{dice('payment', order.number).getrandbits(96):x}.1"


def _status_cells(world: World, order: Order) -> dict[str, Cell]:
    now = world.now
    status, fulfilment = order.payment_status(now), order.fulfilment(now)
    paid = [payment.day for payment in order.payments if payment.day <= now]
    return {
        "Financial Status": status,
        "Paid at": _time(world, max(paid), order.minute) if paid and status in SETTLED else None,
        "Fulfillment Status": fulfilment,
        "Fulfilled at": _time(world, order.rest, order.minute // 2 + 400)
        if fulfilment == "fulfilled"
        else None,
        "Cancelled at": _time(world, order.cancelled, order.minute) if order.cancelled <= now else None,
    }


def _money_cells(world: World, order: Order) -> dict[str, Cell]:
    unreadable = order.number == world.broken_order  # somebody typed a letter O into the file
    return {
        "Subtotal": str(order.subtotal),
        "Shipping": str(order.carriage),
        "Taxes": str(order.tax),
        "Total": str(order.total).replace("0", "O") if unreadable else str(order.total),
        "Discount Amount": str(order.discount),
        "Refunded Amount": str(order.refunded(world.now)),
        "Outstanding Balance": str(order.outstanding(world.now)),
        "Tax 1 Name": "GB VAT 20%" if order.tax > ZERO else None,
        "Tax 1 Value": str(order.tax) if order.tax > ZERO else None,
    }


def _address(kind: str, order: Order) -> dict[str, Cell]:
    company = order.company
    person = next((p.name for p in company.people if p.email == order.email), company.name)
    cells: dict[str, Cell] = {
        "Name": person,
        "Street": company.street,
        "Address1": company.street,
        "Address2": "",
        "Company": company.name,
        "City": company.city,
        "Zip": f"'{company.postcode}" if company.postcode.startswith("0") else company.postcode,
        "Province": company.region if company.code == "US" else None,
        "Country": company.code,
        "Phone": f"'{company.phone}" if company.phone else None,
        "Province Name": company.region or None,
    }
    return {f"{kind} {name}": value for name, value in cells.items()}


def _time(world: World, day: int, minute: int) -> str:
    return world.calendar.at(day, minute).strftime("%Y-%m-%d %H:%M:%S %z")
