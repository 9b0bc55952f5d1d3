"""The one way out: every request of a session, an SDK's too, is judged here, sent here, tried again here.

    guard ▶ send ▶ answer poured within deadline and cap ▶ trouble? wait, again ▶ same host's redirect? follow

Nothing the caller hands to ``send`` can widen it: no timeout, proxy, certificate or redirect of its own.
"""

import logging
from collections.abc import Callable
from io import BytesIO
from ssl import SSLCertVerificationError
from typing import IO, Any
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Timeout

from connectors.base import Refused
from connectors.http.body import Broken, pour
from connectors.http.deadline import Deadline, bound
from connectors.http.guard import Guard, Kind, origin
from connectors.http.limits import Limits, Time
from connectors.http.patience import Patience, Trouble, span, told_wait
from connectors.http.redaction import Secrets, quieten_libraries
from connectors.http.reply import Reply

log = logging.getLogger("connectors.http")
MOVED = (301, 302, 303, 307, 308)
LATER = (408, 425, 429)
ERROR_BODY = 1 << 20


class Wire(HTTPAdapter):
    """Sends what ``guard`` lets pass. ``heard`` is told every answer, also those that are asked for again."""

    def __init__(
        self,
        guard: Guard,
        limits: Limits,
        time: Time,
        secrets: Secrets,
        heard: Callable[[Reply], None] | None = None,
        ca: str = "",
    ) -> None:
        self.guard, self.limits, self.time, self.secrets = guard, limits, time, secrets
        self.heard, self._ca = heard, ca
        self.sent = 0  # requests put on the wire, each try counted
        quieten_libraries()
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Make connections that keep to a deadline."""
        super().init_poolmanager(*args, **more)
        bound(self.poolmanager)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Send for a requests.Session; raises only Failure."""
        return self.exchange(request, BytesIO())

    def exchange(self, request: requests.PreparedRequest, into: IO[bytes]) -> requests.Response:
        """Send, and write the body of a 200 ``into`` a file; the answer's ``content`` holds it where the file
        is in memory, and any other answer's. Raises only Failure."""
        for _ in range(self.limits.redirects + 1):
            kind, place = self._allowed(request)
            answer = self._asked(request, kind, place, into)
            if answer.status_code not in MOVED or not (to := answer.headers.get("Location")):
                return answer
            request = self._followed(request, kind, place, to)
        raise Refused(
            f"{place} sends us on and on (more than {self.limits.redirects} times); correct its address"
        )

    def _allowed(self, request: requests.PreparedRequest) -> tuple[Kind, str]:
        body = request.body or b""
        held = body.encode("utf-8") if isinstance(body, str) else body
        if not isinstance(held, bytes):
            raise Refused("a request's body must be text; it was not sent")
        url = request.url or ""
        headers = {name: _text(value) for name, value in request.headers.items()}
        kind = self.guard.kind(request.method or "", url, headers, held)
        self.secrets.learn_headers(headers)
        return kind, self.place(request)

    def place(self, request: requests.PreparedRequest) -> str:
        """Where a request goes, as people may read it: host and path."""
        parts = self.guard.split(request.url or "")
        return self.secrets.hide(f"{parts.netloc}{parts.path}"[:120])

    def _asked(
        self, request: requests.PreparedRequest, kind: Kind, place: str, into: IO[bytes]
    ) -> requests.Response:
        patience = Patience(self.limits, self.time, place)
        if kind in (Kind.TOKEN, Kind.JOB):
            self.poolmanager.clear()  # a connection that died idle would leave open whether it arrived
        while True:
            found = self._tried(request, kind, place, into, patience.deadline())
            if isinstance(found, requests.Response):
                self._tell(place, found)
                trouble = self._trouble(found, kind)
                if trouble is None:
                    return found
            else:
                trouble = found
            log.info("%s %s", place, trouble.what)
            patience.wait(trouble)

    def _tell(self, place: str, found: requests.Response) -> None:
        log.debug("%s answered %s", place, found.status_code)
        if self.heard:
            self.heard(reply_of(place, found))

    def _trouble(self, found: requests.Response, kind: Kind) -> Trouble | None:
        """What an answer's status says, where that is: not now."""
        status = found.status_code
        if status not in LATER and status < 500:
            return None
        # A 5xx may come after a token was spent or a job begun; the other statuses say that nothing was done.
        again = status in LATER or kind in (Kind.READ, Kind.QUERY)
        return Trouble(f"answered {status}", again, told_wait(found.headers, self.time.now()))

    def _tried(
        self,
        request: requests.PreparedRequest,
        kind: Kind,
        place: str,
        into: IO[bytes],
        deadline: Deadline,
    ) -> requests.Response | Trouble:
        """One try. Nothing of a library's error leaves here: its text may hold secrets."""
        self.sent += 1
        try:
            with deadline.current():
                return self._sent(request, place, into, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, Broken) as e:
            return _told(e, kind, deadline, self.limits)
        except (ValueError, UnicodeError):
            return Trouble("cannot be asked: its address makes no sense", person=True)

    def _sent(
        self, request: requests.PreparedRequest, place: str, into: IO[bytes], deadline: Deadline
    ) -> requests.Response:
        limits = self.limits
        timeout = Timeout(connect=min(limits.connect, deadline.left()), read=deadline.left())
        answer = super().send(
            request,
            stream=True,
            timeout=timeout,  # type: ignore[arg-type]  # requests takes urllib3's own, its annotation does not
            verify=self._ca or True,
        )
        wanted = 200 <= answer.status_code < 300
        held = into if wanted else BytesIO()
        try:
            pour(answer.raw, held, limits.body if wanted else ERROR_BODY, place)
        except BaseException:
            answer.raw.close()
            raise
        answer.raw.release_conn()
        answer._content = held.getvalue() if isinstance(held, BytesIO) else b""
        answer._content_consumed = True
        return answer

    def _followed(
        self, request: requests.PreparedRequest, kind: Kind, place: str, to: str
    ) -> requests.PreparedRequest:
        """The same question at the address it moved to, on the same host; raises Refused otherwise."""
        here = self.guard.split(request.url or "")
        try:
            there = urljoin(request.url or "", to)
            onward = self.guard.split(there)
        except (Refused, ValueError):
            onward = None
        if kind is not Kind.READ or onward is None or origin(here) != origin(onward):
            raise Refused(
                f"{place} sends us on to another place, which is not asked; correct the address in the TOML"
            )
        moved = request.copy()
        moved.prepare_url(there, None)
        return moved


def reply_of(place: str, answer: requests.Response) -> Reply:
    """What a connector sees of an answer."""
    return Reply(place, answer.status_code, answer.headers, answer._content or b"")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _told(error: Exception, kind: Kind, deadline: Deadline, limits: Limits) -> Trouble:
    """A library's error in our words, and whether the request can have arrived."""
    causes = _chain(error)
    if any(isinstance(one, SSLCertVerificationError) for one in causes):
        return Trouble("shows a certificate that does not prove who it is; nothing was sent", person=True)
    if any(isinstance(one, urllib3.exceptions.NameResolutionError) for one in causes):
        return Trouble("cannot be found: no such host, or this machine is offline")
    if any(isinstance(one, urllib3.exceptions.NewConnectionError) for one in causes):
        return Trouble("refuses the connection")
    if any(isinstance(one, urllib3.exceptions.ConnectTimeoutError) for one in causes):
        return Trouble(f"cannot be reached within {span(limits.connect)}")
    again = kind in (Kind.READ, Kind.QUERY)
    if deadline.passed:
        return Trouble(f"did not finish its answer within {span(limits.total)}", again)
    if any(isinstance(one, TimeoutError | urllib3.exceptions.TimeoutError) for one in causes):
        return Trouble(f"was silent for {span(limits.read)}", again)
    if any(isinstance(one, urllib3.exceptions.IncompleteRead | Broken) for one in causes):
        return Trouble("sent half an answer", again)
    return Trouble("broke the connection", again)


def _chain(error: BaseException) -> list[BaseException]:
    """An error, what it wraps and what caused it."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found
