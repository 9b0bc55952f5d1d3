"""Sessions: new at every sign-in and switch, ended at once by whoever may end them, gone after their time."""

from typing import Any

from portal.store import people, sessions
from sync.tables import PORTAL

House = Any


def _replay(house: House, cookie: str) -> int:
    """What a browser gets that holds only this session cookie."""
    thief = house.browser()
    thief.client.set_cookie("fanlight", cookie)
    return int(thief.get("/").status_code)


def test_a_session_begins_under_a_new_token_whatever_the_browser_brought(house: House) -> None:
    browser = house.browser()
    browser.get("/login")
    planted = browser.cookie()
    mailed = house.mail(house.ann, browser)
    browser.post("/login/code", {"code": mailed.code})
    assert browser.cookie() != planted
    assert _replay(house, planted) == 302
    assert _replay(house, browser.cookie()) == 200


def test_signing_in_again_ends_the_session_before(house: House) -> None:
    browser = house.sign_in(house.ann)
    before = browser.cookie()
    mailed = house.mail(house.world.b.member)
    browser.post(mailed.path, {"code": mailed.code})
    assert _replay(house, before) == 302
    assert house.world.b.name in browser.get("/").text


def test_the_csrf_secret_changes_with_the_session(house: House) -> None:
    browser = house.browser()
    browser.get("/login")
    before = browser.csrf()
    mailed = house.mail(house.ann, browser)
    browser.post("/login/code", {"code": mailed.code})
    assert browser.client.post("/logout", data={"csrf_token": before}).status_code == 400


def test_signing_out_ends_the_session_in_the_database(house: House) -> None:
    browser = house.sign_in(house.ann)
    held = browser.cookie()
    assert browser.post("/logout").location == "/login"
    assert browser.get("/").status_code == 302
    assert _replay(house, held) == 302


def test_signing_out_twice_or_as_nobody_is_no_error(house: House) -> None:
    browser = house.browser()
    assert [browser.post("/logout").status_code for _ in range(2)] == [303, 303]


def test_signing_out_everywhere_ends_every_session_and_every_link(house: House) -> None:
    phone, laptop = house.sign_in(house.ann), house.sign_in(house.ann)
    waiting = house.mail(house.ann)
    assert laptop.post("/account/devices/end").location == "/login"
    assert [browser.get("/").status_code for browser in (phone, laptop)] == [302, 302]
    assert phone.get(waiting.path).status_code == 410
    assert 'name="code"' in phone.get(house.mail(house.ann).path).text


def test_a_device_is_signed_out_from_another_and_has_to_prove_itself_anew(house: House) -> None:
    phone, laptop = house.sign_in(house.ann), house.sign_in(house.ann)
    house.clock.forward(minutes=2)
    laptop.get("/")
    mine, lost = house.sessions(house.ann)
    assert laptop.post(f"/account/devices/{lost.id}/end").location == "/account"
    assert (phone.get("/").status_code, laptop.get("/").status_code) == (302, 200)
    assert 'name="code"' in phone.get(house.mail(house.ann).path).text
    assert [row.id for row in house.sessions(house.ann)] == [mine.id]


def test_nobody_ends_the_session_of_somebody_else(house: House) -> None:
    phone, stranger = house.sign_in(house.ann), house.sign_in(house.world.b.member)
    (theirs,) = house.sessions(house.ann)
    assert stranger.post(f"/account/devices/{theirs.id}/end").status_code == 404
    assert stranger.post("/account/devices/nothing/end").status_code == 404
    assert phone.get("/").status_code == 200


def test_devices_are_named_in_words(house: House) -> None:
    house.sign_in(house.ann)
    (row,) = house.sessions(house.ann)
    assert row.device == "Safari on iPhone"


def test_a_person_deactivated_is_out_on_the_next_request(house: House) -> None:
    browser = house.sign_in(house.ann)
    people.revoke(house.database, house.ann, None, "staff", house.clock())
    assert browser.get("/").status_code == 302


def test_a_deactivated_user_has_no_session_whoever_deactivated_them(house: House) -> None:
    browser = house.sign_in(house.ann)
    with house.database.staff(write=True) as connection:
        connection.execute(PORTAL["users"].update().values(deactivated_at=house.clock()))
    assert browser.get("/").location == "/login?next=/"


def test_a_membership_taken_away_counts_on_the_next_request(house: House) -> None:
    browser = house.sign_in(house.world.both)
    people.revoke(house.database, house.world.both, house.world.a.id, "staff", house.clock())
    assert browser.get("/").status_code == 302
    back = house.sign_in(house.world.both)
    assert house.world.b.name in back.get("/").text
    assert house.world.a.name not in back.get("/").text


def test_a_contact_that_leaves_at_the_source_is_out_on_the_next_request(house: House) -> None:
    address = "carl@a0017.example"
    house.add_contact(address)
    people.invite(house.database, house.config, address, house.world.a.id, ["admin"], "staff", house.clock())
    house.mails()
    browser = house.sign_in(address)
    elsewhere = {"email": "new@a0017.example", "email_key": "new@a0017.example"}
    changes = (
        ({"active": 0}, {"active": 1}),
        ({"gone_at": house.clock()}, {"gone_at": None}),
        (elsewhere, {"active": 1}),
    )
    for left, back in changes:
        assert browser.get("/orders").status_code == 200
        house.set_contact(address, **left)
        answer = browser.get("/orders")
        assert answer.location == "/switch?next=/orders", left
        page = browser.get(answer.location)
        assert (page.status_code, "not connected to a company" in page.text) == (403, True)
        house.set_contact(address, **back)


def test_an_idle_session_ends_after_twelve_hours(house: House) -> None:
    browser = house.sign_in(house.ann)
    house.clock.forward(hours=11, minutes=59)
    assert browser.get("/").status_code == 200
    house.clock.forward(hours=11, minutes=59)
    assert browser.get("/").status_code == 200
    idle = house.sign_in(house.ann)
    house.clock.forward(hours=12)  # half of the day that any session lasts at most
    assert idle.get("/").status_code == 302


def test_a_session_ends_after_a_day_however_busy(house: House) -> None:
    browser = house.sign_in(house.ann)
    answers = []
    for _ in range(5):
        house.clock.forward(hours=6)
        answers.append(browser.get("/").status_code)
    assert answers == [200, 200, 200, 302, 302]


def test_staying_signed_in_lasts_thirty_days(house: House) -> None:
    browser = house.sign_in(house.ann, stay=True)
    house.clock.forward(days=29, hours=23)
    assert browser.get("/").status_code == 200
    house.clock.forward(hours=2)
    assert browser.get("/").status_code == 302


def test_only_who_ticks_it_keeps_the_cookie_after_closing_the_browser(house: House) -> None:
    brief, long = house.sign_in(house.ann), house.sign_in(house.ann, stay=True)
    assert brief.client.get_cookie("fanlight").expires is None
    assert long.client.get_cookie("fanlight").expires is not None


def test_a_clock_that_goes_back_ends_nothing(house: House) -> None:
    browser = house.sign_in(house.ann)
    house.clock.forward(days=-1)
    assert browser.get("/").status_code == 200


def test_a_session_is_touched_at_most_once_a_minute(house: House) -> None:
    browser = house.sign_in(house.ann)
    began = house.clock.now
    for _ in range(3):
        house.clock.forward(seconds=25)
        browser.get("/")
    (row,) = house.sessions(house.ann)
    assert (row.seen_at - began).total_seconds() == 75
    house.clock.forward(seconds=30)
    browser.get("/")
    assert house.sessions(house.ann)[0].seen_at == row.seen_at


def test_every_page_seen_is_a_visit_and_nothing_else_is(house: House) -> None:
    browser = house.sign_in(house.ann)
    order = house.world.a.refs["order"]
    for path in ("/", "/orders", f"/orders/{order}"):
        assert browser.get(path).status_code == 200
    browser.client.head("/orders")
    browser.get("/static/portal.css")
    browser.get("/orders/aaaaaaaaaaaaaaaa")
    browser.get("/switch")
    visits = [(row.page, row.record, row.ref, row.org_id, row.user_id) for row in house.rows("visits")]
    who = (house.world.a.id, house.world.a.user)
    assert sorted(visits, key=str) == sorted(
        [
            ("dashboard.home", None, None, *who),
            ("browse.orders", None, None, *who),
            ("browse.order", "order", order, *who),
        ],
        key=str,
    )


def test_switching_goes_on_under_a_new_token(house: House) -> None:
    browser = house.sign_in(house.world.both)
    before = browser.cookie()
    chosen = browser.post("/switch", {"organisation": str(house.world.b.id), "next": "/orders"})
    assert chosen.location == "/orders"
    assert _replay(house, before) == 302
    assert house.world.b.name in browser.get("/").text
    assert len(house.sessions(house.world.both)) == 1


def test_switching_to_somebody_elses_organisation_is_not_found(house: House) -> None:
    browser = house.sign_in(house.ann)
    for wanted in (str(house.world.b.id), "0", "", "x", "1 or 1=1"):
        assert browser.post("/switch", {"organisation": wanted}).status_code == 404
    assert house.world.a.name in browser.get("/").text


def test_a_session_that_ended_meanwhile_is_not_switched_back_to_life(house: House) -> None:
    browser = house.sign_in(house.world.both)
    (row,) = house.sessions(house.world.both)
    people.revoke(house.database, house.world.both, None, "staff", house.clock())
    assert sessions.choose(house.database, row, house.world.b.id, house.clock()) is None
    assert browser.get("/").status_code == 302
