"""Customers who open pages at a steady pace, whether or not the portal keeps up, and look at what they get."""

import asyncio
import gzip
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from serving import Customer

PATIENCE = 30  # seconds for one answer
IDLE = 1.0  # seconds a connection is kept for the next request; the server closes it after two
REF = re.compile(rb'href="/(?:orders|invoices|support)/([a-z2-7]{16})"')
NEXT = re.compile(rb'rel="next" href="/orders\?after=([^"&]+)"')


@dataclass(frozen=True)
class Kind:
    """One kind of page: how often in a hundred, its address for a customer, what it has to say."""

    name: str
    share: int
    path: Callable[[Customer, Random], str]
    must: str
    stranger: bool = False  # somebody who is not signed in


def record(name: str) -> Callable[[Customer, Random], str]:
    """The address of one of a customer's own records."""
    return lambda customer, pick: f"/{name}/{pick.choice(customer.refs[name])}"


KINDS = (
    Kind("dashboard", 20, lambda *_: "/", "Latest order"),
    Kind("orders", 18, lambda *_: "/orders", "Orders"),
    Kind("orders, later page", 6, lambda c, _: f"/orders?after={c.deep}" if c.deep else "/orders", "Orders"),
    Kind("orders, open ones", 5, lambda *_: "/orders?stage=open", "Orders"),
    Kind("orders, search", 6, lambda _, pick: f"/orders?q={pick.choice(('valve', 'SO-001', 'ups'))}", "Orders"),
    Kind("orders, no hit", 2, lambda *_: "/orders?q=nothing-fits", "Nothing fits"),
    Kind("order", 16, record("orders"), "Order"),
    Kind("invoices", 8, lambda *_: "/invoices", "Invoices"),
    Kind("invoice", 7, record("invoices"), "Payments and credits"),
    Kind("payments", 1, lambda *_: "/payments", "Payments"),
    Kind("support", 2, lambda *_: "/support", "Valve leaks"),
    Kind("ticket", 2, lambda c, pick: f"/support/{pick.choice(c.refs['tickets'])}", "Valve leaks"),
    Kind("account", 5, lambda *_: "/account", "Account"),
    Kind("sign in", 1, lambda *_: "/login", "Sign in", stranger=True),
    Kind("readiness", 1, lambda *_: "/readyz", ""),
)  # fmt: skip


@dataclass
class Answer:
    """One request: when it was due, how long it took from then on, and what was wrong with it ('': nothing)."""

    kind: str
    due: float
    took: float
    late: float  # seconds we ourselves began after it was due
    size: int = 0
    wrong: str = ""


@dataclass
class Line:
    """A connection to the portal."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: float


@dataclass
class Crowd:
    """Everybody who looks, and what they saw."""

    port: int
    customers: Sequence[Customer]
    pick: Random
    answers: list[Answer] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    async def look(self, seconds: float, rate: float) -> None:
        """Open a page every 1/rate seconds, each at its time, however many are still waiting."""
        shares = [kind.share for kind in KINDS]
        begun, waiting = time.perf_counter(), set[asyncio.Task[None]]()
        for number in range(int(seconds * rate)):
            due = number / rate
            if (early := begun + due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            (kind,) = self.pick.choices(KINDS, shares)
            task = asyncio.create_task(self._open(kind, self.pick.choice(self.customers), begun + due, due))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        await asyncio.gather(*waiting)

    async def _open(self, kind: Kind, customer: Customer, at: float, due: float) -> None:
        answer = Answer(kind.name, due, 0.0, time.perf_counter() - at)
        try:
            async with asyncio.timeout(PATIENCE):
                cookie = "" if kind.stranger else f"Cookie: {customer.cookie}\r\n"
                status, body = await self._ask(kind.path(customer, self.pick), cookie, answer)
            answer.wrong = judge(kind, customer, status, body)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
            answer.wrong = type(error).__name__
        answer.took = time.perf_counter() - at
        self.answers.append(answer)

    async def _ask(self, path: str, cookie: str, answer: Answer) -> tuple[int, bytes]:
        line = await self._line()
        line.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{cookie}Accept-Encoding: gzip\r\n\r\n".encode()
        )
        head = await line.reader.readuntil(b"\r\n\r\n")
        status, headers = parsed(head)
        body = await line.reader.readexactly(int(headers["content-length"]))
        answer.size = len(head) + len(body)
        if headers.get("connection", "").lower() == "close":
            line.writer.close()
        else:
            line.used = time.perf_counter()
            self.lines.append(line)
        return status, gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body

    async def _line(self) -> Line:
        """A connection that was used a moment ago, else a new one."""
        while self.lines:
            line = self.lines.pop()
            if time.perf_counter() - line.used < IDLE:
                return line
            line.writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        return Line(reader, writer, time.perf_counter())


def parsed(head: bytes) -> tuple[int, Mapping[str, str]]:
    """Status and headers of an answer."""
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


def judge(kind: Kind, customer: Customer, status: int, body: bytes) -> str:
    """What is wrong with a page: its status, its words, or a record that is somebody else's."""
    if status != 200:
        return f"status {status}"
    if kind.must.encode() not in body:
        return f"without {kind.must!r}"
    if strangers := {ref.decode() for ref in REF.findall(body)} - customer.own:
        return f"SOMEBODY ELSE'S RECORD {strangers}"
    if not customer.deep and (found := NEXT.search(body)):
        customer.deep = found[1].decode()
    return ""
