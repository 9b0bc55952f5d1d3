"""A real Chromium in front of a running portal. No browser: a loud skip, or a failure when CI is set."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from connectors import records as r
from portal import create_app
from portal.store import sign_in
from sync.config import Config
from sync.database import Database

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
FLAGS = (
    "--disable-quic",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
ARABIC = "مفك براغي كهربائي مع بطارية ليثيوم"
NINES = "SO-" + "9" * 40
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _found(own: str) -> str | None:
    """The browser to use: told, on the PATH, or playwright's own."""
    if told := os.environ.get("FANLIGHT_BROWSER"):
        return told
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or (own if Path(own).exists() else None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a run."""
    with sync_playwright() as playwright:
        path = _found(playwright.chromium.executable_path)
        if path is None:
            advice = "NO BROWSER: install Chromium (apt-get install chromium) or set FANLIGHT_BROWSER to one"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(advice)
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        # People's browsers keep the pages they left in memory; playwright's does not unless it is told.
        kept = ["--disable-back-forward-cache"]
        browser = playwright.chromium.launch(
            executable_path=path, args=[*FLAGS, *root], ignore_default_args=kept
        )
        yield browser
        browser.close()


@pytest.fixture
def now() -> datetime:
    """The browser checks cookies against its own clock, so here the time is the real one."""
    return datetime.now(UTC)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Pages look the same on both engines; here SQLite is enough."""
    return sqlite_database


class Quiet(WSGIRequestHandler):
    """Answers without a line for each request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Watched:
    """A page of the browser and everything that went wrong or was fetched on it."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def goto(self, path: str) -> Page:
        """Open a page of the portal; server errors are complaints."""
        self.requests.clear()
        answer = self.page.goto(self.base + path)
        if answer is None or answer.status >= 500:
            self.complaints.append(f"{path}: {answer and answer.status}")
        return self.page

    def listen(self, message: ConsoleMessage) -> None:
        """Keep what the browser complains about; a page that is missing on purpose is none."""
        if "status of 4" not in message.text:
            self.complaints.append(message.text)

    def axe(self, *rules: str) -> list[str]:
        """What axe finds wrong with the page as it is shown now; all WCAG 2.2 AA rules, or just some."""
        only = {"type": "rule", "values": rules} if rules else RULES
        self.page.evaluate(AXE + ";0")
        found = self.page.evaluate("(only) => axe.run(document, {runOnly: only})", only)
        return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found["violations"]]

    def fetched(self, path: str) -> list[int]:
        """Open a page and say how many bytes each request took over the wire; the cache's took none."""
        sizes: list[int] = []
        wire = self.page.context.new_cdp_session(self.page)
        wire.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
        wire.send("Network.enable")
        self.goto(path).wait_for_load_state("networkidle")
        wire.detach()
        self.page.goto("about:blank")
        return [size for size in sizes if size]


@dataclass
class Site:
    """A running portal with somebody signed in."""

    base: str
    browser: Browser
    world: Any
    database: Database
    state: Any = None
    open: list[BrowserContext] = field(default_factory=list)

    def visit(self, width: int = 360, height: int = 640, *, signed_in: bool = True, **more: Any) -> Watched:
        """A window of a size, with its own cookies."""
        state = self.state if signed_in else None
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, storage_state=state, **more
        )
        self.open.append(context)
        watched = Watched(context.new_page(), self.base)
        watched.page.on("console", watched.listen)
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        watched.page.on("request", lambda request: watched.requests.append(request))
        return watched

    def sign_in(self, link: str, lands: str = "/") -> None:
        """Press the button behind a link, as a person does, and keep the cookies."""
        watched = self.visit(signed_in=False)
        watched.page.goto(link)
        watched.page.get_by_role("button").first.click()
        watched.page.wait_for_url(self.base + lands)
        self.state = watched.page.context.storage_state()


@pytest.fixture
def site(
    chromium: Browser,
    database: Database,
    config: Callable[..., Config],
    two_organisations: Any,
    now: datetime,
) -> Iterator[Site]:
    """The portal on a free port, A's member signed in."""
    apps: list[Any] = []
    server = make_server("127.0.0.1", 0, lambda *call: apps[0](*call), threaded=True, request_handler=Quiet)
    base = f"http://127.0.0.1:{server.port}"
    help_ = {
        "name": "Service desk",
        "email": "help@example.com",
        "phone": "+44 20 7946 0018",
        "whatsapp": "+44 7700",
    }
    settings = config(portal={"base_url": base, "help": help_, "timezone": "Europe/Berlin"})
    apps.append(create_app(settings, database, lambda: now, POSTMAN_THREAD=False))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = Site(base, chromium, two_organisations, database)
    link = sign_in.trusted_link(database, settings, two_organisations.a.member, now, by="tests")
    made.sign_in(str(link))
    yield made
    for context in made.open:
        context.close()
    server.shutdown()
    server.server_close()


def _orders(now: datetime) -> list[r.Order]:
    """Orders that are hard to lay out: 200 lines, long words, right-to-left names, every stage."""
    words = [LONG, ARABIC, "Hex bolt M8 × 40, zinc plated", "x" * 90]
    each = {"quantity": Decimal(12), "unit_price": Decimal("1234.5"), "sku": "SKU-1"}
    lines = tuple(r.Line(name=words[n % 4], shipped=Decimal(n % 2 * 12), **each) for n in range(200))
    place = r.Address(
        name=LONG, lines=(ARABIC, "Unit 4"), city="Leeds", postcode="LS1 4AP", country="Ireland"
    )
    parcel = r.Shipment(carrier="DHL", tracking="0" * 30, url="https://dhl.example/0034", shipped=now)
    statuses = ["processing", "shipped", "delivered", "on hold", "cancelled", "disputed_by_customer", ""]
    same = {
        "belongs_to": "a0017", "currency": "EUR", "total": Decimal("987654321.99"), "note": LONG,
        "reference": "PO-" + "7" * 30, "ship_to": place, "bill_to": place, "shipments": (parcel,),
        "events": (r.Event(at=now, what="Order placed"),),
    }  # fmt: skip
    return [
        r.Order(
            source_id=f"S{n}", number=f"SO-{1000 - n}" if n else NINES, status=statuses[n % 7],
            placed=now - timedelta(days=n, hours=1), expected=now.date() if n % 2 else None,
            lines=lines if n == 1 else lines[:4], **same,
        )
        for n in range(25)
    ]  # fmt: skip


def _invoices(now: datetime) -> list[r.Invoice]:
    same = {
        "belongs_to": "a0017", "currency": "EUR", "order_number": NINES, "issued": now.date(),
        "total": Decimal(100), "paid": Decimal(40), "credited": Decimal(0), "due": Decimal(60),
        "lines": (r.Line(name=ARABIC, quantity=Decimal(1), total=Decimal(100)),),
        "payments": (r.InvoicePayment(on=now.date(), amount=Decimal(40), method="BANK", reference=LONG),),
    }  # fmt: skip
    return [
        r.Invoice(
            source_id=f"I{n}",
            number=f"INV-{n}-{LONG}",
            due_on=(now - timedelta(n)).date(),
            void=n == 5,
            **same,
        )
        for n in range(25)
    ]


def _tickets(now: datetime) -> list[r.Ticket]:
    said = (
        r.Message(at=now, author=ARABIC, staff=True, text="x" * 200),
        r.Message(author="Ann", text=ARABIC),
    )
    same = {"belongs_to": "a0017", "status": "In Progress", "opened": now, "updated": now, "messages": said}
    return [
        r.Ticket(
            source_id=f"T{n}", number=f"T-{n}", subject=LONG if n % 2 else ARABIC, open=n < 3,
            text="Two boxes were crushed.", **same,
        )
        for n in range(30)
    ]  # fmt: skip


@pytest.fixture
def paths(site: Site, mirrored: Callable[..., list[str]], now: datetime) -> list[str]:
    """Every page a signed-in customer can reach, filled with what is hard to lay out; last 200 lines."""
    orders, invoices, tickets = (mirrored(*made(now)) for made in (_orders, _invoices, _tickets))
    plain = site.world.a.refs
    return [
        "/", "/orders", "/orders?stage=open&from=2026-01-01&q=bolt", "/orders?stage=nonsense",
        "/orders?q=nothing-fits", f"/orders/{orders[0]}", f"/orders/{plain['order']}", "/invoices",
        "/invoices?state=overdue&sort=sort_due", f"/invoices/{invoices[0]}", f"/invoices/{plain['invoice']}",
        "/payments", "/support", f"/support/{tickets[0]}", "/account", "/switch", "/no-such-page",
        "/orders?after=zz", f"/orders/{orders[1]}",
    ]  # fmt: skip
