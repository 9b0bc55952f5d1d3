"""The portal as a browser meets it: an app on a real database, two organisations, and the people around them.

ann    a member of Alder, every section        both   a member of Alder and of Birch
finn   a member of Alder, invoices only        left   a member of Alder whose contact left it at the source
bea    a member of Birch                       rita   a contact of Alder, invited by nobody
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from pydantic import SecretStr
from sqlalchemy import insert, update
from werkzeug.test import TestResponse

from connectors.base import SourceSettings
from portal import create_app
from portal.store import people
from sync.config import Config, Organisations, Portal
from sync.database import Database
from sync.tables import MIRROR, PORTAL, email_key, ref

ALDER, BIRCH = 1001, 2002
KEY = "3f8a1c0de5b74926a8d1f07c93be6254"
MAIL = re.compile(r"To: (\S+).*?(?=\n┌|\Z)", re.DOTALL)
LINK = re.compile(r"http\S+/login/([\w-]{43})")
CODE = re.compile(r"(\d{3}) (\d{3})")
MEMBERS = {
    "ann@alder.example": (ALDER, ["admin"]), "finn@alder.example": (ALDER, ["finance"]),
    "left@alder.example": (ALDER, ["admin"]), "bea@birch.example": (BIRCH, ["read_all"]),
    "both@mill.example": (ALDER, ["read_all"]),
}  # fmt: skip


@dataclass
class Clock:
    """The time in a test; it moves when told to."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Mailed:
    """What a person finds in a mail."""

    to: str
    token: str
    code: str
    text: str

    @property
    def path(self) -> str:
        return f"/login/{self.token}"


class Browser:
    """A person's browser: keeps cookies, sends a form's hidden token, follows redirects only when told."""

    def __init__(self, app: Flask, agent: str = "Mozilla/5.0 (iPhone) Safari/604.1") -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["HTTP_USER_AGENT"] = agent

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf(), **(data or {})}, **more)

    def csrf(self) -> str:
        """The token a form of this browser's pages holds."""
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", "0" * 40)
        return str(URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(raw))

    def cookie(self, name: str = "fanlight") -> str:
        found = self.client.get_cookie(name)
        return found.value if found else ""

    def ask(self, address: str, then: str = "/") -> TestResponse:
        return self.post("/login", {"email": address, "next": then})


@dataclass
class House:
    """The running portal of a test."""

    app: Flask
    database: Database
    config: Config
    clock: Clock
    mails: Callable[[], list[Mailed]]

    def browser(self, agent: str = "Mozilla/5.0 (iPhone) Safari/604.1") -> Browser:
        return Browser(self.app, agent)

    def mail(self, address: str, browser: Browser | None = None, then: str = "/") -> Mailed:
        """Ask for a link and take the mail out of the mailbox."""
        (browser or self.browser()).ask(address, then)
        (found,) = self.mails()
        return found

    def sign_in(self, address: str, *, stay: bool = False) -> Browser:
        """A browser in which this person is signed in."""
        browser = self.browser()
        mailed = self.mail(address, browser)
        answer = browser.post("/login/code", {"code": mailed.code, **({"stay": "1"} if stay else {})})
        assert answer.status_code == 303, answer.text
        return browser

    def rows(self, table: str) -> list[Any]:
        with self.database.staff() as connection:
            return list(connection.execute(PORTAL[table].select()))

    def set_contact(self, address: str, **values: object) -> None:
        """The source says something else about a contact from now on."""
        contacts = MIRROR["contacts"]
        with self.database.sync() as connection:
            connection.execute(
                update(contacts).where(contacts.c.email_key == email_key(address)).values(values)
            )


def _organisations(database: Database, now: datetime) -> None:
    with database.owners() as connection:
        for number, name in ((ALDER, "Alder & Sons"), (BIRCH, "Birch Works")):
            row = {"id": number, "name": name, "created_at": now, "links_version": 1, "removed_version": 0}
            connection.execute(insert(PORTAL["organisations"]), row)
    with database.sync() as connection:
        connection.execute(insert(MIRROR["stamps"]), [{"org_id": o, "version": 1} for o in (ALDER, BIRCH)])


def _contact(database: Database, address: str, organisation: int, now: datetime) -> None:
    name = address.partition("@")[0]
    source_id = f"{name}-{organisation}"
    row = {
        "source": "crm", "source_id": source_id, "ref": ref("contact", "crm", source_id), "org_id": organisation,
        "fingerprint": 1, "data_rows": 1, "first_seen": now, "changed_at": now, "name": name.title(),
        "email": address, "email_key": email_key(address), "phone": "", "title": "", "active": 1,
    }  # fmt: skip
    with database.sync() as connection:
        connection.execute(insert(MIRROR["contacts"]), row)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A portal on loopback that prints its mails."""
    source = SourceSettings(id="crm", label="Customer service", kind="exports")
    portal = Portal(name="Northgate Supplies", base_url="http://localhost", secret_key=SecretStr(KEY))
    organisations = Organisations.model_validate({"from": "crm"})
    return Config(
        path=tmp_path / "fanlight.toml", portal=portal, organisations=organisations, sources=(source,)
    )


@pytest.fixture
def peopled(database: Database, config: Config, now: datetime) -> Database:
    """Two organisations and their people."""
    _organisations(database, now)
    for address, organisation in (
        ("ann@alder.example", ALDER), ("left@alder.example", ALDER), ("rita@alder.example", ALDER),
        ("bea@birch.example", BIRCH),
    ):  # fmt: skip
        _contact(database, address, organisation, now)
    for address, (organisation, roles) in MEMBERS.items():
        people.invite(database, config, address, organisation, roles, "tests", now)
    people.invite(database, config, "both@mill.example", BIRCH, ["orders"], "tests", now)
    with database.sync() as connection:
        contacts = MIRROR["contacts"]
        connection.execute(
            update(contacts).where(contacts.c.name == "Left").values(gone_at=now, gone_why="deleted")
        )
    with database.staff(write=True) as connection:
        connection.execute(PORTAL["outbox"].delete())
        connection.execute(PORTAL["sign_ins"].delete())
    return database


@pytest.fixture
def open_house(
    peopled: Database, config: Config, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> Callable[..., House]:
    """Start the portal with a configuration of the test's own."""

    def start(changed: Config = config, **settings: Any) -> House:
        app = create_app(changed, peopled, clock, TESTING=True, POSTMAN_THREAD=False, **settings)

        def mails() -> list[Mailed]:
            app.extensions["fanlight"].postman.drain()
            return [_read(text) for text in MAIL.finditer(capsys.readouterr().err)]

        return House(app, peopled, changed, clock, mails)

    return start


def _read(found: re.Match[str]) -> Mailed:
    link, code = LINK.search(found[0]), CODE.search(found[0])
    assert link, found[0]
    assert code, found[0]
    return Mailed(found[1], link[1], code[1] + code[2], found[0])


@pytest.fixture
def house(open_house: Callable[..., House]) -> Iterator[House]:
    """The portal with the usual configuration."""
    yield open_house()
