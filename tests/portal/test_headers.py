"""What every answer tells a browser, and what the portal refuses before anybody looks at it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from portal import gate
from sync.config import Config

House = Any
POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    "require-trusted-types-for 'script'",
}  # fmt: skip


@pytest.fixture
def secure(open_house: Callable[..., House], config: Callable[..., Config]) -> House:
    """The portal as it stands behind TLS, below a path of a shared host."""
    return open_house(
        config(portal={"base_url": "https://shop.example/portal", "hosts": ("portal.shop.example",)})
    )


def _answers(house: House) -> dict[str, Any]:
    """One answer of every kind."""
    nobody, ann, finn = house.browser(), house.sign_in(house.ann), house.sign_in(house.finn)
    order = f"/orders/{house.world.a.refs['order']}"
    return {
        "page": ann.get("/"), "record": ann.get(order), "missing": ann.get("/orders/aaaaaaaaaaaaaaaa"),
        "no section": finn.get(order), "redirect": nobody.get(order), "sign-in": nobody.get("/login"),
        "sent": nobody.ask(house.ann), "code": nobody.get("/login/code"), "bad link": nobody.get("/login/x"),
        "unknown": nobody.get("/nowhere"), "refused": nobody.client.post("/login"),
        "method": nobody.client.put("/"),
        "unauthorised": nobody.post("/switch"), "head": ann.client.head("/"),
        "static": nobody.get("/static/portal.css"), "brand": nobody.get("/brand.css"),
        "alive": nobody.get("/healthz"), "ready": nobody.get("/readyz"), "switch": ann.get("/switch"),
        "too large": nobody.client.post("/login", data={"email": "x" * 2_000_000}),
        "foreign host": nobody.get("/login", headers={"Host": "evil.example"}),
    }  # fmt: skip


def test_every_answer_carries_the_security_headers(house: House) -> None:
    answers = _answers(house)
    for kind, answer in answers.items():
        assert set(answer.headers["Content-Security-Policy"].split("; ")) == POLICY, kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff", kind
        assert answer.headers["X-Frame-Options"] == "DENY", kind
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", kind
        assert "camera=()" in answer.headers["Permissions-Policy"], kind
        assert "Strict-Transport-Security" not in answer.headers, kind
    assert {kind: answer.status_code for kind, answer in answers.items()} == {
        "page": 200, "record": 200, "missing": 404, "no section": 404, "redirect": 302, "sign-in": 200,
        "sent": 303, "code": 200, "bad link": 404, "unknown": 404, "refused": 400, "method": 405,
        "unauthorised": 401, "head": 200, "static": 200, "brand": 200, "alive": 200, "ready": 200,
        "switch": 200, "too large": 413, "foreign host": 400,
    }  # fmt: skip


def test_only_styles_and_pictures_may_be_kept(house: House) -> None:
    for kind, answer in _answers(house).items():
        if kind in ("static", "brand"):
            assert "no-store" not in answer.headers["Cache-Control"]
            assert "Set-Cookie" not in answer.headers
            assert "Cookie" not in answer.headers.get("Vary", "")
        else:
            assert answer.headers["Cache-Control"] == "no-store", kind
            assert "ETag" not in answer.headers, kind


def test_paths_that_look_like_pictures_are_not_kept(house: House) -> None:
    browser = house.sign_in(house.ann)
    for path in ("/orders/logo.css", "/account/x.png", "/orders;.js", "/orders%2f.css", "/static/none.css"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store"), path


def test_styles_are_addressed_by_their_content_and_kept_for_a_year(house: House) -> None:
    page = house.browser().get("/login").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "?v=" in address
    assert house.browser().get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert house.browser().get("/static/portal.css").headers["Cache-Control"] == "no-cache"


def test_sign_in_pages_send_no_referer_others_only_home(house: House) -> None:
    answers = _answers(house)
    for kind, policy in {"sign-in": "no-referrer", "code": "no-referrer", "bad link": "no-referrer",
                         "page": "same-origin", "unknown": "same-origin"}.items():  # fmt: skip
        assert answers[kind].headers["Referrer-Policy"] == policy, kind


def test_cookies_on_loopback_are_plain_but_closed_to_scripts(house: House) -> None:
    browser = house.browser()
    cookies = {c.split("=")[0]: c for c in browser.ask(house.ann).headers.getlist("Set-Cookie")}
    assert set(cookies) == {"fanlight-asked"}
    (mailed,) = house.mails()
    signed_in = browser.post("/login/code", {"code": mailed.code})
    for cookie in (*cookies.values(), *signed_in.headers.getlist("Set-Cookie")):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain" not in cookie
        assert "Path=/" in cookie


def test_cookies_over_https_belong_to_the_host_alone(secure: House) -> None:
    browser = secure.browser()
    browser.client.environ_base |= {
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "shop.example",
        "SERVER_NAME": "shop.example",
    }
    page = browser.client.get("/portal/login", base_url="https://shop.example")
    (cookie,) = page.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-fanlight-portal=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie.split("; ")
    assert "Domain" not in cookie
    assert int(page.headers["Strict-Transport-Security"].split("=")[1]) >= 31_536_000


def test_below_a_path_every_address_of_ours_begins_with_it(secure: House) -> None:
    def get(path: str, **more: Any) -> Any:
        return secure.app.test_client().get(path, base_url="https://shop.example", **more)

    for path in ("/portal/orders", "/orders"):  # the proxy in front may take the prefix off
        assert get(path).location == "/portal/login?next=/orders"
    page = get("/portal/login").text
    assert 'action="/portal/login"' in page
    assert 'href="/portal/brand.css?v=' in page
    assert get("/portal").status_code == 302
    assert get("/portalx").status_code == 404


def test_signing_in_below_a_path_arrives_there(secure: House) -> None:
    client = secure.app.test_client()
    at = {"base_url": "https://shop.example"}
    csrf = client.get("/portal/login", **at).text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"email": secure.ann, "next": "/orders", "csrf_token": csrf}
    assert client.post("/portal/login", data=form, **at).location == "/portal/login/code"
    (mailed,) = secure.mails()
    assert f"https://shop.example/portal/login/{mailed.token}" in mailed.text
    done = client.post("/portal/login/code", data={"code": mailed.code, "csrf_token": csrf}, **at)
    assert done.location == "/portal/orders"
    assert client.get(done.location, **at).status_code == 200


HOSTS = (
    "shop.example", "portal.shop.example", "shop.example:443", "evil.example", "shop.example.evil.example",
    "xshop.example", "127.0.0.1", "", "shop.example@evil.example", "shop.example/evil",
)  # fmt: skip


def test_only_configured_hosts_are_answered(secure: House) -> None:
    client = secure.app.test_client()
    answers = {host: client.get("/login", headers={"Host": host}).status_code for host in HOSTS}
    assert answers == dict.fromkeys(HOSTS[:3], 200) | dict.fromkeys(HOSTS[3:], 400)


def test_other_methods_are_refused(house: House) -> None:
    browser = house.sign_in(house.ann)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
        for path in ("/", "/orders", "/login", "/static/portal.css", "/healthz"):
            answer = browser.client.open(path, method=method, headers={"X-Probe": "echo-me"})
            assert answer.status_code == 405, (method, path)
            assert "echo-me" not in answer.text


def test_every_form_needs_its_token(house: House) -> None:
    told = {}
    browser = house.sign_in(house.ann)
    for rule in house.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<token>", "x" * 43).replace("<id>", house.sessions(house.ann)[0].id)
        for how in (
            {},
            {"data": {"csrf_token": "x"}},
            {"data": '{"a":1}', "content_type": "text/plain"},
            {"json": {}},
        ):
            told[f"{path} {how}"] = browser.client.post(path, **how).status_code
    assert len(told) >= 4 * 8
    assert set(told.values()) == {400}, told
    assert browser.get("/").status_code == 200


def test_a_form_sent_from_another_site_is_refused_even_with_its_token(house: House) -> None:
    browser = house.sign_in(house.ann)
    for site in ("cross-site", "same-site"):
        assert browser.post("/logout", headers={"Sec-Fetch-Site": site}).status_code == 400
    assert browser.get("/").status_code == 200
    assert browser.post("/logout", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_a_get_changes_nothing(house: House) -> None:
    browser = house.sign_in(house.world.both)
    browser.get("/switch", query_string={"organisation": house.world.b.id})
    for path in (
        "/logout",
        "/account/devices/end",
        f"/account/devices/{house.sessions(house.world.both)[0].id}/end",
    ):
        assert browser.get(path).status_code == 405
    assert len(house.sessions(house.world.both)) == 1
    assert house.sessions(house.world.both)[0].org_id is None


def test_an_error_of_ours_says_nothing_of_itself(open_house: Callable[..., House]) -> None:
    house = open_house(PROPAGATE_EXCEPTIONS=False)
    secret = "secret-of-the-source"

    @gate.audience("signed-in")
    def broken() -> str:
        raise ValueError(secret)

    @gate.audience("signed-in")
    def down() -> str:
        raise OperationalError(f"select {secret}", {}, Exception(secret))

    house.app.add_url_rule("/broken", "broken", broken)
    house.app.add_url_rule("/down", "down", down)
    browser = house.sign_in(house.ann)
    for path, status in (("/broken", 500), ("/down", 503)):
        answer = browser.get(path)
        assert answer.status_code == status
        assert secret not in answer.text
        assert "Traceback" not in answer.text
        assert "<h1>" in answer.text
        assert ("Retry-After" in answer.headers) == (status == 503)


def test_try_again_stays_below_the_portals_path(secure: House) -> None:
    @gate.audience("public")
    def down() -> str:
        raise OperationalError("select 1", {}, Exception())

    secure.app.add_url_rule("/down", "down", down)
    answer = secure.browser().get("/portal/down?page=2", base_url="https://shop.example")
    assert answer.status_code == 503
    assert 'href="/portal/down?page=2"' in answer.text


def test_a_fault_is_logged_without_the_address_that_was_asked_for(
    open_house: Callable[..., House], caplog: pytest.LogCaptureFixture
) -> None:
    """The address of a sign-in page holds its token, and any address may hold what a terminal obeys."""
    house = open_house(PROPAGATE_EXCEPTIONS=False)

    @gate.audience("public")
    def broken(token: str) -> str:
        raise ValueError("out of paper")

    house.app.view_functions["login.link"] = broken
    token = "T" * 41
    assert house.browser().get(f"/login/{token}%1b%0a").status_code == 500
    assert "GET login.link" in caplog.text
    assert "out of paper" in caplog.text
    assert token not in caplog.text
    assert "\x1b" not in caplog.text


def test_a_form_as_large_as_no_form_of_ours_is_not_even_read(house: House) -> None:
    fields = "&".join(f"a{n}=1" for n in range(10_000))
    form = {"data": fields, "content_type": "application/x-www-form-urlencoded"}
    assert house.browser().client.post("/login", **form).status_code == 413


def test_readiness_tells_a_database_that_is_not_there_liveness_does_not_ask(house: House) -> None:
    assert house.browser().get("/readyz").text == "ready\n"
    with house.database.sync() as connection:
        connection.exec_driver_sql(
            "update meta set value = '99' where name = 'schema_version'"
            if house.database.dialect == "sqlite"
            else "update mirror.meta set value = '99' where name = 'schema_version'"
        )
    browser = house.browser()
    assert (browser.get("/readyz").status_code, browser.get("/readyz").text) == (503, "not ready\n")
    assert browser.get("/healthz").status_code == 200


def test_forwarded_addresses_count_only_behind_a_configured_proxy(
    open_house: Callable[..., House], config: Callable[..., Config]
) -> None:
    for proxies, seen in ((0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.1")):
        house = open_house(config(portal={"proxies": proxies}))
        browser = house.browser()
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.1, 198.51.100.7"
        for _ in range(7):
            browser.ask(f"nobody{proxies}@a.example")
        assert seen in house.rows("audit")[-1].detail or any(
            seen in row.detail for row in house.rows("audit")
        )
