"""Where the portal lives: the hosts it answers for, the path it lies below, the proxies it believes.

All of it comes from the configuration; what a request says about itself decides nothing.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from sync.config import Portal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def install(app: Flask, portal: Portal) -> None:
    """Answer for the configured hosts only, below the configured path."""
    split = urlsplit(portal.base_url)
    app.config["TRUSTED_HOSTS"] = sorted({split.hostname or "", *portal.hosts})
    app.wsgi_app = Below(app.wsgi_app, split.path.rstrip("/"), split.scheme)  # type: ignore[method-assign]
    if portal.proxies:
        fixed = ProxyFix(app.wsgi_app, x_for=portal.proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0)
        app.wsgi_app = fixed  # type: ignore[method-assign]


class Below:
    """Sets path prefix and scheme of the base URL, whether or not the proxy in front takes the prefix off."""

    def __init__(self, app: "WSGIApplication", prefix: str, scheme: str) -> None:
        self._app, self._prefix, self._scheme = app, prefix, scheme

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if self._prefix and (path == self._prefix or path.startswith(self._prefix + "/")):
            environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        environ["SCRIPT_NAME"] = self._prefix
        environ["wsgi.url_scheme"] = self._scheme
        return self._app(environ, start_response)
