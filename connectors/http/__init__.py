"""The one outgoing HTTP session of a source: it asks and never tells, within deadlines, politely, and lets
no secret out. What may be sent is judged in ``wire``, below every SDK that is handed the ``session``.

What a caller may rely on: an answer is whole (its length, and its gzip's end, were checked); 2xx, 304 and the
4xx that mean something to a connector come back, 408, 425, 429 and 5xx only after their tries as a Failure. A
POST to a token URL is sent again only where it cannot have arrived: after a lost answer the old token may be
spent, and only the connector knows its vendor's grace rule.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import requests

from connectors.base import Refused, Unavailable
from connectors.http.guard import Guard
from connectors.http.limits import Limits as Limits
from connectors.http.limits import Time as Time
from connectors.http.redaction import Secrets
from connectors.http.reply import Reply as Reply
from connectors.http.wire import Wire, reply_of

_SECRET_FIELDS = (
    "client_secret",
    "refresh_token",
    "access_token",
    "id_token",
    "assertion",
    "password",
    "code",
)


class GuardedSession(requests.Session):
    """A requests.Session for SDKs that take one; whatever they do to it, its requests leave by the wire.

    It knows no environment: no proxies, no ``.netrc``, no cookies."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self.trust_env = False
        self.mount("https://", wire)
        self.mount("http://", wire)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers["User-Agent"] = user_agent()
        self.headers["Accept-Encoding"] = "gzip"

    def get_adapter(self, url: str | bytes) -> Wire:  # noqa: ARG002 - whatever the address
        """The wire, for every address."""
        return self._wire

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """None: the wire has followed what may be followed."""
        return None


class Http:
    """One source's session. ``hosts``: host names (with ``:port`` where it is not the usual one); plain http
    only to this machine. ``heard`` is told every answer (for the vendor's rate headers) and may raise a
    Failure to end the run. ``ca``: a file of certificates to trust instead of the usual ones."""

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        token_urls: Iterable[str] = (),
        graphql: bool = False,
        jobs: bool = False,
        limits: Limits | None = None,
        time: Time | None = None,
        heard: Callable[[Reply], None] | None = None,
        ca: Path | None = None,
    ) -> None:
        tokens = frozenset(map(_spelt, token_urls))
        guard = Guard(frozenset(map(str.lower, hosts)), tokens, graphql, jobs)
        self.secrets, self.hosts = Secrets(), guard.hosts
        self._limits, self._time = limits or Limits(), time or Time()
        self._wire = Wire(guard, self._limits, self._time, self.secrets, heard, str(ca or ""))
        self.session = GuardedSession(self._wire)

    @property
    def sent(self) -> int:
        """How many requests went out so far, each try counted."""
        return self._wire.sent

    def get(
        self, url: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Ask for a page."""
        return self._ask("GET", url, headers, params=params)

    def fetch(self, url: str, into: IO[bytes], headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for a file; the body of a 200 is written ``into`` (at its start, what it held is gone)."""
        return self._ask("GET", url, headers, into)

    def token(self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
        """POST a form to a token URL. What goes out and comes back as a secret is hidden from then on."""
        self.secrets.learn(form.get(name) for name in _SECRET_FIELDS)
        reply = self._ask("POST", url, headers, data=dict(form))
        if reply.ok:
            told = reply.object()
            self.secrets.learn(told.get(name) for name in _SECRET_FIELDS)
        return reply

    def query(
        self,
        url: str,
        document: str,
        variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """POST a GraphQL document that holds queries only."""
        body = {"query": document, **({"variables": dict(variables)} if variables else {})}
        return self._ask("POST", url, headers, json=body)

    def job(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
        """Start a Salesforce Bulk 2.0 query job."""
        return self._ask("POST", url, headers, json=dict(body))

    def pause(self, seconds: float, why: str) -> None:
        """Wait because an answer said so in the vendor's own way; raises Unavailable with ``why`` (a safe
        sentence) where that is longer than a run should wait."""
        if seconds > self._limits.retry_after:
            raise Unavailable(why, retry_after=seconds)
        self._time.sleep(max(seconds, 0.0))

    def hide(self, text: str) -> str:
        """A text of the vendor's without secrets, on one line, for a message."""
        return self.secrets.hide(text)

    def close(self) -> None:
        """Close what is open."""
        self._wire.close()

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        into: IO[bytes] | None = None,
        **more: Any,
    ) -> Reply:
        request = requests.Request(method, url, headers=dict(headers or {}), **more)
        try:
            prepared = self.session.prepare_request(request)
        except (requests.RequestException, ValueError):
            prepared = None
        if prepared is None:
            raise Refused("an address or a header makes no sense; correct it in the TOML. Nothing was sent")
        answer = self._wire.exchange(prepared, into or BytesIO())
        return reply_of(self._wire.place(prepared), answer)


def host_of(url: str) -> str:
    """The host of an address as ``Http(hosts=…)`` wants it, with its port where one is told; raises
    ValueError where there is none."""
    host = urlsplit(_spelt(url)).netloc.rpartition("@")[2]
    if not host:
        raise ValueError("is no web address")
    return host


def _spelt(url: str) -> str:
    """An address as it will be sent."""
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, None)
    return prepared.url or ""


@cache
def user_agent() -> str:
    """How we introduce ourselves."""
    return f"Fanlight/{version('fanlight')}"
