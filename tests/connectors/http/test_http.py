"""The session as a connector uses it: it asks, and what comes back is whole."""

from decimal import Decimal

import pytest
from fakes.web import ODD_BODIES, answer, status

from connectors.base import Garbled, Refused
from connectors.http.redaction import HIDDEN


def test_a_page_comes_with_its_status_headers_and_the_sources_clock(web, http):
    web.plays(answer('{"total": 10.10}', Date="Mon, 23 Nov 2026 11:59:58 GMT", X_Left="59"))
    reply = http.get(web.url("/orders"), {"page": 2}, {"Authorization": "Bearer abcdefghij"})
    assert (reply.status, reply.headers["x-left"]) == (200, "59")
    assert reply.json() == {"total": Decimal("10.10")}
    assert reply.date.isoformat() == "2026-11-23T11:59:58+00:00"
    assert web.asked[0].path == "/orders?page=2"


def test_an_answer_well_older_than_the_last_one_was_kept_on_the_way(web, http):
    clocks = ["12:00:00", "11:58:00", "11:52:00"]
    web.plays(*(answer("{}", Date=f"Mon, 23 Nov 2026 {clock} GMT") for clock in clocks))
    first, behind, old = (http.get(web.url()) for _ in clocks)
    last = first.no_older_than(None)
    assert behind.no_older_than(last) == behind.date  # another of its servers
    with pytest.raises(Garbled, match="sent an old answer, kept on the way here; nothing was taken"):
        old.no_older_than(last)


def test_it_says_who_asks(web, http):
    http.get(web.url())
    assert web.asked[0].headers["User-Agent"].startswith("Fanlight/")


@pytest.mark.parametrize("code", [304, 400, 401, 403, 404, 409, 410, 422])
def test_an_answer_that_means_something_to_the_connector_comes_back(web, http, code):
    web.plays(status(code))
    assert http.get(web.url()).status == code
    assert http.sent == 1


@pytest.mark.parametrize("name", sorted(set(ODD_BODIES) - {"null200"}))
def test_what_is_not_json_is_garbled(web, http, name):
    web.plays(answer(ODD_BODIES[name]))
    reply = http.get(web.url("/orders"))
    with pytest.raises(Garbled, match="nothing was taken"):
        reply.json()


def test_null_is_json_but_no_object(web, http):
    web.plays(answer(b"null"))
    reply = http.get(web.url("/orders"))
    assert reply.json() is None
    with pytest.raises(Garbled, match="no object"):
        reply.object()


def test_a_byte_order_mark_is_no_part_of_the_json(web, http):
    web.plays(answer(b"\xef\xbb\xbf[1]"))
    assert http.get(web.url()).json() == [1]


def test_half_an_emoji_spoils_one_character_not_the_page(web, http):
    web.plays(answer(rb'["Kea \ud83d", "\ude00", "\ud83d\ude00", "C:\\ud83d"]'))
    assert http.get(web.url()).json() == ["Kea �", "�", "😀", r"C:\ud83d"]


def test_a_token_is_hidden_from_the_moment_it_is_known(web, session):
    http = session(token_urls=[web.url("/token")])
    web.plays(answer('{"access_token": "tok-4711-abc", "expires_in": 1800}'))
    http.token(web.url("/token"), {"client_secret": "s3cr3t+value"})
    assert http.hide("tok-4711-abc and s3cr3t%2Bvalue") == f"{HIDDEN} and {HIDDEN}"


def test_a_write_is_refused_before_a_byte_of_it_is_sent(web, http):
    with pytest.raises(Refused, match="Fanlight only reads"):
        http.session.put(web.url("/orders/1"), json={})
    assert web.asked == []
