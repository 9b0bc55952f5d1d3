"""The portal's own colours, logo and icon."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import brand
from sync.config import Brand, Config

COLORS = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


@given(COLORS)
def test_any_colour_is_mended_until_it_reads_in_light_and_dark(color: str) -> None:
    assert brand.contrast(brand.readable(color, brand.LIGHT_GROUND, "#000000"), brand.LIGHT_GROUND) >= 4.5
    assert brand.contrast(brand.readable(color, brand.DARK_GROUND, "#ffffff"), brand.DARK_GROUND) >= 4.5
    assert brand.contrast(brand.on(color), color) >= 4.5


def test_a_colour_that_reads_already_is_left_alone() -> None:
    assert "light-dark(#1f5f8b," in brand.style(Brand(color="#1f5f8b"))


def test_colours_are_public_kept_and_asked_for_again_only_when_they_changed(house: Any) -> None:
    browser = house.browser()
    first = browser.get("/brand.css")
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "public, max-age=86400"
    assert first.mimetype == "text/css"
    assert "Set-Cookie" not in first.headers
    again = browser.get("/brand.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_style_sheet_comes_packed_to_browsers_that_unpack_it(house: Any) -> None:
    browser = house.browser()
    plain, packed = (
        browser.get("/brand.css"),
        browser.get("/brand.css", headers={"Accept-Encoding": "gzip, br"}),
    )
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert len(packed.data) < 6 * 1024


def test_the_style_sheet_loses_nothing_but_comments_and_blanks(house: Any) -> None:
    served, written = house.browser().get("/brand.css").text, "".join(map(Path.read_text, brand.SHEETS))
    assert "/*" not in served
    own = served.removesuffix(brand.style(house.config.portal.brand))
    assert "".join(own.split()) == "".join(re.sub(r"/\*.*?\*/", "", written, flags=re.DOTALL).split())


def test_a_portal_without_a_logo_has_its_initial_instead(house: Any) -> None:
    browser = house.browser()
    assert browser.get("/brand/logo").status_code == 404
    icon = browser.get("/brand/icon")
    assert icon.mimetype == "image/svg+xml"
    assert ">N</text>" in icon.text
    assert '<span class="mono" aria-hidden="true">N</span>' in browser.get("/login").text


def test_the_logo_stands_on_every_page(
    config: Callable[..., Config], open_house: Callable[..., Any], tmp_path: Path
) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n")
    browser = open_house(config(portal={"brand": {"logo": logo}})).browser()
    assert '<img src="/brand/logo?v=' in browser.get("/login").text
    served = browser.get("/brand/logo")
    assert (served.mimetype, served.data) == ("image/png", logo.read_bytes())


def test_a_logo_above_half_a_megabyte_is_refused_with_its_size(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"x" * 600_000)
    with pytest.raises(ValueError, match="600,000 bytes; a logo or icon may have 524,288"):
        brand.picture(logo)


def test_a_name_cannot_break_out_of_the_icon() -> None:
    assert b"&lt;" in brand.monogram("<", "#000000").content
