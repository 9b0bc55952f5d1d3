"""What ``fanlight status`` says: each source by consequence (will retry, needs a person, data kept as of),
then what waits for staff. Pure: from the mirror's state to lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.cli.access import Tokens, quota_lines, reach_lines
from sync.cli.report import problem_lines, withheld_line
from sync.cli.words import PLURALS, count, joined, moment, plain, quoted, records, span
from sync.config import COMMON, QUOTES, STAGES, Config, status_key
from sync.mirror.state import LastRun, SourceState, StreamState
from sync.owners.reading import Unlinked
from sync.owners.rules import Problem

NEEDS_A_PERSON = ("refused", "crashed")
SECTIONS = {"order": "orders", "quote": "quotes", "ticket": "tickets"}
MEANS = {"order": "dispatched", "quote": "accepted", "ticket": "In your words"}
LATE = timedelta(minutes=2)
LEFT_BEHIND = timedelta(days=1)
UNREAD = (
    "needs a person: the source is read without them, so they only grow older. Put their [[sources.files]] "
    "table (or record) back into the TOML; to have them gone: take {source} out of it, "
    "fanlight purge {source}, add it again without them"
)
MISSING = "export its accounts again, or say whose one is: fanlight org link SOURCE ACCOUNT ORGANISATION"
NO_LIST = (
    "add its customers export under [[sources.files]]; where there is none, its orders or invoices export "
    'once more, with profile = "shopify-orders-customers" or "xero-invoices-customers"'
)
SHOWN = 10  # unlinked accounts and unknown statuses listed; --json lists all


@dataclass(frozen=True)
class Standing:
    """Everything ``status`` looked up."""

    sources: Sequence[SourceState]
    never: Sequence[str]  # configured, but no run ever began
    unlinked: Sequence[Unlinked]
    primary: str
    listed: bool  # whether the primary source tells of accounts themselves
    problems: Sequence[Problem]  # accounts the link rules cannot place
    stray: Sequence[str]  # accounts of [organisations.sections] that are no customer's
    unknown: Mapping[tuple[str, str], int]  # (record, status) without a stage → records
    tokens: Tokens
    blocked: int  # sign-ins held back in the last day
    now: datetime
    zone: ZoneInfo

    def when(self, at: datetime) -> str:
        """A time as it is printed."""
        return moment(at, self.now, self.zone)


def unknown_statuses(config: Config, statuses: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Statuses neither the TOML nor common usage puts into words: customers read the source's own."""
    known = {
        "order": {*map(status_key, config.stages.orders), *COMMON},
        "quote": {*map(status_key, config.stages.quotes), *QUOTES},
        "ticket": {*map(status_key, config.stages.tickets)},
    }
    return {
        (record, status): number
        for (record, status), number in sorted(statuses.items())
        if status and status_key(status) not in known[record]
    }


def is_stale(source: SourceState, stream: StreamState, now: datetime) -> bool:
    """Whether what customers see of this stream is older than the source may be."""
    return stream.as_of is None or now - stream.as_of > timedelta(seconds=source.stale_after)


def verdict(source: SourceState, tokens: Tokens, now: datetime) -> str:
    """One word or two about a source, the worst that is true of it."""
    if not source.configured:
        return "taken out"
    streams = source.streams
    if source.failure in NEEDS_A_PERSON or any(s.failure in NEEDS_A_PERSON or s.withheld for s in streams):
        return "needs a person"
    if tokens.expiring(source.source) or any(_left_behind(source, stream) for stream in streams):
        return "needs a person"
    if not streams:
        return "not synced yet"
    if any(is_stale(source, stream, now) for stream in streams):
        return "stale"
    return "will retry" if source.failure else "well"


def all_well(standing: Standing) -> bool:
    """Whether nobody has to do anything about any source."""
    fine = ("well", "will retry", "taken out")
    told = (verdict(source, standing.tokens, standing.now) for source in standing.sources)
    return not standing.never and all(one in fine for one in told)


def lines(standing: Standing) -> Iterator[str]:
    """The whole status, for people."""
    for source in standing.sources:
        told = verdict(source, standing.tokens, standing.now)
        yield f"{source.source} ({plain(source.label)}, {source.kind}): {told}"
        yield from (f"  {each}" for each in _source(source, standing))
    yield from (f"{source}: not synced yet: fanlight sync {source}" for source in standing.never)
    yield from problem_lines(standing.problems)
    yield from _unlinked(standing)
    yield from _stray(standing)
    yield from _unknown(standing.unknown)
    if standing.blocked:
        yield f"{count(standing.blocked, 'sign-in')} blocked in the last 24 h: too many tries"


def _source(source: SourceState, standing: Standing) -> Iterator[str]:
    if not source.configured:
        yield f"not in the TOML: its records are hidden. Put it back, or: fanlight purge {source.source}"
        return
    if source.failure and not any(stream.failure for stream in source.streams):
        yield f"{_consequence(source, source.failure, None, standing)}: {plain(source.failure_message or '')}"
    if source.busy:
        yield f"being read now, by {plain(source.busy)}"
    if source.next_run and standing.now - source.next_run > LATE:
        yield f"was due {standing.when(source.next_run)}: is fanlight serve or fanlight schedule running?"
    elif source.next_run:
        yield f"next run {standing.when(source.next_run)}"
    elif not source.streams:
        yield f"nothing is scheduled: fanlight sync {source.source}, or fanlight schedule"
    refused = any(stream.failure == "refused" for stream in source.streams)
    yield from standing.tokens.lines(source.source, refused=refused)
    yield from quota_lines(source, standing.now, standing.zone)
    for stream in source.streams:
        yield f"{PLURALS[stream.record]}: {_stream(source, stream, standing)}"
        yield from (f"  {each}" for each in _details(source, stream, standing))


def _stream(source: SourceState, stream: StreamState, standing: Standing) -> str:
    if stream.as_of is None:
        return "never read to the end" + (f", {stream.records:,} so far" if stream.records else "")
    kept = count(stream.records, "record")
    nobody = f"{stream.unowned:,} of them visible to nobody" if stream.unowned else ""
    stale = f"STALE, may be {span(source.stale_after)} old" if is_stale(source, stream, standing.now) else ""
    return joined(f"as of {standing.when(stream.as_of)}", stale, kept, nobody)


def _details(source: SourceState, stream: StreamState, standing: Standing) -> Iterator[str]:
    if stream.last_run:
        yield _run(stream.last_run, standing)
    if stream.failure:
        told = _consequence(source, stream.failure, stream.as_of, standing)
        yield f"{told}: {plain(stream.failure_message or '')}"
    if _left_behind(source, stream):
        yield UNREAD.format(source=source.source)
    if stream.withheld:
        yield f"needs a person: {withheld_line(stream.source, stream.record, stream.withheld)}"
    if stream.quarantined_rows:
        yield f"{count(stream.quarantined_rows, 'row')} in quarantine: fanlight status --quarantine"
    yield from reach_lines(stream, standing.now, standing.zone)
    yield from (plain(note) for note in stream.notes)


def _left_behind(source: SourceState, stream: StreamState) -> bool:
    """Whether the source is read without this stream: its files or record were taken out of the TOML."""
    runs = [each.last_run.started_at for each in source.streams if each.last_run]
    return bool(stream.records and stream.last_run and max(runs) - stream.last_run.started_at > LEFT_BEHIND)


def _run(run: LastRun, standing: Standing) -> str:
    deleted = f"+ {run.deleted_rows:,} deleted at the source " if run.deleted_rows else ""
    read = (
        f"{count(run.data_rows, 'row')} read = {run.placed_rows:,} in records + {run.hidden_rows:,} hidden "
        f"{deleted}+ {run.quarantined_rows:,} quarantined"
    )
    moved = joined(
        *(
            f"{n:,} {what}"
            for what, n in (("new", run.new), ("changed", run.changed), ("gone", run.gone))
            if n
        )
    )
    ended = "" if run.ended_at else "not ended, "
    return f"last run {standing.when(run.started_at)}: {ended}{read}; {moved or 'nothing changed'}"


def _consequence(source: SourceState, failure: str, as_of: datetime | None, standing: Standing) -> str:
    """What a failure means: nothing to do yet, a person must act, or old data is kept."""
    if failure in NEEDS_A_PERSON:
        return "needs a person"
    if failure == "unavailable":
        again = source.retry_at or source.next_run
        return f"will retry at {standing.when(again)}" if again else "will retry at its next run"
    return f"data kept as of {standing.when(as_of)}" if as_of else "nothing new was kept"


def _unlinked(standing: Standing) -> Iterator[str]:
    accounts = standing.unlinked
    if not accounts:
        return
    yield "waiting for an owner, and visible to nobody until then:"
    for account in accounts[:SHOWN]:
        yield f"  {unlinked_line(account)}"
    if len(accounts) > SHOWN:
        yield f"  and {len(accounts) - SHOWN:,} more: fanlight org list --unlinked"
    yield from (f"  {line}" for line in cures(accounts, standing.primary, listed=standing.listed))


def unlinked_line(account: Unlinked) -> str:
    """One account nobody owns, with what waits in it."""
    if account.account is None:
        return f"{account.source}, records that name no account: {records(account.records)}"
    name = f" ({plain(account.name)})" if account.name else ""
    apart = "; kept apart by staff" if account.apart else ""
    return f"{account.source} {quoted(account.account)}{name}: {records(account.records)}{apart}"


def cures(accounts: Sequence[Unlinked], primary: str, *, listed: bool) -> Iterator[str]:
    """What makes these accounts somebody's. Accounts of the primary source are customers once it lists them:
    no id map can say whose they are."""
    named = [a for a in accounts if a.account is not None and not a.apart]
    if any(a.source == primary for a in named):
        yield f"accounts of {primary} become customers once listed: {MISSING if listed else NO_LIST}"
    others = [a for a in named if a.source != primary]
    if others or not named:
        yield f"whose they are: fanlight org link SOURCE ACCOUNT ORGANISATION{_id_map(others)}"


def _id_map(accounts: Sequence[Unlinked]) -> str:
    """What to write under [organisations] for the first of these."""
    if not accounts:
        return ""
    first, account = accounts[0], quoted(accounts[0].account or "")
    line = f'{first.source} = {{ {account} = "ITS ID IN THE PRIMARY SOURCE" }}'
    return f", or in the TOML: [organisations] ids = {{ {line} }}"


def _stray(standing: Standing) -> Iterator[str]:
    for account in standing.stray:
        yield (
            f"[organisations.sections] {quoted(account)} holds for nobody: {standing.primary} has no such "
            "account, or it is no customer's; ids count to the letter: fanlight org show ORGANISATION"
        )


def _unknown(statuses: Mapping[tuple[str, str], int]) -> Iterator[str]:
    if not statuses:
        return
    yield f"{count(len(statuses), 'status', 'statuses')} customers read in the source's own word; add:"
    for (record, status), number in list(statuses.items())[:SHOWN]:
        told = f"{quoted(status)} = {quoted(MEANS[record])}"
        yield f"  [stages.{SECTIONS[record]}] {told}  # {count(number, record, PLURALS[record])}"
    if len(statuses) > SHOWN:
        yield f"  and {len(statuses) - SHOWN:,} more: fanlight status --json"
    if any(record == "order" for record, _ in statuses):
        yield f"  stages of orders: {', '.join(STAGES)}"


def as_json(standing: Standing) -> dict[str, Any]:
    """The status for a program: field names are stable, times are ISO 8601 in UTC."""
    now, tokens = standing.now, standing.tokens
    sources = [
        {**asdict(one), "verdict": verdict(one, tokens, now), "token": tokens.as_json(one.source)}
        for one in standing.sources
    ]
    return {
        "well": all_well(standing),
        "at": standing.now,
        "sources": sources,
        "never_synced": list(standing.never),
        "stray_sections": list(standing.stray),
        "unlinked": [asdict(account) for account in standing.unlinked],
        "problems": [asdict(problem) for problem in standing.problems],
        "unknown_statuses": [
            {"record": record, "status": status, "records": number}
            for (record, status), number in standing.unknown.items()
        ],
        "blocked_sign_ins": standing.blocked,
    }
