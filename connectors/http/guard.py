"""What may leave this machine: questions, to the hosts of one source. Everything else is refused before a
byte of it is sent.

    READ    GET and HEAD
    TOKEN   POST of a form to a token URL
    QUERY   POST of a GraphQL document of queries only
    JOB     POST that starts a Salesforce Bulk 2.0 query job
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlsplit

from urllib3.util import parse_url

from connectors.base import Refused
from connectors.http.reply import is_json_object

_GRAPHQL = re.compile(r".*/graphql(\.json)?")
_JOBS = re.compile(r"/services/data/v\d+\.\d+/jobs/query/?")
_DISGUISES = {
    "x-http-method", "x-http-method-override", "x-method-override", "host", "transfer-encoding",
    "content-encoding",
}  # fmt: skip
_UTF8 = {"", "charset=utf-8", 'charset="utf-8"'}
_OF_GRAPHQL = {"query", "variables", "operationName"}
_OF_JOB = {"operation", "query", "contentType", "columnDelimiter", "lineEnding"}
PORTS = {"http": 80, "https": 443}


class Kind(Enum):
    """Why a request may be sent."""

    READ = "read"
    TOKEN = "token"  # noqa: S105 - the word, not one
    QUERY = "query"
    JOB = "job"


@dataclass(frozen=True)
class Guard:
    """What one source may be asked. ``hosts``: names, with a port where it is not the usual one."""

    hosts: frozenset[str]
    token_urls: frozenset[str] = frozenset()
    graphql: bool = False
    jobs: bool = False

    def kind(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Kind:
        """Why this request may be sent; raises Refused where it may not."""
        parts = self.split(url)
        asks = f"{method[:10]} {parts.hostname}{parts.path[:80]}"
        if disguised(parts, headers):
            raise Refused(f"{asks} asks to be taken for something else; it was not sent")
        if method in ("GET", "HEAD") and not body and not _GRAPHQL.fullmatch(parts.path):
            return Kind.READ
        form, _, charset = headers.get("Content-Type", "").replace(" ", "").lower().partition(";")
        if method == "POST" and charset in _UTF8:
            if parts._replace(query="", fragment="").geturl() in self.token_urls:
                if form == "application/x-www-form-urlencoded":
                    return Kind.TOKEN
            elif form == "application/json" and (kind := self._question(parts, body)):
                return kind
        raise Refused(f"{asks} could change something there; Fanlight only reads, so it was not sent")

    def _question(self, parts: SplitResult, body: bytes) -> Kind | None:
        told = is_json_object(body)
        if told is None or parts.query:
            return None
        if self.graphql and _GRAPHQL.fullmatch(parts.path) and told.keys() <= _OF_GRAPHQL:
            document = told.get("query")
            return Kind.QUERY if isinstance(document, str) and only_queries(document) else None
        if self.jobs and _JOBS.fullmatch(parts.path) and told.keys() <= _OF_JOB:
            return Kind.JOB if told.get("operation") in ("query", "queryAll") else None
        return None

    def split(self, url: str) -> SplitResult:
        """The parts of an address that may be asked; raises Refused where its scheme or host may not be."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            other = parse_url(url)
        except ValueError:
            raise Refused("an address cannot be read; nothing was sent") from None
        if parts.scheme not in PORTS or not host or (other.host or "").strip("[]") != host:
            raise Refused(
                f"{parts.scheme[:10]}: addresses are never asked, only https ones; nothing was sent"
            )
        if parts.username is not None or parts.password is not None:
            raise Refused(f"an address of {host} holds a user name; nothing was sent")
        if parts.scheme == "http" and not is_loopback(host):
            raise Refused(f"http://{host} is not encrypted; write https:// in the TOML")
        if not self._knows(host, port or PORTS[parts.scheme], parts.scheme):
            raise Refused(
                f"{parts.netloc} is none of this source's hosts ({', '.join(sorted(self.hosts))}); "
                "nothing was sent there. If it is right, correct the address in the TOML"
            )
        return parts

    def _knows(self, host: str, port: int, scheme: str) -> bool:
        name = f"[{host}]" if ":" in host else host
        return f"{name}:{port}" in self.hosts or (port == PORTS[scheme] and name in self.hosts)


def disguised(parts: SplitResult, headers: Mapping[str, str]) -> bool:
    """Whether a request asks the server to take it for another than it looks like: another method, host or
    body."""
    names = {name.lower() for name in headers}
    return bool(names & _DISGUISES) or any(name == "_method" for name, _ in parse_qsl(parts.query))


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port of an address that was split by a guard."""
    return parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@lru_cache(maxsize=64)
def only_queries(document: str) -> bool:
    """Whether a GraphQL document holds queries and their fragments and nothing else (parsed, not grepped)."""
    from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
    from graphql.language import FragmentDefinitionNode

    try:
        found = parse(document, no_location=True).definitions
    except (GraphQLError, RecursionError):
        return False
    return all(
        isinstance(one, FragmentDefinitionNode)
        or (isinstance(one, OperationDefinitionNode) and one.operation is OperationType.QUERY)
        for one in found
    )
