"""Ending one's own sessions: another device's, or all of them."""

from flask import Blueprint, abort, g, redirect, url_for
from flask.typing import ResponseReturnValue

from portal import gate
from portal.gate import audience, fanlight
from portal.store import sessions

pages = Blueprint("devices", __name__)


@pages.post("/account/devices/<id>/end")
@audience("person")
def end(id: str) -> ResponseReturnValue:
    """Sign one of one's own devices out; it has to prove itself anew."""
    if not sessions.end(fanlight().database, g.person.user_id, id, g.now, forget_device=True):
        abort(404)
    return redirect(url_for("account.home"), 303)


@pages.post("/account/devices/end")
@audience("person")
def end_all() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    sessions.end_everywhere(fanlight().database, g.person.user_id, g.person.email, g.now)
    gate.dismiss()
    return redirect(url_for("login.ask"), 303)
