"""``fanlight explain``: where a record came from, whose it is and why, and who can see it."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from connectors.records import RECORDS
from sync.cli.app import App, Failed
from sync.cli.report import quarantined_line
from sync.cli.words import count, moment, plain, quoted
from sync.mirror import state
from sync.mirror.state import HiddenRecord, Traced

GONE = {
    "deleted": "the source says it was deleted",
    "hidden": "a visibility rule leaves it out now",
    "absent": "it is no longer in the source's complete listing",
    "rekeyed": "ids are made in another way now; it has a new one",
}


@click.command("explain")
@click.argument("record", type=click.Choice(list(RECORDS)))
@click.argument("called", metavar="REF")
@click.pass_obj
def explain(app: App, /, record: str, called: str) -> None:
    """Say where a record came from, whose it is by which rule, and who can see it.

    REF is its number, the id in its source, or the last part of its address in the portal.

    \b
    Examples: fanlight explain order "#1042"
              fanlight explain invoice INV-0310
    Next:     fanlight org link SOURCE ACCOUNT ORGANISATION, where it belongs to nobody
    """
    now, cls = app.clock(), RECORDS[record]
    with app.database.staff() as connection:
        kept = state.trace(connection, cls, called)
        hidden = state.trace_hidden(connection, cls, called)
        aside = state.trace_quarantined(connection, cls, called)
    for traced in kept:
        rules = [
            each.rule for each in hidden if (each.source, each.source_id) == (traced.source, traced.source_id)
        ]
        for line in traced_lines(traced, rules, now, app.zone):
            click.echo(line)
    mirrored = {(traced.source, traced.source_id) for traced in kept}
    for left_out in hidden:
        if (left_out.source, left_out.source_id) not in mirrored:
            click.echo(hidden_line(left_out, now, app.zone))
    for row in aside:
        click.echo(f"quarantined {moment(row.seen_at, now, app.zone)}: {quarantined_line(row)}")
    if not (kept or hidden or aside):
        raise Failed(
            f"no {record} is called {quoted(called)}: not mirrored, not hidden by a rule, not in quarantine. "
            f"Rows whose id could not be read: fanlight status --quarantine"
        )


def traced_lines(traced: Traced, rules: list[str], now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Everything about one mirrored record, the answer first."""
    yield f"{traced.record} {quoted(traced.called)}: {_who_sees(traced, rules)}"
    yield f"  source      {traced.source} ({plain(traced.label)}), id {quoted(traced.source_id)}, " + count(
        traced.data_rows, "row"
    )
    yield f"  address     …/{traced.ref}"
    yield f"  account     {_account(traced)}"
    yield f"  as of       {moment(traced.as_of, now, zone) if traced.as_of else 'not known'}"
    yield f"  first seen  {moment(traced.first_seen, now, zone)}"
    yield f"  changed     {moment(traced.changed_at, now, zone)}"
    if traced.gone_at:
        yield f"  gone        {moment(traced.gone_at, now, zone)}: {_why_gone(traced, rules)}"


def _who_sees(traced: Traced, rules: list[str]) -> str:
    """ "visible to Brightwater Ltd", or "visible to nobody, because …"."""
    if traced.gone_at:
        return f"visible to nobody, because {_why_gone(traced, rules)}"
    if not traced.configured:
        return f"visible to nobody, because {traced.source} is not in the TOML any more"
    if traced.organisation is None:
        return f"visible to nobody, because {_why_unowned(traced)}"
    return f"visible to {plain(traced.organisation_name or '')} ({traced.organisation})"


def _why_gone(traced: Traced, rules: list[str]) -> str:
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
