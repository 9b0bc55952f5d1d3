"""How the integration user signs in: client credentials, a signed JWT, or a session somebody gave us.
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm"""

from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from connectors.base import Disconnected, Garbled, Unavailable
from connectors.http import Http, Reply, Time
from connectors.oauth import Token
from connectors.salesforce.settings import SalesforceSettings

# How long a session lasts the org alone knows, and use prolongs it: its refusal tells.
LASTS = timedelta(days=1)
JWT_LASTS = timedelta(minutes=3)
WAIT = 300.0  # seconds the org is left alone by all streams where nobody answers the sign-in
CURES = {
    "invalid_client_id": "client_id is not known there; copy the External Client App's consumer key",
    "invalid_client": "client_id or client_secret is wrong; copy them from the External Client App",
    "invalid_grant": "the app does not let this user in; check its Run-As user, or the JWT's username",
    "unauthorized_client": "the app may not use this flow; switch it on in its OAuth settings",
    "inactive_user": "the integration user is inactive; activate it",
}


def sign_in(http: Http, token_url: str, settings: SalesforceSettings, time: Time) -> Token:
    """A new session; raises Disconnected where the org does not let us in. Where it cannot just now no stream
    can be read: Unavailable says how long to wait."""
    if settings.auth == "session":
        return Token(access=secret(settings.session_id), ends=time.now() + LASTS)
    try:
        reply = http.token(token_url, _form(settings, time))
    except Unavailable as error:
        raise Unavailable(str(error), retry_after=error.retry_after or WAIT) from None
    if not reply.ok:
        raise _refusal(reply, settings)
    access = reply.object().get("access_token")
    if not isinstance(access, str) or not access:
        raise Garbled("Salesforce answered the sign-in without a token; nothing was taken")
    return Token(access=access, ends=time.now() + LASTS)


def _form(settings: SalesforceSettings, time: Time) -> dict[str, str]:
    if settings.auth == "jwt":
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return {"grant_type": grant, "assertion": _assertion(settings, time)}
    return {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": secret(settings.client_secret),
    }


def _assertion(settings: SalesforceSettings, time: Time) -> str:
    import jwt

    ends = time.now() + JWT_LASTS
    told = {"iss": settings.client_id, "sub": settings.username, "aud": settings.audience, "exp": ends}
    try:
        return jwt.encode(told, secret(settings.private_key), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise Disconnected(
            "private_key is no RSA key in PEM form; give the one the certificate was made with; "
            f"{settings.again}"
        ) from None


def secret(told: SecretStr | None) -> str:
    """A secret's value; the settings are checked, so that it is there."""
    return told.get_secret_value() if told else ""


def _refusal(reply: Reply, settings: SalesforceSettings) -> Exception:
    told: Any = reply.json()
    code = str(told.get("error", "")) if isinstance(told, dict) else ""
    if reply.status == 400 and code in ("unknown_error", "server_error"):
        said = "Salesforce cannot sign anybody in just now; the next run asks again"
        return Unavailable(said, retry_after=WAIT)
    cure = CURES.get(code, "check auth, client_id and base_url in the TOML")
    return Disconnected(f"Salesforce does not let us in ({code or reply.status}): {cure}; {settings.again}")
