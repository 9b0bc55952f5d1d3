"""The style sheet in the portal's own colours, its icon and its logo: what every page fetches.

A brand colour too faint to read is mended until it reads.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from portal.formats import initial
from sync.config import Brand, Portal

READABLE = 4.5  # WCAG AA contrast of text
# The worst grounds brand-coloured text stands on in light and in dark, tints included (static/portal.css).
LIGHT_GROUND, DARK_GROUND = "#e9ecef", "#2b3039"
LARGEST_PICTURE = 512 * 1024
TYPES = {".svg": "image/svg+xml", ".png": "image/png"}

Channels = tuple[float, float, float]


SHEETS = [Path(__file__).parent / "static" / name for name in ("portal.css", "paper.css")]
IDLE = re.compile(r"/\*.*?\*/|(?<=[{};,])\s+|\s+(?=[{}])|^\s+", re.DOTALL)


@dataclass(frozen=True)
class Served:
    """A file as it is served; ``packed`` is the same in gzip, where that is worth it."""

    content: bytes
    mimetype: str
    packed: bytes = b""


def channels(color: str) -> Channels:
    """'#1f5f8b' → three shares of 255."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return float(red), float(green), float(blue)


def luminance(color: str) -> float:
    """WCAG relative luminance."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast of two colours, 1 to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def mix(color: str, towards: str, share: float) -> str:
    """``color`` with ``share`` of ``towards`` in it."""
    pairs = zip(channels(color), channels(towards), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(color: str, ground: str, towards: str) -> str:
    """The colour nearest to ``color``, moved ``towards`` black or white, that reads on ``ground``."""
    steps = (mix(color, towards, step / 50) for step in range(51))
    return next((made for made in steps if contrast(made, ground) >= READABLE), towards)


@cache
def sheet(brand: Brand) -> Served:
    """The style sheets without what only their authors read, then the brand's colours."""
    written = "".join(file.read_text(encoding="utf-8") for file in SHEETS)
    content = (IDLE.sub("", written) + style(brand)).encode()
    return Served(content, "text/css", gzip.compress(content, mtime=0))


def style(brand: Brand) -> str:
    """The three colours the style sheet takes from the brand."""
    light = readable(brand.color, LIGHT_GROUND, "#000000")
    dark = readable(brand.color, DARK_GROUND, "#ffffff")
    return (
        f":root{{--brand:light-dark({light},{dark});--brand-fill:{brand.color.lower()};"
        f"--on-brand:{on(brand.color)}}}\n"
    )


def on(color: str) -> str:
    """White where it reads on ``color``, black otherwise; one of the two always does."""
    return "#ffffff" if contrast("#ffffff", color) >= READABLE else "#000000"


def picture(path: Path) -> Served:
    """A configured logo or icon; a file above half a megabyte is refused."""
    content = path.read_bytes()
    if len(content) > LARGEST_PICTURE:
        raise ValueError(f"{path} has {len(content):,} bytes; a logo or icon may have {LARGEST_PICTURE:,}")
    return Served(content, TYPES[path.suffix.lower()])


def icon(portal: Portal) -> Served:
    """The configured icon, else the portal's initial on its colour."""
    chosen = portal.brand.icon
    return picture(chosen) if chosen else monogram(initial(portal.name), portal.brand.color)


def monogram(letter: str, color: str) -> Served:
    """An icon for a portal without one: its initial on its colour."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{color}"/>'
        '<text x="16" y="22" font-family="system-ui,sans-serif" font-size="18" font-weight="700" '
        f'text-anchor="middle" fill="{on(color)}">{escape(letter)}</text></svg>'
    )
    return Served(svg.encode(), TYPES[".svg"])


def version(content: bytes) -> str:
    """A short mark of some content, so that its URL changes when it does."""
    return hashlib.sha256(content).hexdigest()[:10]
