"""Questions go out, nothing else does, and only to the hosts of the source; whoever sends."""

import json

import pytest
import requests
from fakes.web import Web

from connectors.base import Refused
from connectors.http import Http, host_of

FORM = "application/x-www-form-urlencoded"
JOB = {"operation": "queryAll", "query": "SELECT Id FROM Account"}
JOBS = "/services/data/v62.0/jobs/query"
GRAPHQL = "/admin/api/2026-10/graphql.json"


@pytest.fixture
def open_http(web, session) -> Http:
    """A session with all three exceptions."""
    return session(token_urls=[web.url("/token")], graphql=True, jobs=True)


def refused(web, call, *args, **more) -> str:
    """What is said when a request is refused; nothing of it may have arrived."""
    with pytest.raises(Refused) as told:
        call(*args, **more)
    assert web.asked == []
    return str(told.value)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get "])
def test_no_other_method_than_get_and_head_leaves(web, open_http, method):
    assert "Fanlight only reads" in refused(web, open_http.session.request, method, web.url("/orders"))


def test_get_and_head_leave(web, http):
    http.get(web.url("/a"))
    http.session.head(web.url("/b"))
    assert [asked.method for asked in web.asked] == ["GET", "HEAD"]


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-method-override", "Host", "Transfer-Encoding"])
def test_no_header_turns_a_question_into_something_else(web, http, name):
    refused(web, http.get, web.url("/a"), headers={name: "DELETE"})


def test_no_query_turns_a_question_into_something_else(web, http):
    refused(web, http.get, web.url("/a?_method=delete"))


def test_a_question_has_no_body(web, http):
    refused(web, http.session.get, web.url("/a"), data="x=1")


def test_forms_go_to_the_token_url_and_nowhere_else(web, open_http):
    refused(web, open_http.token, web.url("/token/other"), {"grant_type": "client_credentials"})
    refused(web, open_http.token, web.url("/TOKEN"), {})
    refused(web, open_http.session.post, web.url("/token"), json={})
    refused(
        web, open_http.session.post, web.url("/token"), data="<xml/>", headers={"Content-Type": "text/xml"}
    )
    open_http.token(web.url("/token"), {"grant_type": "client_credentials"})
    assert [(a.path, a.body) for a in web.asked] == [("/token", b"grant_type=client_credentials")]


QUERIES = [
    "{ orders { id } }",
    "query A { a } query B { b }",
    "query A { ...F } fragment F on Order { id }",
    'query A { a(text: "mutation { b }") } # mutation B { c }',
    'query mutation { mutation(text: """ } mutation { x """) { id } }',
]
NO_QUERIES = [
    "mutation { orderClose { id } }",
    "query A { a } mutation B { b }",
    "query A { a }\n#\rmutation B { b }",
    'query A { a(t: "\\"") } mutation B { b(t: "") }',
    "subscription S { a }",
    "fragment F on Order { id } mutation B { b }",
    "type Order { id: ID }",
    "query A { a ",
    "",
    "{ a }" + "{" * 100_000,
]


@pytest.mark.parametrize("document", QUERIES)
def test_graphql_that_asks_leaves(web, open_http, document):
    open_http.query(web.url(GRAPHQL), document, {"n": 1})
    assert json.loads(web.asked[0].body) == {"query": document, "variables": {"n": 1}}


@pytest.mark.parametrize("document", NO_QUERIES)
def test_graphql_that_changes_or_cannot_be_read_does_not(web, open_http, document):
    refused(web, open_http.query, web.url(GRAPHQL), document)


ASKS = '"query": "{ a }"'
CHANGES = '"query": "mutation { a }"'


@pytest.mark.parametrize(
    "body",
    [
        f"{{{CHANGES}, {ASKS}}}",
        f"[{{{CHANGES}}}]",
        f'{{{ASKS}, "Query": "mutation {{ a }}"}}',
        f'{{{ASKS}, "extensions": {{}}}}',
        '{"query": ["{ a }"]}',
        "{ a }",
        "\ufeff{}",
    ],
)
def test_a_graphql_body_is_read_as_the_strictest_reader_does(web, open_http, body):
    told = {"Content-Type": "application/json"}
    refused(web, open_http.session.post, web.url(GRAPHQL), data=body.encode(), headers=told)


@pytest.mark.parametrize("kind", ["application/graphql", "text/plain", "application/json; charset=utf-16"])
def test_a_graphql_body_is_json_in_utf8(web, open_http, kind):
    body = f"{{{ASKS}}}".encode()
    refused(web, open_http.session.post, web.url(GRAPHQL), data=body, headers={"Content-Type": kind})


def test_graphql_is_posted_to_a_graphql_address_only_and_never_asked_by_get(web, open_http):
    refused(web, open_http.query, web.url("/admin/api/orders.json"), "{ a }")
    refused(web, open_http.query, web.url(GRAPHQL + "?x=1"), "{ a }")
    refused(web, open_http.get, web.url(GRAPHQL), {"query": "mutation { a }"})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (JOBS, {**JOB, "operation": "delete"}),
        (JOBS, {**JOB, "operation": "insert", "object": "Account"}),
        (JOBS, {"query": "SELECT Id FROM Account"}),
        ("/services/data/v62.0/jobs/ingest", JOB),
        (JOBS + "/750x", JOB),
        ("/services/data/v62.0/sobjects/Account", JOB),
    ],
)
def test_only_a_query_job_is_started(web, open_http, path, body):
    refused(web, open_http.job, web.url(path), body)


def test_a_query_job_is_started_but_neither_aborted_nor_deleted(web, open_http):
    refused(web, open_http.session.delete, web.url(JOBS + "/750x"))
    refused(web, open_http.session.patch, web.url(JOBS + "/750x"), json={"state": "Aborted"})
    open_http.job(web.url(JOBS), JOB)
    assert json.loads(web.asked[0].body) == JOB


def test_the_exceptions_are_there_only_where_a_source_needs_them(web, http):
    refused(web, http.query, web.url(GRAPHQL), "{ a }")
    refused(web, http.job, web.url(JOBS), JOB)
    refused(web, http.token, web.url("/token"), {})


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://elsewhere.example/", "none of this source's hosts"),
        ("https://api.example.evil.example/", "none of this source's hosts"),
        ("https://api.example:8443/", "none of this source's hosts"),
        ("https://api.example@elsewhere.example/", "user name|none of"),
        ("https://user:pass@api.example/", "user name"),
        ("http://api.example/", "not encrypted"),
        ("file:///etc/passwd", "only https"),
        ("ftp://api.example/x", "only https"),
        ("gopher://api.example/x", "only https"),
        ("//api.example/x", "makes no sense"),
        ("api.example", "makes no sense"),
        ("https://", "makes no sense"),
        ("https://api.example:99999/", "cannot be read|makes no sense"),
        ("https://[::1/", "cannot be read|makes no sense"),
    ],
)
def test_nothing_is_asked_of_another_place(address, said):
    with Web() as web:
        http = Http(["api.example"])
        with pytest.raises(Refused, match=said):
            http.get(address)
        assert http.sent == 0 and web.asked == []


def test_a_message_about_an_address_tells_nothing_of_its_user():
    with pytest.raises(Refused) as told:
        Http(["api.example"]).get("https://someone:hunter22@api.example/")
    assert "hunter22" not in str(told.value)


def test_whatever_is_done_to_the_session_its_requests_leave_by_the_wire(web, http):
    http.session.mount(web.url("/"), requests.adapters.HTTPAdapter())
    http.session.trust_env = True
    assert "Fanlight only reads" in refused(web, http.session.delete, web.url("/orders/1"))


def test_the_host_of_an_address_is_spelt_as_it_is_sent():
    assert host_of("https://API.Example:8443/a?b") == "api.example:8443"
    assert host_of("https://bücher.example/") == "xn--bcher-kva.example"
    with pytest.raises(ValueError, match=r"No scheme|no web address|Invalid URL"):
        host_of("api.example")
