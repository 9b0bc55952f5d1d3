"""What a live source's cursor holds, and the fingerprint of what it sent: the same for every vendor.

    since ──── begun ── at ──▶            one chain, over as many runs as it takes
               since ─────── begun ──▶    the next one begins OVERLAP before the last one did

All times are the source's own. A chain's start, never its newest row, decides where the next one begins.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Self, TypeVar

import msgspec
from msgspec import Struct, structs

OVERLAP = timedelta(minutes=10)  # what is committed late falls behind its own time stamp by less
T = TypeVar("T", bound="Chain")
_JSON = msgspec.json.Encoder(order="sorted")


class Chain(Struct, frozen=True, omit_defaults=True):
    """One reading of what changed. ``part`` and ``at`` tell where to resume: how many listings of the stream
    are done, and up to where the next one is kept (in the connector's own words)."""

    since: datetime | None = None  # what changed from then on; None: everything there is
    begun: datetime | None = None  # when its first attempt asked its first question
    part: int = 0
    at: str = ""

    def cursor(self) -> str:
        """The text to keep with a page."""
        return _JSON.encode(self).decode()

    def started(self, now: datetime) -> Self:
        """This chain, begun now if it had not been. ``now``: by the source's clock."""
        return self if self.begun else structs.replace(self, begun=now)

    def kept(self, at: str) -> Self:
        """This chain with its current listing kept up to there."""
        return structs.replace(self, at=at)

    def next_part(self) -> Self:
        """This chain at the start of its next listing."""
        return structs.replace(self, part=self.part + 1, at="")

    def following(self) -> "Chain":
        """Where the next run begins, once this chain is done; one that asked nothing stays as it is."""
        return Chain(since=self.begun - OVERLAP) if self.begun else self


def resume(cursor: str | None, kind: type[T]) -> T:
    """The chain a cursor tells of; where nobody can read it, a new one: reading too much loses nothing."""
    try:
        return msgspec.json.decode(cursor, type=kind) if cursor else kind()
    except msgspec.MsgspecError:
        return kind()


def whole_second(moment: datetime) -> datetime:
    """The second a moment is in, in UTC."""
    return moment.astimezone(UTC).replace(microsecond=0)


def fingerprint(told: Any) -> bytes:
    """8 bytes over JSON in canonical form: members in order of name, numbers as they were written."""
    return blake2b(_JSON.encode(told), digest_size=8).digest()
