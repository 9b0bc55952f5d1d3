"""A small business at the command line: a CRM's accounts, a shop's orders, a clock that stands still."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from sync.cli.app import App
from sync.cli.organisations import link, list_, show, unlink
from sync.cli.running import sync
from sync.database import Database

BUYER = "buyer@brightwater.example"
BRIGHTWATER, HARBOUR = "001Nw0000021sVQIAY", "001Nw0000021sVRIAY"
TOML = f"""\
[portal]
name = "Northgate"
base_url = "http://127.0.0.1:8000"
secret_key = {{ file = "secret.key" }}
timezone = "Europe/Berlin"

[organisations]
from = "crm"
ids = {{ shop = {{ "{BUYER}" = "{BRIGHTWATER}" }} }}

[[sources]]
id = "crm"
label = "CRM"
kind = "exports"
every = "5m"
settle = 0
[[sources.files]]
path = "accounts*.csv"
complete = true

[[sources]]
id = "shop"
label = "Web shop"
kind = "exports"
every = "5m"
settle = 0
timezone = "Europe/Berlin"
[[sources.files]]
path = "orders*.csv"
complete = true
"""
ORDER = "{name},{buyer},2026-11-20 10:00:00 +0100,{status},EUR,{total},{total},1,Clamp,{total}"
COLUMNS = (
    "Name,Email,Created at,Fulfillment Status,Currency,Subtotal,Total,"
    "Lineitem quantity,Lineitem name,Lineitem price"
)


@dataclass
class Desk:
    """Where a person of the business sits: a folder with files, and commands."""

    folder: Path
    database: Database
    now: datetime
    clock: Callable[[], datetime] | None = None
    said: list[str] = field(default_factory=list)

    @property
    def app(self) -> App:
        """The configuration as it is on disk now, and the test's own database."""
        app = App(self.folder / "fanlight.toml", self.clock or (lambda: self.now))
        app.__dict__["database"] = self.database
        return app

    def write(self, name: str, text: str, *, age: timedelta = timedelta(minutes=10)) -> Path:
        """A file of this age."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        at = (self.now - age).timestamp()
        os.utime(path, (at, at))
        return path

    def sections(self, **told: str) -> None:
        """Write [organisations.sections] into the TOML: primary account → list."""
        lines = "".join(f'"{account}" = {sections}\n' for account, sections in told.items())
        head, rest = (self.folder / "fanlight.toml").read_text("utf-8").split("[[sources]]", 1)
        self.write("fanlight.toml", f"{head}[organisations.sections]\n{lines}\n[[sources]]{rest}")

    def accounts(self, **names: str) -> None:
        """The CRM's export: id → name."""
        rows = "".join(f"{source_id},{name},ACME\n" for source_id, name in names.items())
        self.write("accounts.csv", "Id,Name,AccountNumber\n" + rows)

    def orders(self, *rows: str, name: str = "orders.csv") -> Path:
        """The shop's export."""
        return self.write(name, "\n".join([COLUMNS, *rows]) + "\n")

    def order(
        self,
        name: str,
        buyer: str = BUYER,
        status: str = "pending",
        total: str = "10.00",
    ) -> str:
        """One order with one line."""
        return ORDER.format(name=name, buyer=buyer, status=status, total=total)

    def run(self, command: click.Command, *words: str, **more: Any) -> Result:
        """What a command prints, and its exit code."""
        return CliRunner().invoke(command, words, obj=self.app, catch_exceptions=False, **more)

    def sync(self, *words: str) -> Result:
        return self.run(sync, *words)

    def org(self, *words: str) -> Result:
        """fanlight org …"""
        return self.run({"list": list_, "show": show, "link": link, "unlink": unlink}[words[0]], *words[1:])

    def json(self, command: click.Command, *words: str) -> Any:
        """The document a command prints with --json."""
        return json.loads(self.run(command, *words, "--json").stdout)


def furnished(tmp_path: Path, database: Database, now: datetime) -> Desk:
    found = Desk(tmp_path, database, now)
    found.write("fanlight.toml", TOML)
    (tmp_path / "secret.key").write_text(os.urandom(32).hex())
    (tmp_path / "secret.key").chmod(0o600)
    found.accounts(**{BRIGHTWATER: "Brightwater Ltd", HARBOUR: "Harbour & Sons"})
    found.orders(found.order("#1"), found.order("#2"), found.order("#3", "stranger@x.example"))
    return found


@pytest.fixture
def desk(tmp_path: Path, database: Database, now: datetime) -> Desk:
    """Two customers, three orders: two of the first, one of a stranger; once on each engine."""
    return furnished(tmp_path, database, now)


@pytest.fixture
def sqlite_desk(tmp_path: Path, sqlite_database: Database, now: datetime) -> Desk:
    """The same where a process of its own opens the database."""
    return furnished(tmp_path, sqlite_database, now)
