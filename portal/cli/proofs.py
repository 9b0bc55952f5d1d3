"""`fanlight check isolation`: evidence from live data, as portal.proof gathers it."""

import json
from dataclasses import asdict

import click

from portal import proof
from portal.proof import Proof
from sync.cli.app import DONE, FAILED, App, Failed
from sync.cli.words import count, plain

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
