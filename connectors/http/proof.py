"""Tries to write where a source could be written to, for `fanlight check readonly`. Every try is refused
before a byte of it is sent; one that were not would ask for a place no vendor has."""

from collections.abc import Iterator
from typing import Any

import requests

from connectors.base import Refused
from connectors.http import Http

NOWHERE = "fanlight-check-readonly"
MUTATION = {"query": "mutation { fanlightCheckReadonly }"}
INSERT = {"object": "FanlightCheckReadonly__c", "operation": "insert"}
DISGUISE = {"X-HTTP-Method-Override": "DELETE"}
SECONDS = 5.0


def attempts(http: Http) -> Iterator[tuple[str, bool]]:
    """What was tried at each host of a source, and whether it was refused."""
    for host in sorted(http.hosts):
        base = f"https://{host}"
        for verb in ("POST", "PUT", "PATCH", "DELETE"):
            yield f"{verb} to {host}", _refused(http, verb, f"{base}/{NOWHERE}", json={})
        yield (
            f"a GraphQL mutation to {host}",
            _refused(http, "POST", f"{base}/{NOWHERE}/graphql", json=MUTATION),
        )
        yield f"a bulk insert to {host}", _refused(http, "POST", f"{base}/{NOWHERE}/jobs/ingest", json=INSERT)
        yield (
            f"a DELETE dressed as GET to {host}",
            _refused(http, "GET", f"{base}/{NOWHERE}", headers=DISGUISE),
        )


def _refused(http: Http, verb: str, url: str, **more: Any) -> bool:
    sent = http.sent
    try:
        http.session.request(verb, url, timeout=SECONDS, allow_redirects=False, **more)
    except Refused:
        return http.sent == sent
    except requests.RequestException:
        return False
    return False
