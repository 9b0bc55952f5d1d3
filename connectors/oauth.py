"""OAuth 2.0 tokens of one source: kept before they are used, read again before they are renewed.

Another process may have renewed the token since: what is kept now counts, not what this process remembers.
Where a refresh token is spent by using it, that is the difference between working and 'invalid_grant'.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from connectors.base import Credentials

EARLY = timedelta(minutes=2)  # a token that ends this soon is renewed first


class Token(Struct, frozen=True, omit_defaults=True):
    """An access token and what renews it. ``lasts``: when ``refresh`` ends unless it is used before."""

    access: str
    ends: datetime
    refresh: str = ""
    lasts: datetime | None = None

    def __repr__(self) -> str:
        return f"<token until {self.ends:%Y-%m-%d %H:%M} UTC>"


class Tokens:
    """The token of one source. ``credentials`` is asked for each time (sync puts its own there later);
    ``renew`` turns the token kept last (or None) into a new one, or raises a Failure."""

    def __init__(
        self,
        credentials: Callable[[], Credentials],
        renew: Callable[[Token | None], Token],
        now: Callable[[], datetime],
    ) -> None:
        self._credentials, self._renew, self._now = credentials, renew, now
        self._held: Token | None = None

    def access(self) -> str:
        """An access token that is good for a while; renews it where it is not."""
        if self._held is None or not self._lasts(self._held):
            self._held = self._kept_or_new(None)
        return self._held.access

    def instead_of(self, refused: str) -> str:
        """Another access token than the one the source refused, be it another process's."""
        self._held = self._kept_or_new(refused)
        return self._held.access

    def keep(self, token: Token) -> None:
        """Make a token the source's own, for every process."""
        told: dict[str, Any] = msgspec.to_builtins(token)
        self._credentials().keep(told, expires=token.lasts)
        self._held = token

    def _kept_or_new(self, refused: str | None) -> Token:
        kept = self._kept()
        if kept is not None and kept.access != refused and self._lasts(kept):
            return kept
        token = self._renew(kept)
        self.keep(token)
        return token

    def _kept(self) -> Token | None:
        told = self._credentials().read()
        try:
            return msgspec.convert(told, Token) if told else None
        except msgspec.ValidationError:
            return None

    def _lasts(self, token: Token) -> bool:
        return token.ends - EARLY > self._now()
