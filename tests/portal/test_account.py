"""What the sources know of the customer, and where its people are signed in."""

from collections.abc import Callable
from typing import Any

from shown import text

from connectors.records import Contact
from sync.tables import MIRROR


def account(browser: Any) -> str:
    return text(browser.get("/account"))


def test_company_addresses_and_people_stand_with_the_source_that_told(house: Any) -> None:
    page = account(house.sign_in(house.ann))
    for words in (
        "canary-a-7Q tax_number",
        "canary-a-7Q street",
        "member@a0017.example",
        "Billing and delivery address",
    ):
        assert words in page
    assert page.count("Customer desk · as of") >= 3


def test_the_people_of_another_company_are_nowhere(house: Any) -> None:
    assert "canary-b" not in account(house.sign_in(house.ann))


def test_many_people_are_paged(house: Any, mirrored: Callable[..., list[str]]) -> None:
    mirrored(*(Contact(source_id=f"p{n}", belongs_to="a0017", name=f"Person {n:02}") for n in range(30)))
    browser = house.sign_in(house.ann)
    page = account(browser)
    assert "Person 29" not in page
    more = page.split('href="/account?after=')[1].split('"')[0]
    assert "Person 29" in browser.get(f"/account?after={more}").text


def test_every_device_is_listed_and_another_one_can_be_signed_out(house: Any) -> None:
    other = house.sign_in(house.ann)
    here = house.sign_in(house.ann)
    page = account(here)
    assert page.count("Safari") >= 2
    end = page.split('action="/account/devices/')[1].split('"')[0]
    assert here.post(f"/account/devices/{end}").status_code == 303
    assert other.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def test_a_customer_without_an_account_record_still_gets_the_page(house: Any) -> None:
    with house.database.sync() as connection:
        connection.execute(MIRROR["accounts"].delete())
    assert "No company details yet" in account(house.sign_in(house.ann))
