"""What every fake vendor has: a real HTTP server on loopback, its own clock, a record of what was asked, and
faults to play on the nth request.

A vendor is a subclass that answers; it holds a small world that tests change. Anything but reading is refused
and remembered in ``writes``. Faults go by the names of the test matrix (SYN-05, SYN-07, SYN-14):

    vendor.plan({3: "truncate"})      # the third request from now on meets it; the others are answered
"""

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HTML = b"<!doctype html><title>Sign in</title><p>Please sign in to continue."
# What the nth request may meet. Those from ``throttle`` on are answers of a vendor's own form.
BROKEN = (
    "500", "503", "reset", "truncate", "cut_body", "html200", "error200", "null200", "blank200", "json_empty",
    "previous", "hang", "lost",
)  # fmt: skip
THROTTLES = (
    "throttle",
    "throttle_date",
    "throttle_noheader",
    "throttle_garbage",
    "throttle_absurd",
    "throttle_day",
)
REFUSALS = ("401", "403")


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        """A form's fields."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    def json(self) -> Any:
        """A JSON body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What goes back. ``cut``: how many bytes of the body are sent before the line breaks."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    hang: bool = False


def told(value: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""
    body = json.dumps(value, default=str).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **headers})


class Vendor:
    """A fake vendor. ``requests`` is all it was asked, ``writes`` what it refused because it would write."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self.requests: list[Asked] = []
        self.writes: list[Asked] = []
        self.slept: list[float] = []
        self._faults: dict[int, str] = {}
        self._moves: dict[int, Callable[[], object]] = {}
        self._counted = 0
        self._previous: dict[str, Answer] = {}
        self._lock = threading.RLock()
        self._released = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None, "not started"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def clock(self) -> datetime:
        """Its time, which moves only when told."""
        return self.now

    def pass_(self, **span: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**span)
        return self.now

    def sleep(self, seconds: float) -> None:
        """What a connector sleeps with: time passes here, and nobody waits."""
        self.slept.append(seconds)
        self.pass_(seconds=seconds)

    def plan(self, faults: Mapping[int, str]) -> None:
        """From now on the nth request (1 is the next one) meets this fault."""
        self._counted, self._faults = 0, dict(faults)

    def before(self, nth: int, move: Callable[[], object]) -> None:
        """Change the world just before the nth request from the last ``plan`` (or the start) is answered."""
        self._moves[nth] = move

    def count(self, path: str = "") -> int:
        """How many requests were for a path that holds this."""
        return sum(path in asked.path for asked in self.requests)

    def counts(self) -> dict[str, int]:
        """How many requests each path had."""
        return dict(Counter(asked.path for asked in self.requests))

    def forget(self) -> None:
        """Count anew; nothing is planned any more."""
        self.requests.clear()
        self._moves.clear()
        self.plan({})

    def answer(self, asked: Asked) -> Answer:
        """A vendor's own answer to a request that only reads."""
        raise AssertionError(f"this vendor answers nothing ({asked.path})")

    def reads(self, asked: Asked) -> bool:
        """Whether a request only reads."""
        return asked.method in ("GET", "HEAD")

    def faulty(self, fault: str, asked: Asked) -> Answer:
        """A vendor's own form of an error inside HTTP 200, of throttling, or of a refusal."""
        raise AssertionError(f"this vendor knows no fault {fault}")

    def meet(self, asked: Asked) -> Answer:
        """Answer one request, with what was planned for it."""
        with self._lock:
            self._counted += 1
            self.requests.append(asked)
            if move := self._moves.pop(self._counted, None):
                move()
            if not self.reads(asked):
                self.writes.append(asked)
                return Answer(500, b"this would write")
            fault = self._faults.get(self._counted)
            before = self._previous.get(self._kind(asked))
            if fault is not None and fault not in ("truncate", "cut_body", "previous", "lost"):
                return self._broken(fault, asked)
            answer = self.answer(asked)
            self._previous[self._kind(asked)] = replace(answer, headers={**self._date(), **answer.headers})
            return _bent(fault, answer, before) if fault else answer

    def _date(self) -> dict[str, str]:
        return {"Date": format_datetime(self.now, usegmt=True)}

    def _kind(self, asked: Asked) -> str:
        return f"{asked.method} {asked.path}"

    def _broken(self, fault: str, asked: Asked) -> Answer:
        match fault:
            case "500" | "503":
                return Answer(int(fault), b"Internal error", {"Content-Type": "text/plain"})
            case "reset":
                return Answer(reset=True)
            case "hang":
                return Answer(hang=True)
            case "html200":
                return Answer(200, HTML, {"Content-Type": "text/html"})
            case "null200":
                return Answer(200, b"null", {"Content-Type": "application/json"})
            case "blank200":
                return Answer(200, b"", {"Content-Type": "application/json"})
            case "json_empty":
                return Answer(200, b"{}", {"Content-Type": "application/json"})
        return self.faulty(fault, asked)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Serve on loopback until the end."""
        vendor = self

        class Handler(_Handler):
            of = vendor

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._released.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def wait(self) -> None:
        """Hold a request until the fake ends, or its reader went long ago."""
        self._released.wait(60)


def _bent(fault: str, answer: Answer, before: Answer | None) -> Answer:
    """A good answer, broken on its way."""
    if fault == "previous":
        return before or answer
    if fault == "lost":  # it was done, and nobody heard
        return Answer(reset=True)
    half = len(answer.body) // 2
    if fault == "truncate":
        return replace(answer, cut=half)
    return replace(answer, body=answer.body[:half])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: nobody waits for an acknowledgement between them
    disable_nagle_algorithm = True
    of: Vendor

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        answer = self.of.meet(Asked(self.command, parts.path, query, headers, body))
        if answer.hang:
            self.of.wait()
        if answer.reset or answer.hang:
            self._break_off()
            return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        headers = {**self.of._date(), "Content-Length": str(len(answer.body)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        if answer.cut is not None:
            self._break_off()

    def _break_off(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)  # the line breaks with a reset, not with an end
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *args: Any) -> None:
        """Nothing on the terminal."""
