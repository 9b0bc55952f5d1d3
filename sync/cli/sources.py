"""``fanlight check sources``, ``purge`` and ``schedule``: the sources themselves."""

import os
import signal
import sys
from types import FrameType

import click

from connectors import find
from connectors.base import Failure
from sync import mirror
from sync.cli import logs, report
from sync.cli.app import DONE, FAILED, App, Taken, WrongUse
from sync.cli.stopping import SIGNALS
from sync.cli.words import count, plain
from sync.mirror import state
from sync.scheduler import Scheduler


@click.command("sources")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.pass_obj
def check_sources(app: App, /, sources: tuple[str, ...]) -> None:
    """Ask every source whether it can be read, and say what is wrong with each. Reads and writes no records.

    \b
    Example: fanlight check sources
    Next:    fanlight sync
    """
    problems = 0
    for source in app.sources(sources):
        try:
            find(source.kind)(source).check()
            click.echo(f"{source.id}: can be read")
        except Failure as problem:
            problems += 1
            click.echo(f"{source.id}: {plain(str(problem))}")
    click.get_current_context().exit(FAILED if problems else DONE)


@click.command("purge")
@click.argument("source")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def purge(app: App, /, source: str, yes: bool) -> None:
    """Delete everything mirrored from a source that was taken out of the TOML. The source is not touched.

    \b
    Example: fanlight purge oldshop
    Next:    fanlight status
    """
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
