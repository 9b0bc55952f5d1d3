"""What our mails say. No address, link or code stands in one, only marks that are filled in on sending."""

import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal import brand
from sync.config import Config

LINK, CODE = "\u27e6link\u27e7", "\u27e6code\u27e7"
NAME_LENGTH = 60
TOLD = {"orders", "invoices", "support"}  # the sections an invitation has words for
PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
)  # fmt: skip


@dataclass(frozen=True)
class Letter:
    """A mail without its addresses."""

    subject: str
    text: str
    html: str

    def filled(self, link: str, code: str) -> "Letter":
        """The letter with its link and code; the code in two groups, as people read it."""
        spaced = f"{code[:3]} {code[3:]}"
        text, html = (part.replace(LINK, link).replace(CODE, spaced) for part in (self.text, self.html))
        return replace(self, text=text, html=html)


def sign_in(config: Config) -> Letter:
    """The mail that brings a link and a code."""
    return _letter(config, "sign_in", f"Sign in to {config.portal.name}")


def invitation(config: Config, organisation: str) -> Letter:
    """The welcome: what there is to see (what every organisation sees), how to get in, whom to call."""
    facts = {"organisation": as_name(organisation), "sections": config.sections_of_all & TOLD}
    return _letter(config, "invitation", f"Your access to {config.portal.name}", **facts)


def _letter(config: Config, template: str, subject: str, **facts: Any) -> Letter:
    known = {
        "portal": config.portal, "base_url": config.portal.base_url.rstrip("/"), "link": LINK, "code": CODE,
        "on_color": brand.on(config.portal.brand.color), **facts,
    }  # fmt: skip
    text, html = (PAGES.get_template(f"mail/{template}.{form}").render(known) for form in ("txt", "html"))
    return Letter(one_line(subject), text, html)


def one_line(text: str) -> str:
    """Text that fits one header line: no line ends, no control or direction characters, not endless."""
    flat = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    plain = "".join(c for c in flat if unicodedata.category(c) != "Cf")
    return re.sub(r"\s+", " ", plain).strip()[:200]


def as_name(text: str) -> str:
    """A name out of somebody's records, made harmless: one short line that no mail program makes a link."""
    plain = one_line(text).translate({ord(c): None for c in LINK + CODE if not c.isalpha()})
    unlinked = re.sub(r"[:/@]+(?=\S)|\.(?=\S)", lambda found: found[0] + " ", plain)
    return unlinked if len(unlinked) <= NAME_LENGTH else unlinked[: NAME_LENGTH - 1].rstrip() + "…"
