"""What a person reads when something is wrong: plain words, never the text of an exception."""

from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from portal.frame import Templates
from portal.gateway import BadCursor, Restamping
from portal.next_page import here
from portal.store.health import UNREACHABLE

RETRY_AFTER = "5"  # seconds
WORDS = {
    400: ("That did not work", "The address or the form is not complete. Go back and try again."),
    401: ("Please sign in again", "You are not signed in any more, so nothing was changed."),
    403: ("That is not allowed", "This page cannot be opened this way."),
    404: ("Not found", "There is nothing here. It may have moved, or the address is not complete."),
    405: ("That did not work", "This page cannot be used this way. Go back and try again."),
    413: ("That is too much", "What was sent is too large. Go back and send less."),
    429: ("Too many tries", "Wait a few minutes, then try again."),
    500: ("Something went wrong here", "It is not your fault. Try again in a moment; if it stays, call us."),
    503: ("Back in a moment", "We are sorting things out. Try again in a few seconds."),
}
FORM_TOO_OLD = "This page was open for too long, or in another window. Go back, reload it and try again."
SORTING = "We are making sure that everybody sees the right records. This takes a few seconds."


class Application(Flask):
    """Logs a fault by its page's name: an address may hold a sign-in token, or what a terminal obeys."""

    jinja_environment = Templates

    def log_exception(self, exc_info: Any) -> None:
        """Log an error nobody handled."""
        self.logger.error("%s %s failed", request.method, request.endpoint, exc_info=exc_info)


def install(app: Flask) -> None:
    """Answer every error in words."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(CSRFError, lambda _: _page(400, FORM_TOO_OLD))
    app.register_error_handler(BadCursor, lambda _: _page(400))
    app.register_error_handler(Restamping, lambda _: _page(503, SORTING))
    for error in UNREACHABLE:
        app.register_error_handler(error, _down)


def _refused(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error
    response = _elsewhere() if code == 404 and _may_be_elsewhere() else _page(code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _may_be_elsewhere() -> bool:
    """Whether a person with several organisations asked for a record that the chosen one does not have."""
    return bool(g.get("gateway") and len(g.organisations) > 1 and (request.view_args or {}).get("ref"))


def _elsewhere() -> Response:
    """Not found here; one tap opens it in another of one's own organisations, whether or not it is there."""
    others = [organisation for organisation in g.organisations if organisation != g.organisation]
    return make_response(render_template("login/elsewhere.html", others=others, then=here(request)), 404)


def _foreign_host(_: HTTPException) -> ResponseReturnValue:
    """Asked for under a name that is not ours: no page, for a page would hold addresses."""
    response = make_response("This portal is not served under that name.\n", 400)
    response.mimetype = "text/plain"
    return response


def _down(error: Exception) -> ResponseReturnValue:
    current_app.logger.warning("the database does not answer: %s", type(error).__name__)
    return _page(503)


def _page(code: int, text: str = "") -> Response:
    title, usual = WORDS.get(code, WORDS[400 if code < 500 else 500])
    again = request.script_root + here(request) if code >= 500 else ""
    body = render_template("errors/error.html", title=title, text=text or usual, again=again)
    response = make_response(body, code)
    if code == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response
