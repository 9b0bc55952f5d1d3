"""However slowly or largely a source answers, a request ends in time and in memory."""

import subprocess
import sys
from pathlib import Path

import pytest
from fakes.web import answer, bomb, hang, hang_body, huge, trickle, trickle_headers, zipped

from connectors.base import Garbled, Unavailable
from connectors.http import Limits

ROOT = Path(__file__).parents[3]
ONCE = Limits(tries=1)


@pytest.mark.parametrize("play", [trickle, trickle_headers])
def test_a_trickle_ends_at_the_deadline_of_the_whole(web, session, held, play):
    held.tick = 1.0  # each look at the clock finds a second gone; no byte ever keeps us waiting
    web.otherwise = play
    with pytest.raises(Unavailable, match="did not finish its answer within 60 s"):
        session(limits=ONCE).get(web.url())
    assert held.passed <= 65


@pytest.mark.parametrize("play", [hang, hang_body])
def test_silence_ends_when_it_has_lasted_long_enough(web, session, play):
    web.otherwise = play
    with pytest.raises(Unavailable, match="was silent for 1 s"):
        session(limits=Limits(tries=1, read=0.1)).get(web.url())


@pytest.mark.parametrize("play", [hang, hang_body])
def test_a_source_that_was_only_slow_once_is_asked_again(web, session, play):
    web.plays(play, answer("[1]"))
    assert session(limits=Limits(read=0.1)).get(web.url()).json() == [1]


def test_tries_that_hang_end_with_patience(web, session, held):
    """Each try may take what is left of the whole, not its usual share again."""
    held.tick = 1.0
    web.otherwise = trickle
    with pytest.raises(Unavailable):
        session().get(web.url())
    assert held.passed <= Limits().patience + 10


@pytest.mark.parametrize(
    "play", [bomb(3), huge(3), huge(3, told=False), zipped(b"[" + b" " * (2 << 20) + b"]")]
)
def test_a_body_larger_than_allowed_is_garbled_and_not_asked_for_again(web, session, play):
    web.otherwise = play
    with pytest.raises(Garbled, match="more than 1 MB in one answer"):
        session(limits=Limits(body=1 << 20)).get(web.url("/orders"))
    assert len(web.asked) == 1


def test_a_body_of_just_the_size_allowed_is_taken(web, session):
    body = b"[" + b" " * 998 + b"]"
    web.plays(answer(body), zipped(body))
    http = session(limits=Limits(body=1000))
    assert [http.get(web.url()).body, http.get(web.url()).body] == [body, body]


def test_gzip_in_several_members_and_padding_is_one_body(web, http):
    import gzip

    members = [b"[1,", b"2", b" " * (1 << 20), b"]"] * 3
    packed = b"".join(map(gzip.compress, members)) + bytes(9)
    web.plays(answer(packed, 200, Content_Encoding="gzip"))
    assert http.get(web.url()).body == b"".join(members)


@pytest.mark.parametrize("packing", ["br", "deflate", "gzip, gzip", "zstd"])
def test_a_packing_nobody_asked_for_is_garbled(web, http, packing):
    web.plays(answer(b"....", 200, Content_Encoding=packing))
    with pytest.raises(Garbled, match="packed as"):
        http.get(web.url())


def test_what_calls_itself_gzip_and_is_not_is_asked_for_again_and_then_not_there(web, http):
    web.otherwise = answer(b"{}", 200, Content_Encoding="gzip")
    with pytest.raises(Unavailable, match="half an answer"):
        http.get(web.url())


def test_an_error_page_is_not_read_without_end(web, http):
    web.otherwise = answer(b" " * (2 << 20), 400)
    with pytest.raises(Garbled, match="more than 1 MB"):
        http.get(web.url())


BOMBED = """
import resource, sys
sys.path[:0] = ["tests"]
from fakes.web import Web, bomb
from connectors.base import Garbled
from connectors.http import Http
with Web() as web:
    http = Http([web.host])
    http.get(web.url())
    play = bomb(1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    web.plays(play)
    try:
        http.get(web.url())
    except Garbled:
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_gigabyte_of_nothing_costs_little_memory():
    """SYN-24: at most 200 MB; what is allowed is 64."""
    ran = subprocess.run([sys.executable, "-c", BOMBED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(ran.stdout) <= 200
