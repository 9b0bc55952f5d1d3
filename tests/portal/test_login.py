"""Signing in by mail: what a link and a code do, and everything they must not do."""

from typing import Any

House = Any


def test_a_person_signs_in_with_the_code_and_reaches_the_start_page(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    answer = browser.post("/login/code", {"code": mailed.code})
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get("/").status_code == 200
