"""How the app signs in: client credentials for a token of 24 hours, or a token somebody gave us.
https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens"""

from datetime import timedelta
from typing import Any

from connectors.base import Disconnected, Garbled
from connectors.http import Http, Time
from connectors.oauth import Token
from connectors.shopify.settings import ShopifySettings

GIVEN = timedelta(days=3650)  # a token that ends when somebody revokes it
USUAL = 86_399  # seconds


def sign_in(http: Http, settings: ShopifySettings, time: Time) -> Token:
    """A token for the shop; raises Disconnected where the shop does not let us in."""
    if settings.token is not None and settings.auth == "token":
        return Token(access=settings.token.get_secret_value(), ends=time.now() + GIVEN)
    secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
    form = {"grant_type": "client_credentials", "client_id": settings.client_id, "client_secret": secret}
    reply = http.token(settings.tokens_at, form)
    if not reply.ok:
        raise Disconnected(
            f"Shopify does not let the app in (it answered {reply.status}); check client_id and "
            f"client_secret, and that the app is installed in {settings.shop}; {settings.again}"
        )
    told = reply.object()
    access, lasts = told.get("access_token"), told.get("expires_in")
    if not isinstance(access, str) or not access:
        raise Garbled("Shopify answered the sign-in without a token; nothing was taken")
    return Token(access=access, ends=time.now() + timedelta(seconds=_seconds(lasts)))


def _seconds(told: Any) -> int:
    return told if isinstance(told, int) and told > 0 else USUAL
