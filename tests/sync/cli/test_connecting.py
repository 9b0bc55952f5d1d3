"""Connecting a source that wants a person's consent: by browser and by pasting, over real sockets."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fakes import plugin

from sync import mirror
from sync.cli.connecting import Question, auth
from sync.cli.loopback import Listener, NotOurs, answer_in
from sync.database import sealed

SOURCE = '\n[[sources]]\nid = "books"\nlabel = "Books"\nkind = "fake"\nworld = "{world}"\nconsent = true\n'
FAMILIES = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
TESTS = Path(__file__).parents[2]


@pytest.fixture
def books(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The desk with one more source, which nobody connected yet, and a key for its token."""
    plugin.install(tmp_path / "packages", monkeypatch)
    world = {"order": [], "code": "the-one-code", "now": desk.now.isoformat()}
    (desk.folder / "books.json").write_text(json.dumps(world))
    key = desk.folder / "credentials.key"
    key.write_text("9b0e1fd2c3a4958677665544332211005d3fc8a1b7e94026")
    key.chmod(0o600)
    path = desk.folder / "fanlight.toml"
    told = path.read_text().replace("[portal]", '[portal]\ncredentials_key = { file = "credentials.key" }', 1)
    path.write_text(told + SOURCE.format(world=desk.folder / "books.json"))
    return desk


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def taken(host: str) -> Iterator[int]:
    """A port that somebody else listens at; skips where the machine has no such address."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server((host, 0), family=FAMILIES[host]))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        yield server.getsockname()[1]


class Asking:
    """`fanlight auth books` in a process of its own."""

    def __init__(self, desk: Any, *words: str) -> None:
        paths = os.pathsep.join([str(desk.folder / "packages"), str(TESTS), str(TESTS.parent)])
        command = [sys.executable, "-m", "portal.cli", "--config", str(desk.folder / "fanlight.toml"), "auth"]
        self.process = subprocess.Popen(
            [*command, "books", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": paths}, start_new_session=True,
        )  # fmt: skip
        self.said = ""

    def question(self) -> dict[str, str]:
        """What stands in the address it prints."""
        assert self.process.stdout
        while not (found := re.search(r"https://source\.example/\S+", self.said)):
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        return {name: values[0] for name, values in parse_qs(urlsplit(found[0]).query).items()}

    def answered(self, typed: str = "") -> int:
        """Its exit code, once it is over."""
        told, _ = self.process.communicate(typed, timeout=60)
        self.said += told
        return self.process.returncode


def visit(back_to: str, **answer: str) -> int:
    """Be the browser that is sent back; the status it sees."""
    try:
        with urllib.request.urlopen(f"{back_to}?{urlencode(answer)}", timeout=10) as page:
            return int(page.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_person_agrees_in_a_browser_and_the_token_is_kept_sealed(books: Any) -> None:
    if books.database.dialect != "sqlite":
        pytest.skip("the process opens the database of the TOML, which is SQLite")
    asking = Asking(books, "--no-browser", "--port", str(free_port()))
    asked = asking.question()
    assert visit(asked["redirect_uri"], code="stolen", state="another") == 400
    assert visit(asked["redirect_uri"].replace("/callback", "/"), code="x", state=asked["state"]) == 404
    assert visit(asked["redirect_uri"], code="the-one-code", state=asked["state"]) == 200
    assert asking.answered() == 0, asking.said
    assert "Brightwater Ltd is connected" in asking.said and 'tenant_id = "T-1"' in asking.said
    assert "fanlight check sources books" in asking.said
    assert "the-one-code" not in asking.said and "secret-token" not in asking.said
    held = b"".join(path.read_bytes() for path in (books.folder / "var").iterdir())
    assert b"secret-token" not in held


def test_without_a_browser_the_address_is_pasted_and_not_shown(books: Any) -> None:
    if books.database.dialect != "sqlite":
        pytest.skip("the process opens the database of the TOML, which is SQLite")
    for state, code in ((None, 0), ("another", 1)):
        asking = Asking(books, "--paste")
        asked = asking.question()
        answer = {"code": "the-one-code", "state": state or asked["state"]}
        assert asking.answered(f"{asked['redirect_uri']}?{urlencode(answer)}\n") == code, asking.said
        assert "the-one-code" not in asking.said
    assert "Nothing was kept" in asking.said.replace("\n", " ")


def test_a_source_that_is_being_read_is_not_connected_meanwhile(books: Any) -> None:
    with books.database.sync() as connection:
        mirror.claim(connection, "books", books.now)
    said = books.run(auth, "books", "--no-browser")
    assert said.exit_code == 75
    assert "run this again" in said.stderr


def test_a_source_that_needs_nobody_s_consent_says_so(books: Any) -> None:
    said = books.run(auth, "crm")
    assert said.exit_code == 2
    assert "needs nobody's consent" in said.stderr


def test_without_a_key_it_says_how_to_make_one_before_anybody_agrees(books: Any) -> None:
    path = books.folder / "fanlight.toml"
    path.write_text(path.read_text().replace("credentials_key", "#credentials_key"))
    said = books.run(auth, "books")
    assert said.exit_code == 2
    assert "umask 077" in said.stderr and "credentials_key" in said.stderr


def test_a_key_file_others_may_read_is_refused(books: Any) -> None:
    (books.folder / "credentials.key").chmod(0o640)
    said = books.run(auth, "books")
    assert said.exit_code == 2
    assert "chmod 600" in said.stderr


@pytest.mark.parametrize("host", FAMILIES)
def test_a_port_somebody_else_has_at_one_of_our_addresses_is_told(books: Any, host: str) -> None:
    with taken(host) as port:
        said = books.run(auth, "books", "--no-browser", "--wait", "1", "--port", str(port))
    assert said.exit_code == 1
    assert "--port" in said.stderr


@pytest.mark.parametrize("host", FAMILIES)
def test_a_browser_finds_localhost_whichever_address_it_takes_it_for(host: str) -> None:
    with taken(host):
        pass  # this machine has it
    with Listener(0, "mine") as listener, ThreadPoolExecutor() as browser:
        address = listener.back_to.replace("localhost", f"[{host}]" if ":" in host else host)
        status = browser.submit(visit, address, code="the-one-code", state="mine")
        assert listener.wait(30) == {"code": "the-one-code", "state": "mine"}
        assert status.result() == 200


def test_nobody_coming_back_ends_it() -> None:
    with Listener(0, "state") as listener:
        times = iter((0.0, 1.0))
        assert listener.wait(0.5, lambda: next(times)) is None


@pytest.mark.parametrize(
    "address", ["", "http://localhost/callback?code=1", "?code=1&state=", "?state=other"]
)
def test_an_answer_to_another_question_is_nobody_s(address: str) -> None:
    with pytest.raises(NotOurs):
        answer_in(address, "mine")


def test_no_two_questions_are_alike() -> None:
    one, two = Question(), Question()
    assert len({one.state, two.state, one.verifier, two.verifier, one.challenge, two.challenge}) == 6
    assert one.verifier not in repr(one)
    assert len(one.challenge) == 43


def test_a_token_can_be_thrown_away_but_not_under_a_run_that_would_keep_it_again(books: Any) -> None:
    with books.database.owners() as connection:
        sealed.put(connection, sealed.Token("books", "k", "sealed", books.now, None))
    with books.database.sync() as connection:
        lease = mirror.claim(connection, "books", books.now)
    said = books.run(auth, "books", "--forget")
    assert said.exit_code == 75 and "run this again" in said.stderr
    with books.database.sync() as connection:
        mirror.release(connection, lease)
    assert "thrown away" in books.run(auth, "books", "--forget").stdout
    assert "no token" in books.run(auth, "books", "--forget").stdout
