"""What the tests of the outgoing session share: a server that misbehaves on command, and a clock to hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
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
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 4711, now - timedelta(1), now + timedelta(1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


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
