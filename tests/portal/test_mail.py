"""Mails: what they say, how they leave, and what happens when the mail server does not play along."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from pydantic import SecretStr

from portal import mail
from portal.store import outbox, passes, people
from sync.config import Config
from sync.tables import PORTAL

House = Any
SENDER = "Northgate Süd <orders@northgate.example>"


@dataclass
class Inbox:
    """A mail server's side of things: what arrived, and what to answer instead of taking it."""

    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        found = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 taken"


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    """A mail server on a port of its own."""
    kept, port = Inbox(), _port()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture
def post(
    open_house: Callable[..., House], config: Callable[..., Config], inbox: tuple[Inbox, int]
) -> tuple[House, Inbox]:
    """The portal with that mail server."""
    return open_house(
        config(mail=_smtp(inbox[1]), portal={"help": {"name": "Mia", "phone": "+44 1"}})
    ), inbox[0]


def _smtp(port: int) -> dict[str, Any]:
    return {"method": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "sender": SENDER}


def _drain(house: House) -> int:
    return int(house.app.extensions["fanlight"].postman.drain())


def _parts(mailed: EmailMessage) -> tuple[str, str]:
    text, html = (mailed.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    return str(text.get_content()), str(html.get_content())


def test_a_sign_in_mail_says_all_it_must(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    house.browser().ask(house.ann)
    assert _drain(house) == 1
    (mailed,) = inbox.mails
    assert (mailed["To"], mailed["From"], mailed["Subject"]) == (
        house.ann,
        SENDER,
        "Sign in to Northgate Supplies",
    )
    assert mailed["Auto-Submitted"] == "auto-generated"
    (row,) = house.rows("outbox")
    assert mailed["Message-ID"] == f"<{row.id}@localhost>"
    for part in _parts(mailed):
        assert "Northgate Supplies" in part
        assert "http://localhost:8000/login/" in part
        assert "10 minutes" in part
        assert "If you did not ask for this, ignore this mail" in part
        assert "Mia" in part
        assert "\u27e6" not in part
    assert "<img" not in _parts(mailed)[1]


def test_link_and_code_of_a_mail_work(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    browser = house.browser()
    browser.ask(house.ann)
    _drain(house)
    code = _parts(inbox.mails[0])[0].split("    ")[1].split("\n")[0]
    assert browser.post("/login/code", {"code": code}).status_code == 303


def test_what_was_sent_is_not_kept(post: tuple[House, Inbox]) -> None:
    house, _ = post
    house.browser().ask(house.ann)
    _drain(house)
    (row,) = house.rows("outbox")
    assert (row.state, row.body, row.body_html, row.recipient) == ("sent", "", "", house.ann)


def test_the_page_answers_while_the_mail_server_hangs(
    open_house: Callable[..., House], config: Callable[..., Config]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections, never says a word
        house = open_house(config(mail=_smtp(server.getsockname()[1])), POSTMAN_THREAD=True)
        assert house.browser().ask(house.ann).status_code == 303
        talking, _ = server.accept()  # the postman is in the middle of it
        (row,) = house.rows("outbox")
        assert row.state == "sending"
        assert house.browser().ask(house.world.both).status_code == 303
        talking.close()
        server.close()
        house.app.extensions["fanlight"].postman.stop()


def test_a_mail_server_that_is_down_gets_the_mail_later_and_the_link_lives_from_then(
    post: tuple[House, Inbox],
) -> None:
    house, inbox = post
    browser = house.browser()
    browser.ask(house.ann)
    inbox.answers = ["451 try later", "421 closing", "450 busy"]
    tried = []
    for minutes in (0, 1, 2, 3, 5):
        house.clock.forward(minutes=minutes)
        tried.append(_drain(house))
    assert tried == [0, 0, 0, 1, 0]
    (row,) = house.rows("outbox")
    assert (row.state, row.attempts, row.last_error) == ("sent", 4, None)
    code = _parts(inbox.mails[0])[0].split("    ")[1].split("\n")[0]
    assert browser.post("/login/code", {"code": code}).status_code == 303


def test_a_mail_that_nobody_takes_is_given_up_when_it_is_of_no_use(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    house.browser().ask(house.ann)
    inbox.answers = ["550 no such mailbox"] * 99
    for _ in range(60):
        house.clock.forward(minutes=5)
        _drain(house)
    (row,) = house.rows("outbox")
    assert (row.state, inbox.mails) == ("failed", [])
    assert "550" in row.last_error
    assert row.attempts < 12


def test_a_mail_is_not_sent_to_who_lost_the_right_meanwhile(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    house.browser().ask(house.ann)
    house.set_contact(house.ann, active=0)
    assert _drain(house) == 0
    (row,) = house.rows("outbox")
    assert (row.state, inbox.mails) == ("void", [])


def test_a_mail_whose_link_was_ended_meanwhile_is_not_sent(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    house.browser().ask(house.ann)
    with house.database.web(write=True) as connection:
        passes.cancel(connection, house.ann, house.clock())
    assert _drain(house) == 0
    assert inbox.mails == []


def test_several_postmen_send_each_mail_once(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    a = house.world.a.id
    for n in range(30):
        people.invite(house.database, house.config, f"p{n}@x.example", a, ["orders"], "t", house.clock())
    start = threading.Barrier(4)

    def work(_: int) -> int:
        postman = mail.Postman(house.database, house.config, house.clock, thread=False)
        start.wait()
        return postman.drain()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 30
    assert len({mailed["To"] for mailed in inbox.mails}) == len(inbox.mails) == 30


def test_mails_of_a_postman_who_died_are_sent_by_the_next(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    house.browser().ask(house.ann)
    with house.database.web(write=True) as connection:
        assert len(outbox.claim(connection, house.clock())) == 1
    assert _drain(house) == 0
    house.clock.forward(minutes=5, seconds=1)
    assert _drain(house) == 1
    assert len(inbox.mails) == 1


def test_user_and_password_are_given_and_their_refusal_told_without_them(
    open_house: Callable[..., House], config: Callable[..., Config]
) -> None:
    seen: list[LoginPassword] = []

    def authenticate(_s: Any, _x: Any, _e: Any, _m: str, data: LoginPassword) -> AuthResult:
        seen.append(data)
        return AuthResult(success=False, handled=False)

    kept, port = Inbox(), _port()
    controller = Controller(
        kept, hostname="127.0.0.1", port=port, authenticator=authenticate, auth_require_tls=False
    )  # fmt: skip
    controller.start()
    told = _smtp(port) | {"user": "portal", "password": SecretStr("hunter2-secret")}
    house = open_house(config(mail=told))
    house.browser().ask(house.ann)
    assert _drain(house) == 0
    controller.stop()
    assert seen[0].password == b"hunter2-secret"
    (row,) = house.rows("outbox")
    assert "check [mail] user and password" in row.last_error
    assert "hunter2" not in row.last_error


def test_starttls_is_insisted_on(
    open_house: Callable[..., House], config: Callable[..., Config], inbox: Any
) -> None:
    house = open_house(config(mail=_smtp(inbox[1]) | {"security": "starttls"}))
    house.browser().ask(house.ann)
    assert _drain(house) == 0
    assert inbox[0].mails == []
    assert "STARTTLS" in house.rows("outbox")[0].last_error


def test_an_invitation_says_what_there_is_and_names_nobody_as_a_link(post: tuple[House, Inbox]) -> None:
    house, inbox = post
    evil = "<b>{{7*7}}</b>\r\nBcc: x\u202e ⟦link⟧ http://evil.example/a?b"
    organisations = PORTAL["organisations"]
    with house.database.owners() as connection:
        connection.execute(
            organisations.update().where(organisations.c.id == house.world.a.id).values(name=evil)
        )
    people.invite(
        house.database, house.config, "new@x.example", house.world.a.id, ["orders"], "t", house.clock()
    )
    assert _drain(house) == 1
    (mailed,) = inbox.mails
    assert mailed.get_all("Bcc") is None
    text, html = _parts(mailed)
    for part in (text, html):
        assert "evil.example" not in part
        assert "http:// evil. example" in part
        assert "\u202e" not in part
        assert "{{7*7}}" in part
        assert part.count("/login/") == 1
        assert "7 days" in part
    assert "<b>{{" not in html


def test_the_terminal_shows_a_mail_in_a_block(open_house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    house = open_house()
    house.browser().ask(house.ann)
    _drain(house)
    shown = capsys.readouterr().err
    assert f"│ To: {house.ann}" in shown
    assert "│ http://localhost:8000/login/" in shown


def test_old_links_and_counters_are_forgotten(house: House) -> None:
    house.browser().ask(house.ann)
    house.clock.forward(days=1)
    mail.tidy(house.database, house.clock())
    assert len(house.rows("sign_ins")) == 1
    house.clock.forward(days=2)
    mail.tidy(house.database, house.clock())
    assert (house.rows("sign_ins"), house.rows("throttle")) == ([], [])
    house.mails()
    house.clock.forward(days=28)
    mail.tidy(house.database, house.clock())
    assert house.rows("outbox") == []


def test_sessions_long_over_are_forgotten_but_a_persons_last_one(house: House) -> None:
    for _ in range(3):
        house.sign_in(house.ann)
        house.clock.forward(hours=1)
    house.clock.forward(days=89)
    mail.tidy(house.database, house.clock())
    assert (len(house.rows("sessions")), len(house.rows("devices"))) == (3, 3)
    house.clock.forward(days=10)
    mail.tidy(house.database, house.clock())
    assert (len(house.rows("sessions")), len(house.rows("devices"))) == (1, 1)


def test_a_browser_in_use_stays_known_however_old(house: House) -> None:
    browser = house.sign_in(house.ann, stay=True)
    for _ in range(5):
        house.clock.forward(days=29)
        browser.post("/login/code", {"code": house.mail(house.ann, browser).code, "stay": "1"})
        mail.tidy(house.database, house.clock())
    assert browser.get("/").status_code == 200
    assert len(house.rows("devices")) == 1
