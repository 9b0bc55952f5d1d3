"""One attempt to read one stream, start to end, and what each error leads to.

Unavailable     told with the stream; the next tick tries again
Refused         told with the stream; a person must act
Garbled         told with the stream; what we have is kept
anything else   logged with its traceback, told as "crashed"
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.base import Connector, Disconnected, Failure, Garbled, Page, Refused, Unavailable
from sync import mirror, sweeps
from sync.database import UNREACHABLE, Database
from sync.heartbeat import Heartbeat

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger(__name__)
WORDS: dict[type[Failure], str] = {Unavailable: "unavailable", Refused: "refused", Garbled: "garbled"}
LONGEST_WAIT = 86_400.0  # seconds a source may ask us to stay away
STOPPED = "it was asked to stop; the next run goes on from its last page"
CRASHED = (
    "reading {record} failed inside Fanlight ({error}); what was mirrored is kept. "
    "The log has the details: please report them"
)
WITHHELD = (
    "{number} {record} records are missing, more than is likely; they stay visible. "
    "If they are really gone: fanlight sync {source} --record {record} --allow-shrink {number}"
)


@dataclass(frozen=True)
class Outcome:
    """How one stream's run went; after a rehearsal, how it would go."""

    source: str
    record: str
    outcome: str  # done, quarantined, withheld, unavailable, refused, garbled, crashed, stopped or unasked
    message: str = ""  # one safe sentence, for staff
    data_rows: int = 0
    placed_rows: int = 0
    hidden_rows: int = 0
    deleted_rows: int = 0
    quarantined_rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    withheld: int = 0
    notes: tuple[str, ...] = ()
    retry_at: datetime | None = None
    swept: bool = False  # whether all ids were heard
    disconnected: bool = False  # the source lets us in no more: no other stream was asked


@dataclass(frozen=True)
class Job:
    """What one run of one source was asked to do, and with what."""

    database: Database
    connector: Connector
    clock: Callable[[], datetime]
    stop: Callable[[], bool]
    progress: Callable[[str, int], None]
    full: bool
    rekey: bool
    allow_shrink: int

    @property
    def source(self) -> str:
        """The source's id."""
        return self.connector.settings.id


class Stopped(Exception):
    """Somebody asked the run to end."""


class Attempt(ABC):
    """One stream from its first page to the last, or to what stops it."""

    def __init__(self, job: Job, begun: mirror.Begun) -> None:
        self.job, self.begun = job, begun
        self.stream: mirror.Stream | None = None

    def outcome(self) -> Outcome:
        """Read the stream and say how it went."""
        try:
            return self.read()
        except mirror.Lost as lost:
            return self.told("stopped", str(lost))
        except mirror.Busy:  # a rehearsal wanted a token that another process is using
            raise
        except (Stopped, KeyboardInterrupt):
            return self.ended("stopped", STOPPED)
        except Failure as failure:
            return self.failed(failure)
        except BrokenPipeError:  # nobody reads what a rehearsal tells any more (`| head`)
            raise
        except UNREACHABLE:  # a full disk, a server that went away: whoever runs us tells
            raise
        except Exception as error:
            log.exception("%s: reading %s failed", self.job.source, self.begun.name)
            return self.ended("crashed", CRASHED.format(record=self.begun.name, error=type(error).__name__))

    @abstractmethod
    def read(self) -> Outcome:
        """Read the stream."""

    @abstractmethod
    def ended(self, outcome: str, message: str, retry_at: datetime | None = None) -> Outcome:
        """What there is to do when the stream was not read to the end."""

    def aimed(self) -> mirror.Stream:
        """The stream, once the connector said how it reads it."""
        job, record = self.job, self.begun.record
        aim = mirror.aim(
            self.begun,
            partial(job.connector.map_page, record),
            job.connector.mapping(record),
            job.connector.id_rule(record),
            job.connector.reads[record],
            full=job.full,
            rekey=job.rekey,
        )
        self.stream = mirror.Stream(self.begun, aim)
        return self.stream

    def pages(self, stream: mirror.Stream) -> Iterator[tuple[Page, bool]]:
        """Pages, each with whether it is the last."""
        for page, last in with_last(self.job.connector.pull(self.begun.record, stream.aim.cursor)):
            self.heed_stop()
            yield page, last
            self.job.progress(self.begun.name, stream.tally.data_rows)

    def hear_ids(self, stream: mirror.Stream) -> Failure | None:
        """Sweep, where it is time and the source needs it. A sweep that fails leaves what the pages said as
        it is: the failure is handed back. What the source does not cover is asked after it listed its ids."""
        connector, record, failure = self.job.connector, self.begun.record, None
        asked = self.job.full or (self.job.allow_shrink > 0 and self.begun.stored["withheld"] > 0)
        if sweeps.needed(connector, record) and (asked or sweeps.due(connector.settings, self.begun)):
            try:
                stream.sweep(self.heeding(connector.list_ids(record)))
            except Failure as failed:
                failure = failed
        stream.cover(connector.covers_from(record))
        return failure

    def failed(self, failure: Failure) -> Outcome:
        """What a failure makes of the stream."""
        ended = self.ended(word(failure), str(failure), self.retry_at(failure))
        return replace(ended, disconnected=isinstance(failure, Disconnected))

    def heeding(self, ids: Iterable[str]) -> Iterator[str]:
        """The ids, until somebody asks to stop."""
        for source_id in ids:
            self.heed_stop()
            yield source_id

    def heed_stop(self) -> None:
        """Raise Stopped when somebody asked."""
        if self.job.stop():
            raise Stopped

    def retry_at(self, failure: Failure) -> datetime | None:
        """When the source asked to be left alone until; None: the next tick will do."""
        if isinstance(failure, Unavailable) and failure.retry_after is not None:
            return self.job.clock() + timedelta(seconds=min(failure.retry_after, LONGEST_WAIT))
        return None

    def told(self, outcome: str, message: str = "", retry_at: datetime | None = None) -> Outcome:
        """The outcome with what was counted so far."""
        told = Outcome(self.job.source, self.begun.name, outcome, message, retry_at=retry_at)
        if (stream := self.stream) is None:
            return told
        counted = replace(told, **asdict(stream.tally), withheld=stream.withheld, swept=stream.swept)
        return replace(counted, notes=tuple(stream.notes))

    def verdict(self, stream: mirror.Stream) -> tuple[str, str]:
        """How a whole reading went, and what staff should know about it."""
        if stream.withheld:
            source, record, number = self.job.source, self.begun.name, stream.withheld
            return "withheld", WITHHELD.format(source=source, record=record, number=number)
        return ("quarantined" if stream.tally.quarantined_rows else "done"), ""


class Reading(Attempt):
    """An attempt that keeps what it reads."""

    def __init__(self, job: Job, begun: mirror.Begun, lease: Heartbeat) -> None:
        super().__init__(job, begun)
        self.lease = lease

    def read(self) -> Outcome:
        """Keep every page; settle in the last one's transaction."""
        stream, final = self.aimed(), None
        for page, last in self.pages(stream):
            if last:
                final = page
                break
            with self.writing(stream) as connection:
                stream.keep(connection, page, self.job.clock())
        failure = self.hear_ids(stream)
        settled = self.settle(stream, final)
        return self.failed(failure) if failure else settled

    def settle(self, stream: mirror.Stream, final: Page | None) -> Outcome:
        """Keep the last page, remove what is gone, complete the run."""
        while True:
            with self.writing(stream) as connection:
                now = self.job.clock()
                if final is not None:
                    stream.keep(connection, final, now, last=True)
                final, settled = None, stream.settle(connection, now, self.job.allow_shrink)
                if settled:
                    outcome, message = self.verdict(stream)
                    tally, whole = stream.tally, stream.whole
                    mirror.end(connection, self.begun, outcome, message, tally, now, full_listing=whole)
            if settled:
                self.job.progress(self.begun.name, stream.tally.data_rows)
                return self.told(outcome, message)
            self.heed_stop()

    def ended(self, outcome: str, message: str, retry_at: datetime | None = None) -> Outcome:
        """Write down what stopped it, unless another run has taken over: that one did."""
        told = self.told(outcome, message, retry_at)
        tally = self.stream.tally if self.stream else mirror.Tally()
        with suppress(mirror.Lost), self.lease.transaction() as connection:
            now = self.job.clock()
            mirror.end(connection, self.begun, outcome, message, tally, now)
            if outcome != "stopped":
                mirror.fail(connection, self.begun, outcome, message, now, retry_at)
        return told

    @contextmanager
    def writing(self, stream: mirror.Stream) -> "Iterator[Connection]":
        """A transaction under the lease; what it counted is forgotten when it is rolled back."""
        kept = stream.tally
        try:
            with self.lease.transaction() as connection:
                yield connection
        except BaseException:
            stream.tally = kept
            raise


class Rehearsing(Attempt):
    """An attempt that writes nothing and tells what it would have done."""

    def __init__(self, job: Job, begun: mirror.Begun, tell: Callable[[mirror.Finding], None]) -> None:
        super().__init__(job, begun)
        self.tell = tell

    def read(self) -> Outcome:
        """Tell the fate of every row."""
        stream = self.aimed()
        rehearsal = mirror.Rehearsal(stream)
        for page, _ in self.pages(stream):
            with self.job.database.staff() as connection:
                for finding in rehearsal.page(connection, page, self.job.clock()):
                    self.tell(finding)
        failure = self.hear_ids(stream)
        with self.job.database.staff() as connection:
            for finding in rehearsal.end(connection, self.job.allow_shrink):
                self.tell(finding)
        return self.failed(failure) if failure else self.told(*self.verdict(stream))

    def ended(self, outcome: str, message: str, retry_at: datetime | None = None) -> Outcome:
        """Only say it."""
        return self.told(outcome, message, retry_at)


def with_last(pages: Iterable[Page]) -> Iterator[tuple[Page, bool]]:
    """Pages, each with whether it is the last. A page that was read before a failure is still handed out."""
    coming = iter(pages)
    held = next(coming, None)
    while held is not None:
        try:
            following = next(coming, None)
        except Failure:
            yield held, False
            raise
        yield held, following is None
        held = following


def word(failure: Failure) -> str:
    """The failure's kind in one word."""
    return next(name for kind, name in WORDS.items() if isinstance(failure, kind))
