"""The door to one Salesforce org: simple-salesforce over our guarded session. It only asks, and every error
it meets leaves it as one of ours."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from connectors.base import Credentials, Disconnected, Garbled, Quota, Refused, Unavailable
from connectors.http import Http, Limits, Reply, Time
from connectors.oauth import Tokens
from connectors.salesforce.login import sign_in
from connectors.salesforce.settings import SalesforceSettings

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce as Sdk
    from simple_salesforce.exceptions import SalesforceError

T = TypeVar("T")
Told = Mapping[str, Any]
USED = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")  # the org's; not per-app-api-usage
FROM = re.compile(r" FROM (\w+)")
HOUR = 3600.0
BATCH = "2000"


class Lost(Exception):
    """A listing cannot go on where it was: its locator died with its session."""


class UnknownField(Exception):
    """The org does not know a field that was asked for."""


class Org:
    """What the org lets our user read. ``date`` is its own clock, by its last answer."""

    def __init__(
        self,
        settings: SalesforceSettings,
        credentials: Callable[[], Credentials],
        time: Time,
        limits: Limits | None = None,
    ) -> None:
        self.settings, self.time = settings, time
        self.date: datetime | None = None
        self._used: tuple[int, int] | None = None
        token_url = settings.token_url or f"{settings.base_url}/services/oauth2/token"
        hosts = {urlsplit(url).netloc for url in (settings.base_url, token_url)}
        self.http = Http(hosts, token_urls=[token_url], jobs=True, limits=limits, time=time, heard=self._hear)
        self._tokens = Tokens(credentials, lambda _: sign_in(self.http, token_url, settings, time), time.now)
        self._sdk: tuple[str, Sdk] | None = None

    @property
    def quota(self) -> Quota | None:
        """The org's daily calls, all its programs together."""
        return Quota(left=self._used[1] - self._used[0], of=self._used[1]) if self._used else None

    def now(self) -> datetime:
        """The org's clock where it told, else ours."""
        return self.date or self.time.now()

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[Told]:
        """The answers to a question, page by page. Raises Lost where the rest has to be asked for anew."""
        table = FROM.search(soql)
        told = _answer(self._ask(lambda sdk: sdk.query(soql, include_deleted=deleted)), table)
        read, announced = len(told["records"]), told.get("totalSize")
        yield told
        while not told.get("done", True):
            part = urlsplit(str(told.get("nextRecordsUrl"))).path.rstrip("/").rsplit("/", 2)
            rest = partial(_rest, locator=part[-1], deleted=part[-2] == "queryAll")
            told = _answer(self._ask(rest, goes_on=True), table)
            read += len(told["records"])
            yield told
        if read != announced:
            raise Garbled(f"Salesforce announced {announced} rows and sent {read}; nothing was removed")

    def count(self, table: str) -> int:
        """How many rows the object has."""
        told = self._ask(lambda sdk: sdk.query(f"SELECT COUNT() FROM {table}"))
        found = told.get("totalSize") if isinstance(told, dict) else None
        if not isinstance(found, int):
            raise Garbled("Salesforce did not say how many rows there are; nothing was taken")
        return found

    def describe(self, table: str) -> dict[str, str]:
        """The fields of an object that our user may read, and their types; of related objects, none."""
        told: Any = self._ask(lambda sdk: sdk.restful(f"sobjects/{table}/describe"))
        try:
            related = {f"{f['relationshipName']}.": "" for f in told["fields"] if f.get("relationshipName")}
            return {f["name"]: f["type"] for f in told["fields"]} | related
        except (TypeError, KeyError):
            raise Garbled(
                f"Salesforce described {table} in a form we do not know; nothing was taken"
            ) from None

    def fetch(self, path: str, params: Mapping[str, Any], accept: str) -> Reply:
        """A page that is not JSON of the SDK's (results of a job)."""

        def get(sdk: "Sdk") -> Reply:
            headers = {"Authorization": sdk.headers["Authorization"], "Accept": accept}
            return _sound(self.http.get(sdk.base_url + path, params, headers))

        return self._ask(get)

    def start_job(self, body: Mapping[str, Any]) -> Reply:
        """Start a query job of the Bulk API 2.0."""

        def post(sdk: "Sdk") -> Reply:
            headers = {"Authorization": sdk.headers["Authorization"]}
            return _sound(self.http.job(sdk.base_url + "jobs/query", body, headers))

        return self._ask(post)

    def _ask(self, call: "Callable[[Sdk], T]", *, goes_on: bool = False) -> T:
        """What the org answers; a session that has ended is replaced once. A listing that ``goes_on`` ended
        with it: raises Lost. Every error leaves as one of ours."""
        from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

        access, replaced = self._tokens.access(), False
        while True:
            try:
                return call(self._connected(access))
            except SalesforceError as error:
                if replaced or not isinstance(error, SalesforceExpiredSession):
                    raise failure(error, self.http.hide, self.settings) from None
            except (ValueError, TypeError):
                raise _no_json() from None
            access, replaced = self._tokens.instead_of(access), True
            if goes_on:
                raise Lost

    def _connected(self, access: str) -> "Sdk":
        if self._sdk is None or self._sdk[0] != access:
            from decimal import Decimal

            from simple_salesforce.api import Salesforce

            base, version = self.settings.base_url, self.settings.api_version
            sdk = Salesforce(
                session_id=access,
                instance_url=base,
                version=version,
                session=self.http.session,
                parse_float=Decimal,
                object_pairs_hook=dict,
            )
            sdk.base_url = f"{base}/services/data/v{version}/"  # the SDK itself knows https only
            del sdk.headers["X-PrettyPrint"]
            sdk.headers["Sforce-Query-Options"] = f"batchSize={BATCH}"
            self._sdk = (access, sdk)
        return self._sdk[1]

    def _hear(self, reply: Reply) -> None:
        self.date = reply.no_older_than(self.date)
        found = USED.search(reply.headers.get("Sforce-Limit-Info", ""))
        if not found:
            return
        used, of = self._used = (int(found[1]), int(found[2]))
        share = self.settings.api_share
        if used > of * share:
            raise Unavailable(
                f"Salesforce: {used:,} of the org's {of:,} calls of 24 hours are used, more than "
                f"api_share = {share} leaves to us; data is kept",
                retry_after=HOUR,
            )


def _rest(sdk: "Sdk", locator: str, deleted: bool) -> Any:
    return sdk.query_more(locator, include_deleted=deleted)


def _answer(told: Any, table: re.Match[str] | None) -> Told:
    """A page of the rows that were asked for; a proxy may answer with what it told before."""
    if not isinstance(told, dict) or not isinstance(told.get("records"), list):
        raise Garbled("Salesforce sent something else where rows belong; nothing was taken")
    for row in told["records"]:
        attributes = row.get("attributes") if isinstance(row, dict) else None
        if table and (not isinstance(attributes, dict) or attributes.get("type") != table[1]):
            raise Garbled(f"Salesforce sent other rows than those of {table[1]}; nothing was taken")
    return told


def _no_json() -> Garbled:
    return Garbled("Salesforce sent something that is not JSON (a sign-in page?); nothing was taken")


def _sound(reply: Reply) -> Reply:
    """An answer got past the SDK; raises what the SDK would where it is an error."""
    from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceGeneralError

    if reply.ok:
        return reply
    try:
        content = reply.json()
    except Garbled:
        content = ""
    kind = SalesforceExpiredSession if reply.status == 401 else SalesforceGeneralError
    raise kind(reply.place, reply.status, "", content)


def _said(content: Any) -> tuple[str, str]:
    """The code and the last line of the message of an error."""
    first = content[0] if isinstance(content, list) and content else content
    told = first if isinstance(first, dict) else {}
    lines = str(told.get("message") or "").strip().splitlines()
    return str(told.get("errorCode", "")), lines[-1] if lines else ""


def _shut_out(code: str, settings: SalesforceSettings) -> Disconnected:
    ended = settings.auth == "session" and code == "INVALID_SESSION_ID"
    cure = "give a new session_id" if ended else "give the integration user API access"
    return Disconnected(f"Salesforce does not let us in ({code}); {cure}; {settings.again}")


def failure(error: "SalesforceError", hide: Callable[[str], str], settings: SalesforceSettings) -> Exception:
    """What an error of the API means: to go on, to wait, or that a person must act."""
    status, (code, said) = error.status, _said(error.content)
    message = hide(said)[:200]
    match code:
        case "INVALID_QUERY_LOCATOR":
            return Lost()
        case "INVALID_FIELD":
            return UnknownField(message)
        case "REQUEST_LIMIT_EXCEEDED":
            return Unavailable("Salesforce: the org has no calls left today; data is kept", retry_after=HOUR)
        case "QUERY_TIMEOUT" | "SERVER_UNAVAILABLE" | "UNABLE_TO_LOCK_ROW" | "UNKNOWN_EXCEPTION":
            return Unavailable(f"Salesforce cannot answer just now ({code}); the next run asks again")
        case "UNSUPPORTED_API_VERSION":
            return Refused("Salesforce does not know this api_version any more; set a newer one in the TOML")
        case "INVALID_TYPE":
            return Refused(
                f"Salesforce: {message} Switch the object on, give our user the right to read it, or "
                "take the record out of records"
            )
        case "API_DISABLED_FOR_ORG" | "INVALID_SESSION_ID":
            return _shut_out(code, settings)
    if status == 404:
        return Refused(
            f"Salesforce has no {error.resource_name or 'such address'}: is the object switched on, may our "
            "user read it, and are base_url and api_version in the TOML right?"
        )
    if status in (401, 403):
        return Refused(
            f"Salesforce refuses to tell ({code or status}: {message}); check our user's permissions"
        )
    return Garbled(f"Salesforce did not understand us ({code or status}: {message}); nothing was taken")
