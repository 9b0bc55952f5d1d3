"""Our pages against the bare Flask baseline, in one process and alternated: CPU time per request.

    python bench/portal/run.py FOLDER                      lists of 80 rows, order page, dashboard
    python bench/portal/run.py FOLDER --mirror 1000000     our pages with so many orders in the mirror
    python bench/portal/run.py FOLDER --own 10000          the first page, a deep page, a search
    python bench/portal/run.py FOLDER --profile list       where one page's time goes

Both applications are called as WSGI callables by the same loop, so neither pays for a server or a test client.
A round asks every page in turn; a ratio is the median of the rounds' own ratios, so what else the machine does
falls on both sides. FOLDER keeps what was filled; a second run finds it there.
"""

import argparse
import cProfile
import importlib
import os
import pickle
import pstats
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import world
from flask import Flask
from werkzeug.test import EnvironBuilder

from portal import create_app, screens
from sync.database import open_database

ROWS = 80
Ask = Callable[[], bytes]
TARGETS = {"list": ("base list", 2.25), "order": ("base order", 2.5), "dashboard": ("base list", 3.0)}


def asking(app: Flask, path: str, cookie: str, must: str) -> Ask:
    """Ask an application for a page, as its server would; the answer has to say ``must``."""
    environ = EnvironBuilder(path=path, base_url=world.ORIGIN, headers={"Cookie": cookie}).get_environ()
    told: list[str] = []

    def start(status: str, _headers: object, _exc: object = None) -> Callable[[bytes], object]:
        told[:] = [status]
        return lambda _: None

    def ask() -> bytes:
        answer: Any = app(dict(environ), start)
        body = b"".join(answer)
        getattr(answer, "close", lambda: None)()
        return body

    if must.encode() not in ask() or told != ["200 OK"]:
        raise SystemExit(f"{path}: {told}, and {must!r} is not in the page: nothing is measured")
    return ask


def baseline(folder: Path, orders: int = 10_000) -> Mapping[str, Ask]:
    """The bare Flask application of baseline/, with its own database."""
    path = folder / f"baseline-{orders}.db"
    os.environ.update(DB=f"sqlite:///{path}", ROWS=str(ROWS))
    sys.path.insert(0, str(HERE / "baseline"))
    if not path.exists():
        sys.argv[1:] = [os.environ["DB"], str(orders)]
        importlib.import_module("seed")
    app = importlib.import_module("app").app
    client = app.test_client()
    client.get("/login/1", base_url=world.ORIGIN)
    cookie = f"session={client.get_cookie('session').value}"
    order = orders // min(300, orders) * 3
    return {
        "base list": asking(app, "/orders", cookie, "SO-"),
        "base order": asking(app, f"/orders/{order}", cookie, "stainless"),
    }


def space(folder: Path, orders: int, own: int) -> world.Space:
    """A filled portal space, made where it is not there yet."""
    told = folder / f"ours-{orders}-{own}"
    kept = told / "space.pickle"
    if not kept.exists():
        made = world.fill(told, orders, own)
        kept.write_bytes(pickle.dumps((made.organisation, made.user, made.order)))
    config = world.configure(told)
    database = open_database(config)
    database.settle()  # as every run leaves it
    return world.Space(config, database, *pickle.loads(kept.read_bytes()))


def cookie_of(app: Flask, space: world.Space) -> str:
    """The cookie of a signed-in browser."""
    client = app.test_client()
    with client.session_transaction(base_url=world.ORIGIN) as cookie:
        cookie["_user_id"] = space.session()
    client.get("/", base_url=world.ORIGIN)  # the first page adds what its forms need
    return f"fanlight={client.get_cookie('fanlight').value}"


def ours(space: world.Space, suffix: str = "") -> Mapping[str, Ask]:
    """Our pages of one space."""
    app = create_app(space.config, space.database, lambda: world.NOW, POSTMAN_THREAD=False)
    cookie = cookie_of(app, space)

    def some(path: str, what: str) -> str:
        (first, *_) = re.findall(what, asking(app, path, cookie, "-0")().decode())
        return first

    pages = {
        "list": ("/orders", "SO-"), "order": (f"/orders/{space.order}", "stainless"),
        "dashboard": ("/", "Earlier orders"), "account": ("/account", "Dana Webb"),
        "invoices": ("/invoices", "INV-"), "tickets": ("/support", "leaks"),
        "invoice": (some("/invoices", "/invoices/[a-z2-7]{16}"), "SO-"),
        "search": ("/orders?q=SO-00", "SO-"), "nothing found": ("/orders?q=nothing", "Nothing fits"),
        "one found": (f"/orders?q={some('/orders', 'SO-[0-9]{7}')}", "1 order"),
        "by stage": ("/orders?stage=open", "SO-"),
        "deep": (f"/orders?after={deep(app, cookie)}", "SO-"),
    }  # fmt: skip
    return {name + suffix: asking(app, path, cookie, must) for name, (path, must) in pages.items()}


def deep(app: Flask, cookie: str) -> str:
    """The marker of a page half way down the list, or as far as thirty pages."""
    after = ""
    for _ in range(30):
        page = asking(app, f"/orders?after={after}" if after else "/orders", cookie, "SO-")().decode()
        if 'rel="next"' not in page:
            break
        after = page.split('rel="next"')[1].split("after=")[1].split('"')[0]
    return after


def cpu_ms(ask: Ask, times: int) -> float:
    """CPU milliseconds of one request, our own process's user and system time."""
    begun = time.process_time()
    for _ in range(times):
        ask()
    return (time.process_time() - begun) * 1000 / times


def measure(pages: Mapping[str, Ask], rounds: int, times: int) -> Mapping[str, list[float]]:
    """Every page in turn, round by round."""
    for ask in pages.values():
        cpu_ms(ask, times)
    told: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(rounds):
        for name, ask in pages.items():
            told[name].append(cpu_ms(ask, times))
    return told


def report(told: Mapping[str, list[float]], pairs: Iterable[tuple[str, str, float]]) -> None:
    """Medians, and the median of the rounds' ratios against their targets."""
    for name, each in told.items():
        print(f"{name:24} {statistics.median(each):7.2f} ms   (best {min(each):.2f}, worst {max(each):.2f})")
    for name, against, target in pairs:
        ratio = statistics.median(one / other for one, other in zip(told[name], told[against], strict=True))
        print(f"{name} / {against}: {ratio:.2f}   (at most {target})")


def profile(ask: Ask, times: int = 200) -> None:
    """Where one page's time goes."""
    taken = cProfile.Profile()
    ask()
    taken.enable()
    for _ in range(times):
        ask()
    taken.disable()
    pstats.Stats(taken).sort_stats("tottime").print_stats(45)
    pstats.Stats(taken).sort_stats("cumulative").print_stats(70)


def main() -> None:
    """Run what was asked for."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("folder", type=Path)
    told.add_argument("--mirror", type=int, default=0, help="orders in the mirror, beside 100")
    told.add_argument("--own", type=int, default=0, help="own orders, beside 300")
    told.add_argument("--rounds", type=int, default=15)
    told.add_argument("--times", type=int, default=20, help="requests of each page in a round")
    told.add_argument("--profile", default="", help="a page's name")
    asked = told.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.mirror or asked.own:
        size, own = max(asked.mirror, asked.own), asked.own or 100
        small = ours(space(asked.folder, 100, 100) if asked.mirror else space(asked.folder, size, 300))
        pages = {**small, **ours(space(asked.folder, size, own), " (many)")}
        pairs = [(f"{name} (many)", name, 1.25) for name in small]
        report(measure(pages, asked.rounds, asked.times), pairs)
        return
    screens.ORDERS = replace(screens.ORDERS, rows=ROWS)
    pages = ours(space(asked.folder, 10_000, 300))
    if asked.profile:
        profile(pages[asked.profile])
        return
    pages = {
        **baseline(asked.folder),
        **{name: pages[name] for name in ("list", "order", "dashboard", "account")},
    }
    pairs = [(name, against, target) for name, (against, target) in TARGETS.items()]
    report(measure(pages, asked.rounds, asked.times), pairs)


if __name__ == "__main__":
    main()
