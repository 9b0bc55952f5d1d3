"""No token, password or ``?…`` of an address is in a message, a log or an error's history."""

import logging
import traceback

import pytest
from fakes.web import ODD_BODIES, answer, bomb, hang, redirect, reset, status, trickle, truncate

from connectors.base import Failure, Unavailable
from connectors.http import Http, Limits
from connectors.http.redaction import HIDDEN, Secrets

SECRETS = ("tok-4711-secret", "q-secret-99", "c-secret-88", "r-secret-77")
PROOF = {"Authorization": f"Bearer {SECRETS[0]}"}
ODDITIES = {
    "503": status(503), "429": status(429, Retry_After="9999"), "reset": reset, "truncate": truncate(),
    "hang": hang, "trickle": trickle, "evil": redirect("https://evil.example/?t=q-secret-99"),
    "bomb": bomb(2), "loop": redirect("/x?sig=q-secret-99"), "zip": answer(b"x", 200, Content_Encoding="br"),
}  # fmt: skip


def everything(error: BaseException) -> str:
    """An error as it would be logged, and all it remembers."""
    told, found = error, []
    while told:
        found += ["".join(traceback.format_exception(told)), repr(told), str(told.args)]
        told = told.__cause__ or told.__context__
    return "\n".join(found)


def holds_secret(text: str) -> bool:
    return any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("name", ODDITIES)
def test_nothing_that_goes_wrong_tells_a_secret(web, session, held, caplog, name):
    held.tick = 0.01
    caplog.set_level(logging.DEBUG)
    web.otherwise = ODDITIES[name]
    http = session(limits=Limits(read=0.05, total=0.1, body=1 << 20, tries=2), token_urls=[web.url("/token")])
    told = []
    for ask in (
        lambda: http.get(web.url("/orders"), {"sig": SECRETS[1]}, PROOF),
        lambda: http.token(web.url("/token"), {"client_secret": SECRETS[2], "refresh_token": SECRETS[3]}),
        lambda: http.session.get(web.url(f"/orders?sig={SECRETS[1]}"), headers=PROOF),
    ):
        with pytest.raises(Failure) as failed:
            ask()
        told.append(everything(failed.value))
    assert not holds_secret("\n".join(told)), told
    assert caplog.text and not holds_secret(caplog.text)


def test_a_connection_that_fails_tells_no_address(web, session, caplog):
    caplog.set_level(logging.DEBUG)
    web.__exit__()
    with pytest.raises(Unavailable) as failed:
        session().get(web.url(f"/o?sig={SECRETS[1]}"), headers=PROOF)
    assert not holds_secret(everything(failed.value) + caplog.text)


@pytest.mark.parametrize("name", sorted(set(ODD_BODIES) - {"null200"}))
def test_an_answer_that_cannot_be_read_is_not_quoted(web, http, name):
    web.plays(answer(ODD_BODIES[name] + SECRETS[0].encode()))
    reply = http.get(web.url(f"/a?sig={SECRETS[1]}"), headers=PROOF)
    with pytest.raises(Failure) as failed:
        reply.json()
    assert not holds_secret(everything(failed.value) + repr(reply))


def test_a_secret_in_a_path_that_was_met_before_is_hidden(web, http):
    http.get(web.url(), headers=PROOF)
    web.otherwise = status(503)
    with pytest.raises(Unavailable) as failed:
        http.get(web.url(f"/drop/{SECRETS[0]}/orders.csv"))
    assert f"/drop/{HIDDEN}/orders.csv" in str(failed.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the header Bearer eyJhbGciOi.abc-1 is bad", f"the header Bearer {HIDDEN} is bad"),
        ('{"access_token":"a1b2c3d4e5"}', f'{{"access_token":"{HIDDEN}"}}'),
        ("client_secret=a1b2c3d4e5&x=1", f"client_secret={HIDDEN}&x=1"),
        ("token: expired", "token: expired"),
        ('"errorCode": "REQUEST_LIMIT_EXCEEDED1"', '"errorCode": "REQUEST_LIMIT_EXCEEDED1"'),
        ("two\nlines\x1b[31m", "two lines [31m"),
    ],
)
def test_a_vendors_own_words_are_shown_without_what_looks_like_a_secret(text, shown):
    assert Secrets().hide(text) == shown


def test_the_password_of_a_basic_header_is_known_too():
    secrets = Secrets()
    secrets.learn_headers({"authorization": "Basic c29tZW9uZTpodW50ZXIyMg=="})  # someone:hunter22
    assert secrets.hide("someone hunter22 c29tZW9uZTpodW50ZXIyMg==") == f"someone {HIDDEN} {HIDDEN}"


def test_a_session_shows_no_secret_of_its_own(web, http):
    http.get(web.url(), headers=PROOF)
    assert isinstance(http, Http) and not holds_secret(repr(http) + repr(http.secrets) + repr(http.session))
