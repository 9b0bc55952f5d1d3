"""A portal under load: its files, which change as a whole again and again, its people, and its processes."""

import csv
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "sync")]

import ours
import workload

from portal import create_app
from portal.store import people, sessions
from portal.store.sessions import Browser, Terms
from sync.config import load
from sync.database import Database, open_database
from sync.tables import MIRROR

RECORDS = ("orders", "invoices", "tickets")
CHANGING = ("orders", "invoices")
CASES: dict[str, Any] = {
    "id": "id", "belongs_to": "account_id",
    "fields": {"number": "id", "subject": "subject", "status": "status", "opened": "opened", "text": "subject",
               "open": {"column": "status", "is_not": ["Closed"]}},
}  # fmt: skip
SOURCE = 'id = "shop"\nlabel = "Web shop"\nkind = "exports"\nsettle = 0\nevery = '
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Customer:
    """Somebody signed in, and the public ids of everything that is theirs."""

    company: str
    cookie: str
    refs: dict[str, list[str]]
    own: frozenset[str]
    deep: str = ""  # the marker of a later page, once seen


@dataclass
class Space:
    """A portal space in a folder."""

    folder: Path
    port: int
    data: list[str] = field(default_factory=list)  # the two sets of files, in turn

    @property
    def toml(self) -> Path:
        """Its configuration."""
        return self.folder / "fanlight.toml"

    def command(self, *words: str) -> list[str]:
        """One `fanlight` command of this checkout."""
        return [sys.executable, "-m", "portal.cli", "--config", str(self.toml), *words]

    def turn(self, number: int) -> None:
        """Export anew: every order and every invoice has changed since the last time."""
        for name in (*RECORDS, "lines", "accounts", "contacts"):
            kind = "ab"[number % 2] if name in CHANGING else "a"
            fresh = self.folder / f"{name}.new"
            fresh.write_bytes((self.folder / "made" / kind / f"{name}.csv").read_bytes())
            fresh.replace(self.folder / f"{name}.csv")


def make(folder: Path, orders: int, port: int, every: str, postgres: str) -> Space:
    """Files, configuration, database and a first reading, where they are not there yet."""
    space = Space(folder, port)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "made").exists():
        workload.write(folder / "work", orders)
        (folder / "work" / "v1").rename(folder / "made-a")
        _cases(folder / "made-a")
        _other(folder / "made-a", folder / "made-b")
        (folder / "made").mkdir()
        for kind in "ab":
            (folder / f"made-{kind}").rename(folder / "made" / kind)
        space.turn(0)
    (folder / "secret.key").write_text(secrets.token_hex(32))
    space.toml.write_text(configuration(port, every, postgres))
    database = open_database(load(space.toml))
    if not database.exists():
        database.create(postgres or None)
    database.close()
    subprocess.run(space.command("sync"), check=True, stdout=subprocess.DEVNULL, env=_environ())
    return space


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE.parents[1])}


def _cases(folder: Path) -> None:
    """Two tickets of every account, one of them open."""
    with (
        (folder / "accounts.csv").open(newline="", encoding="utf-8") as read,
        (folder / "tickets.csv").open("w", newline="", encoding="utf-8") as write,
    ):
        into = csv.writer(write)
        into.writerow(["id", "account_id", "subject", "status", "opened"])
        for row in csv.DictReader(read):
            for status in ("Working", "Closed"):
                into.writerow(
                    [f"{row['id']}{status[0]}", row["id"], "Valve leaks", status, "2026-10-01T08:00:00Z"]
                )


def _other(one: Path, other: Path) -> None:
    """The same export with another word in every order and every invoice."""
    other.mkdir()
    for name, column in (("orders", "note"), ("invoices", "number")):
        with (
            (one / f"{name}.csv").open(newline="", encoding="utf-8") as read,
            (other / f"{name}.csv").open("w", newline="", encoding="utf-8") as write,
        ):
            rows = csv.reader(read)
            into = csv.writer(write)
            header = next(rows)
            into.writerow(header)
            at = header.index(column)
            into.writerows([*row[:at], row[at] + "-R", *row[at + 1 :]] for row in rows)


def configuration(port: int, every: str, postgres: str) -> str:
    """fanlight.toml: one source with files of an own format, whose contacts may sign in."""
    lines = [
        "[portal]", 'name = "Northgate Supplies"', f'base_url = "http://127.0.0.1:{port}"',
        'secret_key = { file = "secret.key" }', f'database = "{postgres or "sqlite:var"}"',
        "[login]", 'who = "contacts"', "[organisations]", 'from = "shop"', f'[[sources]]\n{SOURCE}"{every}"',
    ]  # fmt: skip
    maps = {**ours.MAPS, "ticket": CASES}
    for record, file in {**ours.FILES, "ticket": "tickets.csv"}.items():
        told: dict[str, Any] = {"path": file, "record": record, "complete": True, "map": maps[record]}
        if record == "order":
            told["lines"] = {"file": "lines.csv", "parent": "order_id"}
        lines += ["[[sources.files]]", *(f"{key} = {toml(value)}" for key, value in told.items())]
    return "\n".join(lines) + "\n"


def toml(value: Any) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def customers(space: Space, number: int) -> list[Customer]:
    """Sign in people of so many organisations that have orders and invoices, the largest among them."""
    config = load(space.toml)
    database = open_database(config)
    app = create_app(config, database, POSTMAN_THREAD=False)
    found = [_customer(app, database, *row) for row in _contacts(database, number)]
    database.close()
    return found


def _contacts(database: Database, number: int) -> list[tuple[str, int, str]]:
    contacts, orders, accounts = (MIRROR[name].c for name in ("contacts", "orders", "accounts"))
    with database.staff() as connection:
        sizes = sa.select(orders.org_id).where(orders.org_id.is_not(None)).group_by(orders.org_id)
        largest = connection.execute(sizes.order_by(sa.func.count().desc())).scalars().all()
        emails = dict(connection.execute(sa.select(contacts.org_id, sa.func.min(contacts.email))
                                         .group_by(contacts.org_id)).all())  # fmt: skip
        names = dict(connection.execute(sa.select(accounts.org_id, accounts.name)).all())
    known = [org for org in largest if org in emails]
    step = max(1, len(known) // number)
    return [(emails[org], org, names[org]) for org in known[::step][:number]]


def _customer(app: Any, database: Database, email: str, organisation: int, company: str) -> Customer:
    now = datetime.now(UTC)
    with database.web(write=True) as connection:
        user = people.ensure(connection, email, "", now)
        terms = Terms(timedelta(days=1), timedelta(days=1), lasting=False)
        token = sessions.open(connection, user, Browser("bench", None), None, terms, now)
    client = app.test_client()
    origin = app.extensions["fanlight"].config.portal.base_url
    with client.session_transaction(base_url=origin) as cookie:
        cookie["_user_id"] = token
    client.get("/", base_url=origin)  # the first page adds what its forms need
    with database.staff() as connection:
        refs = {
            name: list(connection.execute(
                sa.select(MIRROR[name].c.ref).where(MIRROR[name].c.org_id == organisation)
            ).scalars())
            for name in RECORDS
        }  # fmt: skip
    own = frozenset(ref for each in refs.values() for ref in each)
    cookie = client.get_cookie("fanlight", domain="127.0.0.1")
    return Customer(company, f"fanlight={cookie.value}", refs, own)


@contextmanager
def served(space: Space, log: Path, *, sync: bool) -> Iterator[subprocess.Popen[bytes]]:
    """`fanlight serve`, as it is started in production."""
    words = ("serve", "--port", str(space.port), *(() if sync else ("--no-sync",)))
    with log.open("wb") as told:
        server = subprocess.Popen(space.command(*words), stdout=told, stderr=told, env=_environ())
        try:
            yield server
        finally:
            server.terminate()
            server.wait(30)


def processes(root: int) -> Mapping[str, list[int]]:
    """The server's processes: web (master and workers) and sync (the scheduler)."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found: dict[str, list[int]] = {"web": [root], "sync": []}
    for child in parents.get(root, []):
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        found["sync" if b"schedule" in words else "web"].append(child)
    return found


def memory(pids: list[int]) -> float:
    """MB that processes hold for themselves: without the files, the database's among them, that they look into."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
    return total / 1024


def cpu(pids: list[int]) -> float:
    """CPU seconds processes used so far."""
    total = 0
    for pid in pids:
        try:
            told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(told[11]) + int(told[12])
    return total / TICK
