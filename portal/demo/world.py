"""The whole demo on one of its days: who the customers are and what has happened to them so far."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from portal.demo.cases import Case, cases
from portal.demo.chance import dice
from portal.demo.companies import Company, companies
from portal.demo.days import Calendar
from portal.demo.invoices import SALE, Invoice, documents
from portal.demo.orders import NEVER, Credit, Order
from portal.demo.plans import basket, with_fate
from portal.demo.scenes import FEATURED, QUIET_DAYS, scenes

ORDERS = 3000
DOCUMENTS = 2500  # invoices and credit notes; the books begin later than the shop
FIRST_NUMBER = 7241
BROKEN_ORDER = "Penrose Pottery"  # one of whose orders with several lines has an amount nobody can read
BROKEN_INVOICE = "Larkhill Garden Centres"  # whose fourth newest invoice has a date that does not exist


@dataclass(frozen=True)
class World:
    """Everything the export files tell. ``broken_order`` and ``broken_invoice`` are written unreadably."""

    seed: int
    calendar: Calendar
    companies: tuple[Company, ...]
    orders: tuple[Order, ...]  # oldest first, deleted ones included
    invoices: tuple[Invoice, ...]
    cases: tuple[Case, ...]
    broken_order: int
    broken_invoice: str

    @property
    def now(self) -> int:
        """The day it is."""
        return self.calendar.now

    @property
    def shown_orders(self) -> list[Order]:
        """The orders a shop would export now, newest first."""
        return [order for order in reversed(self.orders) if order.deleted > self.now]


def world(seed: int, calendar: Calendar) -> World:
    """The demo as it stands after the days played so far."""
    known = companies(seed)
    begun = [*_past(seed, known, calendar), *scenes(seed, known)]
    begun = _number(_with_late_changes(seed, _with_deletions(sorted(begun, key=_placed))), FIRST_NUMBER)
    orders = begun + _number(_played(seed, known, calendar), FIRST_NUMBER + len(begun))
    issued = documents(seed, orders, known, calendar)
    kept = tuple(issued[sum(d.issued <= 0 for d in issued) - DOCUMENTS :])
    return World(
        seed, calendar, known, tuple(orders), kept, tuple(cases(seed, known, calendar.now)),
        broken_order=[o.number for o in begun if o.company.name == BROKEN_ORDER and len(o.lines) > 1][-4],
        broken_invoice=[d.number for d in kept if _may_break(d)][-4],
    )  # fmt: skip


def _placed(order: Order) -> tuple[int, int, str]:
    return order.day, order.minute, order.company.name


def _may_break(document: Invoice) -> bool:
    return document.company.name == BROKEN_INVOICE and document.kind == SALE and document.issued <= 0


def _number(orders: Iterable[Order], first: int) -> list[Order]:
    return [replace(order, number=first + n) for n, order in enumerate(orders)]


def _past(seed: int, known: tuple[Company, ...], calendar: Calendar) -> Iterator[Order]:
    """The orders before day 0: every company has its share by size, the last one takes what rounding left."""
    left, weight = ORDERS - 6 * len(FEATURED), sum(company.size for company in known)
    for company in known:
        share = round(left * company.size / weight) if weight else 0
        left, weight = left - share, weight - company.size
        for n in range(share):
            rng = dice(seed, "order", company.name, n)
            yield with_fate(rng, basket(rng, company, _day(rng, company, calendar)), calendar)


def _day(rng: Random, company: Company, calendar: Calendar) -> int:
    """A day in the past: four in five within eighteen months, few on weekends."""
    quiet = QUIET_DAYS if company.name in FEATURED else 0
    far = rng.random() < 0.2
    day = -1 - quiet - (540 + int(rng.random() * 500) if far else int(rng.random() * (540 - quiet)))
    return calendar.workday(day) if rng.random() < 0.9 else day


def _with_deletions(orders: list[Order]) -> list[Order]:
    """Cancelled orders are deleted later, one a day, newest first; the scenes hold the first of them."""
    can_go = [n for n, order in enumerate(orders) if order.cancelled < NEVER and order.deleted == NEVER]
    for day, n in enumerate(reversed(can_go), start=len(FEATURED) + 1):
        orders[n] = replace(orders[n], deleted=day)
    return orders


def _with_late_changes(seed: int, orders: list[Order]) -> list[Order]:
    """One order of long ago gets a refund on each day played; the first of them is a featured customer's."""
    old = [n for n, order in enumerate(orders) if -420 < order.day < -200 and _settled(order)]
    dice(seed, "late").shuffle(old)
    first = next(n for n in old if orders[n].company.name == FEATURED[0])
    old.remove(first)
    old.insert(0, first)
    for day, n in enumerate(old, start=1):
        orders[n] = replace(orders[n], credit=Credit(day, orders[n].lines[0], cash=True))
    return orders


def _settled(order: Order) -> bool:
    return order.cancelled == NEVER and order.credit is None and not order.outstanding(0)


def _played(seed: int, known: tuple[Company, ...], calendar: Calendar) -> Iterator[Order]:
    """The orders of the days played, in the order they came in."""
    weights = [company.size for company in known]
    for day in range(1, calendar.now + 1):
        rng = dice(seed, "day", day)
        buyers = rng.choices(known, weights, k=rng.randint(6, 9))
        fated = [with_fate(rng, basket(rng, company, day), calendar) for company in buyers]
        yield from sorted(fated, key=_placed)
