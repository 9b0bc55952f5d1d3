"""The proof that a source is only read: every write is tried at every host, and none is sent."""

import requests

from connectors.http import Http
from connectors.http.proof import attempts


def test_every_write_is_refused_before_it_is_sent() -> None:
    http = Http(["api.example.com", "login.example.com:8443"], graphql=True, jobs=True)
    tried = dict(attempts(http))
    assert len(tried) == 14
    assert all(tried.values()), tried
    assert http.sent == 0


def test_a_session_that_sends_is_found_out() -> None:
    class Open(Http):
        """One that lost its guard."""

    http = Open(["127.0.0.1:9"])
    http.session = requests.Session()  # type: ignore[assignment]
    http.session.trust_env = False
    assert not any(refused for _, refused in attempts(http))
