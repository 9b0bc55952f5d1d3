"""What every answer tells the browser: run nothing foreign, frame nothing, keep nothing private."""

from collections.abc import Callable

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from portal.gate import audience_of

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    "require-trusted-types-for 'script'",
))  # fmt: skip
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
}
YEAR = 31_536_000
PICTURES = (
    "static",
    "brand.style",
    "brand.logo",
    "brand.icon",
)  # the same for everybody: no cookie, may be kept


class PrivateSession(SecureCookieSessionInterface):
    """Flask's signed cookie: the session's token and the CSRF secret. Pictures and styles never carry it."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where it changed, and nowhere else."""
        if request.endpoint not in PICTURES:
            super().save_session(app, session, response)


def install(app: Flask, *, secure: bool) -> None:
    """Put the headers on every answer, errors included."""
    app.session_interface = PrivateSession()
    app.after_request(_protect(app, secure=secure))


def _protect(app: Flask, *, secure: bool) -> Callable[[Response], Response]:
    def protect(response: Response) -> Response:
        response.headers.update(ALWAYS)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if secure:
            response.headers["Strict-Transport-Security"] = f"max-age={YEAR * 2}"
        _say_how_long_to_keep(app, response)
        return response

    return protect


def _say_how_long_to_keep(app: Flask, response: Response) -> None:
    public = audience_of(app, request.endpoint) == "public"
    if request.endpoint == "static" and response.status_code in (200, 304):
        versioned = "v" in request.args
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if versioned else "no-cache"
    elif not public or response.status_code >= 400 or "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
