"""A person's first consent: OAuth 2.0 authorisation code with PKCE, and the choice of one organisation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from connectors.base import Disconnected, Garbled
from connectors.oauth import Tokens
from connectors.xero.access import Access
from connectors.xero.settings import XeroSettings, reconnect


@dataclass(frozen=True)
class Tenant:
    """A Xero organisation our token reaches."""

    id: str
    name: str

    def __str__(self) -> str:
        return f'{self.name or "an organisation"} (tenant_id = "{self.id}")'


def tenants(told: object) -> list[Tenant]:
    """What GET /connections answers; only organisations, no practices."""
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise Garbled("Xero's list of connections is none; nothing was taken")
    return [
        Tenant(str(one.get("tenantId") or "").lower(), str(one.get("tenantName") or "")[:80])
        for one in told
        if one.get("tenantType", "ORGANISATION") == "ORGANISATION" and one.get("tenantId")
    ]


def choose(settings: XeroSettings, found: Sequence[Tenant]) -> Disconnected | None:
    """What a person must do about ``tenant_id``; None where it is one of those that are reached."""
    if not found:
        return Disconnected(f"no Xero organisation is connected any more; {reconnect(settings)}")
    if settings.tenant_id.lower() in {one.id for one in found}:
        return None
    reached = "; ".join(map(str, found[:10]))
    if settings.tenant_id:
        return Disconnected(
            f"tenant_id {settings.tenant_id} is no organisation this connection reaches; there is {reached}; "
            f"correct tenant_id in the TOML, or {reconnect(settings)}"
        )
    if settings.auth == "custom" and len(found) == 1:
        return None
    return Disconnected(
        f"tenant_id in the TOML does not say which organisation is meant; there is {reached}; write one of "
        f"them there, {settings.again}"
    )


class Consent:
    """The walk through Xero's pages. ``ask`` tells which organisations are reached once it is done."""

    def __init__(
        self,
        settings: XeroSettings,
        access: Access,
        tokens: Tokens,
        now: Callable[[], datetime],
        ask: Callable[[], list[Tenant]],
    ) -> None:
        self._settings, self._access, self._tokens = settings, access, tokens
        self._now, self._ask = now, ask

    def address(self, back_to: str, state: str, challenge: str) -> str:
        """Xero's page where the person agrees and picks the organisation."""
        wish = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": back_to,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._settings.login_url}?{urlencode(wish)}"

    def redeem(self, back_to: str, answer: Mapping[str, str], verifier: str) -> Sequence[str]:
        """Keep the token; returns which organisation it reaches, and what to write into the TOML."""
        if error := answer.get("error"):
            raise Disconnected(
                f"Xero was not connected ({error[:60]}); nothing was changed; {reconnect(self._settings)}"
            )
        code = answer.get("code", "")
        self._tokens.keep(self._access.redeem(code, back_to, verifier, self._now()))
        found = self._ask()
        if wrong := choose(self._settings, found):
            return [f"Connected. {wrong}"]
        name = next(str(one) for one in found if one.id == self._settings.tenant_id.lower())
        return [f"Connected: {name}."]
