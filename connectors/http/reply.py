"""What a source answered: status, headers and bytes, and the bytes read as strict JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from connectors.base import Garbled

_JSON = msgspec.json.Decoder(float_hook=Decimal)
STALE = timedelta(minutes=5)  # by so much the clocks of a vendor's servers may differ
_BOM = b"\xef\xbb\xbf"
_PAGE = re.compile(rb"\s*<(!doctype|html|head|body|\?xml)", re.IGNORECASE)
_ESCAPE = re.compile(
    rb"\\(?:(?P<pair>u[dD][89abAB]..\\u[dD][c-fC-F]..)|(?P<half>u[dD][89a-fA-F]..)|.)", re.DOTALL
)


@dataclass(frozen=True, repr=False)
class Reply:
    """One answer. ``place`` is where it came from, safe to show; ``headers`` know no case."""

    place: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<{self.status} from {self.place}, {len(self.body)} bytes>"

    @property
    def ok(self) -> bool:
        """It is what was asked for (2xx)."""
        return 200 <= self.status < 300

    @property
    def date(self) -> datetime | None:
        """The source's own clock (its Date header), aware UTC; None where it does not tell."""
        return http_date(self.headers.get("Date", ""))

    def no_older_than(self, last: datetime | None) -> datetime | None:
        """The source's clock by this answer; ``last`` where it does not tell. Raises Garbled where it was
        made well before that: something on the way here had kept it, and what changed since is not in it."""
        if self.date and last and self.date < last - STALE:
            raise Garbled(f"{self.place} sent an old answer, kept on the way here; nothing was taken")
        return self.date or last

    def text(self) -> str:
        """The body as UTF-8, with or without a byte order mark; raises Garbled where it is not."""
        try:
            return self.body.removeprefix(_BOM).decode("utf-8")
        except UnicodeDecodeError as e:
            at = e.start  # the error itself holds the body, and is left behind
        raise Garbled(f"{self.place} sent bytes that are not UTF-8 (at {at}); nothing was taken")

    def json(self) -> Any:
        """The body as JSON, numbers with a point as Decimal; raises Garbled where it is none (NaN is none).

        Half an emoji, as cutting a text after so many characters leaves it, becomes U+FFFD."""
        body = self.body.removeprefix(_BOM)
        try:
            return _JSON.decode(body)
        except (UnicodeDecodeError, InvalidOperation, RecursionError, msgspec.MsgspecError):
            pass
        try:
            return _JSON.decode(_ESCAPE.sub(_whole, body))
        except (UnicodeDecodeError, InvalidOperation, RecursionError, msgspec.MsgspecError):
            pass
        self.text()
        raise Garbled(f"{self.place} sent {self._instead()} where JSON belongs; nothing was taken")

    def object(self) -> dict[str, Any]:
        """The body as a JSON object; raises Garbled where it is anything else."""
        told = self.json()
        if not isinstance(told, dict):
            raise Garbled(f"{self.place} sent JSON that is no object; nothing was taken")
        return told

    def _instead(self) -> str:
        if not self.body.strip():
            return "nothing"
        return "a web page" if _PAGE.match(self.body.removeprefix(_BOM)) else "something else"


def _whole(found: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if found["half"] else found[0]


def http_date(text: str) -> datetime | None:
    """A date as HTTP headers spell it, aware UTC; None where it is not one."""
    try:
        told = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_json_object(body: bytes) -> dict[str, Any] | None:
    """The object a request's body is, as every reader reads it: no name comes twice; None: it is none."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a name comes twice")
        return dict(pairs)

    try:
        told = json.loads(body.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
