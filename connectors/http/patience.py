"""When a request is tried again, after how long, and when that is left to the schedule."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import Refused, Unavailable
from connectors.http.deadline import Deadline
from connectors.http.limits import Limits, Time
from connectors.http.reply import http_date

FIRST, LONGEST = 0.5, 20.0  # seconds: the widest first and the widest later wait
WEEK = 7 * 86400.0  # nobody is believed who says to stay away for longer
_SECONDS = re.compile(r"\+?\d{1,15}(\.\d{0,9})?")


@dataclass(frozen=True)
class Trouble:
    """One try that brought nothing: what happened, in words that follow the place; whether the same may be
    sent again; how many seconds to wait the source said."""

    what: str
    again: bool = True
    told: float | None = None
    person: bool = False  # must act


def told_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, given in seconds or as a date (of the source's own clock where
    its Date header tells it); None where there is none or it makes no sense."""
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), WEEK)
    if (until := http_date(text)) is None:
        return None
    wait = (until - (http_date(headers.get("Date", "")) or now.astimezone(UTC))).total_seconds()
    return min(wait, WEEK) if wait > 0 else None


class Patience:
    """The tries of one request."""

    def __init__(self, limits: Limits, time: Time, place: str) -> None:
        self._limits, self._time, self._place = limits, time, place
        self._start = time.clock()
        self._tries = 0

    def deadline(self) -> Deadline:
        """Begin a try; when it must have ended."""
        self._tries += 1
        at = min(self._time.clock() + self._limits.total, self._start + self._limits.patience)
        return Deadline(self._time.clock, at, self._limits.read)

    def wait(self, trouble: Trouble) -> None:
        """Wait before the next try; raises a Failure where there is to be none."""
        said = f"{self._place} {trouble.what}"
        if trouble.person:
            raise Refused(said)
        if trouble.told is not None and trouble.told > self._limits.retry_after:
            raise Unavailable(
                f"{said} and asks us to stay away for {span(trouble.told)}", retry_after=trouble.told
            )
        if not trouble.again or self._tries >= self._limits.tries:
            tries = f" ({self._tries} tries)" if self._tries > 1 else ""
            raise Unavailable(f"{said}{tries}; the next run asks again", retry_after=trouble.told)
        wait = self._delay(trouble)
        if self._time.clock() + wait >= self._start + self._limits.patience:
            raise Unavailable(f"{said} ({self._tries} tries); the next run asks again", retry_after=wait)
        self._time.sleep(wait)

    def _delay(self, trouble: Trouble) -> float:
        """Full jitter, so that many do not come back at once; never before the time we were told."""
        width: float = min(LONGEST, FIRST * 2**self._tries)
        if trouble.told:
            return trouble.told + self._time.chance() * min(width, 1.0)
        return self._time.chance() * width


def span(seconds: float) -> str:
    """'40 s', '3 min', '19 h', '3 days': rounded up, for people."""
    for size, word in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{math.ceil(seconds / size)} {word}"
    return f"{math.ceil(seconds)} s"
