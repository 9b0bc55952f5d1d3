"""Ctrl-C and SIGTERM end a sync cleanly within 10 seconds: after the page at hand, or by dropping that page.

A page and its cursor are one transaction, so what is dropped was never half there.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GRACE = 7  # seconds for the page at hand
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SENTENCE = "stopped; nothing is half-applied; run it again to go on"


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Turn the first signal into True from the function given; a second, or 7 s, into KeyboardInterrupt."""
    asked = threading.Event()

    def now(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    def soon(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        asked.set()
        for each in SIGNALS:
            signal.signal(each, now)
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    before = {each: signal.signal(each, soon) for each in SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, now)
    try:
        yield asked.is_set
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for each, handler in before.items():
            signal.signal(each, handler)
