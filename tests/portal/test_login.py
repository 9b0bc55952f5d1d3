"""Signing in by mail: what a link and a code do, and everything they must not do."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.base import SourceSettings
from connectors.exports.settings import ExportsSettings, FileSet
from connectors.xero.settings import XeroSettings
from portal.store import people, sign_in
from sync.config import Config

House = Any


def test_a_person_signs_in_with_the_code_and_reaches_the_start_page(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    answer = browser.post("/login/code", {"code": mailed.code})
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get("/").status_code == 200


def test_the_code_may_be_typed_in_two_groups(house: House) -> None:
    browser = house.browser()
    code = house.mail(house.ann, browser).code
    assert browser.post("/login/code", {"code": f" {code[:3]}-{code[3:]} "}).status_code == 303


def test_a_new_device_is_asked_for_the_code_beside_the_link(house: House) -> None:
    mailed, phone = house.mail(house.ann), house.browser()
    assert 'name="code"' in phone.get(mailed.path).text
    assert phone.post(mailed.path).status_code == 400
    assert phone.post(mailed.path, {"code": mailed.code}).status_code == 303
    assert phone.get("/").status_code == 200


def test_on_a_known_device_the_link_is_one_tap(house: House) -> None:
    phone = house.sign_in(house.ann)
    phone.post("/logout")
    mailed = house.mail(house.ann)
    assert 'name="code"' not in phone.get(mailed.path).text
    assert phone.post(mailed.path).status_code == 303
    assert phone.get("/").status_code == 200


def test_in_the_browser_that_asked_the_link_is_one_tap(house: House) -> None:
    phone = house.browser()
    mailed = house.mail(house.ann, phone)
    assert 'name="code"' not in phone.get(mailed.path).text
    assert phone.post(mailed.path).status_code == 303
    assert phone.get("/").status_code == 200


def test_having_asked_for_one_address_opens_no_link_of_another(house: House) -> None:
    phone, mailed = house.browser(), house.mail(house.ann)
    house.mail(house.world.both, phone)
    assert 'name="code"' in phone.get(mailed.path).text
    assert phone.post(mailed.path).status_code == 400


def test_a_device_known_for_one_person_is_new_for_another(house: House) -> None:
    phone = house.sign_in(house.ann)
    phone.post("/logout")
    assert 'name="code"' in phone.get(house.mail(house.world.both).path).text


def test_a_link_names_the_account_without_giving_the_address_away(house: House) -> None:
    page = house.browser().get(house.mail(house.ann).path).text
    assert "m…@a0017.example" in page
    assert house.ann not in page


def test_scanners_neither_spend_a_link_nor_get_in(house: House) -> None:
    mailed = house.mail(house.ann)
    before = house.rows("sign_ins")
    for agent in ("Mozilla/5.0 (Windows) SafeLinks", "curl/8", ""):
        scanner = house.browser(agent)
        for _ in range(4):
            assert scanner.get(mailed.path).status_code == 200
            assert scanner.client.head(mailed.path).status_code == 200
        pressed = scanner.post(mailed.path)  # runs the page and presses its button
        assert pressed.status_code == 400
        assert scanner.get("/").status_code == 302
    assert house.rows("sign_ins") == before
    assert house.browser().post(mailed.path, {"code": mailed.code}).status_code == 303


def test_a_link_works_once(house: House) -> None:
    mailed = house.mail(house.ann)
    house.browser().post(mailed.path, {"code": mailed.code})
    thief = house.browser()
    assert thief.post(mailed.path, {"code": mailed.code}).status_code == 410
    assert thief.get(mailed.path).status_code == 410
    assert thief.get("/").status_code == 302


def test_link_and_code_live_for_ten_minutes(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    house.clock.forward(minutes=9, seconds=59)
    assert browser.get(mailed.path).status_code == 200
    house.clock.forward(seconds=1)
    assert browser.post(mailed.path, {"code": mailed.code}).status_code == 410
    assert browser.post("/login/code", {"code": mailed.code}).status_code == 400
    assert browser.get("/").status_code == 302


def test_three_links_live_side_by_side_and_a_fourth_ends_the_oldest(house: House) -> None:
    mails = []
    for _ in range(4):
        mails.append(house.mail(house.ann))
        house.clock.forward(seconds=1)
    states = [house.browser().get(mailed.path).status_code for mailed in mails]
    assert states == [410, 200, 200, 200]


def test_when_one_link_is_used_all_others_of_the_address_die(house: House) -> None:
    first, second = house.mail(house.ann), house.mail(house.ann)
    other = house.mail(house.world.both)
    assert house.browser().post(second.path, {"code": second.code}).status_code == 303
    assert house.browser().get(first.path).status_code == 410
    assert house.browser().get(other.path).status_code == 200


def test_neither_links_nor_codes_stand_in_the_database(house: House, tmp_path: Any) -> None:
    browser = house.browser()
    browser.ask(house.ann)
    queued = _dump(house)
    (mailed,) = house.mails()
    browser.post("/login/code", {"code": mailed.code})
    session = browser.cookie()
    for dump in (queued, _dump(house)):
        assert mailed.token not in dump
        assert not re.search(rf"\b{mailed.code}\b", dump)
        assert f"{mailed.code[:3]} {mailed.code[3:]}" not in dump
    with browser.client.session_transaction() as held:
        assert held["_user_id"] not in _dump(house)
    assert len(mailed.token) == 43
    assert browser.cookie("fanlight-device") not in _dump(house)
    assert session


def _dump(house: House) -> str:
    tables = ("sign_ins", "sessions", "devices", "outbox", "audit", "users", "throttle", "visits")
    return "\n".join(repr(tuple(row)) for table in tables for row in house.rows(table))


def test_a_code_is_of_no_use_in_a_browser_that_did_not_ask(house: House) -> None:
    mailed, other = house.mail(house.ann), house.browser()
    assert other.post("/login/code", {"code": mailed.code}).location == "/login"
    house.mail(house.world.both, other)
    assert other.post("/login/code", {"code": mailed.code}).status_code == 400


NO_ADDRESSES = (
    "", "ann", "ann@", "@alder.example", "a b@c.example", "a@b", "x" * 250 + "@c.example", "\x00@c.example",
    "a@c.example\r\nBcc: d@e.example", "a@c.example,d@e.example", "a@c.example d@e.example",
)  # fmt: skip


def test_what_is_no_address_is_asked_for_again(house: House) -> None:
    for typed in NO_ADDRESSES:
        answer = house.browser().ask(typed)
        assert answer.status_code == 400, typed
        assert "whole e-mail address" in answer.text
        assert f'value="{typed}"' in answer.text  # to be mended, not typed again
    assert house.rows("outbox") == []


def test_mail_goes_to_the_stored_address_whatever_the_typed_case(house: House) -> None:
    people.invite(
        house.database,
        house.config,
        "Carl.Big@A0017.example",
        house.world.a.id,
        ["orders"],
        "t",
        house.clock(),
    )
    house.mails()
    assert house.mail(" carl.BIG@a0017.EXAMPLE ").to == "Carl.Big@A0017.example"


def test_look_alike_letters_are_another_address(house: House) -> None:
    browser = house.browser()
    browser.ask(house.ann.replace("a", "а"))  # Cyrillic
    browser.ask(house.ann.replace("m", "ｍ"))  # full width
    assert house.mails() == []


def test_headers_about_the_host_do_not_reach_a_mail(house: House) -> None:
    names = ("X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Forwarded-Server")
    headers = dict.fromkeys(names, "evil.example") | {"Forwarded": "host=evil.example"}
    house.browser().post("/login", {"email": house.ann}, headers=headers)
    (mailed,) = house.mails()
    assert f"http://localhost:8000/login/{mailed.token}" in mailed.text
    assert "evil" not in mailed.text


def test_an_expired_link_offers_a_new_one_in_one_tap(house: House) -> None:
    old = house.mail(house.ann, then="/orders")
    house.clock.forward(hours=2)
    browser = house.browser()
    page = browser.get(old.path)
    assert page.status_code == 410
    assert house.ann not in page.text
    assert browser.post(f"{old.path}/again").location == "/login/code"
    assert "m…@a0017.example" in browser.get("/login/code").text
    for typed in ("", "000001"):
        assert house.ann not in browser.post("/login/code", {"code": typed}).text
    (new,) = house.mails()
    assert new.to == house.ann
    assert browser.post("/login/code", {"code": new.code}).location == "/orders"


def test_asking_anew_for_an_old_link_is_limited_too(house: House) -> None:
    old = house.mail(house.ann)
    answers = [house.browser().post(f"{old.path}/again").status_code for _ in range(5)]
    assert answers == [303] * 4 + [429]


def test_a_link_that_never_was_says_so(house: House) -> None:
    browser = house.browser()
    for path in ("/login/" + "x" * 43, "/login/x", "/login/%00"):
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404
        assert browser.post(f"{path}/again").status_code == 404


def test_contacts_sign_in_where_the_configuration_says_so(
    open_house: Callable[..., House], config: Callable[..., Config]
) -> None:
    house = open_house(config(login={"who": "contacts", "roles": ["orders"]}))
    browser = house.sign_in(house.rita)
    assert browser.get("/orders").status_code == 200
    assert browser.get("/invoices").status_code == 404
    assert [row.email_key for row in house.rows("users")].count(house.rita) == 1


SILENT: list[SourceSettings] = [
    XeroSettings(
        id="crm", label="Desk", kind="xero", client_id="x", client_secret=SecretStr("y"), records=("account",)
    ),
    ExportsSettings(
        id="crm", label="Desk", kind="exports", files=(FileSet(path="a.csv", profile="salesforce-account"),)
    ),
]


@pytest.mark.parametrize("silent", SILENT, ids=lambda source: source.kind)
def test_contacts_a_source_is_no_longer_asked_for_open_no_door(
    open_house: Callable[..., House], config: Callable[..., Config], silent: SourceSettings
) -> None:
    before = open_house(config(login={"who": "contacts"}))
    browser = before.sign_in(before.rita)
    after = open_house(config(login={"who": "contacts"}, sources=[silent]))
    assert _taken_along(after, browser).get("/").status_code == 302
    after.browser().ask(after.rita)
    assert after.mails() == []


def test_who_was_invited_as_such_a_contact_stays_out_until_invited_anew(
    open_house: Callable[..., House], config: Callable[..., Config]
) -> None:
    before, house = open_house(), open_house(config(sources=SILENT[:1]))

    def invite(to: House) -> None:
        people.invite(
            to.database, to.config, to.ann, to.world.a.id, ["read_all"], "staff@shop.example", to.clock()
        )
        to.mails()

    def told() -> set[str]:
        listed = people.list_all(house.database, house.config)
        return {row.state for row in listed if row.email == house.ann}

    invite(before)
    house.browser().ask(house.ann)
    assert (told(), house.mails()) == ({"left"}, [])
    invite(house)
    assert told() == {"invited"}
    assert house.sign_in(house.ann).get("/").status_code == 200


def _taken_along(house: House, browser: Any) -> Any:
    client = house.app.test_client()
    client.set_cookie("fanlight", browser.cookie())
    return client


def test_contacts_who_are_not_invited_get_no_mail_where_invitations_are_asked_for(house: House) -> None:
    house.browser().ask(house.rita)
    assert house.mails() == []


def test_rights_are_looked_up_when_the_link_is_used(house: House) -> None:
    browser = house.browser()
    mailed = house.mail(house.ann, browser)
    house.set_contact(house.ann, active=0)
    assert browser.post("/login/code", {"code": mailed.code}).status_code == 400
    assert browser.get("/").status_code == 302


def test_a_link_from_staff_needs_no_code_and_works_once(house: House) -> None:
    url = sign_in.trusted_link(
        house.database, house.config, house.ann, house.clock(), by="staff@shop.example"
    )
    path = url.removeprefix("http://localhost:8000")
    first, second = house.browser(), house.browser()
    assert 'name="code"' not in first.get(path).text
    assert first.post(path).status_code == 303
    assert second.post(path).status_code == 410
    assert second.post(f"{path}/again").status_code == 404


def test_staff_make_no_link_for_somebody_without_rights(house: House) -> None:
    with pytest.raises(people.NotInvited, match="fanlight user invite"):
        sign_in.trusted_link(house.database, house.config, house.left, house.clock())
