"""After signing out this browser shows nothing private, and a picture opened on its own runs nothing."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=1"><script>window.hit=1</script>'
    '<script href="data:text/javascript,window.hit=1"/><rect width="9" height="9"/></svg>'
)


def test_the_back_button_shows_nothing_after_signing_out(site: Any) -> None:
    visit, order = site.visit(), f"/orders/{site.world.a.refs['order']}"
    for path in ("/", "/orders", order):
        assert site.world.a.canary in visit.goto(path).content(), path
    visit.page.locator("form[action='/logout'] button").first.click()
    visit.page.wait_for_url("**/login")
    for _ in range(3):
        visit.page.go_back(wait_until="commit")  # a page kept in memory is never loaded
        visit.page.wait_for_function("document.readyState === 'complete'")
        assert visit.page.url.startswith(f"{site.base}/login"), visit.page.url
        assert site.world.a.canary not in visit.page.content()


def test_a_picture_with_a_script_runs_nothing_when_opened_on_its_own(site: Any) -> None:
    visit = site.visit()
    visit.page.route("**/brand/icon", lambda route: route.fulfill(response=route.fetch(), body=PICTURE))
    page = visit.goto("/brand/icon")
    assert page.locator("rect").count() == 1
    assert page.evaluate("window.hit") is None
