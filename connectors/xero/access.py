"""The right to ask Xero: tokens of a custom connection, or of a person's consent that renews itself.

A custom connection asks for a token with its id and secret. A consent has a refresh token that is spent by
using it; Xero takes a spent one once more for 30 minutes, so that a lost answer may be asked for again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Disconnected, Garbled, Unavailable
from connectors.http import Http, Reply
from connectors.oauth import Token
from connectors.xero.settings import XeroSettings, reconnect

REFRESHABLE = timedelta(days=60)  # as long as nobody uses it
WRONG = ("invalid_client", "unauthorized_client")


class Access:
    """Tokens of one source, asked for at its token URL."""

    def __init__(self, settings: XeroSettings, http: Http) -> None:
        self._settings, self._http = settings, http

    def renew(self, kept: Token | None, now: datetime) -> Token:
        """A new token. Raises Disconnected where a person must connect anew."""
        if self._settings.auth == "custom":
            return self._token({"grant_type": "client_credentials", "scope": self._scopes()}, now)
        if kept is None or not kept.refresh:
            raise Disconnected(f"Xero has not been connected yet; run: fanlight auth {self._settings.id}")
        form = {"grant_type": "refresh_token", "refresh_token": kept.refresh}
        try:
            return self._token(form, now)
        except Unavailable as lost:
            if lost.retry_after is not None:
                raise
            return self._token(form, now)

    def redeem(self, code: str, back_to: str, verifier: str, now: datetime) -> Token:
        """The first token, for the code a consent brought."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back_to}
        return self._token({**form, "code_verifier": verifier}, now)

    def _scopes(self) -> str:
        """The scopes; without the one that asks for a refresh token, which a custom connection never has."""
        wanted = self._settings.scopes
        return " ".join(one for one in wanted if one != "offline_access" or self._settings.auth == "code")

    def _token(self, form: Mapping[str, str], now: datetime) -> Token:
        settings = self._settings
        proof = {"client_id": settings.client_id, "client_secret": settings.client_secret.get_secret_value()}
        reply = self._http.token(settings.token_url, {**form, **proof}, {"Accept": "application/json"})
        if not reply.ok:
            raise self._refused(reply)
        return self._read(reply.object(), now)

    def _read(self, told: Mapping[str, Any], now: datetime) -> Token:
        access, seconds, refresh = (told.get(n) for n in ("access_token", "expires_in", "refresh_token"))
        if not isinstance(access, str) or not access or not isinstance(seconds, int):
            raise Garbled("Xero answered without a token; nothing was changed")
        held = refresh if isinstance(refresh, str) and self._settings.auth == "code" else ""
        return Token(
            access=access,
            ends=now + timedelta(seconds=seconds),
            refresh=held,
            lasts=now + REFRESHABLE if held else None,
        )

    def _refused(self, reply: Reply) -> Disconnected:
        """What to do about a refusal; Xero names it in one word."""
        told = reply.object() if reply.body.strip().startswith(b"{") else {}
        word = self._http.hide(str(told.get("error", ""))[:60]) or f"status {reply.status}"
        source = self._settings.id
        if word in WRONG:
            return Disconnected(
                f"Xero does not know this client_id and client_secret ({word}); copy both anew from "
                f"developer.xero.com → My Apps into the settings of {source}; {self._settings.again}"
            )
        if word == "invalid_scope":
            return Disconnected(
                f"Xero does not give this app all of the scopes ({word}); tick them in developer.xero.com → "
                f"My Apps, or shorten scopes = [...] of {source}; {self._settings.again}"
            )
        return Disconnected(f"Xero lets {source} in no more ({word}); {reconnect(self._settings)}")
