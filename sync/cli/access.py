"""What ``fanlight status`` says of sources with an API: what is left to ask for, the token, how far back they
tell. Pure: from the mirror's state to lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.cli.words import PLURALS, moment, plain
from sync.database.sealed import Kept
from sync.mirror.state import SourceState, StreamState

AHEAD = timedelta(days=7)  # a token that expires so soon is no longer renewed by itself


@dataclass(frozen=True)
class Tokens:
    """What may be told of the tokens kept: by source, and which key seals new ones ('' without a key)."""

    kept: Mapping[str, Kept]
    key_id: str
    now: datetime
    zone: ZoneInfo

    def expiring(self, source: str) -> bool:
        """Whether a person must connect this source again soon, or now."""
        token = self.kept.get(source)
        return bool(token and token.expires_at and token.expires_at - self.now < AHEAD)

    def lines(self, source: str, *, refused: bool) -> Iterator[str]:
        """Whether this source is connected, and until when; a token that it refuses is good for nothing."""
        if (token := self.kept.get(source)) is None:
            return
        until = f", good until {self._day(token.expires_at)}" if token.expires_at and not refused else ""
        yield f"{'' if refused else 'connected, '}token renewed {self._when(token.kept_at)}{until}"
        if token.expires_at and self.expiring(source):
            over = token.expires_at <= self.now
            when = f"{'expired' if over else 'expires'} {self._when(token.expires_at)}"
            yield f"needs a person: the token {when}; connect again: fanlight auth {source}"
        if self.key_id and token.key_id != self.key_id:
            yield "the token is sealed with the key before; keep credentials_key_before until the next run"

    def as_json(self, source: str) -> dict[str, Any] | None:
        """The same for a program."""
        token = self.kept.get(source)
        return {"kept_at": token.kept_at, "expires_at": token.expires_at} if token else None

    def _when(self, at: datetime) -> str:
        return moment(at, self.now, self.zone)

    def _day(self, at: datetime) -> str:
        return day(at.astimezone(self.zone).date())


def day(on: date) -> str:
    """ "24 Sep 2026"."""
    return f"{on.day} {on:%b %Y}"


def quota_lines(source: SourceState, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """What the source lets us ask for."""
    if source.quota_left is None or source.quota_at is None:
        return
    of = f" of {source.quota_of:,}" if source.quota_of is not None else ""
    renewed = source.quota_renewed and source.quota_renewed > now
    again = f", renewed {moment(source.quota_renewed, now, zone)}" if renewed and source.quota_renewed else ""
    left = f"{source.quota_left:,}{of} {plain(source.quota_unit or 'calls')} left"
    yield f"quota: {left}, as told {moment(source.quota_at, now, zone)}{again}"


def reach_lines(stream: StreamState, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """How far back a stream goes, and when all its ids were heard."""
    if stream.covers_from:
        since = day(stream.covers_from.astimezone(zone).date())
        yield f"{PLURALS[stream.record]} since {since}; older ones are unknown, those mirrored before stay"
    if stream.swept_at:
        yield f"compared with all ids {moment(stream.swept_at, now, zone)}"
