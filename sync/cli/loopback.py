"""Waits at this machine's own addresses for the browser that a source sends back after somebody agreed there.

What comes back holds a code worth as much as a password for a minute: it is neither printed nor logged, and
an answer that does not carry our own ``state`` is nobody's.
"""

import errno
import hmac
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from selectors import EVENT_READ, DefaultSelector
from socketserver import TCPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

PATH = "/callback"
# What a browser may take "localhost" for. RFC 8252 (8.3) would have the source told 127.0.0.1 itself, but at
# Xero all is https but for localhost: https://developer.xero.com/documentation/oauth2/pkce-flow
LOOPBACK = ("127.0.0.1", "::1")
NOT_HERE = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)  # a machine without IPv6
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


class Listener:
    """Listens at each address of localhost for the one answer. A context manager; OSError where the port is
    taken at one of them: whoever has it would be told the answer."""

    def __init__(self, port: int, state: str) -> None:
        self.state, self.answer, self.port = state, dict[str, str](), port
        with ExitStack() as opened:
            self._selector = opened.enter_context(DefaultSelector())
            for host in LOOPBACK:
                if door := _door(host, self):
                    self.port = door.server_address[1]
                    self._selector.register(door, EVENT_READ, opened.enter_context(door))
            self._open = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def back_to(self) -> str:
        """Where the source is to send the browser."""
        return f"http://localhost:{self.port}{PATH}"

    def wait(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> Mapping[str, str] | None:
        """The answer; None when nobody came in time."""
        until = clock() + seconds
        while not self.answer and (left := until - clock()) > 0:
            for came, _ in self._selector.select(left):
                came.data.handle_request()
        return self.answer or None


class Door(TCPServer):
    """One address that is listened at."""

    allow_reuse_address = True
    timeout = 0  # whoever came and went is not waited for

    def __init__(self, host: str, listener: Listener) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = listener
        super().__init__((host, listener.port), Visitor)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hung up is no event."""


def _door(host: str, listener: Listener) -> Door | None:
    """None: this machine has no such address."""
    try:
        return Door(host, listener)
    except OSError as error:
        if error.errno in NOT_HERE:
            return None
        raise


class Visitor(BaseHTTPRequestHandler):
    """One request of a browser."""

    server: Door
    timeout = 5  # seconds to send a request in

    def do_GET(self) -> None:
        """Take the answer, or say that it is none."""
        listener = self.server.listener
        if urlsplit(self.path).path != PATH:
            self._say(404, NOT_OURS)
            return
        try:
            listener.answer = dict(answer_in(self.path, listener.state))
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
