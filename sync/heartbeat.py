"""Keeps a run's lease alive, also while a page is long in coming, and opens the run's transactions."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sync import mirror
from sync.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

BEAT = 25.0  # seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold signals back for a moment. A KeyboardInterrupt inside the database's driver would leave a
    transaction open, and with it the lock of SQLite's only writer."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Heartbeat:
    """A lease that is renewed every ``BEAT`` seconds and by every transaction of its run. When renewing fails
    the beat ends: the run's next transaction finds out, and writes nothing."""

    def __init__(self, database: Database, lease: mirror.Lease, clock: Callable[[], datetime]) -> None:
        self.lease = lease
        self._database, self._clock = database, clock
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease of {lease.source}", daemon=True)

    def __enter__(self) -> Self:
        with undisturbed():  # the thread inherits it: signals are for the main thread
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def transaction(self) -> "Iterator[Connection]":
        """A transaction that may write, since it begins by renewing the lease; raises mirror.Lost."""
        with undisturbed(), self._writing, self._database.sync() as connection:
            mirror.renew(connection, self.lease, self._clock())
            yield connection

    def renew(self) -> None:
        """Renew the lease, unless a transaction is doing so right now; raises mirror.Lost."""
        if self._writing.acquire(blocking=False):
            try:
                with self._database.sync() as connection:
                    mirror.renew(connection, self.lease, self._clock())
            finally:
                self._writing.release()

    def _beat(self) -> None:
        try:
            while not self._over.wait(BEAT):
                self.renew()
        except mirror.Lost:
            return
