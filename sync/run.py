"""One run of one source: its streams one after the other, under one lease.

One stream's failure stops the others only where the source lets us in no more or wants to be left alone.
However a run ends, the mirror is as its last page left it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from connectors.base import Connector
from connectors.records import NAMES, RECORDS, Record
from sync import mirror
from sync.attempt import STOPPED, Job, Reading, Rehearsing
from sync.attempt import Outcome as Outcome
from sync.collecting import seldom
from sync.credentials import borrowing, lent
from sync.database import Database
from sync.heartbeat import Heartbeat, undisturbed
from sync.mirror import Busy as Busy

UNASKED = "not asked in this run, after what was answered about {record} records"


def _never() -> bool:
    return False


def _quietly(record: str, data_rows: int) -> None: ...


def run_source(
    database: Database,
    connector: Connector,
    *,
    clock: Callable[[], datetime],
    records: Collection[type[Record]] | None = None,
    full: bool = False,
    rekey: bool = False,
    allow_shrink: int = 0,
    dry_run: Callable[[mirror.Finding], None] | None = None,
    stop: Callable[[], bool] = _never,
    progress: Callable[[str, int], None] = _quietly,
) -> list[Outcome]:
    """Sync a source: accounts, contacts, then the rest. Raises Busy while another run holds it.

    ``full`` reads from the very start, and sweeps where the source cannot report every delete. ``rekey``
    accepts that ids are made in another way from now on. ``allow_shrink`` is how many removals a person
    allows beyond the guard. With ``dry_run`` nothing is written, and it hears what would happen to each row.
    ``progress`` hears how many data rows of a record type were read. ``stop`` is asked between pages; a
    KeyboardInterrupt ends the run at once, and as cleanly.
    """
    job = Job(database, connector, clock, stop, progress, full, rekey, allow_shrink)
    chosen = [
        cls for cls in RECORDS.values() if cls in connector.reads and (records is None or cls in records)
    ]
    if dry_run is not None:
        with borrowing(connector):
            return list(_streams(job, chosen, lambda record: _rehearse(job, record, dry_run)))
    with _leased(job) as lease, lent(connector, lease), seldom():
        return list(_streams(job, chosen, lambda record: _read(job, record, lease)))


def _streams(
    job: Job, records: Iterable[type[Record]], one: Callable[[type[Record]], Outcome]
) -> Iterator[Outcome]:
    """One stream after the other, until somebody asks to stop or the source is not to be asked any more."""
    coming = iter(records)
    for record in coming:
        outcome = Outcome(job.source, NAMES[record], "stopped", STOPPED) if job.stop() else one(record)
        yield outcome
        if outcome.outcome == "stopped":
            return
        if outcome.disconnected or outcome.retry_at:
            told = UNASKED.format(record=outcome.record)
            yield from (Outcome(job.source, NAMES[left], "unasked", told) for left in coming)


@contextmanager
def _leased(job: Job) -> Iterator[Heartbeat]:
    """Hold the source's lease for the whole run."""
    with undisturbed(), job.database.sync() as connection:
        mirror.enrol(connection, job.connector.settings)
        lease = mirror.claim(connection, job.source, job.clock())
        mirror.ask(connection, job.source)
    try:
        with Heartbeat(job.database, lease, job.clock) as heartbeat:
            yield heartbeat
    finally:
        with undisturbed(), job.database.sync() as connection:
            mirror.release(connection, lease)
        job.database.settle()


def _read(job: Job, record: type[Record], lease: Heartbeat) -> Outcome:
    try:
        with lease.transaction() as connection:
            begun = mirror.begin(connection, lease.lease, record, job.clock())
    except mirror.Lost as lost:
        return Outcome(job.source, NAMES[record], "stopped", str(lost))
    outcome = Reading(job, begun, lease).outcome()
    if quota := job.connector.quota():
        with suppress(mirror.Lost), lease.transaction() as connection:
            mirror.ration(connection, job.source, quota, job.clock())
    return outcome


def _rehearse(job: Job, record: type[Record], tell: Callable[[mirror.Finding], None]) -> Outcome:
    """One stream as it would be read, through a door that cannot write the mirror."""
    with job.database.staff() as connection:
        begun = mirror.look(connection, job.source, record, job.clock())
    return Rehearsing(job, begun, tell).outcome()
