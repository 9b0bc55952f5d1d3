"""When sources are read: one job a source, jittered and coalesced, never two runs of a source at a time.

Any number of schedulers may share one database: the lease decides who reads, the others leave that turn out.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_SCHEDULER_STARTED,
    JobExecutionEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers import SchedulerNotRunningError
from apscheduler.schedulers.blocking import BlockingScheduler

from connectors.base import Failure, SourceSettings
from sync import mirror, owners
from sync.attempt import word
from sync.config import Config, duration
from sync.credentials import connect
from sync.database import Database
from sync.run import Busy, Outcome, run_source

log = logging.getLogger(__name__)
# APScheduler logs a traceback at every turn that fails and a warning at every turn left out; we say it once.
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
RESTAMP = "restamp"
RESTAMP_EVERY = 5  # seconds; the command line restamps at once, this catches what was left
GRACE = 8.0  # seconds a run gets to come to the end of its page when we are told to stop
FINE = ("done", "quarantined", "stopped")
TOGETHER = 8  # sources read at the same time


class Scheduler:
    """Reads every source each time its ``every`` has passed. ``say`` gets what staff should read, sentence by
    sentence; ``report`` makes one of an outcome."""

    def __init__(
        self,
        config: Config,
        database: Database,
        *,
        clock: Callable[[], datetime],
        say: Callable[[str], None],
        report: Callable[[Outcome], str],
    ) -> None:
        self.config, self.database, self.clock, self.say, self.report = config, database, clock, say, report
        self.stopping = threading.Event()
        self.jobs = BlockingScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(TOGETHER)})
        self._at_work: set[str] = set()
        self._linked: owners.Situation | None = None  # what the link rules were followed for last
        self._complaints: dict[str, str] = {}
        self._failing: dict[str, str] = {}  # what was said of a source or a stream last, where it was no good
        self._changed = threading.Condition()
        self._plan()

    def run(self) -> bool:
        """Read sources until ``stop``. False: a run did not come to the end of its page in time."""
        with self.database.sync() as connection:
            mirror.register(connection, self.config.sources)
            for source in self.config.sources:
                mirror.plan(connection, source.id, self.clock())
        self.restamp()
        self.jobs.start()
        with self._changed:
            return self._changed.wait_for(lambda: not self._at_work, timeout=GRACE)

    def stop(self) -> None:
        """End soon: runs stop after the page they are at. May be called in a signal handler."""
        self.stopping.set()
        threading.Thread(target=self._shut).start()

    def _shut(self, _started: object = None) -> None:
        """Take no more turns. Called once more when the scheduler starts, for a ``stop`` that came before."""
        if self.stopping.is_set():
            with suppress(SchedulerNotRunningError):
                self.jobs.shutdown(wait=False)

    def at_work(self) -> Sequence[str]:
        """The sources being read right now."""
        with self._changed:
            return sorted(self._at_work)

    def read(self, source: SourceSettings) -> None:
        """One job: read the source, follow the link rules, say when the next reading is."""
        with self._working(source.id):
            if until := self._left_alone_until(source.id):
                self._shift(source.id, [until])
                return
            try:
                connector = connect(source, self.config.portal, self.database, self.clock)
                outcomes = run_source(self.database, connector, clock=self.clock, stop=self.stopping.is_set)
            except Busy:
                return  # another process reads it right now: this turn is done by them
            except Failure as failure:
                self._blame(source.id, failure)
                return
            for outcome in outcomes:
                self._tell(outcome)
            if trouble := connector.trouble():
                self._blame(source.id, trouble)
            else:
                self._failing.pop(source.id, None)
            self._follow_rules()
            self._shift(source.id, [o.retry_at for o in outcomes if o.retry_at])

    def restamp(self) -> None:
        """Stamp rows whose links were changed elsewhere, or before a crash."""
        owners.restamp(self.database)

    def _plan(self) -> None:
        # Turns that were missed or came too late become one; a turn that comes during another is left out.
        once: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self.jobs.add_listener(self._crashed, EVENT_JOB_ERROR)
        self.jobs.add_listener(self._went_well, EVENT_JOB_EXECUTED)
        self.jobs.add_listener(self._shut, EVENT_SCHEDULER_STARTED)
        for source in self.config.sources:
            every = duration(source.every).total_seconds()
            self.jobs.add_job(
                self.read, "interval", [source], id=source.id, seconds=every, jitter=min(every / 10, 30),
                next_run_time=self.clock(), **once,
            )  # fmt: skip
        self.jobs.add_job(self.restamp, "interval", id=RESTAMP, seconds=RESTAMP_EVERY, **once)

    def _left_alone_until(self, source: str) -> datetime | None:
        """Until when the source asked to be left alone, whichever process it told so."""
        with self.database.staff() as connection:
            return mirror.left_alone_until(connection, source, self.clock())

    def _tell(self, outcome: Outcome) -> None:
        """Say how a stream's run went; the same failure once, not at every turn."""
        if outcome.outcome == "unasked":
            return  # what kept us from asking was said
        stream = f"{outcome.source} {outcome.record}"
        told = "" if outcome.outcome in FINE else f"{outcome.outcome}: {outcome.message}"
        if not told or self._failing.get(stream) != told:
            self.say(self.report(outcome))
        self._failing[stream] = told

    def _blame(self, source: str, failure: Failure) -> None:
        """The source could not even say what it holds."""
        with self.database.sync() as connection:
            mirror.blame(connection, source, word(failure), str(failure), self.clock())
        said = self._failing.get(source)
        self._failing = {key: told for key, told in self._failing.items() if key.split()[0] != source}
        self._failing[source] = str(failure)
        if said != str(failure):
            self.say(f"{source}: {failure}")
        self._shift(source, [])

    def _follow_rules(self) -> None:
        seen = owners.situation(self.database, self.config)
        if seen != self._linked:  # else no rule could decide otherwise than the last time
            try:
                owners.link(self.database, self.config, self.clock())
            except owners.OtherPrimary as problem:
                self.say(str(problem))
            self._linked = seen
        owners.restamp(self.database)

    def _shift(self, source: str, retries: Sequence[datetime]) -> None:
        """Tell the portal when the source is read next: at the time the source asked for, where it did."""
        job = self.jobs.get_job(source)
        if job is None or self.stopping.is_set():
            return
        if retries:
            job.modify(next_run_time=max(*retries, self.clock()))
        with self.database.sync() as connection:
            mirror.plan(connection, source, job.next_run_time)

    def _crashed(self, event: JobExecutionEvent) -> None:
        """Say it once, not at every turn; the other sources go on."""
        told = f"{event.job_id} failed unexpectedly: {event.exception}. It is tried again at its next turn"
        if self._complaints.get(event.job_id) != told:
            self._complaints[event.job_id] = told
            self.say(told)
            log.error("%s failed\n%s", event.job_id, event.traceback)
        if event.job_id != RESTAMP:
            self._shift(event.job_id, [])

    def _went_well(self, event: JobExecutionEvent) -> None:
        self._complaints.pop(event.job_id, None)

    @contextmanager
    def _working(self, source: str) -> Iterator[None]:
        with self._changed:
            self._at_work.add(source)
        try:
            yield
        finally:
            with self._changed:
                self._at_work.discard(source)
                self._changed.notify_all()
