"""`fanlight check isolation` and `check readonly`: evidence from the live database, which stays as it is."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from portal import proof
from portal.proof import Proof
from sync.cli.app import DONE, FAILED, App, Failed
from sync.cli.outgoing import Reach, reaches
from sync.cli.words import count, document, plain
from sync.database.evidence import Attempt, attempts

FEW = 20  # leaks printed; --json has them all


@click.command()
@click.option(
    "--people", default=50, show_default=True, type=click.IntRange(1, 10_000), help="As how many to ask."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
@click.pass_obj
def isolation(app: App, people: int, as_json: bool) -> None:
    """Ask every page as people who may sign in, and hold each record shown against its owner.

    Works on live data and changes nothing: no row is planted, no visit is written.

    \b
    Example: fanlight check isolation
    Next:    after a leak, stop `fanlight serve`, then write to the makers of Fanlight
    --json:  {"askers": [{"email", "organisation", "organisation_name"}], "requests", "records",
             "refused", "leaks": [{"asker", "url", "what"}]}

    Exit codes: 0 nothing leaked, 1 something did, or there was nobody to ask as.
    """
    found = proof.isolation(app.config, app.database, app.clock(), people=people)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
    elif not found.askers:
        raise Failed("nothing is proven: nobody may sign in yet; see `fanlight user invite` and [login] who")
    else:
        _tell(found)
    raise click.exceptions.Exit(FAILED if found.leaks or not found.askers else DONE)


def _tell(found: Proof) -> None:
    for leak in found.leaks[:FEW]:
        click.echo(f"LEAK: {plain(str(leak))}", err=True)
    if len(found.leaks) > FEW:
        click.echo(f"and {len(found.leaks) - FEW} more: fanlight check isolation --json", err=True)
    organisations = len({asker.organisation for asker in found.askers})
    click.echo(
        f"Asked {count(found.requests, 'page')} as {count(len(found.askers), 'person', 'people')} of "
        f"{count(organisations, 'organisation')}: {count(found.records, 'record')} shown, all but "
        f"{len(found.leaks)} their own; {count(found.refused, 'record')} of others asked for and not found."
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
@click.pass_obj
def readonly(app: App, as_json: bool) -> None:
    """Try every write that must not be possible, and have each one refused.

    In the database customers' pages and staff try to write the mirror, sync tries to write what the portal
    owns; each attempt is rolled back whatever becomes of it. Of each source with an API the session tries to
    send writes; they are refused before anything is sent.

    \b
    Example: fanlight check readonly
    Next:    after a failure on PostgreSQL, `fanlight upgrade` writes roles and grants anew
    --json:  {"attempts": [{"role", "verb", "table", "refused"}],
              "sources": [{"source", "tried": [{"source", "what", "refused"}], "scopes"}]}

    Exit codes: 0 every attempt was refused, 1 one was not.
    """
    tried, asked = list(attempts(app.database)), list(reaches(app))
    if as_json:
        told = {"attempts": [asdict(one) for one in tried], "sources": [asdict(reach) for reach in asked]}
        click.echo(document(told, indent=2))
    else:
        _tell_attempts(tried)
        _tell_reaches(asked)
    raise click.exceptions.Exit(
        DONE if all(one.refused for one in tried) and all(reach.closed for reach in asked) else FAILED
    )


def _tell_reaches(asked: Sequence[Reach]) -> None:
    for reach in asked:
        refused = sum(one.refused for one in reach.tried)
        told = (
            f"{reach.source}: {refused} of {count(len(reach.tried), 'write')} refused before they were sent"
        )
        scopes = f"; it asks for the scopes {' '.join(reach.scopes)}" if reach.scopes else ""
        click.echo(plain(told + scopes))
        for one in reach.tried:
            if not one.refused:
                click.echo(f"NOT REFUSED: {plain(one.source)} would send {plain(one.what)}", err=True)


def _tell_attempts(tried: Sequence[Attempt]) -> None:
    for role in dict.fromkeys(one.role for one in tried):
        mine = [one for one in tried if one.role == role]
        refused = sum(one.refused for one in mine)
        click.echo(f"{role:<7} {refused} of {count(len(mine), 'forbidden write')} refused by the database")
    for one in tried:
        if not one.refused:
            click.echo(f"NOT REFUSED: {one.role} may {one.verb} {one.table}", err=True)
