"""Orders, invoices, quotes, payments and tickets: their lists and own pages. See portal.screens."""

from collections.abc import Sequence

from flask import Blueprint, abort, g, request

from connectors.records import Invoice, Order, Quote, Record, Ticket
from portal import details, filters, frame, gate, screens, stages
from portal.gateway import Condition, Found, Slice, Traced, Where
from portal.look import look
from portal.screens import Screen

pages = Blueprint("browse", __name__)
RELATED = 20


@pages.get("/orders")
@gate.audience("orders")
def orders() -> str:
    """All orders, newest first."""
    return _list(screens.ORDERS)


@pages.get("/orders/<ref>")
@gate.audience("orders")
def order(ref: str) -> str:
    """One order: where it is, what is in it, what happened."""
    traced: Traced = g.gateway.trace(Order, ref) or abort(404)
    found, changes = traced.found, traced.changes
    return frame.show(
        "browse/order.html",
        "order",
        order=found,
        record=found,
        sums=details.order_sums(found),
        moves=details.moves(changes),
        history=details.history(found, changes, look().orders, look().formats),
        invoices=_related(Invoice, "order_number", found.number, "invoices"),
    )


@pages.get("/invoices")
@gate.audience("invoices")
def invoices() -> str:
    """All invoices and credits, newest first."""
    return _list(screens.INVOICES)


@pages.get("/invoices/<ref>")
@gate.audience("invoices")
def invoice(ref: str) -> str:
    """One invoice or credit: what is due, and why."""
    found = _one(Invoice, ref)
    return frame.show(
        "browse/invoice.html",
        "invoice",
        invoice=found,
        record=found,
        balance=details.balance(found),
        sums=details.invoice_sums(found),
        orders=_related(Order, "number", found.order_number, "orders", by="source"),
    )


@pages.get("/quotes")
@gate.audience("quotes")
def quotes() -> str:
    """All quotes, newest first."""
    return _list(screens.QUOTES)


@pages.get("/quotes/<ref>")
@gate.audience("quotes")
def quote(ref: str) -> str:
    """One quote: what it offers, and until when."""
    found = _one(Quote, ref)
    return frame.show("browse/quote.html", "quote", quote=found, record=found, sums=details.quote_sums(found))


@pages.get("/payments")
@gate.audience("invoices")
def payments() -> str:
    """Payments that stand for themselves, where a source gives them."""
    return _list(screens.PAYMENTS)


@pages.get("/support")
@gate.audience("support")
def tickets() -> str:
    """Open tickets by their last update, resolved ones below; each pages on its own."""
    asked = filters.read(screens.TICKETS, request.args, look().formats, _states(screens.TICKETS))
    groups = [screens.group(g.gateway, half, asked.where, request.args) for half in screens.HALVES]
    some = any(group.page.rows or group.later for group in groups)
    return frame.show(
        "browse/tickets.html",
        "ticket",
        screen=screens.TICKETS,
        asked=asked,
        groups=groups if some else (),
        total=None,
    )


@pages.get("/support/<ref>")
@gate.audience("support")
def ticket(ref: str) -> str:
    """One ticket with its public messages."""
    found = _one(Ticket, ref)
    return frame.show("browse/ticket.html", "ticket", ticket=found, record=found)


def _list(screen: Screen) -> str:
    asked = filters.read(screen, request.args, look().formats, _states(screen))
    after = request.args.get("after")
    page = g.gateway.page(
        screen.record, asked.where, order=asked.order, after=after, limit=screen.rows, counted=not after
    )
    return frame.show(
        "browse/list.html", screen.name, screen=screen, asked=asked, page=page, total=page.total
    )


def _states(screen: Screen) -> filters.States:
    """What a status in the URL means for this list."""

    def conditions(wanted: str) -> Sequence[Condition]:
        if screen is screens.QUOTES:
            return [look().quotes.where(wanted, g.gateway.statuses(Quote), look().formats.today())]
        if screen is screens.ORDERS:
            return [look().orders.where(wanted, g.gateway.statuses(Order))]
        return stages.invoice_where(wanted, look().formats.today())

    return conditions


def _one(record: type[Record], ref: str) -> Found:
    found: Found | None = g.gateway.get(record, ref)
    return found or abort(404)


def _related(
    record: type[Record], column: str, value: str, section: str, *, by: str = "number"
) -> Sequence[Found]:
    """Records of another type that carry the same number; asked for anew, so never somebody else's."""
    if not value or section not in g.sections:
        return ()
    # Not by time, nor by what they have in common: SQLite would walk through all of them in that order
    # rather than look the number up.
    page: Slice = g.gateway.page(record, [Where(column, "eq", value)], order=by, limit=RELATED)
    return page.rows
