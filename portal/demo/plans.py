"""Plans orders: what a customer puts in the basket, and what becomes of it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

from portal.demo.catalogue import CENT, Product, products
from portal.demo.companies import Company
from portal.demo.days import Calendar
from portal.demo.orders import NEVER, ZERO, Credit, Line, Order, Paid

CARRIAGE = {"GB": "9.50", "IE": "18.00", "US": "64.00"}  # elsewhere 24.00; free at home above FREE_ABOVE
FREE_ABOVE = 250
CODES = ("SPRING5", "TRADE5", "WELCOME5")
NOTES = (
    "Please deliver to the rear gate, the front is closed for works.",
    "Ring the bell twice – the forklift is loud.",
    "Delivery before noon if you can.",
    "No half pallets, please.",
    "Leave with the neighbours at no. 12 if we are out.\nThank you!",
)


def tax_rate(company: Company) -> Decimal:
    """Customers at home pay value added tax; exports are zero rated."""
    return Decimal("0.20") if company.code == "GB" else Decimal(0)


def basket(rng: Random, company: Company, day: int) -> Order:
    """An order placed on a day, without what becomes of it."""
    code = rng.choice(CODES) if rng.random() < 0.07 else ""
    lines = tuple(_lines(rng, company, Decimal("0.05") if code else Decimal(0)))
    free = company.code == "GB" and sum((line.net for line in lines), ZERO) >= FREE_ABOVE
    carriage = ZERO if free else Decimal(CARRIAGE.get(company.code, "24.00"))
    return Order(
        company=company,
        email=rng.choice(company.buyers),
        day=day,
        minute=rng.randint(450, 1050),
        lines=lines,
        carriage=carriage,
        carriage_tax=(carriage * tax_rate(company)).quantize(CENT),
        code=code,
        note=rng.choice(NOTES) if rng.random() < 0.08 else "",
        purchase_order=f"{company.domain[:3].upper()}-{rng.randint(1000, 9999)}" if company.size > 4 else "",
    )


def _lines(rng: Random, company: Company, discount: Decimal) -> Iterator[Line]:
    wanted = min(9, 1 + int(rng.expovariate(0.45)))
    weights = [product.popular for product in products()]
    for product in dict.fromkeys(rng.choices(products(), weights, k=wanted)):
        yield _line(rng, company, product, discount)


def _line(rng: Random, company: Company, product: Product, discount: Decimal) -> Line:
    quantity, price = product.pack * rng.choice((1, 1, 2, 2, 3, 4, 5, 10)), product.price_in(company.currency)
    off = (quantity * price * discount).quantize(CENT)
    tax = ((quantity * price - off) * tax_rate(company)).quantize(CENT)
    return Line(product.sku, product.name, quantity, price, off, tax)


def with_fate(rng: Random, order: Order, calendar: Calendar) -> Order:
    """The order with what becomes of it: cancelled, or shipped in one go or two, invoiced and paid."""
    if rng.random() < 0.03:
        invoiced = order.day if rng.random() < 0.3 else NEVER
        return replace(order, cancelled=order.day + 1, invoiced=invoiced)
    ships = calendar.workday(order.day + rng.choice((1, 1, 2, 2, 3, 5)))
    order = replace(order, ships=ships, rest=ships, invoiced=ships)
    if len(order.lines) > 1 and rng.random() < 0.18:
        order = in_two(order, calendar.workday(ships + rng.randint(3, 12)))
    return with_payments(rng, with_credit(rng, order) if rng.random() < 0.04 else order)


def in_two(order: Order, rest: int) -> Order:
    """The order with its last lines following on a later day."""
    keep = (len(order.lines) + 1) // 2
    late = tuple(replace(line, late=True) for line in order.lines[keep:])
    return replace(order, lines=order.lines[:keep] + late, rest=rest)


def with_credit(rng: Random, order: Order) -> Order:
    """The order with one line given back: in cash where it is paid by card, else off what is still to pay."""
    day = order.rest + rng.randint(4, 20)
    return replace(order, credit=Credit(day, rng.choice(order.lines), cash=order.company.terms == 0))


def with_payments(rng: Random, order: Order) -> Order:
    """The order with the payments this customer makes for it; a few never pay."""
    company, to_pay = order.company, order.total
    if company.terms == 0:
        return replace(order, payments=(Paid(order.day, to_pay),))
    if order.credit:
        to_pay -= order.credit.amount
    day = order.invoiced + max(2, company.terms + company.habit + rng.randint(-4, 6))
    chance = rng.random()
    if chance < 0.006 or not to_pay:
        return order
    if chance > 0.07:
        return replace(order, payments=(Paid(day, to_pay),))
    first = (to_pay * rng.choice((Decimal("0.4"), Decimal("0.5"), Decimal("0.6")))).quantize(CENT)
    return replace(order, payments=(Paid(day, first), Paid(day + rng.randint(10, 35), to_pay - first)))
