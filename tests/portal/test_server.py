"""The running server: web and scheduler together, from the first request to the last signal."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from sync.database import Database

TOML = """\
[portal]
name = "Northgate"
base_url = "http://127.0.0.1:8000"
secret_key = { file = "secret.key" }
[organisations]
from = "files"
[[sources]]
id = "files"
label = "Files"
kind = "exports"
[[sources.files]]
path = "exports/*.csv"
"""


class Server:
    """`fanlight serve` in a folder of its own, at a free port."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.toml = folder / "fanlight.toml"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [
            sys.executable,
            "-m",
            "portal.cli",
            "--config",
            str(self.toml),
            "serve",
            "--workers",
            "1",
        ]
        self.process = subprocess.Popen(
            [*self.command, "--port", str(self.port), *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def hear(self, piece: str) -> str:
        """Wait for a line on the terminal that holds ``piece``."""
        assert self.process.stdout
        for line in self.process.stdout:
            if piece in line:
                return str(line)
        raise AssertionError(f"the server ended without saying {piece!r}")

    def page(self) -> str:
        """The sign-in page; asked again while the server changes its workers."""
        with urlopen(f"http://127.0.0.1:{self.port}/login", timeout=20) as answer:
            return str(answer.read().decode())

    def shows(self, name: str) -> bool:
        """Whether pages carry this name, if not at once then soon: old workers finish what they are at."""
        return any(name in self.page() for _ in range(500))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.key").write_text("6f1e0c9ab4d8573e2f90b1c6d7a85e43")
    (tmp_path / "secret.key").chmod(0o600)
    (tmp_path / "fanlight.toml").write_text(TOML)
    Database("sqlite:var", tmp_path).create()
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """A server whose scheduler has begun."""
    running = Server(folder)
    running.hear("reading files")
    yield running
    running.process.kill()
    running.process.communicate(timeout=20)


def test_a_signal_ends_web_and_scheduler_within_ten_seconds(server: Server) -> None:
    assert "Northgate" in server.page()
    server.process.send_signal(signal.SIGTERM)
    said, _ = server.process.communicate(
        timeout=10
    )  # nobody holds its terminal any more: the scheduler too is gone
    assert server.process.returncode == 0
    assert "Traceback" not in said


def test_the_scheduler_does_not_outlive_a_server_that_was_killed(server: Server) -> None:
    server.process.kill()
    server.process.communicate(timeout=20)


def test_a_reload_takes_a_good_configuration_and_refuses_a_bad_one(server: Server) -> None:
    server.toml.write_text(TOML.replace("name =", "nmae ="))
    server.process.send_signal(signal.SIGHUP)
    server.hear("the old one stays")
    assert "portal.name: is missing" in server.hear("portal.name")
    assert "Northgate" in server.page()
    server.toml.write_text(TOML.replace("Northgate", "Southgate"))
    server.process.send_signal(signal.SIGHUP)
    server.hear("reading files")
    assert server.shows("Southgate")


def test_a_scheduler_that_dies_is_started_again(server: Server) -> None:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    (scheduler,) = [
        child for child in children if "schedule" in Path(f"/proc/{child}/cmdline").read_text().split("\0")
    ]
    os.kill(int(scheduler), signal.SIGKILL)
    server.hear("reading files")


def test_a_taken_port_is_told_at_once(folder: Path, server: Server) -> None:
    again = subprocess.run([*server.command, "--port", str(server.port)], capture_output=True, text=True)
    assert again.returncode == 1
    assert f"something listens there already; take another one: --port {server.port + 1}" in again.stderr


def test_no_sync_leaves_the_reading_to_others(folder: Path) -> None:
    running = Server(folder, "--no-sync")
    running.hear("Serving Northgate")
    running.process.send_signal(signal.SIGTERM)
    said, _ = running.process.communicate(timeout=20)
    assert "reading files" not in said
