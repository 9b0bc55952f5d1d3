"""The start page: the latest order, what is owed, what is open with support, each with its as-of."""

from flask import Blueprint, g

from connectors.records import Order, Ticket
from portal import frame, gate, screens
from portal.gateway import Where
from portal.look import look

pages = Blueprint("dashboard", __name__)
LATEST = 5
RECORDS = {"orders": "order", "invoices": "invoice", "support": "ticket"}


@pages.get("/")
@gate.audience("signed-in")
def home() -> str:
    """Answer the three questions customers call with, without a tap."""
    blocks = [block for block in look().config.portal.blocks if block in g.sections]
    is_open = [Where("open", "eq", 1)]
    tickets = g.gateway.page(Ticket, is_open, limit=1) if "support" in blocks else None
    return frame.show(
        "dashboard/home.html",
        *(RECORDS[block] for block in blocks),
        blocks=blocks,
        screens=screens,
        orders=g.gateway.page(Order, limit=LATEST) if "orders" in blocks else None,
        dues=g.gateway.dues(look().formats.today()) if "invoices" in blocks else (),
        tickets=tickets,
        open_tickets=g.gateway.count(Ticket, is_open) if tickets and tickets.after else 1,
    )
