"""``fanlight status``: what the mirror holds, how old it is, and what waits for a person."""

from dataclasses import asdict
from datetime import timedelta

import click

from sync import owners
from sync.cli import condition
from sync.cli.access import Tokens
from sync.cli.app import DONE, FAILED, App
from sync.cli.condition import Standing
from sync.cli.report import quarantined_line
from sync.cli.words import count, document
from sync.database import sealed
from sync.keys import keys
from sync.mirror import state
from sync.owners import reading

A_DAY = timedelta(days=1)
MANY = 10_000  # quarantined rows listed at most


def standing(app: App) -> Standing:
    """Look up everything the status tells; sources in the order of the TOML, those taken out of it last."""
    now, configured = app.clock(), [source.id for source in app.config.sources]
    with app.database.staff() as connection:
        states = {source.source: source for source in state.sources(connection, now)}
        statuses = state.statuses(connection)
        blocked = state.blocked_sign_ins(connection, now - A_DAY)
    with app.database.owners(write=False) as connection:
        kept = {token.source: token for token in sealed.kept(connection)}
    found = keys(app.config.portal)
    primary = app.config.organisations.primary
    listed = reading.lists_accounts(app.database, primary)
    ordered = dict.fromkeys((*configured, *states))
    return Standing(
        sources=[states[name] for name in ordered if name in states],
        never=[name for name in configured if name not in states],
        unlinked=reading.unlinked(app.database),
        primary=primary,
        listed=listed,
        stray=_stray(app, primary) if listed else (),
        problems=owners.problems(app.database, app.config),
        tokens=Tokens(kept, found.current.id if found else "", now, app.zone),
        unknown=condition.unknown_statuses(app.config, statuses),
        blocked=blocked,
        now=now,
        zone=app.zone,
    )


def _stray(app: App, primary: str) -> list[str]:
    """Accounts with sections of their own in the TOML that are no customer's."""
    told = app.config.organisations.sections
    owners = reading.owners_of(app.database, primary, told)
    return [account for account in told if account not in owners]


@click.command("status")
@click.option("--quarantine", is_flag=True, help="List the rows that were put aside, with the cure of each.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.pass_obj
def status(app: App, /, quarantine: bool, as_json: bool) -> None:
    """Say how old what customers see is, and what waits for a person.

    \b
    Examples: fanlight status
              fanlight status --quarantine
              fanlight status --json | jq .well
    Next:     what it prints beside each problem is the command or TOML line that mends it

    \b
    Exit codes: 0 all well, or it mends itself · 1 a source is stale, was never synced, or needs a
                person · 2 wrong use or config
    --json:     well, at, sources [source, label, kind, configured, verdict, next_run, failure,
                failure_message, retry_at, token {kept_at, expires_at}, quota_left, quota_of,
                quota_unit, quota_renewed, quota_at, busy, streams [record, as_of, completed_at,
                withheld, failure, failure_message, notes, records, rows, unowned, quarantined_rows,
                hidden, swept_at, covers_from, last_run]], never_synced, stray_sections, unlinked,
                problems, unknown_statuses, blocked_sign_ins; with --quarantine: quarantine [source,
                record, source_id, position, field, reason, cure, data_rows, seen_at]
    """
    found = standing(app)
    with app.database.staff() as connection:
        rows = state.quarantine(connection, limit=MANY) if quarantine else ()
    if as_json:
        told = condition.as_json(found) | (
            {"quarantine": [asdict(row) for row in rows]} if quarantine else {}
        )
        click.echo(document(told))
    elif quarantine:
        for row in rows:
            click.echo(quarantined_line(row))
        click.echo(f"{count(len(rows), 'row')} in quarantine" if rows else "nothing is in quarantine")
    else:
        for line in condition.lines(found):
            click.echo(line)
    click.get_current_context().exit(DONE if condition.all_well(found) else FAILED)
