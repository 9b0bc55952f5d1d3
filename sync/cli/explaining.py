"""``fanlight explain``: where a record came from, whose it is and why, and who can see it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from connectors.records import RECORDS
from sync.cli.app import App, Failed
from sync.cli.report import quarantined_line
from sync.cli.sections import switched_off
from sync.cli.words import count, document, moment, plain, quoted
from sync.mirror import state
from sync.mirror.state import HiddenRecord, Quarantined, Traced

GONE = {
    "deleted": "the source says it was deleted",
    "hidden": "a visibility rule leaves it out now",
    "absent": "it is no longer in the source's complete listing",
    "rekeyed": "ids are made in another way now; it has a new one",
}


@click.command("explain")
@click.argument("record", type=click.Choice(list(RECORDS)))
@click.argument("called", metavar="REF")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.pass_obj
def explain(app: App, /, record: str, called: str, as_json: bool) -> None:
    """Say where a record came from, whose it is by which rule, and who can see it.

    REF is its number, the id in its source, or the last part of its address in the portal.

    \b
    Examples: fanlight explain order "#1042"
              fanlight explain invoice INV-0310
    Next:     fanlight org link SOURCE ACCOUNT ORGANISATION, where it belongs to nobody
    --json:   {"mirrored": [what is mirrored, with "visible_to", "because", "shown_by"], "hidden":
              [{"source", "source_id", "number", "rule", "seen_at"}], "quarantined": [{"source",
              "source_id", "position", "field", "reason", "cure", "seen_at"}]}

    Exit codes: 0 found, 1 there is no such record.
    """
    now, cls = app.clock(), RECORDS[record]
    with app.database.staff() as connection:
        kept = state.trace(connection, cls, called)
        hidden = state.trace_hidden(connection, cls, called)
        aside = state.trace_quarantined(connection, cls, called)
    found = [explained(app, traced, hidden) for traced in kept]
    if as_json:
        told = {"mirrored": [one.as_json() for one in found]}
        told |= {"hidden": [asdict(one) for one in hidden], "quarantined": [asdict(one) for one in aside]}
        click.echo(document(told))
    else:
        for one in found:
            for line in traced_lines(one, now, app.zone):
                click.echo(line)
        _tell_the_others(kept, hidden, aside, now, app.zone)
    if not (kept or hidden or aside):
        raise Failed(
            f"no {record} is called {quoted(called)}: not mirrored, not hidden by a rule, not in quarantine. "
            f"Rows whose id could not be read: fanlight status --quarantine"
        )


def _tell_the_others(
    kept: Sequence[Traced],
    hidden: Sequence[HiddenRecord],
    aside: Sequence[Quarantined],
    now: datetime,
    zone: ZoneInfo,
) -> None:
    """What is not mirrored: hidden by a rule, or unreadable."""
    mirrored = {(traced.source, traced.source_id) for traced in kept}
    for left_out in hidden:
        if (left_out.source, left_out.source_id) not in mirrored:
            click.echo(hidden_line(left_out, now, zone))
    for row in aside:
        click.echo(f"quarantined {moment(row.seen_at, now, zone)}: {quarantined_line(row)}")


@dataclass(frozen=True)
class Explained:
    """A mirrored record, the rules that hide it, the one that lets it be shown, and why its owner's people
    have no section for it ('' where they have)."""

    traced: Traced
    rules: Sequence[str]
    shown_by: str
    off: str

    def as_json(self) -> dict[str, Any]:
        """The same for a program. The organisation's id as text: it is larger than a JSON number can be."""
        told, traced = asdict(self.traced), self.traced
        seen = not traced.gone_at and traced.configured and traced.organisation is not None and not self.off
        named = None if traced.organisation is None else str(traced.organisation)
        because = _who_sees(self)
        return told | {
            "organisation": named,
            "visible_to": traced.organisation_name if seen else None,
            "because": because,
            "shown_by": None if traced.gone_at else self.shown_by,
        }


def explained(app: App, traced: Traced, hidden: Sequence[HiddenRecord]) -> Explained:
    """What is to be said of a mirrored record."""
    off = switched_off(app, traced.organisation, traced.record)
    return Explained(traced, rules_of(traced, hidden), shown_by(app, traced), off)


def rules_of(traced: Traced, hidden: Sequence[HiddenRecord]) -> Sequence[str]:
    """The visibility rules that leave this record out."""
    key = (traced.source, traced.source_id)
    return [each.rule for each in hidden if (each.source, each.source_id) == key]


def shown_by(app: App, traced: Traced) -> str:
    """Which rule decides that records like this are shown: the TOML's, else the safe default of the kind."""
    settings = next((each for each in app.config.sources if each.id == traced.source), None)
    own = getattr(settings, "show", {}).get(traced.record, {})
    if own:
        lists = "; ".join(f"{name} = {', '.join(values)}" for name, values in own.items())
        return f"[sources.show.{traced.record}] of the TOML: {lists}"
    kind = settings.kind if settings else "source"
    return f"the default of {kind}; [sources.show.{traced.record}] changes it"


def traced_lines(one: Explained, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Everything about one mirrored record, the answer first."""
    traced, rules = one.traced, one.rules
    yield f"{traced.record} {quoted(traced.called)}: {_who_sees(one)}"
    yield f"  source      {traced.source} ({plain(traced.label)}), id {quoted(traced.source_id)}, " + count(
        traced.data_rows, "row"
    )
    yield f"  address     …/{traced.ref}"
    yield f"  account     {_account(traced)}"
    if not traced.gone_at:
        yield f"  shown by    {plain(one.shown_by)}"
    yield f"  as of       {moment(traced.as_of, now, zone) if traced.as_of else 'not known'}"
    yield f"  first seen  {moment(traced.first_seen, now, zone)}"
    yield f"  changed     {moment(traced.changed_at, now, zone)}"
    if traced.gone_at:
        yield f"  gone        {moment(traced.gone_at, now, zone)}: {_why_gone(traced, rules)}"


def _who_sees(one: Explained) -> str:
    """ "visible to Brightwater Ltd", or "visible to nobody, because …"."""
    traced = one.traced
    if traced.gone_at:
        return f"visible to nobody, because {_why_gone(traced, one.rules)}"
    if not traced.configured:
        return f"visible to nobody, because {traced.source} is not in the TOML any more"
    if traced.organisation is None:
        return f"visible to nobody, because {_why_unowned(traced)}"
    owner = f"{plain(traced.organisation_name or '')} ({traced.organisation})"
    return f"visible to nobody, because it is {owner}'s and {one.off}" if one.off else f"visible to {owner}"


def _why_gone(traced: Traced, rules: Sequence[str]) -> str:
    return (
        plain(rules[0]) if rules else GONE.get(traced.gone_why or "", plain(traced.gone_why or "it is gone"))
    )


def _why_unowned(traced: Traced) -> str:
    if traced.belongs_to is None:
        return "it names no account"
    if traced.rule == "staff":
        return f"staff keep account {quoted(traced.belongs_to)} apart"
    if traced.rule:
        return "its account was linked just now; rows are stamped within seconds"
    cure = f"fanlight org link {traced.source} ACCOUNT ORGANISATION"
    return f"account {quoted(traced.belongs_to)} belongs to nobody; say whose it is: {cure}"


def _account(traced: Traced) -> str:
    if traced.belongs_to is None:
        return "none named"
    by = f", linked by {traced.rule.replace('_', ' ')}" if traced.rule else ", not linked"
    who = f" ({plain(traced.made_by)})" if traced.rule == "staff" and traced.made_by else ""
    return f"{quoted(traced.belongs_to)}{by}{who}"


def hidden_line(record: HiddenRecord, now: datetime, zone: ZoneInfo) -> str:
    """A record a visibility rule keeps out of the mirror."""
    called = quoted(record.number or record.source_id)
    return (
        f"{record.record} {called}: visible to nobody, because {plain(record.rule)} "
        f"({record.source}, id {quoted(record.source_id)}, read {moment(record.seen_at, now, zone)})"
    )
