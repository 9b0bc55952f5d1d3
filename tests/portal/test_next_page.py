"""Where signing in leads: to a page of the portal, whatever was asked for."""

from typing import Any

House = Any


FOREIGN = (
    "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "\t//evil.example",
    "/%09/evil.example", "/\r\n//evil.example", "/%0d%0aLocation:%20//evil.example", "/%0a/evil.example",
    "https://evil.example", "https:evil.example", "javascript:alert(1)", "/%5cevil.example",
    "/%2f%2fevil.example", "///evil.example", "http:///evil.example", "@evil.example", "/orders@evil.example",
    "/login", "/logout", "/brand.css", "", "orders", "/nowhere", "/orders\x00", "/" + "o" * 3000,
    "/orders?q=%0d%0aLocation:%20//evil.example", "/.evil.example", "/orders/../login", "/switch",
)  # fmt: skip


def test_signing_in_leads_to_no_other_place(house: House) -> None:
    browser, led = house.sign_in(house.ann), {}
    for then in FOREIGN:
        asked = browser.get("/login", query_string={"next": then}).location
        mailed = house.mail(house.ann, browser, then)
        led[then] = (asked, browser.post(mailed.path).location)
        house.clock.forward(minutes=16)
    assert set(led.values()) == {("/", "/")}, led


def test_a_deep_link_survives_signing_in(house: House) -> None:
    browser = house.browser()
    page = f"/orders/{house.world.a.refs['order']}"
    sent_to = browser.get(f"{page}?from=mail").location
    assert sent_to == f"/login?next={page}?from%3Dmail"
    assert f'name="next" value="{page}?from=mail"' in browser.get(sent_to).text
    mailed = house.mail(house.ann, browser, f"{page}?from=mail")
    arrived = browser.post("/login/code", {"code": mailed.code})
    assert arrived.location == f"{page}?from=mail"
    assert browser.get(arrived.location).status_code == 200
