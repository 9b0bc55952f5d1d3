"""What the sources know of the customer itself, and where its people are signed in."""

from flask import Blueprint, g, request

from connectors.records import Account, Contact
from portal import frame, gate
from portal.store import sessions

pages = Blueprint("account", __name__)


@pages.get("/account")
@gate.audience("account")
def home() -> str:
    """Company, addresses, people, devices; every group names its source."""
    return frame.show(
        "account/home.html",
        "account",
        "contact",
        accounts=g.gateway.page(Account, order="source").rows,
        contacts=g.gateway.page(Contact, order="name", after=request.args.get("after")),
        devices=sessions.list_for(gate.fanlight().database, g.person.user_id, g.now),
    )
