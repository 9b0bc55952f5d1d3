"""Serves the portal: gunicorn with threads, and one scheduler in a process of its own beside it.

TERM ends both within ten seconds; HUP reads the configuration anew, and keeps the old one when it is bad.
"""

import ctypes
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from portal import create_app
from sync.config import BadConfig, Config
from sync.database import WrongDatabase, open_database

log = logging.getLogger(__name__)
GRACE = 8  # seconds for requests and sync pages at hand when we are told to stop
PATIENCE = 10  # seconds between two starts of a scheduler that keeps dying
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Listening:
    """Where to listen, and with how many hands."""

    host: str
    port: int
    workers: int
    threads: int

    @property
    def address(self) -> str:
        """host:port as gunicorn and URLs write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class SchedulerProcess:
    """The scheduler's process: kept alive, told to stop with us, and (on Linux) gone when we are killed."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._started = -float(PATIENCE)

    def keep_alive(self) -> None:
        """Start it where it is not running; one that keeps dying is started every ten seconds only."""
        if self._process is not None and self._process.poll() is None:
            return
        if time.monotonic() - self._started >= PATIENCE:
            self._started = time.monotonic()
            # A session of its own: Ctrl-C in the terminal reaches it through us, once.
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command, start_new_session=True, preexec_fn=_die_with_parent
            )

    def restart(self) -> None:
        """Have it read the new configuration."""
        self.stop()
        self.wait()
        self._started = -float(PATIENCE)
        self.keep_alive()

    def stop(self) -> None:
        """Ask it to end; ``wait`` waits for that."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self) -> None:
        """Wait until it has ended, and end it the hard way when it takes too long."""
        if self._process is None:
            return
        try:
            self._process.wait(GRACE + 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _die_with_parent() -> None:
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Serving(BaseApplication):  # type: ignore[misc]
    """The portal as gunicorn runs it."""

    def __init__(
        self, load: Callable[[], Config], listening: Listening, scheduler: SchedulerProcess | None
    ) -> None:
        self._load, self._listening, self.scheduler = load, listening, scheduler
        self._config = load()
        super().__init__()

    def load_config(self) -> None:
        """gunicorn's own settings. Nothing a request says about itself is believed (portal/hosts.py)."""
        settings: dict[str, Any] = {
            "bind": self._listening.address,
            "workers": self._listening.workers,
            "threads": self._listening.threads,
            "worker_class": "gthread",
            "graceful_timeout": GRACE,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "loglevel": "warning",  # no access log: addresses hold sign-in tokens
            "proc_name": "fanlight",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def reload(self) -> None:
        """HUP: take the new configuration, or say what is wrong with it and go on with the old one."""
        super().reload()
        try:
            config = self._load()
            open_database(config).check()
        except (BadConfig, WrongDatabase) as problem:
            log.error("the configuration is not taken over, the old one stays:\n%s", problem)
            return
        self._config = config
        if self.scheduler:
            self.scheduler.restart()

    def load(self) -> Flask:
        """Make the application, in each worker, its templates compiled: the first visitor waits for none."""
        app = create_app(self._config, open_database(self._config))
        for name in app.jinja_env.list_templates(extensions=("html",)):
            app.jinja_env.get_template(name)
        return app

    def run(self) -> None:
        """Serve until a signal ends it."""
        Master(self).run()


class Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which keeps the scheduler as it keeps its workers."""

    app: Serving

    def manage_workers(self) -> None:
        """Also look after the scheduler; called about once a second."""
        super().manage_workers()
        if self.app.scheduler:
            self.app.scheduler.keep_alive()

    def stop(self, graceful: bool = True) -> None:
        """End workers and scheduler together."""
        if self.app.scheduler:
            self.app.scheduler.stop()
        super().stop(graceful)
        if self.app.scheduler:
            self.app.scheduler.wait()
