"""Tokens: kept before they are used, read again before they are renewed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Disconnected, Unkept
from connectors.oauth import EARLY, Token, Tokens

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


class Desk:
    """A place tokens are kept at, a vendor that makes them, and a time; ``log`` is the order of things."""

    def __init__(self) -> None:
        self.kept, self.now, self.log = Unkept(), NOON, list[str]()
        self.made = 0

    def renew(self, kept: Token | None) -> Token:
        self.made += 1
        self.log.append(f"renew {kept.refresh if kept else 'nothing'}")
        return Token(f"access-{self.made}", self.now + HALF_AN_HOUR, f"refresh-{self.made}", NOON)

    def read(self) -> Any:
        return self.kept.read()

    def keep(self, token: dict[str, Any], expires: datetime | None = None) -> None:
        self.log.append(f"keep {token['access']} until {expires}")
        self.kept.keep(token, expires)

    def tokens(self) -> Tokens:
        return Tokens(lambda: self, self.renew, lambda: self.now)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_token_is_kept_before_it_is_used_with_the_day_it_needs_a_person(desk):
    assert desk.tokens().access() == "access-1"
    assert desk.log == ["renew nothing", f"keep access-1 until {NOON}"]


def test_a_token_is_used_until_shortly_before_its_end(desk):
    tokens = desk.tokens()
    tokens.access()
    desk.now += HALF_AN_HOUR - EARLY - timedelta(seconds=1)
    assert tokens.access() == "access-1"
    desk.now += timedelta(seconds=1)
    assert tokens.access() == "access-2"
    assert desk.log[2] == "renew refresh-1"


def test_another_process_s_token_is_used_instead_of_renewing(desk):
    mine, other = desk.tokens(), desk.tokens()
    mine.access()
    desk.now += HALF_AN_HOUR
    assert other.access() == "access-2"
    assert mine.access() == "access-2"
    assert desk.made == 2


def test_a_refused_token_is_renewed_once_for_all(desk):
    mine, other = desk.tokens(), desk.tokens()
    mine.access(), other.access()
    assert mine.instead_of("access-1") == "access-2"
    assert other.instead_of("access-1") == "access-2"
    assert desk.made == 2


def test_what_is_kept_in_another_form_is_taken_for_nothing(desk):
    desk.kept.keep({"token": "of an older Fanlight"})
    assert desk.tokens().access() == "access-1"
    assert desk.log[0] == "renew nothing"


def test_where_renewing_fails_what_is_kept_stays(desk):
    def refuse(kept: Token | None) -> Token:
        raise Disconnected("run: fanlight auth books")

    desk.tokens().access()
    before = desk.read()
    with pytest.raises(Disconnected):
        Tokens(lambda: desk, refuse, lambda: NOON + HALF_AN_HOUR).access()
    assert desk.read() == before


def test_a_token_never_shows_itself(desk):
    assert "access" not in repr(desk.renew(None)) and "refresh" not in repr(desk.renew(None))
