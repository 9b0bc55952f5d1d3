"""A moment after which nothing more is read from a socket, however slowly the other side trickles.

A socket's own timeout starts anew with each byte. Here every read, of headers too, gets what is left of the
whole at most; the two connection classes take the deadline that is current when the answer begins.
"""

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Deadline:
    """Nothing is waited for after ``at`` (by ``clock``), nor longer than ``read`` seconds at a time."""

    def __init__(self, clock: Callable[[], float], at: float, read: float) -> None:
        self._clock, self.at, self._read = clock, at, read
        self.passed = False

    def left(self) -> float:
        """Seconds the next read may take; raises TimeoutError where none are left."""
        left = self.at - self._clock()
        if left <= 0:
            self.passed = True
            raise TimeoutError("the deadline has passed")
        return min(left, self._read)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Hold every answer that begins in this block to this deadline."""
        before = _current.set(self)
        try:
            yield
        finally:
            _current.reset(before)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class _Bounded(io.RawIOBase):
    """A socket's bytes, each read within the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline
        self._bytes = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Wait for bytes while the deadline has not passed."""
        self._sock.settimeout(self._deadline.left())
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        """Give the socket back."""
        self._bytes.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        if deadline := _current.get():
            self.fp.close()
            self.fp = io.BufferedReader(_Bounded(sock, deadline))


class _Plain(HTTPConnection):
    response_class = _Answer


class _Secure(HTTPSConnection):
    response_class = _Answer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


def bound(pools: Any) -> None:
    """Make a urllib3 pool manager open connections that keep to the current deadline."""
    pools.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
