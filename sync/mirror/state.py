"""What the mirror says about itself, for ``fanlight status`` and ``explain``: all rows, so for staff only.
Nothing here writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from msgspec import json

from connectors.records import NAMES, RECORDS, Account, Record
from sync.tables import MIRROR, PORTAL, TABLE

SOURCES, STREAMS, RUNS, LEASES = (MIRROR[name] for name in ("sources", "streams", "runs", "leases"))
QUARANTINE, HIDDEN = MIRROR["quarantine"], MIRROR["hidden"]
LINKS, ORGANISATIONS = PORTAL["links"], PORTAL["organisations"]
STAGED = ("order", "quote", "ticket")  # records whose status the portal puts into other words


@dataclass(frozen=True)
class LastRun:
    """How the newest run of a stream went, in data rows."""

    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    message: str | None
    data_rows: int
    hidden_rows: int
    deleted_rows: int
    quarantined_rows: int
    new: int
    changed: int
    gone: int

    @property
    def placed_rows(self) -> int:
        """Rows that stand in records. Read = placed + hidden + deleted + quarantined."""
        return self.data_rows - self.hidden_rows - self.deleted_rows - self.quarantined_rows


@dataclass(frozen=True)
class StreamState:
    """One stream as it stands now. ``unowned`` records are visible to nobody."""

    source: str
    record: str
    as_of: datetime | None
    completed_at: datetime | None
    withheld: int
    failure: str | None
    failure_message: str | None
    notes: Sequence[str]
    records: int
    rows: int
    unowned: int
    quarantined_rows: int
    hidden: int
    swept_at: datetime | None
    covers_from: datetime | None
    last_run: LastRun | None


@dataclass(frozen=True)
class SourceState:
    """One source as it stands now, with its streams. ``busy``: who is reading it at this moment."""

    source: str
    label: str
    kind: str
    configured: bool
    stale_after: int
    next_run: datetime | None
    failed_at: datetime | None
    failure: str | None
    failure_message: str | None
    retry_at: datetime | None
    quota_left: int | None
    quota_of: int | None
    quota_unit: str | None
    quota_renewed: datetime | None
    quota_at: datetime | None
    busy: str | None
    streams: Sequence[StreamState]


@dataclass(frozen=True)
class Quarantined:
    """A row that was read but could not be placed."""

    source: str
    record: str
    source_id: str | None
    position: str
    field: str
    reason: str
    cure: str
    data_rows: int
    seen_at: datetime


@dataclass(frozen=True)
class HiddenRecord:
    """An id a visibility rule leaves out."""

    source: str
    record: str
    source_id: str
    number: str
    rule: str
    seen_at: datetime


@dataclass(frozen=True)
class Traced:
    """A mirrored record, and everything that decides who sees it."""

    record: str
    source: str
    source_id: str
    ref: str
    called: str
    data_rows: int
    first_seen: datetime
    changed_at: datetime
    as_of: datetime | None
    gone_at: datetime | None
    gone_why: str | None
    belongs_to: str | None
    organisation: int | None
    organisation_name: str | None
    rule: str | None
    made_by: str | None
    made_at: datetime | None
    configured: bool
    label: str


def sources(connection: sa.Connection, now: datetime) -> Sequence[SourceState]:
    """Every source there ever was, with its streams, in the order of their ids."""
    c, lease = SOURCES.c, LEASES.c
    busy = sa.and_(lease.source == c.source, lease.until > now)
    columns = (c.source, c.label, c.kind, c.configured, c.stale_after, c.next_run, c.failed_at, c.failure)
    quota = (c.quota_left, c.quota_of, c.quota_unit, c.quota_renewed, c.quota_at)
    rows = sa.select(*columns, c.failure_message, c.retry_at, *quota, lease.owner.label("busy"))
    streams: dict[str, list[StreamState]] = {}
    for stream in _streams(connection):
        streams.setdefault(stream.source, []).append(stream)
    found = connection.execute(
        rows.select_from(SOURCES.outerjoin(LEASES, busy)).order_by(c.source)
    ).mappings()
    return [
        SourceState(**{**row, "configured": bool(row["configured"])}, streams=streams.get(row["source"], ()))
        for row in found
    ]


def _streams(connection: sa.Connection) -> Sequence[StreamState]:
    c, order = STREAMS.c, list(RECORDS)
    columns = (c.source, c.record, c.as_of, c.completed_at, c.withheld, c.failure, c.failure_message, c.notes)
    kept, runs = _kept(connection), _last_runs(connection)
    put_aside = _sums(connection, QUARANTINE, sa.func.sum(QUARANTINE.c.data_rows))
    left_out = _sums(connection, HIDDEN, sa.func.count())
    found = []
    for row in connection.execute(sa.select(*columns, c.swept_at, c.covers_from)).mappings():
        key = row["source"], row["record"]
        told = {**row, "notes": json.decode(row["notes"] or "[]")}
        told["records"], told["rows"], told["unowned"] = kept.get(key, (0, 0, 0))
        told["quarantined_rows"], told["hidden"] = put_aside.get(key, 0), left_out.get(key, 0)
        found.append(StreamState(**told, last_run=runs.get(key)))
    return sorted(found, key=lambda stream: (stream.source, order.index(stream.record)))


def _kept(connection: sa.Connection) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(source, record) → living records, the data rows in them, those without an owner."""
    found = {}
    for cls, table in TABLE.items():
        ownerless = sa.func.count() - sa.func.count(table.c.org_id)
        sums = sa.select(table.c.source, sa.func.count(), sa.func.sum(table.c.data_rows), ownerless)
        for source, *numbers in connection.execute(
            sums.where(table.c.gone_at.is_(None)).group_by(table.c.source)
        ):
            found[source, NAMES[cls]] = (int(numbers[0]), int(numbers[1]), int(numbers[2]))
    return found


def _sums(
    connection: sa.Connection, table: sa.Table, what: sa.ColumnElement[int]
) -> Mapping[tuple[str, str], int]:
    keys = (table.c.source, table.c.record)
    return {
        (source, record): int(n)
        for source, record, n in connection.execute(sa.select(*keys, what).group_by(*keys))
    }


def _last_runs(connection: sa.Connection) -> dict[tuple[str, str], LastRun]:
    c = RUNS.c
    newest = (
        sa.select(c.source, c.record, sa.func.max(c.started_at).label("at"))
        .group_by(c.source, c.record)
        .subquery()
    )
    same = sa.and_(c.source == newest.c.source, c.record == newest.c.record, c.started_at == newest.c.at)
    columns = (c.started_at, c.ended_at, c.outcome, c.message, c.data_rows, c.hidden_rows, c.deleted_rows)
    moves = (c.quarantined_rows, c.new, c.changed, c.gone)
    rows = sa.select(c.source, c.record, *columns, *moves).join(newest, same).order_by(c.id)
    return {(source, record): LastRun(*rest) for source, record, *rest in connection.execute(rows)}


def quarantine(
    connection: sa.Connection, only: Sequence[str] = (), limit: int = 1000
) -> Sequence[Quarantined]:
    """Rows put aside, of configured sources (or of ``only`` these), newest first."""
    c = QUARANTINE.c
    columns = (c.source, c.record, c.source_id, c.position, c.field, c.reason, c.cure, c.data_rows, c.seen_at)
    rows = sa.select(*columns).order_by(c.seen_at.desc(), c.source, c.record, c.place).limit(limit)
    which = sa.select(SOURCES.c.source).where(SOURCES.c.configured == 1)
    rows = rows.where(c.source.in_(list(only)) if only else c.source.in_(which))
    return [Quarantined(*row) for row in connection.execute(rows)]


def statuses(connection: sa.Connection) -> Mapping[tuple[str, str], int]:
    """(record, status as the source writes it) → how many living records of configured sources have it."""
    found = {}
    for record in STAGED:
        table = TABLE[RECORDS[record]]
        which = sa.select(SOURCES.c.source).where(SOURCES.c.configured == 1)
        living = sa.select(table.c.status, sa.func.count()).where(
            table.c.gone_at.is_(None), table.c.source.in_(which)
        )
        for status, number in connection.execute(living.group_by(table.c.status)):
            found[record, status] = number
    return found


def blocked_sign_ins(connection: sa.Connection, since: datetime) -> int:
    """How many tries to sign in were held back."""
    c = PORTAL["audit"].c
    rows = sa.select(sa.func.count()).where(c.what == "sign-in blocked", c.at >= since)
    return int(connection.scalar(rows) or 0)


def trace(connection: sa.Connection, record: type[Record], text: str) -> Sequence[Traced]:
    """The records of this type that are called ``text``: by public ref, by source id or by number."""
    t, links, streams = TABLE[record].c, LINKS.c, STREAMS.c
    called = t.number if "number" in t and record is not Account else t.name
    account = t.source_id if record is Account else t.belongs_to
    joined = (
        TABLE[record]
        .join(SOURCES, SOURCES.c.source == t.source)
        .join(STREAMS, sa.and_(streams.source == t.source, streams.record == NAMES[record]))
        .outerjoin(LINKS, sa.and_(links.source == t.source, links.account == account))
        .outerjoin(ORGANISATIONS, ORGANISATIONS.c.id == t.org_id)
    )
    rows = sa.select(
        t.source, t.source_id, t.ref, t.data_rows, t.first_seen, t.changed_at, t.gone_at, t.gone_why,
        links.rule, links.made_by, links.made_at, SOURCES.c.label, SOURCES.c.configured,
        called.label("called"), sa.func.coalesce(t.as_of, streams.as_of).label("as_of"),
        account.label("belongs_to"), t.org_id.label("organisation"),
        ORGANISATIONS.c.name.label("organisation_name"),
    ).select_from(joined)  # fmt: skip
    named = sa.or_(t.ref == text, t.source_id == text, called.in_((text, f"#{text}")))
    found = connection.execute(rows.where(named).order_by(t.source, t.source_id)).mappings()
    return [Traced(NAMES[record], **row) for row in found]


def trace_hidden(connection: sa.Connection, record: type[Record], text: str) -> Sequence[HiddenRecord]:
    """Ids of this type called ``text`` that a visibility rule leaves out."""
    c = HIDDEN.c
    rows = sa.select(c.source, c.record, c.source_id, c.number, c.rule, c.seen_at)
    named = sa.or_(c.source_id == text, c.number.in_((text, f"#{text}")))
    return [HiddenRecord(*row) for row in connection.execute(rows.where(c.record == NAMES[record], named))]


def trace_quarantined(connection: sa.Connection, record: type[Record], text: str) -> Sequence[Quarantined]:
    """Rows of this type that could not be placed, with the id ``text`` (or kind:``text``)."""
    rows = quarantine(connection)
    return [row for row in rows if row.record == NAMES[record] and _is_called(row.source_id, text)]


def _is_called(source_id: str | None, text: str) -> bool:
    return source_id is not None and (source_id == text or source_id.endswith(f":{text}"))
