"""What the tests of the outgoing session share: a server that misbehaves on command, and a clock to hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.tls import self_signed
from fakes.web import Web

from connectors.http import Http, Time

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class HeldTime:
    """A clock that moves when somebody sleeps, and ``tick`` seconds whenever it is looked at."""

    tick: float = 0.0
    chance: float = 0.5
    passed: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """Seconds since it began."""
        self.passed += self.tick
        return self.passed

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self.passed += seconds

    def time(self) -> Time:
        """For a session."""
        return Time(
            self.clock, lambda: NOON + timedelta(seconds=self.passed), self.sleep, lambda: self.chance
        )


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers as it is told."""
    with Web() as server:
        yield server


@pytest.fixture
def held() -> HeldTime:
    """The time the session goes by."""
    return HeldTime()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    return self_signed(tmp_path_factory.mktemp("tls") / "certificate.pem")


@pytest.fixture
def session(web: Web, held: HeldTime) -> Iterator[Callable[..., Http]]:
    """Makes a session that may ask the server, closed at the end."""
    made: list[Http] = []

    def make(**told: Any) -> Http:
        made.append(Http([web.host], **{"time": held.time(), **told}))
        return made[-1]

    yield make
    for http in made:
        http.close()


@pytest.fixture
def http(session: Callable[..., Http]) -> Http:
    """A session as it comes."""
    return session()
