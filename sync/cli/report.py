"""What a sync says: per stream a line of counts that add up, then what a person should know or do. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sync.cli.app import BUSY, DONE, FAILED, QUARANTINED
from sync.cli.words import PLURALS, count, joined, moment, plain, quoted
from sync.mirror import Finding
from sync.mirror.state import Quarantined
from sync.owners import Linked
from sync.owners.rules import PRIMARY, Link, Problem
from sync.run import Outcome

FEW = 3  # quarantined rows shown after a run; all of them: fanlight status --quarantine
CONSEQUENCE = {
    "unavailable": "could not be reached",
    "refused": "needs a person",
    "garbled": "sent what cannot be trusted",
    "crashed": "failed unexpectedly",
    "stopped": "was stopped",
}
EXIT = {"done": DONE, "quarantined": QUARANTINED}
WORST = (FAILED, BUSY, QUARANTINED, DONE)


def exit_code(outcomes: Sequence[Outcome], *, busy: bool = False) -> int:
    """1: a stream failed or removals wait; 75: a source was busy; 3: rows were quarantined; else 0."""
    codes = {EXIT.get(outcome.outcome, FAILED) for outcome in outcomes} | ({BUSY} if busy else set())
    return next(code for code in WORST if code in codes or code == DONE)


def heading(outcome: Outcome) -> str:
    """ "shop orders"."""
    return f"{outcome.source} {PLURALS[outcome.record]}"


def line(outcome: Outcome) -> str:
    """One stream's run in one line; what it read always adds up."""
    parts = [f"{outcome.placed_rows:,} in records"]
    parts += [f"{outcome.hidden_rows:,} hidden by a rule"] if outcome.hidden_rows else []
    parts += [f"{outcome.deleted_rows:,} deleted at the source"] if outcome.deleted_rows else []
    parts += [f"{outcome.quarantined_rows:,} quarantined"] if outcome.quarantined_rows else []
    moved = joined(*(f"{n:,} {what}" for what, n in _moves(outcome) if n)) or "nothing changed"
    read = f"{count(outcome.data_rows, 'row')} read = {' + '.join(parts)}; {moved}"
    if outcome.outcome in CONSEQUENCE:
        told = f"{CONSEQUENCE[outcome.outcome]}: {plain(outcome.message)}"
        return f"{heading(outcome)}: {told}" + (f" (until then: {read})" if outcome.data_rows else "")
    return f"{heading(outcome)}: {read}"


def unasked_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What a source was not asked for any more, in one line."""
    left = [outcome for outcome in outcomes if outcome.outcome == "unasked"]
    if left:
        named = ", ".join(PLURALS[outcome.record] for outcome in left)
        yield f"{left[0].source} {named}: {left[0].message}"


def _moves(outcome: Outcome) -> tuple[tuple[str, int], ...]:
    return ("new", outcome.new), ("changed", outcome.changed), ("gone", outcome.gone)


def afterwards(
    outcome: Outcome, quarantined: Sequence[Quarantined], now: datetime, zone: ZoneInfo
) -> Iterator[str]:
    """What a person should know after one stream's run, and what to do about it."""
    for note in outcome.notes:
        yield plain(note)
    for row in quarantined[:FEW]:
        yield f"quarantined: {quarantined_line(row)}"
    if len(quarantined) > FEW:
        yield "all of them: fanlight status --quarantine"
    if outcome.withheld:
        yield withheld_line(outcome.source, outcome.record, outcome.withheld)
    if outcome.retry_at:
        yield f"will try again at {moment(outcome.retry_at, now, zone)}"


def withheld_line(source: str, record: str, withheld: int) -> str:
    """Removals that wait for a person, and how to let them go."""
    return (
        f"{count(withheld, record, PLURALS[record])} would go, more than is likely; they are kept. "
        f"If the source is right, let go: fanlight sync {source} --record {record} --allow-shrink {withheld}"
    )


def quarantined_line(row: Quarantined) -> str:
    """Where the row is, what is wrong with it, what to do."""
    called = f" {quoted(row.source_id)}" if row.source_id else ""
    said = f"{plain(row.field)}: {plain(row.reason)}" + (f"; {plain(row.cure)}" if row.cure else "")
    return f"{row.source} {row.record}{called}, {plain(row.position)}: {said}"


def finding_line(finding: Finding) -> str:
    """What would happen to one row, for --dry-run."""
    called = quoted(finding.source_id) if finding.source_id is not None else "(id unknown)"
    moved = "; ".join(f"{column} {_value(old)} → {_value(new)}" for column, old, new in finding.moved)
    why = f": {plain(finding.why)}" if finding.why else ""
    place = f"{plain(finding.place)}: " if finding.place else ""
    return f"{place}{finding.record} {called} {finding.what}{why}" + (f" ({moved})" if moved else "")


def _value(text: str | None) -> str:
    return "nothing" if text in (None, "") else quoted(text or "")


def link_lines(links: Sequence[Linked]) -> Iterator[str]:
    """What following the link rules changed, and what the rules could not decide in the end."""
    if new := sum(linked.organisations for linked in links):
        yield count(new, "new organisation")
    added = Counter(link.rule for linked in links for link in linked.added if link.rule != PRIMARY)
    for rule, number in sorted(added.items()):
        yield f"{count(number, 'account')} linked by {rule.replace('_', ' ')}"
    for link in (link for linked in links for link in linked.removed):
        yield f"{link.source} {quoted(link.account)} is no longer linked by {link.rule.replace('_', ' ')}"
    yield from problem_lines(links[-1].problems if links else ())


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Accounts the rules cannot place; those of a source that need the same cure are told as one."""
    alike: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.source, problem.cure), []).append(problem)
    for (source, cure), found in alike.items():
        if len(found) <= FEW:
            yield from map(problem_line, found)
            continue
        first = "; ".join(f"{quoted(one.account)}: {plain(one.message)}" for one in found[:2])
        yield f"{source}: {len(found):,} accounts cannot be placed, like {first}; {cure}"


def problem_line(problem: Problem) -> str:
    """An account the rules cannot place, and what to do."""
    return f"{problem.source} {quoted(problem.account)}: {plain(problem.message)}; {problem.cure}"


def links_json(links: Sequence[Linked]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "organisations": sum(linked.organisations for linked in links),
        "added": [_link(link) for linked in links for link in linked.added],
        "removed": [_link(link) for linked in links for link in linked.removed],
        "problems": [asdict(problem) for problem in (links[-1].problems if links else ())],
    }


def _link(link: Link) -> dict[str, Any]:
    """The id as text: it is larger than a JSON number can be trusted with."""
    return asdict(link) | {"organisation": None if link.organisation is None else str(link.organisation)}


def as_json(outcome: Outcome) -> dict[str, Any]:
    """One stream's run for a program: the field names are stable, times are ISO 8601 in UTC."""
    told = asdict(outcome)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}
