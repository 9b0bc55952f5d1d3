"""How long and how often a source is asked, and how much it may answer; and the clock all of it goes by."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Limits:
    """Seconds, except where said. One request may take ``total`` (its name looked up, which the system
    bounds, not counted); all tries of it, with the waits between, ``patience``."""

    connect: float = 5  # for each address of the host
    read: float = 30  # of silence
    total: float = 60
    tries: int = 5  # times
    patience: float = 120
    retry_after: float = 60  # longer waits are left to the schedule
    body: int = 64 << 20  # bytes, unpacked
    redirects: int = 5  # times


@dataclass(frozen=True)
class Time:
    """Clock, sleep and chance, for tests to hold."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now  # aware UTC
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random  # 0 ≤ x < 1
