"""Mirrored text is hostile: whatever a source says, nothing of it runs, loads or leaves the page's markup."""

from typing import Any

import pytest
from msgspec import json
from playwright.sync_api import Route
from sqlalchemy import Text, select, update

from sync.tables import MIRROR, OWNED

pytestmark = pytest.mark.browser
HIT = "window.hit=1"
MARKUP = (
    f"<script>{HIT}</script>",
    f"\"'><img src=x onerror={HIT}>",
    f"<svg/onload={HIT}>",
    f"</title></textarea><script>{HIT}</script>",
    f"<iframe srcdoc='<script>parent.{HIT}</script>'>",
    f"--></style><script>{HIT}</script><!--",
    "<style>*{background:url(//evil.example/x)}</style><base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "{{ 71*73 }}{% print(71*73) %}${71*73}#{71*73} %s %(x)s {0} \u202egnp.exe\u2066",
)
PAYLOADS = {
    "markup": " ".join(MARKUP),
    "address": f"javascript:{HIT}",
    "attribute": f"\" autofocus onfocus={HIT} x='",
    "attribute in single quotes": f"' autofocus onfocus={HIT} x=\"",
}
KEPT = {
    "source",
    "source_id",
    "ref",
    "belongs_to",
    "email_key",
    "gone_why",
    "currency",
    "kind",
    "record",
    "field",
}


def _poison(site: Any, payload: str) -> None:
    """Put the payload into every text of A's mirrored records, lines and messages included."""
    with site.database.sync() as connection:
        for table in (MIRROR[name] for name in OWNED):
            texts = [c.name for c in table.c if isinstance(c.type, Text) and c.name not in KEPT]
            for row in connection.execute(select(table).where(table.c.org_id == site.world.a.id)).mappings():
                told = {name: _with(row[name], site.world.a.canary, payload) for name in texts if row[name]}
                this = [column == row[column.name] for column in table.primary_key.columns]
                if told:
                    connection.execute(update(table).where(*this).values(told))


def _with(text: str, canary: str, payload: str) -> str:
    inside = json.encode(payload).decode()[1:-1] if text[0] in "[{" else payload  # in a JSON column
    return text.replace(canary, inside)


def _without_policy(route: Route) -> None:
    """Let a page through without its Content-Security-Policy."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if "content-security" not in name}
    route.fulfill(response=answer, headers=headers)


@pytest.mark.parametrize("policy", ["kept", "stripped"])
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_nothing_a_source_says_runs_or_loads(site: Any, payload: str, policy: str) -> None:
    refs = site.world.a.refs
    _poison(site, payload)
    visit = site.visit()
    if policy == "stripped":
        visit.page.route("**/*", _without_policy)
    for path in ("/", "/orders", f"/orders/{refs['order']}", "/invoices", f"/invoices/{refs['invoice']}",
                 "/payments", "/support", f"/support/{refs['ticket']}", "/account"):  # fmt: skip
        page = visit.goto(path)
        assert page.evaluate("window.hit") is None, path
        assert "5183" not in page.locator("body").inner_text(), path
        assert page.locator("[href^='javascript'], [autofocus], iframe, base").count() == 0, path
        assert [each.url for each in visit.requests if not each.url.startswith(site.base)] == [], path
    assert payload[:11] in page.locator("main").inner_text()  # it was there to be seen
    assert visit.complaints == []


def test_the_watch_itself_would_see_a_script_run(site: Any) -> None:
    visit = site.visit()
    script = {"body": f"<script>{HIT}</script>", "content_type": "text/html"}
    visit.page.route("**/login", lambda route: route.fulfill(**script))
    assert visit.goto("/login").evaluate("window.hit") == 1
