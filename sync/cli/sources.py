"""``fanlight check sources``, ``purge`` and ``schedule``: the sources themselves."""

import os
import signal
import sys
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any

import click
from msgspec import structs

from connectors.base import Failure, Quota, SourceSettings
from sync import mirror
from sync.cli import logs, report
from sync.cli.app import BUSY, DONE, FAILED, App, Taken, WrongUse
from sync.cli.stopping import SIGNALS
from sync.cli.words import count, document, plain
from sync.credentials import borrowing, connect
from sync.database import sealed
from sync.mirror import state
from sync.scheduler import Scheduler


@dataclass(frozen=True)
class Checked:
    """What came of asking one source."""

    source: str
    readable: bool
    message: str = ""
    busy: bool = False
    quota: Quota | None = None

    @property
    def line(self) -> str:
        """The same for people."""
        left = f"; {self.quota.left:,} {plain(self.quota.unit)} left to ask with" if self.quota else ""
        return f"{self.source}: {'can be read' + left if self.readable else plain(self.message)}"


@click.command("sources")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.pass_obj
def check_sources(app: App, /, sources: tuple[str, ...], as_json: bool) -> None:
    """Ask every source whether it can be read, and say what is wrong with each. Reads and writes no records.

    \b
    Example: fanlight check sources
    Next:    fanlight sync
    --json:  [{"source", "readable", "message", "busy", "quota": {"left", "of", "unit", "renewed"} or null}]

    Exit codes: 0 all can be read, 1 one cannot, 75 one is just being read.
    """
    found = []
    for source in app.sources(sources):
        found.append(_check(app, source))
        if not as_json:
            click.echo(found[-1].line)
    if as_json:
        click.echo(document([asdict(one) | {"quota": _as_json(one.quota)} for one in found]))
    unreadable = any(not one.readable and not one.busy for one in found)
    click.get_current_context().exit(
        FAILED if unreadable else BUSY if any(one.busy for one in found) else DONE
    )


def _check(app: App, source: SourceSettings) -> Checked:
    connector = connect(source, app.config.portal, app.database, app.clock)
    try:
        with borrowing(connector):
            connector.check()
    except mirror.Busy as busy:
        return Checked(source.id, readable=False, message=str(busy), busy=True)
    except Failure as problem:
        return Checked(source.id, readable=False, message=str(problem))
    return Checked(source.id, readable=True, quota=connector.quota())


def _as_json(quota: Quota | None) -> dict[str, Any] | None:
    return structs.asdict(quota) if quota else None


@click.command("purge")
@click.argument("source")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a line; needs --yes.")
@click.pass_obj
def purge(app: App, /, source: str, yes: bool, as_json: bool) -> None:
    """Delete everything mirrored from a source that was taken out of the TOML, and its token.

    The source itself is not touched.

    \b
    Example: fanlight purge oldshop
    Next:    fanlight status
    --json:  {"source", "rows"}
    """
    if as_json and not yes:
        raise WrongUse("--json asks nobody; say --yes too")
    if source in {each.id for each in app.config.sources}:
        raise WrongUse(f"{source} is still in {app.config_path}; take its [[sources]] table out first")
    with app.database.staff() as connection:
        states = state.sources(connection, app.clock())
    known = {each.source: sum(stream.records for stream in each.streams) for each in states}
    if source not in known:
        raise WrongUse(
            f"nothing was ever mirrored from {source}; there is {', '.join(known) or 'nothing at all'}"
        )
    if not yes:
        click.confirm(
            f"Delete {count(known[source], 'record')} of {source} and their history for good?", abort=True
        )
    try:
        with app.database.sync() as connection:
            rows = mirror.purge(connection, source, app.clock())
    except mirror.Busy as busy:
        raise Taken(str(busy)) from busy
    with app.database.owners() as connection:
        sealed.forget(connection, source)
    if as_json:
        click.echo(document({"source": source, "rows": rows}))
        return
    click.echo(f"{source}: {count(rows, 'row')} deleted; its links stay, in case it comes back")


@click.command("schedule")
@click.pass_obj
def schedule(app: App, /) -> None:
    """Read every source each time its `every` has passed, until Ctrl-C or SIGTERM; ends within 10 seconds.

    Several may run at once, on several machines: each source is read by one of them at a time.
    `fanlight serve` starts one by itself.

    \b
    Example: fanlight schedule
    Next:    fanlight status, in another terminal
    """
    logs.begin()
    scheduler = Scheduler(
        app.config, app.database, clock=app.clock, say=lambda line: _log(app, line), report=report.line
    )

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        scheduler.stop()

    for each in SIGNALS:
        signal.signal(each, stop)
    _log(app, f"reading {', '.join(source.id for source in app.config.sources)}; Ctrl-C ends it")
    if scheduler.run():
        _log(app, "ended")
        return
    _log(app, f"ended while {', '.join(scheduler.at_work())} was being read; nothing is half-applied")
    sys.stdout.flush()
    os._exit(DONE)  # a thread that waits for its source would keep the process for as long


def _log(app: App, line: str) -> None:
    click.echo(f"{app.clock().astimezone(app.zone):%Y-%m-%d %H:%M:%S} {plain(line)}")
