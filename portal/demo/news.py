"""What happened on the last day played, in sentences."""

from collections.abc import Iterator, Sequence

from portal.demo.invoices import SALE
from portal.demo.orders import Order
from portal.demo.world import World


def news(world: World) -> list[str]:
    """One sentence for each kind of thing that happened today; nothing for what did not."""
    return [*_order_news(world), *_book_news(world), *_case_news(world)]


def _order_news(world: World) -> Iterator[str]:
    now, orders = world.now, world.orders
    placed = [order for order in orders if order.day == now]
    half = [order for order in orders if order.ships == now < order.rest]
    whole = [order for order in orders if order.rest == now]
    gone = [order for order in orders if order.deleted == now]
    if placed:
        yield f"New orders: {_names(placed)}."
    if half:
        yield f"Partly dispatched: {_names(half)}."
    if whole:
        yield f"Dispatched in full: {_names(whole)}."
    if gone:
        yield f"Deleted in the shop, so it disappears from the file: {_names(gone)}."


def _book_news(world: World) -> Iterator[str]:
    now = world.now
    issued = [document.number for document in world.invoices if document.issued == now]
    paid = [d for d in world.invoices if d.kind == SALE and any(p.day == now for p in d.payments)]
    late = [order for order in world.orders if order.credit and order.credit.day == now and order.day < -100]
    if issued:
        yield f"Invoices and credit notes issued: {_some(issued)}."
    if paid:
        yield f"Payments received: {_some([f'{d.number} ({d.company.name})' for d in paid])}."
    if late:
        placed = world.calendar.on(late[0].day)
        yield f"A late change: a line of order {_names(late[:1])} of {placed:%d %B %Y} was refunded."


def _case_news(world: World) -> Iterator[str]:
    now = world.now
    for what, found in (
        ("opened", [case.number for case in world.cases if case.day == now]),
        ("answered", [case.number for case in world.cases if case.answered == now < case.closed]),
        ("closed", [case.number for case in world.cases if case.closed == now]),
    ):
        if found:
            yield f"Cases {what}: {_some(found)}."


def _names(orders: Sequence[Order]) -> str:
    return _some([f"{order.name} ({order.company.name})" for order in orders])


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")
