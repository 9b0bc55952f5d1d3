"""One-time things used by many at the same moment: one gets in."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from portal.store import sign_in

House = Any


def test_one_of_twenty_who_use_a_link_at_once_gets_in(house: House) -> None:
    for _ in range(5):
        path = (
            "/"
            + sign_in.trusted_link(house.database, house.config, house.ann, house.clock()).split("/", 3)[3]
        )
        assert _at_once([(house.browser(), path, {}) for _ in range(20)]) == 1


def test_one_of_many_who_use_link_and_code_at_once_gets_in(house: House) -> None:
    asked_here = house.browser()
    house.mail(house.ann)
    mailed = house.mail(house.ann, asked_here)
    others = [(house.browser(), mailed.path, {"code": mailed.code}) for _ in range(4)]
    assert _at_once([(asked_here, "/login/code", {"code": mailed.code}), *others]) == 1


def test_two_links_of_one_address_used_at_once_let_one_in(house: House) -> None:
    for _ in range(5):
        mails = [house.mail(house.ann), house.mail(house.ann)]
        tries = [(house.browser(), mailed.path, {"code": mailed.code}) for mailed in mails for _ in range(2)]
        assert _at_once(tries) == 1
        house.clock.forward(hours=1)


def _at_once(tries: list[tuple[Any, str, dict[str, str]]]) -> int:
    """How many of these, all sent at the same moment, were let in."""
    start = Barrier(len(tries))
    for browser, _, _ in tries:
        browser.csrf()

    def use(one: tuple[Any, str, dict[str, str]]) -> int:
        browser, path, form = one
        form = {"csrf_token": browser.csrf(), **form}
        start.wait()
        return int(browser.client.post(path, data=form).status_code)

    with ThreadPoolExecutor(len(tries)) as pool:
        answers = list(pool.map(use, tries))
    assert set(answers) <= {303, 400, 410}, answers
    return answers.count(303)
