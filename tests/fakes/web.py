"""A real HTTP(S) server on a loopback port that answers as it is told: well, badly, slowly, or not at all.

with Web() as web:
    web.plays(status(503), answer(b"{}"))     # then `web.otherwise` for ever
    ...
    assert [asked.path for asked in web.asked] == ["/orders", "/orders"]
"""

import gzip
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]
    body: bytes
    port: int  # of the caller: the same for all requests of one connection


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def play(self) -> None:
        """Read a request whole, then do what the script says."""
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            self.command, self.path, dict(self.headers), self.rfile.read(length), self.client_address[1]
        )
        self.server.web.next(asked)(self, asked)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = play

    def reply(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Answer as HTTP has it; a header told replaces the usual one."""
        told = {"Content-Length": str(len(body)), "Content-Type": "application/json", **(headers or {})}
        self.send_response_only(status)
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def stopped(self, seconds: float) -> bool:
        """Wait a little; whether the test is over."""
        return self.server.web.over.wait(seconds)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


Play = Callable[[Handler, Asked], None]


class Server(ThreadingHTTPServer):
    """Threads that end with the test."""

    daemon_threads = True
    block_on_close = False
    web: "Web"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about."""


class Web:
    """The server and its script. ``tls`` is a server-side context for https."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.web = self
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._script: deque[Play] = deque()
        self.otherwise: Play = answer(b"{}")
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        """127.0.0.1:PORT"""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str = "/") -> str:
        """An address of this server."""
        return f"{self._scheme}://{self.host}{path}"

    def plays(self, *plays: Play) -> None:
        """What to do with the next requests, one each."""
        self._script.extend(plays)

    def next(self, asked: Asked) -> Play:
        """What to do with this one."""
        self.asked.append(asked)
        return self._script.popleft() if self._script else self.otherwise


def answer(body: bytes | str = b"", status: int = 200, **headers: str) -> Play:
    """An ordinary answer; ``Retry_After="3"`` becomes a header."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body.encode() if isinstance(body, str) else body
    return lambda handler, asked: handler.reply(status, data, told)


def status(code: int, **headers: str) -> Play:
    """An answer that is a status and little else."""
    return answer(b'{"error": "as told"}', code, **headers)


def redirect(to: str, code: int = 302) -> Play:
    """Send the caller elsewhere."""
    return answer(b"", code, Location=to)


def reset(handler: Handler, asked: Asked) -> None:
    """Break the connection before a word."""
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def truncate(body: bytes = b'{"orders": [1, 2, 3]}', chunked: bool = False) -> Play:
    """Promise a whole body, send half."""

    def play(handler: Handler, asked: Asked) -> None:
        half = body[: len(body) // 2]
        if chunked:
            handler.reply(200, b"%x\r\n%s" % (len(body), half), {"Transfer-Encoding": "chunked"})
        else:
            handler.reply(200, half, {"Content-Length": str(len(body))})
        handler.close_connection = True

    return play


def hang(handler: Handler, asked: Asked) -> None:
    """Never answer."""
    handler.stopped(60)
    handler.close_connection = True


def hang_body(handler: Handler, asked: Asked) -> None:
    """Begin an answer and fall silent."""
    handler.reply(200, b'{"orders": [', {"Content-Length": "1000"})
    hang(handler, asked)


def trickle(handler: Handler, asked: Asked) -> None:
    """A byte of the body every few milliseconds, for ever."""
    handler.reply(200, b"", {"Content-Length": "1000000"})
    while not handler.stopped(0.002):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def trickle_headers(handler: Handler, asked: Asked) -> None:
    """A byte of the headers every few milliseconds, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.stopped(0.002):
        handler.wfile.write(b"z")
        handler.wfile.flush()


def zipped(body: bytes, cut: int = 0) -> Play:
    """The body packed with gzip, its last ``cut`` bytes left out."""
    packed = gzip.compress(body)
    return answer(packed[: len(packed) - cut], 200, Content_Encoding="gzip")


def bomb(megabytes: int) -> Play:
    """Zeros, a thousandth of their size on the wire, in members of a megabyte."""
    return answer(gzip.compress(bytes(1 << 20)) * megabytes, 200, Content_Encoding="gzip")


def huge(megabytes: int, told: bool = True) -> Play:
    """A body of spaces; ``told``: its length stands in the headers."""

    def play(handler: Handler, asked: Asked) -> None:
        length = {"Content-Length": str(megabytes << 20)} if told else {"Connection": "close"}
        handler.send_response_only(200)
        for name, value in length.items():
            handler.send_header(name, value)
        handler.end_headers()
        for _ in range(megabytes):
            handler.wfile.write(b" " * (1 << 20))
        handler.close_connection = True

    return play


ODD_BODIES = {
    "null200": b"null",
    "blank200": b"",
    "html200": b"<!DOCTYPE html><html><title>Sign in</title></html>",
    "bad_utf8": b'{"name": "\xff\xfe"}',
    "json_nan": b'{"total": NaN}',
    "json_infinity": b'{"total": Infinity}',
    "half_json": b'{"orders": [{"id": 1',
    "two_jsons": b"{}{}",
}
