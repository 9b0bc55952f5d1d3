"""Keeps what must not be read out of messages and logs: tokens, keys, passwords, the ``?…`` of addresses."""

import logging
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
_LIBRARIES = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.response")
_HEADERS = ("authorization", "proxy-authorization", "cookie", "x-shopify-access-token", "x-api-key")
_SPELT = re.compile(
    r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"
    r"|(token|secret|password|assertion|signature|key)(\"?\s*[=:]\s*\"?)(?=[^\s&\"',;]*\d)[^\s&\"',;]{8,}"
)
_AFTER = re.compile(r"\?[^\s\"']*")
SHORTEST = 6  # shorter ones would blot out words


class Secrets:
    """The secrets one source's session has met."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, values: Iterable[object]) -> None:
        """Remember values that must never be shown."""
        told = [value for value in values if isinstance(value, str) and len(value) >= SHORTEST]
        self._known.update(
            spelling for value in told for spelling in (value, quote(value), quote_plus(value))
        )

    def learn_headers(self, headers: Mapping[str, str]) -> None:
        """Remember what a request's headers prove its right with."""
        for name, value in headers.items():
            if name.lower() in _HEADERS:
                scheme, _, proof = value.partition(" ")
                self.learn([value, proof, *(_pair(proof) if scheme.lower() == "basic" else ())])

    def hide(self, text: str) -> str:
        """The text without any of them, nor anything that looks like one; fit for one line of a message."""
        for value in sorted(self._known, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        text = _SPELT.sub(lambda m: f"{m[1] or m[2]}{m[3] or ' '}{HIDDEN}", text)
        return "".join(c if c.isprintable() else " " for c in text)


def _pair(proof: str) -> list[str]:
    try:
        return b64decode(proof).decode("utf-8").split(":", 1)[1:]
    except ValueError:
        return []


class _WithoutQueries(logging.Filter):
    """urllib3 logs addresses with all that stands in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record pass, its addresses cut at the ``?``."""
        record.msg, record.args = _AFTER.sub(f"?{HIDDEN}", record.getMessage()), ()
        record.exc_info = None
        return True


def quieten_libraries() -> None:
    """Keep what stands after the ``?`` of an address out of urllib3's log."""
    for name in _LIBRARIES:
        log = logging.getLogger(name)
        if not any(isinstance(known, _WithoutQueries) for known in log.filters):
            log.addFilter(_WithoutQueries())
