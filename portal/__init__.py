"""The portal's Flask application: wiring only.

Imported where it is wired: the command line lies in this package too and must not wait for all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from portal.cookies import Jar
    from portal.mail import Postman
    from sync.config import Config
    from sync.database import Database

LARGEST_REQUEST = 64 * 1024  # no form of ours comes near it; anybody may make us read this much


@dataclass(frozen=True)
class Fanlight:
    """What every view needs: ``gate.fanlight()``."""

    config: "Config"
    database: "Database"
    clock: Callable[[], datetime]
    jar: "Jar"
    postman: "Postman"


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def create_app(
    config: "Config", database: "Database", clock: Callable[[], datetime] = utc_now, **flask_settings: Any
) -> "Flask":
    """Make the application. Raises gate.Undeclared rather than start unsafe; connects to nothing."""
    from portal import errors, frame, gate, headers, hosts, look, packing
    from portal.cookies import Jar
    from portal.mail import Postman
    from portal.views import account, brand, browse, dashboard, devices, health, login

    app = errors.Application(__name__)
    jar = Jar.of(config.portal.base_url)
    app.config.update(_settings(config, jar), **flask_settings)
    postman = Postman(database, config, clock, thread=app.config["POSTMAN_THREAD"])
    app.extensions["fanlight"] = Fanlight(config, database, clock, jar, postman)
    app.jinja_env.autoescape = True
    packing.install(app)
    headers.install(app, secure=jar.secure)
    gate.install(app)
    app.before_request(postman.stand_by)
    for views in (login, devices, dashboard, browse, account, brand, health):
        app.register_blueprint(views.pages)
    look.install(app, config, clock)
    frame.install(app, config)
    errors.install(app)
    hosts.install(app, config.portal)
    gate.audience("public")(app.view_functions["static"])
    gate.refuse_undeclared(app)
    return app


def _settings(config: "Config", jar: "Jar") -> dict[str, object]:
    from sync.config import duration

    return {
        "SECRET_KEY": config.portal.secret_key.get_secret_value(),  # 32 bytes or more: sync.config sees to it
        "SESSION_COOKIE_NAME": jar.name,
        "SESSION_COOKIE_SECURE": jar.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": max(duration(config.login.remember), timedelta(days=1)),
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "POSTMAN_THREAD": True,  # False: mails leave only when ``postman.drain`` is called
        "PROVIDE_AUTOMATIC_OPTIONS": False,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session it belongs to
        "WTF_CSRF_SSL_STRICT": False,  # would ask for a Referer, which sign-in pages must not send
        "WTF_CSRF_METHODS": ["POST", "PUT", "PATCH", "DELETE"],
    }
