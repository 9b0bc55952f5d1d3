"""The calls to Xero: the SDK knows their paths and parameters, our own guarded session sends them.

Nothing of the SDK's transport, retries, token handling or models is used: it sleeps for hours on a used-up
daily limit, has no deadlines, and one unknown word in a record kills its page.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from msgspec import Struct, structs

from connectors.base import Disconnected, Failure, Garbled, Quota, Refused, Unavailable, Unreadable
from connectors.http import Http, Reply
from connectors.http.patience import told_wait
from connectors.oauth import Tokens
from connectors.told import Told
from connectors.xero.consent import Tenant, choose, tenants
from connectors.xero.listings import Listing
from connectors.xero.settings import XeroSettings, reconnect
from connectors.xero.values import moment

API = "/api.xro/2.0"
AN_HOUR = 3600.0
STALE = timedelta(minutes=5)
QUOTES_A_PAGE = 100
NO_SCOPE = (
    "Xero does not let this connection read {what}: a scope is missing (accounting.{scope}.read). Add it to "
    "scopes = [...] of {source} and to the app in developer.xero.com → My Apps, then {cure}"
)
_SCOPE = {"Contacts": "contacts", "Payments": "payments"}


class Answer(Struct, frozen=True):
    """One page of a listing. ``count``: how many rows there are in all; None: Xero does not say. ``missing``:
    how many of this page it counts and does not send. ``at``: when it was made, by Xero's clock."""

    rows: list[Any]
    at: datetime
    size: int
    count: int | None = None
    missing: int = 0


class Budget:
    """What is left of the day's calls, as each answer tells; ends a run where nothing is."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._date: datetime | None = None
        self.left: Quota | None = None

    def heard(self, reply: Reply) -> None:
        """Look at one answer; raises Unavailable where the day's calls are used up, Garbled where it is an
        old one."""
        self._date = reply.no_older_than(self._date)
        left = reply.headers.get("X-DayLimit-Remaining", "")
        if left.isdecimal():
            self.left = Quota(left=int(left[:9]), unit="calls today")
        if reply.status == 429 and reply.headers.get("X-Rate-Limit-Problem", "").strip().lower() == "day":
            self.left = Quota(left=0, unit="calls today")
            wait = told_wait(reply.headers, self._now()) or AN_HOUR
            raise Unavailable("Xero's calls for today are used up; the next run waits", retry_after=wait)


class Calls:
    """Xero as one source sees it: one organisation, by one connection."""

    def __init__(self, settings: XeroSettings, http: Http, tokens: Tokens) -> None:
        self._settings, self._http, self._tokens = settings, http, tokens
        self._api: Any = None
        self._last = ""  # the id of the last answer: no two have the same

    def page(self, listing: Listing, order: str, number: int, since: datetime | None) -> Answer:
        """One page of a listing. ``since``: only what changed from then on. A page shorter than Xero itself
        says is asked for once more; one without any of its rows is not believed."""
        for _ in range(2):
            answer = self._page(listing, order, number, since)
            if answer.count is None:
                return answer
            there = min(answer.size, max(0, answer.count - (number - 1) * answer.size))
            if len(answer.rows) >= there:
                return answer
        if answer.rows:
            return structs.replace(answer, missing=there - len(answer.rows))
        raise Garbled(short(listing, there, 0))

    def pay_link(self, invoice_id: str) -> str:
        """Where an invoice can be paid online; '' where it cannot."""
        reply = self._sdk().get_online_invoice(self._tenant(), invoice_id, _preload_content=False)
        if reply.status == 404:
            return ""
        self._heed(reply, "Invoices")
        found = reply.object().get("OnlineInvoices")
        first = found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}
        url = first.get("OnlineInvoiceUrl")
        return url if isinstance(url, str) else ""

    def tenants(self) -> list[Tenant]:
        """The organisations our token reaches."""
        reply = self._ask(f"{self._settings.base_url}/connections", {}, {"Accept": "application/json"})
        self._heed(reply, "Connections")
        return tenants(reply.json())

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, Any],
        query_params: list[tuple[str, Any]],
        header_params: Mapping[str, Any],
        **_: Any,
    ) -> Reply:
        """What the SDK calls with a request it made up; nothing is left to its own transport."""
        if method != "GET":
            raise Refused(f"{method} could change something in Xero; Fanlight only reads, so it was not sent")
        for name, value in path_params.items():
            resource_path = resource_path.replace(f"{{{name}}}", quote(str(value), safe=""))
        headers = {name: _spelt(value) for name, value in header_params.items() if value != ""}
        return self._ask(resource_path, {name: _spelt(value) for name, value in query_params}, headers)

    def select_header_accept(self, accepts: list[str]) -> str:
        """What the SDK asks for as the form of an answer."""
        return accepts[0]

    def _sdk(self) -> Any:
        if self._api is None:
            from xero_python.accounting import AccountingApi  # 0.4 s: not before it is needed

            self._api = AccountingApi(self, base_url=f"{self._settings.base_url}{API}")
        return self._api

    def _page(self, listing: Listing, order: str, number: int, since: datetime | None) -> Answer:
        wish = {**listing.params, "order": order, "page": number}
        if listing.counted:
            wish["page_size"] = self._settings.page_size
        if since is not None:  # naive UTC and whole seconds, or Xero reads it as another time
            wish["if_modified_since"] = since.astimezone(UTC).replace(microsecond=0, tzinfo=None)
        reply = getattr(self._sdk(), listing.call)(self._tenant(), _preload_content=False, **wish)
        self._heed(reply, listing.name)
        return self._read(listing, number, reply)

    def _read(self, listing: Listing, number: int, reply: Reply) -> Answer:
        told, place = reply.object(), f"page {number} of {listing.name}"
        rows = told.get(listing.name)
        if not isinstance(rows, list) or told.get("Status", "OK") != "OK":
            raise Garbled(f"Xero's answer for {place} has no {listing.name} in it; nothing was taken")
        if (answer := told.get("Id")) and answer == self._last:
            raise Garbled(f"Xero sent an old answer again instead of {place}; nothing was taken")
        self._last = answer if isinstance(answer, str) else ""
        at = _made(reply, told, place)
        paging = told.get("pagination") if listing.counted else None
        if not isinstance(paging, dict):
            return Answer(rows, at, self._settings.page_size if listing.counted else QUOTES_A_PAGE)
        page, size, count = (paging.get(name) for name in ("page", "pageSize", "itemCount"))
        if page != number or not isinstance(size, int) or size < 1 or not isinstance(count, int):
            raise Garbled(f"Xero sent another page instead of {place}; nothing was taken")
        return Answer(rows, at, size, count)

    def _tenant(self) -> str:
        """The organisation asked for. Only a custom connection knows it without being told."""
        untold = not self._settings.tenant_id and self._settings.auth == "code"
        if untold and (wrong := choose(self._settings, self.tenants())):
            raise wrong
        return self._settings.tenant_id

    def _ask(self, url: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
        """Ask with a token; with another one where Xero takes it for a stale one."""
        token = self._tokens.access()
        reply = self._http.get(url, params, {**headers, "Authorization": f"Bearer {token}"})
        if reply.status == 401 and _detail(reply) != "AuthorizationUnsuccessful":
            token = self._tokens.instead_of(token)
            reply = self._http.get(url, params, {**headers, "Authorization": f"Bearer {token}"})
        return reply

    def _heed(self, reply: Reply, what: str) -> None:
        """Raise what a refusal means."""
        if reply.ok:
            return
        source, detail = self._settings.id, self._http.hide(_detail(reply))
        if reply.status == 401 and detail == "AuthorizationUnsuccessful":
            scope = _SCOPE.get(what, "invoices")
            cure = reconnect(self._settings)
            raise Refused(NO_SCOPE.format(what=what, scope=scope, source=source, cure=cure))
        if reply.status in (401, 403):
            raise self._shut_out(what, detail)
        raise Garbled(
            f"{reply.place} answered {reply.status}{f' ({detail})' if detail else ''}; look at base_url of "
            f"{source}, and into Xero's status page. Nothing was taken"
        )

    def _shut_out(self, what: str, detail: str) -> Failure:
        """Why we are not let in, as far as Xero's list of connections tells."""
        if what != "Connections" and (wrong := choose(self._settings, self.tenants())):
            return wrong
        return Disconnected(
            f"Xero lets {self._settings.id} in no more ({detail or 'no reason given'}); "
            f"{reconnect(self._settings)}"
        )


def short(listing: Listing, there: int, sent: int) -> str:
    """What is said of a page that lost rows."""
    return f"Xero counts {there} rows in a page of {listing.name} and sent {sent}, twice; none were taken"


def _made(reply: Reply, told: Told, place: str) -> datetime:
    """When an answer was made, by Xero's clock. One that something on the way had kept is not taken."""
    try:
        times = [one for one in (reply.date, moment(told, "DateTimeUTC")) if one is not None]
    except Unreadable:
        times = []
    if not times:
        raise Garbled(f"Xero's answer for {place} does not say when it was made; nothing was taken")
    if max(times) - min(times) > STALE:
        raise Garbled(f"Xero's answer for {place} is an old one, kept on the way here; nothing was taken")
    return min(times)


def _spelt(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _detail(reply: Reply) -> str:
    """What Xero says of an error: ``Detail`` of its problem document."""
    try:
        told: Told = reply.object()
    except Garbled:
        return ""
    detail = told.get("Detail") or told.get("detail") or told.get("Message") or ""
    return detail[:120] if isinstance(detail, str) else ""
