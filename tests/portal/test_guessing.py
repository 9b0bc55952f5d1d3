"""Guessing codes, asking for many addresses, and what the answers give away: nothing."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, event

from portal.store import people
from sync.config import Config

House = Any


def test_a_code_dies_after_five_wrong_tries(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    for _ in range(5):
        assert browser.post("/login/code", {"code": _wrong(mailed.code)}).status_code == 400
    last = browser.post("/login/code", {"code": mailed.code})
    assert last.status_code == 400
    assert "no longer valid" in last.text
    assert browser.get("/").status_code == 302


def test_many_guesses_at_once_count_like_guesses_in_turn(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    jar = browser.cookie("fanlight-asked")
    guessers = [house.browser() for _ in range(20)]
    for guesser in guessers:
        guesser.client.set_cookie("fanlight-asked", jar)
    assert _many(guessers, "/login/code", {"code": _wrong(mailed.code)}) == {400, 429}
    (row,) = house.rows("sign_ins")
    assert row.tries == 5
    assert browser.post("/login/code", {"code": mailed.code}).status_code == 429


def _many(browsers: list[Any], path: str, form: dict[str, str]) -> set[int]:
    with ThreadPoolExecutor(len(browsers)) as pool:
        return set(pool.map(lambda browser: browser.post(path, form).status_code, browsers))


def test_new_browsers_and_forged_addresses_buy_no_more_guesses(house: House) -> None:
    guesses = 0
    for hour in range(24):
        guesses += _guess_for_an_hour(house, hour)
        house.clock.forward(hours=1)
    assert guesses <= 90  # of a million codes: one in ten thousand a day


def _guess_for_an_hour(house: House, hour: int) -> int:
    guesses = 0
    for turn in range(8):
        browser = house.browser()
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{hour * 8 + turn}"
        if browser.ask(house.ann).status_code == 303:
            guesses += _guess_until_refused(browser)
        house.clock.forward(minutes=7)
    house.clock.forward(minutes=-56)
    assert guesses <= 20
    return guesses


def _guess_until_refused(browser: Any) -> int:
    """How many of at most six wrong codes were looked at; whoever was refused twice is again."""
    answers = list[int]()
    while len(answers) < 6 and (len(answers) < 2 or 400 in answers[-2:]):
        answers.append(browser.post("/login/code", {"code": "123456"}).status_code)
    return answers.count(400)


def test_what_cannot_be_a_code_costs_no_try(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    for typed in ("", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "' or 1=1"):
        assert browser.post("/login/code", {"code": typed}).status_code == 400
    assert browser.post("/login/code", {"code": mailed.code}).status_code == 303


def test_a_stranger_who_uses_up_the_guesses_does_not_lock_a_known_device_out(house: House) -> None:
    phone = house.sign_in(house.ann)
    phone.post("/logout")
    stranger = house.browser()
    stranger.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    for _ in range(30):
        stranger.ask(house.ann)
        stranger.post("/login/code", {"code": "123456"})
    assert stranger.ask(house.ann).status_code == 429
    house.mails()
    assert phone.ask(house.ann).status_code == 303
    (mailed,) = house.mails()
    assert phone.post(mailed.path).status_code == 303


def test_a_refusal_says_how_long_to_wait_and_staff_read_it_once(house: House) -> None:
    browser = house.browser()
    answers = [browser.ask(house.ann) for _ in range(9)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 4
    assert answers[-1].headers["Retry-After"] == "900"
    assert "15 minutes" in answers[-1].text
    noted = [row for row in house.rows("audit") if row.what == "sign-in blocked"]
    assert [house.ann in row.detail and "127.0.0.1" in row.detail for row in noted] == [True]


def test_one_address_can_ask_for_many_people_only_so_often(house: House) -> None:
    browser = house.browser()
    answers = [browser.ask(f"guess{n}@a0017.example").status_code for n in range(31)]
    assert answers == [303] * 30 + [429]


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What the database is asked, statement by statement."""
    heard: list[str] = []

    def listen(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    yield heard
    event.remove(Engine, "before_cursor_execute", listen)


@pytest.mark.parametrize("who", ["invited", "contacts"])
def test_asking_tells_nothing_about_an_address(
    open_house: Callable[..., House], config: Callable[..., Config], statements: list[str], who: str
) -> None:
    house = open_house(config(login={"who": who}))
    people.revoke(house.database, house.finn, None, "tests", house.clock())
    known = (house.ann, house.world.both)
    unknown = (house.left, house.finn, house.world.invited_nowhere, house.world.stranger, "x@ünknown.example")
    _everything_told(house, house.ann, statements)  # opens the connections that the others find open
    told = [_everything_told(house, address, statements) for address in (*known, *unknown)]
    assert all(one == told[0] for one in told[1:])
    waiting = [(row.state, row.recipient, row.body == "") for row in house.rows("outbox")]
    assert set(waiting) == {("queued", address, False) for address in known} | {("void", "", True)}
    assert {mailed.to for mailed in house.mails()} == set(known)


def _everything_told(house: House, address: str, statements: list[str]) -> list[object]:
    """Status, headers, words and database work of asking, of the page after it, and of a wrong code."""
    browser, told = house.browser(), []
    browser.get("/login")
    csrf = browser.csrf()
    for path, form in (
        ("/login", {"email": address}),
        ("/login/code", None),
        ("/login/code", {"code": "000001"}),
    ):
        statements.clear()
        asked = (
            browser.client.get(path)
            if form is None
            else browser.client.post(path, data=form | {"csrf_token": csrf})
        )
        headers = [
            (name, _plain(value, address)) for name, value in asked.headers if name != "Content-Length"
        ]
        told.append((asked.status_code, headers, _plain(asked.text, address), list(statements)))
    return told


@pytest.mark.parametrize("minutes", [9, 10, 11])
def test_when_a_code_dies_tells_nothing_about_an_address(house: House, minutes: int) -> None:
    """A code lives from when its mail left; whoever only typed the address must not see the difference."""
    told = []
    for address in (house.ann, house.world.stranger):
        browser = house.browser()
        browser.ask(address)
        house.clock.forward(seconds=90)
        house.mails()
        house.clock.forward(minutes=minutes, seconds=-90)
        told.append(_seen_by_a_guesser(browser, address))
    assert told[0] == told[1]


@pytest.mark.parametrize("used", [0, 1], ids=["the stranger's mail", "their own mail"])
def test_whoever_asked_for_somebody_does_not_see_them_sign_in(house: House, used: int) -> None:
    told = []
    for address in (house.ann, house.world.stranger):
        browser, owners = house.browser(), house.browser()
        asked = [_mail_after(house, one, address) for one in (browser, owners)]
        for mailed in asked[used]:
            assert owners.post(mailed.path, {"code": mailed.code}).status_code == 303
        told.append(_seen_by_a_guesser(browser, address))
    assert told[0] == told[1]


def _mail_after(house: House, browser: Any, address: str) -> list[Any]:
    """What arrives when a browser asks for an address: one mail, or none for a stranger's."""
    browser.ask(address)
    return house.mails()


def _seen_by_a_guesser(browser: Any, address: str) -> list[tuple[int, str]]:
    """The page of the code, what it says to wrong codes, and the page again."""
    answers = [browser.get("/login/code")]
    answers += [browser.post("/login/code", {"code": "000001"}) for _ in range(6)]
    answers.append(browser.get("/login/code"))
    return [(answer.status_code, _plain(answer.text, address)) for answer in answers]


def test_the_right_code_typed_too_late_says_so(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    house.clock.forward(minutes=10)
    late = browser.post("/login/code", {"code": mailed.code})
    assert late.status_code == 400
    assert "no longer valid" in late.text


@pytest.mark.parametrize(
    ("one", "another", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
    ],
)
def test_a_whole_network_of_one_household_counts_as_one(
    house: House, one: str, another: str, together: bool
) -> None:
    answers = []
    for n in range(31):
        browser = house.browser()
        browser.client.environ_base["REMOTE_ADDR"] = another if n % 2 else one
        answers.append(browser.ask(f"guess{n}@a0017.example").status_code)
    assert answers[-1] == (429 if together else 303)


def _plain(text: str, address: str) -> str:
    """Text without what is random, without the clock on the wall, without the address that was typed."""
    return re.sub(r"[\w.-]{43,}|Expires=[^;]*", "…", text.replace(address, "ADDRESS"))


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"
