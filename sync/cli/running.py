"""``fanlight sync``: reads sources now, says what came of it, and has rows stamped at once."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from connectors.base import Connector, Failure
from connectors.exports.onefile import OneFile, narrowed
from connectors.exports.settings import ExportsSettings
from connectors.records import RECORDS, Record
from sync import mirror, owners
from sync.attempt import word
from sync.cli import logs, report
from sync.cli.app import FAILED, App, WrongUse
from sync.cli.stopping import SENTENCE, stopping
from sync.cli.words import PLURALS, document, moment, plain
from sync.credentials import connect
from sync.mirror import Finding, state
from sync.run import Busy, Outcome, run_source


@dataclass(frozen=True)
class Wish:
    """What the person at the terminal asked for."""

    records: tuple[str, ...] = ()
    full: bool = False
    dry_run: bool = False
    allow_shrink: int = 0
    rekey: bool = False
    now: bool = False
    as_json: bool = False


@dataclass
class Session:
    """One ``fanlight sync``: what was asked, and what came of it so far."""

    app: App
    wish: Wish
    outcomes: list[Outcome] = field(default_factory=list)
    links: list[owners.Linked] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stopped: bool = False

    def run(self, sources: Sequence[Connector]) -> int:
        """Read these sources one after the other; returns the exit code."""
        try:
            with stopping() as stop:
                if not self.wish.dry_run:
                    self._register()
                for source in sources:
                    self.stopped = self.stopped or stop()
                    if not self.stopped:
                        self._read(source, stop)
        except KeyboardInterrupt:
            self.stopped = True
        return self._last_words()

    def _register(self) -> None:
        with self.app.database.sync() as connection:
            mirror.register(connection, self.app.config.sources)

    def _read(self, connector: Connector, stop: Callable[[], bool]) -> None:
        source = connector.settings.id
        if self._wants_to_be_left_alone(source):
            return
        try:
            found = self._run(connector, stop)
        except Busy as busy:
            self.busy.append(source)
            self._say(str(busy))
        except Failure as failure:
            self._blame(source, failure)
        else:
            self.outcomes += found
            self.stopped = any(outcome.outcome == "stopped" for outcome in found)
            self._tell(found)
            if not found:
                wanted = " or ".join(PLURALS[record] for record in self.wish.records)
                self._say(f"{source} holds no {wanted or 'records'}")
            if trouble := connector.trouble():
                self._blame(source, trouble)
            if not self.wish.dry_run:
                self._follow_rules()

    def _wants_to_be_left_alone(self, source: str) -> bool:
        """Whether the source asked for it, and nobody insists."""
        now = self.app.clock()
        with self.app.database.staff() as connection:
            until = mirror.left_alone_until(connection, source, now)
        if until is None or self.wish.now:
            return False
        self.busy.append(source)
        again = moment(until, now, self.app.zone)
        self._say(
            f"{source} asked to be left alone until {again}. To ask it now: fanlight sync {source} --now"
        )
        return True

    def _run(self, connector: Connector, stop: Callable[[], bool]) -> Sequence[Outcome]:
        lines = self.wish.as_json or self.wish.dry_run
        progress = Progress(connector.settings.id, shown=sys.stderr.isatty() and not lines)
        try:
            return run_source(
                self.app.database, connector, clock=self.app.clock,
                records=[RECORDS[name] for name in self.wish.records] or None, full=self.wish.full,
                rekey=self.wish.rekey, allow_shrink=self.wish.allow_shrink,
                dry_run=self._find if self.wish.dry_run else None, stop=stop, progress=progress,
            )  # fmt: skip
        finally:
            progress.clear()

    def _blame(self, source: str, failure: Failure) -> None:
        """The source could not even say what it holds."""
        if not self.wish.dry_run:
            with self.app.database.sync() as connection:
                mirror.blame(connection, source, word(failure), str(failure), self.app.clock())
        self.problems.append(f"{source} {report.CONSEQUENCE[word(failure)]}: {plain(str(failure))}")
        self._say(self.problems[-1])

    def _find(self, finding: Finding) -> None:
        if self.wish.as_json:
            self.findings.append(finding)
        else:
            click.echo(report.finding_line(finding))

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        now = self.app.clock()
        with self.app.database.staff() as connection:
            aside = state.quarantine(connection, [outcome.source for outcome in outcomes])
        for outcome in (each for each in outcomes if each.outcome != "unasked"):
            mine = [row for row in aside if row.record == outcome.record] if not self.wish.dry_run else []
            self._say(("would be: " if self.wish.dry_run else "") + report.line(outcome))
            for line in report.afterwards(outcome, mine, now, self.app.zone):
                self._say(f"  {line}")
        for line in report.unasked_lines(outcomes):
            self._say(line)

    def _follow_rules(self) -> None:
        try:
            linked = owners.link(self.app.database, self.app.config, self.app.clock())
        except owners.OtherPrimary as problem:
            raise WrongUse(str(problem)) from problem
        owners.restamp(self.app.database)
        self.links.append(linked)

    def _last_words(self) -> int:
        code = report.exit_code(self.outcomes, busy=bool(self.busy))
        if self.stopped or self.problems:
            code = FAILED
        for line in report.link_lines(self.links):
            self._say(line)
        if self.stopped:
            self._say(SENTENCE)
        if self.wish.as_json:
            click.echo(document(self._document(code)))
        return code

    def _document(self, code: int) -> dict[str, Any]:
        told: dict[str, Any] = {
            "exit_code": code,
            "outcomes": [report.as_json(outcome) for outcome in self.outcomes],
            "links": report.links_json(self.links),
            "busy": self.busy,
            "problems": self.problems,
            "stopped": self.stopped,
        }
        return told | (
            {"findings": [asdict(finding) for finding in self.findings]} if self.wish.dry_run else {}
        )

    def _say(self, line: str) -> None:
        if not self.wish.as_json:
            click.echo(line)


@dataclass
class Progress:
    """One line on a terminal that counts rows while a source is read; nothing elsewhere."""

    source: str
    shown: bool

    def __call__(self, record: str, data_rows: int) -> None:
        if self.shown:
            click.echo(f"\r\x1b[K{self.source} {PLURALS[record]}: {data_rows:,} rows …", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away before something else is said."""
        if self.shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def with_file(app: App, chosen: tuple[str, ...], file: Path) -> Connector:
    """The one source this file belongs to, reading it alone; a refusal where none or several do."""
    candidates = [source for source in app.sources(chosen) if isinstance(source, ExportsSettings)]
    try:
        found = [one for one in (narrowed(source, file, named=bool(chosen)) for source in candidates) if one]
    except Failure as problem:
        raise WrongUse(plain(str(problem))) from problem
    if len(found) == 1:
        return OneFile(found[0], _known(app, found[0].id))
    names = ", ".join(source.id for source in found or candidates) or 'none: no source has kind = "exports"'
    why = "may belong to several sources" if found else "is no file of any source that is configured"
    raise WrongUse(f"{file} {why}; say which: fanlight sync SOURCE --file {file} (sources: {names})")


def _known(app: App, source: str) -> dict[type[Record], datetime]:
    """Up to when each stream of a source is known true."""
    with app.database.staff() as connection:
        states = state.sources(connection, app.clock())
    streams = [stream for each in states if each.source == source for stream in each.streams]
    return {RECORDS[stream.record]: stream.as_of for stream in streams if stream.as_of}


@click.command("sync")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--record", "records", multiple=True, type=click.Choice(list(RECORDS)), help="Only these records."
)
@click.option("--full", is_flag=True, help="Read from the very start, not from where the last run ended.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Read this export file instead of the configured ones; it removes nothing.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Write nothing; say row by row what would happen.")
@click.option(
    "--allow-shrink", type=click.IntRange(min=0), default=0, metavar="N",
    help="Let up to N removals happen that look too many to be true.",
)  # fmt: skip
@click.option(
    "--now", is_flag=True, help="Ask a source that wants to be left alone for a while all the same."
)
@click.option("--rekey", is_flag=True, help="Accept that a source's ids are made in another way from now on.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.pass_obj
def sync(app: App, /, sources: tuple[str, ...], file: Path | None, **asked: Any) -> None:
    """Read sources now and bring the mirror up to date.

    Without SOURCE all of them, the primary one first. Safe beside a running scheduler: a source that is just
    being read, or that asked for a pause, is left alone (75). Ctrl-C ends it within 10 seconds, with nothing
    half-applied.

    \b
    Examples: fanlight sync
              fanlight sync shop --record order
              fanlight sync --file orders_export.csv --dry-run
    Next:     fanlight status

    \b
    Exit codes: 0 done · 1 something failed, or removals wait · 2 wrong use or config
                3 done, rows quarantined · 75 a source was busy or asked for a pause
    --json:     exit_code, outcomes [source, record, outcome, message, data_rows, placed_rows,
                hidden_rows, deleted_rows, quarantined_rows, new, changed, unchanged, gone, withheld, notes,
                retry_at, swept, disconnected], links {organisations, added, removed, problems}, busy,
                problems, stopped; with --dry-run findings [record, source_id, what, place, why, moved]
    """
    logs.begin()
    chosen = [connect(source, app.config.portal, app.database, app.clock) for source in app.sources(sources)]
    code = Session(app, Wish(**asked)).run([with_file(app, sources, file)] if file else chosen)
    click.get_current_context().exit(code)
