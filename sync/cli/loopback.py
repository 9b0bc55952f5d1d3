"""Waits on this machine's own address for the browser that a source sends back after somebody agreed there.

What comes back holds a code worth as much as a password for a minute: it is neither printed nor logged, and
an answer that does not carry our own ``state`` is nobody's.
"""

import hmac
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATH = "/callback"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Fanlight</title>
<body style="font:18px/1.5 system-ui,sans-serif;max-width:32em;margin:4em auto;padding:0 1em">
<h1 style="font-size:1.4em">%s</h1><p>%s</p>"""
THANKS = ("Thank you", "Fanlight has the answer. Close this window and go back to the terminal.")
NOT_OURS = (
    "This is not the answer Fanlight waits for",
    "Go back to the terminal and open the address it shows.",
)


class NotOurs(Exception):
    """An answer that belongs to no question of ours."""


def answer_in(address: str, state: str) -> Mapping[str, str]:
    """What an address says that the source sent somebody back to; raises NotOurs."""
    told = dict(parse_qsl(urlsplit(address.strip()).query, keep_blank_values=True))
    if not hmac.compare_digest(told.get("state", "").encode(), state.encode()):
        raise NotOurs
    return told


class Listener(HTTPServer):
    """Listens at 127.0.0.1 for the one answer. A context manager; OSError where the port is taken."""

    allow_reuse_address = True

    def __init__(self, port: int, state: str) -> None:
        super().__init__(("127.0.0.1", port), Visitor)
        self.state, self.answer = state, dict[str, str]()

    @property
    def back_to(self) -> str:
        """Where the source is to send the browser."""
        return f"http://localhost:{self.server_port}{PATH}"

    def wait(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> Mapping[str, str] | None:
        """The answer; None when nobody came in time."""
        until = clock() + seconds
        while not self.answer and (left := until - clock()) > 0:
            self.timeout = left
            self.handle_request()
        return self.answer or None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hung up is no event."""


class Visitor(BaseHTTPRequestHandler):
    """One request of a browser."""

    server: Listener
    timeout = 5  # seconds to send a request in

    def do_GET(self) -> None:
        """Take the answer, or say that it is none."""
        if urlsplit(self.path).path != PATH:
            self._say(404, NOT_OURS)
            return
        try:
            self.server.answer = dict(answer_in(self.path, self.server.state))
        except NotOurs:
            self._say(400, NOT_OURS)
        else:
            self._say(200, THANKS)

    def _say(self, status: int, words: tuple[str, str]) -> None:
        body = (PAGE % words).encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what is asked for holds a code."""
