"""A redirect is followed on the same host, for questions only; no proof of our rights goes anywhere else."""

import ssl

import pytest
from fakes.web import Web, answer, redirect

from connectors.base import Refused
from connectors.http import Http

PROOF = {"Authorization": "Bearer tok-4711-secret", "X-Shopify-Access-Token": "shpat-4711"}


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_page_that_moved_on_its_host_is_found(web, http, code):
    web.plays(redirect("/new?page=2", code), answer("[1]"))
    reply = http.get(web.url("/old"), headers=PROOF)
    assert (reply.json(), [asked.path for asked in web.asked]) == ([1], ["/old", "/new?page=2"])
    assert web.asked[1].headers["Authorization"] == PROOF["Authorization"]


def test_its_full_address_on_the_same_host_will_do(web, http):
    web.plays(redirect(web.url("/new")), answer("[1]"))
    assert http.get(web.url("/old")).json() == [1]


def test_no_other_host_ever_hears_of_it(web, http):
    with Web() as evil:
        for to in (evil.url("/steal"), f"//{evil.host}/steal", f"http://x@{evil.host}/"):
            web.plays(redirect(to))
            with pytest.raises(Refused, match="sends us on to another place") as told:
                http.get(web.url("/orders"), headers=PROOF)
            assert "4711" not in str(told.value)
        assert evil.asked == []


def test_not_even_one_of_the_same_sources_hosts(web):
    with Web() as other:
        http = Http([web.host, other.host])
        web.plays(redirect(other.url("/")))
        with pytest.raises(Refused):
            http.get(web.url(), headers=PROOF)
        assert other.asked == []


@pytest.mark.parametrize(
    "to",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "data:text/plain,x", "javascript:1", "http://["],
)
def test_an_address_that_is_no_page_is_not_opened(web, http, to):
    web.plays(redirect(to))
    with pytest.raises(Refused, match="sends us on to another place"):
        http.get(web.url())


def test_a_redirect_cannot_go_where_the_guard_would_not_let_us(web, session):
    http = session(graphql=True)
    web.plays(redirect("/graphql.json?query=mutation{a}"))
    with pytest.raises(Refused, match="Fanlight only reads"):
        http.get(web.url())
    assert len(web.asked) == 1


def test_what_was_posted_is_posted_nowhere_else(web, session):
    http = session(token_urls=[web.url("/token")], graphql=True)
    web.plays(redirect("/token2", 307), redirect("/other/graphql.json", 308))
    with pytest.raises(Refused):
        http.token(web.url("/token"), {"client_secret": "s3cr3t-value"})
    with pytest.raises(Refused):
        http.query(web.url("/graphql.json"), "{ a }")
    assert len(web.asked) == 2


def test_an_sdk_that_would_follow_redirects_does_not(web, http):
    with Web() as evil:
        web.plays(redirect(evil.url("/steal")))
        with pytest.raises(Refused):
            http.session.get(web.url(), allow_redirects=True, headers=PROOF)
        assert evil.asked == []


def test_cookies_are_not_kept(web, http):
    web.plays(answer("{}", Set_Cookie="sid=1; Path=/"))
    http.session.get(web.url())
    http.session.get(web.url())
    assert "Cookie" not in web.asked[1].headers


@pytest.fixture
def secure(certificate):
    """A server with a certificate nobody knows."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with Web(tls) as server:
        yield server


def test_a_certificate_that_proves_nothing_stops_it_at_once(secure):
    http = Http([secure.host])
    with pytest.raises(Refused, match="certificate that does not prove who it is"):
        http.session.get(secure.url(), verify=False, headers=PROOF)
    assert http.sent == 1 and secure.asked == []


def test_a_certificate_told_to_be_trusted_is(secure, certificate):
    http = Http([secure.host], ca=certificate)
    assert http.get(secure.url()).json() == {}


def test_nothing_moves_from_https_to_http(secure, certificate):
    http = Http([secure.host], ca=certificate)
    secure.plays(redirect(secure.url("/").replace("https:", "http:")))
    with pytest.raises(Refused, match="sends us on to another place"):
        http.get(secure.url())


def test_the_environment_changes_nothing(web, http, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password hunter22\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with Web() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        http.get(web.url())
        http.session.get(web.url(), proxies={"http": proxy.url()})
        assert proxy.asked == []
    assert all("Authorization" not in asked.headers for asked in web.asked)
