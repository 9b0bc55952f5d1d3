"""What is packed, and above all what is not: nothing that repeats what its address says."""

import gzip
from typing import Any

import pytest

House = Any
GZIP = {"Accept-Encoding": "gzip, br"}
PRIVATE = (
    "/",
    "/orders",
    "/orders?stage=open",
    "/orders/{order}",
    "/invoices?sort=sort_due",
    "/support",
    "/account",
)
TELLING = (
    "/orders?q=valve",
    "/orders?from=2026-01-01",
    "/orders?stage=open&q=x",
    "/orders?other=1",
    "/switch",
)


def asked(browser: Any, house: House, path: str, **headers: str) -> Any:
    return browser.get(path.format(**house.world.a.refs), headers={**GZIP, **headers})


@pytest.mark.parametrize("path", PRIVATE)
def test_a_page_that_repeats_nothing_of_its_address_is_packed(house: House, path: str) -> None:
    browser = house.sign_in(house.ann)
    packed = asked(browser, house, path)
    plain = browser.get(path.format(**house.world.a.refs))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert b"</html>" in gzip.decompress(packed.data)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("path", TELLING)
def test_a_page_a_stranger_can_put_words_into_is_not(house: House, path: str) -> None:
    answer = asked(house.sign_in(house.ann), house, path)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_neither_are_errors_forms_and_pages_before_signing_in(house: House) -> None:
    ann, nobody = house.sign_in(house.ann), house.browser()
    answers = [ann.get("/orders/x", headers=GZIP), ann.get("/orders?after=x", headers=GZIP)]
    answers += [nobody.get(path, headers=GZIP) for path in ("/login", "/login/x", "/orders", "/readyz")]
    assert [answer.headers.get("Content-Encoding") for answer in answers] == [None] * 6


def test_who_refuses_gzip_gets_none(house: House) -> None:
    answer = house.sign_in(house.ann).get("/", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in answer.headers
