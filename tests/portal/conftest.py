"""The portal as a browser meets it: an app on the two organisations of the test world, and more people at A.

finn   a member of A for finance only, no contact     rita   a contact of A, invited by nobody
left   a member of A whose contact is gone at the source
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, update
from werkzeug.test import TestResponse

from portal import create_app
from portal.store import people, sessions
from sync.config import Config
from sync.database import Database
from sync.tables import MIRROR, PORTAL, email_key, ref

MAIL = re.compile(r"To: (\S+).*?(?=\n┌|\Z)", re.DOTALL)
LINK = re.compile(r"http\S+/login/([\w-]{43})")
CODE = re.compile(r"(\d{3}) (\d{3})")
FINN, LEFT, RITA = "finn@a0017.example", "left@a0017.example", "rita@a0017.example"


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
    world: Any
    clock: Clock
    mails: Callable[[], list[Mailed]]

    @property
    def ann(self) -> str:
        """A member of A with every section."""
        return str(self.world.a.member)

    finn, left, rita = FINN, LEFT, RITA

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

    def sessions(self, address: str) -> Sequence[sessions.Session]:
        """This person's live sessions."""
        (user,) = [row.id for row in self.rows("users") if row.email_key == email_key(address)]
        return sessions.list_for(self.database, user, self.clock())

    def rows(self, table: str) -> list[Any]:
        with self.database.staff() as connection:
            return list(connection.execute(PORTAL[table].select()))

    def add_contact(self, address: str) -> None:
        """A new contact of A at its source."""
        _contact(self.database, self.world, address, self.clock())

    def set_contact(self, address: str, **values: object) -> None:
        """The source says something else about a contact from now on."""
        contacts = MIRROR["contacts"]
        with self.database.sync() as connection:
            connection.execute(
                update(contacts).where(contacts.c.email_key == email_key(address)).values(values)
            )


def _contact(database: Database, world: Any, address: str, now: datetime) -> None:
    """Another contact of A at its source."""
    source_id = f"a0017-{address}"
    row = {
        "source": "crm", "source_id": source_id, "ref": ref("contact", "crm", source_id),
        "belongs_to": "a0017", "org_id": world.a.id, "fingerprint": 1, "data_rows": 1,
        "first_seen": now, "changed_at": now,
        "name": address.partition("@")[0], "email": address, "email_key": email_key(address), "phone": "",
        "title": "", "active": 1,
    }  # fmt: skip
    with database.sync() as connection:
        connection.execute(insert(MIRROR["contacts"]), row)


@pytest.fixture
def settings(config: Callable[..., Config]) -> Config:
    """A portal on loopback that prints its mails."""
    return config()


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def peopled(database: Database, settings: Config, two_organisations: Any, now: datetime) -> Database:
    """The two organisations with three more people at A."""
    _contact(database, two_organisations, RITA, now)
    _contact(database, two_organisations, LEFT, now)
    people.invite(database, settings, FINN, two_organisations.a.id, ["finance"], "tests", now)
    people.invite(database, settings, LEFT, two_organisations.a.id, ["admin"], "tests", now)
    with database.sync() as connection:
        contacts = MIRROR["contacts"]
        theirs = update(contacts).where(contacts.c.email_key == LEFT)
        connection.execute(theirs.values(gone_at=now, gone_why="deleted"))
    with database.staff(write=True) as connection:
        connection.execute(PORTAL["outbox"].delete())
        connection.execute(PORTAL["sign_ins"].delete())
    return database


@pytest.fixture
def open_house(
    peopled: Database,
    settings: Config,
    two_organisations: Any,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., House]:
    """Start the portal, with a configuration of the test's own where it has one."""

    def start(changed: Config = settings, **flask: Any) -> House:
        app = create_app(changed, peopled, clock, **{"TESTING": True, "POSTMAN_THREAD": False, **flask})

        def mails() -> list[Mailed]:
            app.extensions["fanlight"].postman.drain()
            return [_read(text) for text in MAIL.finditer(capsys.readouterr().err)]

        return House(app, peopled, changed, two_organisations, clock, mails)

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
