"""For machines that watch: is the process alive, and could it serve a page."""

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

from portal.gate import audience, fanlight
from portal.store import health

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@audience("public")
def alive() -> ResponseReturnValue:
    """200 as long as the process answers; the database is not asked."""
    return _say("alive", 200)


@pages.get("/readyz")
@audience("public")
def ready() -> ResponseReturnValue:
    """200 when the database can be reached and is of this program's version, else 503."""
    return _say("ready", 200) if health.ready(fanlight().database) else _say("not ready", 503)


def _say(word: str, status: int) -> ResponseReturnValue:
    response = make_response(f"{word}\n", status)
    response.mimetype = "text/plain"
    return response
