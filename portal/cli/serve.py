"""`fanlight serve`: the web server and, unless told otherwise, the scheduler beside it."""

import errno
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import click

from portal.server import Listening, SchedulerProcess, Serving
from sync.cli import logs
from sync.cli.app import App, Failed
from sync.config import Config, load


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Threads in each.")
@click.option("--no-sync", is_flag=True, help="Do not read sources; `fanlight schedule` runs elsewhere.")
@click.pass_obj
def serve(app: App, host: str, port: int, workers: int, threads: int, no_sync: bool) -> None:
    """Serve the portal, and read each source when it is due.

    TERM and Ctrl-C end it within ten seconds; HUP reads fanlight.toml anew (a bad one is told and not taken).
    For the world put a proxy with TLS before it and set base_url.

    \b
    Example: fanlight serve --port 8080
    Next:    fanlight status
    """
    for warning in app.config.warnings:
        click.echo(f"{app.config_path}: warning: {warning}", err=True)
    app.database.close()
    click.echo(
        f"Serving {app.config.portal.name} at port {port}; customers come to {app.config.portal.base_url}"
    )
    run(
        lambda: load(app.config_path),
        app.config_path,
        Listening(host, port, workers, threads),
        sync=not no_sync,
    )


def run(config: Callable[[], Config], path: Path, listening: Listening, *, sync: bool) -> None:
    """Serve until a signal ends it; ``path`` is the configuration the scheduler reads."""
    _refuse_taken(listening)
    logs.begin()
    command = [sys.executable, "-m", "portal.cli", "--config", str(path.absolute()), "schedule"]
    Serving(config, listening, SchedulerProcess(command) if sync else None).run()


def _refuse_taken(listening: Listening) -> None:
    """Say it at once when the port cannot be had; gunicorn would try for five seconds first."""
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((listening.host, listening.port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            cure = f"something listens there already; take another one: --port {listening.port % 65535 + 1}"
        else:
            cure = f"{error.strerror}; choose another --host or --port"
        raise Failed(f"cannot listen at {listening.address}: {cure}") from error
