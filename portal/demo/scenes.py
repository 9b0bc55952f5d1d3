"""What the customers whose links are printed find: an order waiting, one half sent, one on its way,
and invoices that are due, overdue and part paid.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count

from portal.demo.catalogue import CENT
from portal.demo.chance import dice
from portal.demo.companies import FIXED, TWICE, Company
from portal.demo.orders import NEVER, Order, Paid
from portal.demo.plans import basket, in_two

FEATURED = (*TWICE, *FIXED)
QUIET_DAYS = 60  # before the scenes begin
HALF = Decimal("0.5")


def scenes(seed: int, companies: tuple[Company, ...]) -> Iterator[Order]:
    """The newest orders of the featured customers."""
    for company in companies:
        if company.name in FEATURED:
            yield from _scenes(seed, company)


def _scenes(seed: int, company: Company) -> Iterator[Order]:
    yield _shipped(seed, company, -1, ships=1, rest=3)
    yield _shipped(seed, company, -5, ships=-3, rest=2)
    yield _shipped(seed, company, -12, ships=-10, pays=1)
    yield replace(_order(seed, company, -9), cancelled=-8, deleted=1 + FEATURED.index(company.name))
    yield _part_paid(_shipped(seed, company, -40, ships=-38))
    yield _shipped(seed, company, -47, ships=-44, rest=-33, pays=6)


def _order(seed: int, company: Company, day: int) -> Order:
    """The first basket of the right size that chance offers: two to five lines, no discount."""
    tries = (basket(dice(seed, "scene", company.name, day, n), company, day) for n in count())
    return next(order for order in tries if 2 <= len(order.lines) <= 5 and not order.code)


def _shipped(
    seed: int, company: Company, day: int, *, ships: int, rest: int | None = None, pays: int = NEVER
) -> Order:
    order = _order(seed, company, day)
    order = replace(order, ships=ships, rest=ships, invoiced=ships, payments=(Paid(pays, order.total),))
    return order if rest is None else in_two(order, rest)


def _part_paid(order: Order) -> Order:
    half = (order.total * HALF).quantize(CENT)
    return replace(order, payments=(Paid(-6, half), Paid(4, order.total - half)))
