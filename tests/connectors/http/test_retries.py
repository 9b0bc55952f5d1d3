"""What is asked again, how often, after how long; and what is left to the schedule."""

import pytest
from fakes.web import answer, reset, status, truncate, zipped

from connectors.base import Refused, Unavailable
from connectors.http import Limits

LOST = {
    "reset": reset,
    "truncate": truncate(),
    "cut_chunks": truncate(chunked=True),
    "cut_zip": zipped(b"{}", 4),
}
NOT_NOW = [408, 425, 429, 500, 502, 503, 504, 520, 529]


@pytest.mark.parametrize("code", NOT_NOW)
def test_a_source_that_cannot_answer_now_is_asked_again(web, http, held, code):
    web.plays(status(code), status(code), answer("[1]"))
    assert http.get(web.url()).json() == [1]
    assert len(web.asked) == 3 and len(held.slept) == 2


@pytest.mark.parametrize("name", LOST)
def test_an_answer_that_got_lost_is_asked_for_again(web, http, name):
    web.plays(LOST[name], answer("[1]"))
    assert http.get(web.url()).json() == [1]
    assert len(web.asked) == 2


@pytest.mark.parametrize("play", [status(503), *LOST.values()])
def test_five_tries_are_enough(web, http, play):
    web.otherwise = play
    with pytest.raises(Unavailable, match=r"\(5 tries\); the next run asks again"):
        http.get(web.url("/orders?page=2"))
    assert len(web.asked) == 5 and http.sent == 5


def test_the_waits_grow_and_no_two_sources_come_back_together(web, session, held):
    web.otherwise = status(503)
    held.chance = 1.0
    with pytest.raises(Unavailable):
        session().get(web.url())
    assert held.slept == [1, 2, 4, 8]
    held.chance = 0.25
    with pytest.raises(Unavailable):
        session().get(web.url())
    assert held.slept[4:] == [0.25, 0.5, 1, 2]


def test_all_tries_together_end_when_patience_does(web, session, held):
    web.otherwise = status(503)
    held.chance = 1.0
    with pytest.raises(Unavailable) as told:
        session(limits=Limits(patience=5)).get(web.url())
    assert held.slept == [1, 2] and told.value.retry_after == 4


RETRY_AFTER = {
    "seconds": ("7", 7),
    "a fraction": ("2.5", 2.5),
    "a date": ("Mon, 23 Nov 2026 12:00:09 GMT", 9),
    "a date of RFC 850": ("Monday, 23-Nov-26 12:00:09 GMT", 9),
    "a minute": ("60", 60),
}


@pytest.mark.parametrize("name", RETRY_AFTER)
@pytest.mark.parametrize("code", [429, 503])
def test_a_wait_that_is_asked_for_is_kept_and_a_little_more(web, http, held, name, code):
    text, seconds = RETRY_AFTER[name]
    web.plays(status(code, Retry_After=text), answer("[1]"))
    assert http.get(web.url()).json() == [1]
    assert held.slept == [pytest.approx(seconds + 0.5)]


def test_a_date_to_wait_for_is_one_of_the_sources_own_clock(web, http, held):
    its_clock, until = "Mon, 23 Nov 2026 15:00:00 GMT", "Mon, 23 Nov 2026 15:00:05 GMT"
    web.plays(status(429, Date=its_clock, Retry_After=until))
    http.get(web.url())
    assert held.slept == [5.5]


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "0", "NaN", "Infinity", "1e3", "Mon, 23 Nov 1998 12:00:00 GMT", "٣", "9" * 400]
)
def test_a_wait_that_makes_no_sense_is_ours_to_choose(web, http, held, text):
    web.plays(status(429, Retry_After=text))
    http.get(web.url())
    assert held.slept == [0.5]


@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [
        ("61", 61, "61 s"),
        ("66975", 66975, "19 h"),
        ("86400", 86400, "24 h"),
        ("Tue, 24 Nov 2026 12:00:00 GMT", 86400, "24 h"),
        ("999999999999", 604800, "7 days"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 604800, "7 days"),
    ],
)
def test_a_longer_wait_is_left_to_the_schedule_at_once(web, http, held, text, seconds, said):
    web.plays(status(429, Retry_After=text))
    with pytest.raises(Unavailable, match=f"answered 429 and asks us to stay away for {said}") as told:
        http.get(web.url("/orders"))
    assert (told.value.retry_after, held.slept, len(web.asked)) == (seconds, [], 1)


def test_a_source_that_is_not_there_is_tried_and_named(held, session, web):
    web.__exit__()
    with pytest.raises(Unavailable, match=rf"{web.host}/x refuses the connection \(5 tries\)"):
        session().get(web.url("/x"))


def test_a_host_without_an_address_is_named():
    from connectors.http import Http

    http = Http(["nobody.invalid"], limits=Limits(tries=1))
    with pytest.raises(Unavailable, match=r"nobody\.invalid/ cannot be found"):
        http.get("https://nobody.invalid/")


@pytest.fixture
def all_kinds(web, session):
    """A session with all exceptions, and how each is asked."""
    http = session(token_urls=[web.url("/token")], graphql=True, jobs=True)
    job = {"operation": "query", "query": "SELECT Id FROM Order"}
    return {
        "token": lambda: http.token(web.url("/token"), {"refresh_token": "r-12345678"}),
        "query": lambda: http.query(web.url("/graphql.json"), "{ a }"),
        "job": lambda: http.job(web.url("/services/data/v62.0/jobs/query"), job),
    }


@pytest.mark.parametrize("play", [status(500), status(503, Retry_After="7"), *LOST.values()])
@pytest.mark.parametrize("kind", ["token", "job"])
def test_what_may_have_been_done_is_not_asked_for_twice(web, all_kinds, kind, play):
    web.plays(play)
    with pytest.raises(Unavailable):
        all_kinds[kind]()
    assert len(web.asked) == 1


@pytest.mark.parametrize("kind", ["token", "job"])
def test_what_was_plainly_not_done_is_asked_for_again(web, all_kinds, kind, held):
    web.plays(status(429, Retry_After="3"))
    all_kinds[kind]()
    assert len(web.asked) == 2 and held.slept == [3.5]


def test_a_token_request_that_cannot_have_arrived_is_sent_again(web, all_kinds, held):
    web.__exit__()
    with pytest.raises(Unavailable, match=r"refuses the connection \(5 tries\)"):
        all_kinds["token"]()
    assert len(held.slept) == 4


def test_a_token_request_never_travels_on_a_connection_that_lay_idle(web, session):
    http = session(token_urls=[web.url("/token")])
    http.get(web.url("/a"))
    http.get(web.url("/b"))
    http.token(web.url("/token"), {"refresh_token": "r-12345678"})
    first, second, token = (asked.port for asked in web.asked)
    assert first == second != token


@pytest.mark.parametrize("play", [status(502), *LOST.values()])
def test_a_graphql_question_is_asked_again(web, all_kinds, play):
    web.plays(play)
    assert all_kinds["query"]().status == 200
    assert len(web.asked) == 2


def test_every_answer_is_heard_even_those_that_are_asked_for_again(web, session):
    heard = []
    http = session(heard=lambda reply: heard.append((reply.status, reply.headers.get("X-Left"))))
    web.plays(status(429, X_Left="0"), answer("{}", X_Left="60"))
    http.get(web.url())
    assert heard == [(429, "0"), (200, "60")]


def test_who_hears_the_answers_can_end_the_run(web, session):
    def enough(reply):
        raise Unavailable("the daily share of calls is used up", retry_after=3600)

    with pytest.raises(Unavailable, match="daily share"):
        session(heard=enough).get(web.url())


def test_a_pause_the_vendor_asks_for_in_its_own_way(http, held):
    http.pause(1.5, "shop.example has no points left")
    assert held.slept == [1.5]
    with pytest.raises(Unavailable, match="no points") as told:
        http.pause(61, "shop.example has no points left")
    assert told.value.retry_after == 61 and held.slept == [1.5]


def test_a_redirect_that_never_ends_ends(web, http):
    from fakes.web import redirect

    web.otherwise = redirect("/again")
    with pytest.raises(Refused, match="on and on"):
        http.get(web.url())
    assert len(web.asked) == 6
