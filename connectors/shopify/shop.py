"""The door to one shop: GraphQL documents posted with explicit credentials, paced by what the shop says it
has left. Success is HTTP 200 without errors inside; everything else leaves here as one of our failures."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from connectors.base import Credentials, Disconnected, Garbled, Quota, Refused, Unavailable
from connectors.http import Http, Limits, Reply, Time
from connectors.http.patience import span
from connectors.oauth import Tokens
from connectors.shopify.login import sign_in
from connectors.shopify.settings import ShopifySettings

Told = dict[str, Any]
TRIES = 5  # of one question the shop has no points for, or that fails inside it
LONGEST = 60.0  # seconds waited for points before the schedule takes over
PAUSE = 2.0  # seconds after an error inside the shop
SPREAD, FRAGMENT = re.compile(r"\.\.\.(\w+)"), re.compile(r"^fragment (\w+) on", re.MULTILINE)
OPTIONAL = "companies"  # not every plan has them
STATUS = {
    402: "the shop is frozen: its bill is not paid",
    403: "the app may not read this shop; install it there, or give it the scopes",
    404: "there is no such shop, or no such api_version; check both in the TOML",
    423: "the shop is locked",
}


class Denied(Refused):
    """The app may not read companies, or the plan has none."""

    def __init__(self) -> None:
        super().__init__(
            "Shopify does not let us read companies: this plan has none, or the app lacks the scope "
            'read_companies; give it, or set accounts = ["customers"]'
        )


class TooDear(Refused):
    """The question costs more points than one question may."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Shopify finds one row of {name} dearer than a question may be; report it with `fanlight status`"
        )


@dataclass
class Points:
    """What the shop has left to ask for, by its last answer."""

    left: float = 0.0
    most: float = 0.0
    rate: float = 0.0  # a second
    at: float = 0.0  # our clock
    cost: dict[str, float] = field(default_factory=dict)  # document → what it cost last

    def wait(self, document: str, now: float) -> float:
        """Seconds until the shop has what a document cost last."""
        if not self.rate:
            return 0.0
        left = min(self.most, self.left + (now - self.at) * self.rate)
        return max(0.0, (min(self.cost.get(document, 0.0), self.most) - left) / self.rate)


class Shop:
    """One shop's GraphQL Admin API."""

    def __init__(
        self,
        settings: ShopifySettings,
        credentials: Callable[[], Credentials],
        time: Time,
        limits: Limits | None = None,
    ) -> None:
        self.settings, self.time = settings, time
        self.date: datetime | None = None  # the shop's clock, by its last answer
        self.scopes: frozenset[str] | None = None
        self.zone = ""  # "Europe/Berlin": whose days the shop counts by
        self.notes: dict[str, None] = {}
        self._points = Points()
        hosts = {urlsplit(url).netloc for url in (settings.root, settings.tokens_at)}
        self.http = Http(
            hosts,
            token_urls=[settings.tokens_at],
            graphql=True,
            limits=limits,
            time=time,
            heard=self._hear,
        )
        self._tokens = Tokens(credentials, lambda _: sign_in(self.http, settings, time), time.now)

    @property
    def quota(self) -> Quota | None:
        """The points left in the shop's bucket."""
        points = self._points
        return Quota(left=int(points.left), of=int(points.most), unit="points") if points.most else None

    def ask(self, name: str, variables: Mapping[str, Any]) -> Told:
        """The data a document of ours answers. Raises TooDear, Denied, or a Failure."""
        for _ in range(TRIES):
            self._sleep(self._points.wait(name, self.time.clock()), name)
            told = self._posted(name, variables)
            self._remember(name, told)
            if told.get("errors") and self._try_again(name, told):
                continue
            self._warn(told)
            data = told.get("data")
            if not isinstance(data, dict) or data.get(f"answers_{name}") is None:
                raise Garbled("Shopify answered without data, or another question; nothing was taken")
            self._learn(data)
            return data
        raise Unavailable("Shopify fails inside, or has no points left for us; the next run asks again")

    def _posted(self, name: str, variables: Mapping[str, Any]) -> Told:
        reply = self._post(self._tokens.access(), name, variables)
        if reply.status == 401:
            reply = self._post(self._tokens.instead_of(self._tokens.access()), name, variables)
        if reply.status == 401:
            raise Disconnected(
                "Shopify refuses the token; install the app anew, or renew the token the TOML names; "
                f"{self.settings.again}"
            )
        if not reply.ok:
            why = STATUS.get(reply.status, f"it answered {reply.status}")
            raise Refused(f"Shopify does not let us read {self.settings.shop}: {why}")
        return reply.object()

    def _post(self, access: str, name: str, variables: Mapping[str, Any]) -> Reply:
        from shopify import Session

        session = Session(self.settings.shop, self.settings.api_version, access)
        url = f"{session.api_version.api_path(self.settings.root)}/graphql.json"
        return self.http.query(url, document(name), variables, {"X-Shopify-Access-Token": session.token})

    def _hear(self, reply: Reply) -> None:
        self.date = reply.no_older_than(self.date)
        spoken = reply.headers.get("X-Shopify-API-Version", "")
        if spoken and spoken != self.settings.api_version:
            self.note(
                f"Shopify answers in version {spoken}, not {self.settings.api_version}: that one is no "
                "longer supported; install a newer Fanlight, or set api_version"
            )

    def note(self, sentence: str) -> None:
        """Tell staff, once a run."""
        self.notes[sentence] = None

    def _sleep(self, seconds: float, name: str) -> None:
        if seconds > LONGEST:
            raise Unavailable(
                f"Shopify has no points left for {name} for {span(seconds)}", retry_after=seconds
            )
        if seconds > 0:
            self.time.sleep(seconds)

    def _remember(self, name: str, told: Told) -> None:
        """What the answer says of points."""
        cost = _object(_object(told.get("extensions")).get("cost"))
        status = _object(cost.get("throttleStatus"))
        points, requested = self._points, cost.get("requestedQueryCost")
        if status:
            points.left = _amount(status.get("currentlyAvailable"))
            points.most = _amount(status.get("maximumAvailable"))
            points.rate, points.at = _amount(status.get("restoreRate")), self.time.clock()
        if requested is not None:
            points.cost[name] = _amount(requested)

    def _try_again(self, name: str, told: Told) -> bool:
        """What errors inside an answer mean: to wait and ask again, to go on without, or a Failure."""
        codes = {_code(error) for error in _errors(told)}
        if "MAX_COST_EXCEEDED" in codes:
            raise TooDear(name)
        if "THROTTLED" in codes:
            self._sleep(max(1.0, self._points.wait(name, self.time.clock())), name)
            return True
        if "INTERNAL_SERVER_ERROR" in codes:
            self.time.sleep(PAUSE)
            return True
        if codes == {"ACCESS_DENIED"}:
            paths = [path if isinstance(path := error.get("path"), list) else [] for error in _errors(told)]
            if isinstance(told.get("data"), dict) and all(len(path) > 1 for path in paths):
                self._note_denied(_errors(told))
                _mark(told["data"], paths)
                return False
            if all(path[:1] == [OPTIONAL] for path in paths):
                raise Denied
        raise self._refusal(_errors(told), codes)

    def _note_denied(self, errors: Sequence[Told]) -> None:
        for error in errors:
            place = ".".join(str(part) for part in error.get("path", ()) if isinstance(part, str))
            self.note(
                f"Shopify keeps {place or 'some fields'} from us: give the app the scope, and access to "
                "protected customer data, in the Dev Dashboard"
            )

    def _refusal(self, errors: Sequence[Told], codes: set[str]) -> Refused:
        message = self.http.hide(str(errors[0].get("message", "")))[:200]
        if "ACCESS_DENIED" in codes:
            return Refused(
                f"Shopify does not let us read this ({message}); give the app the scope it needs and, for "
                "customers, access to protected customer data, in the Dev Dashboard"
            )
        if codes & {"SHOP_INACTIVE", "FORBIDDEN"}:
            return Refused(f"Shopify does not let us read {self.settings.shop}: {message}")
        return Refused(
            f"Shopify does not understand our question ({message}); set api_version to a version Fanlight "
            "knows, or install a newer Fanlight"
        )

    def _warn(self, told: Told) -> None:
        """A filter that was not understood is ignored there, and everything comes back: that is no answer."""
        for search in _object(told.get("extensions")).get("search") or ():
            if warnings := _object(search).get("warnings"):
                said = self.http.hide(str(_object(warnings[0]).get("message", "")))[:120]
                raise Garbled(f"Shopify ignored a part of our filter ({said}); nothing was taken")

    def _learn(self, data: Told) -> None:
        """What an answer says of the shop itself."""
        if isinstance(zone := _object(data.get("shop")).get("ianaTimezone"), str):
            self.zone = zone
        installed = _object(data.get("currentAppInstallation"))
        if isinstance(scopes := installed.get("accessScopes"), list):
            self.scopes = frozenset(str(_object(one).get("handle")) for one in scopes)


@cache
def document(name: str) -> str:
    """A document of ours by its name, and behind it the fragments it is made of."""
    whole = _written(name)
    while missing := sorted({*SPREAD.findall(whole)} - {*FRAGMENT.findall(whole)}):
        whole = "\n".join([whole, *(_written("fragments", one) for one in missing)])
    return whole


def _written(*place: str) -> str:
    *folders, name = place
    own = files("connectors.shopify").joinpath("documents", *folders, f"{name}.graphql")
    return own.read_text("utf-8")


def _mark(data: Told, paths: Sequence[list[Any]]) -> None:
    """Write into each node what of it is kept from us, as ``denied``: a null there is not the shop's word. A
    path that does not say of which node is meant of all."""
    for path in paths:
        nodes, at = (
            _object(data.get(str(path[0]))).get("nodes"),
            [one for one in path if isinstance(one, int)],
        )
        for number, node in enumerate(nodes if isinstance(nodes, list) else ()):
            if isinstance(node, dict) and at[:1] in ([], [number]):
                node["denied"] = [*node.get("denied", ()), *(one for one in path[1:] if isinstance(one, str))]


def _object(told: Any) -> Told:
    return told if isinstance(told, dict) else {}


def _amount(told: Any) -> float:
    try:
        return float(told)
    except (TypeError, ValueError):
        return 0.0


def _errors(told: Told) -> list[Told]:
    """The errors of an answer; some come as a bare text."""
    errors = told.get("errors")
    if isinstance(errors, list):
        return [_object(error) for error in errors] or [{}]
    return [{"message": str(errors)}]


def _code(error: Told) -> str:
    return str(_object(error.get("extensions")).get("code", ""))
