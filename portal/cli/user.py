"""`fanlight user`: who may sign in. Rights come from the portal's own store; no source is ever written."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from portal.gateway import StaffGateway
from portal.mail import Postman
from portal.store import people, sign_in
from portal.store.people import Listed, NotInvited
from sync.cli.app import App, Failed, WrongUse, by_whom
from sync.cli.words import moment, plain
from sync.config import ROLES, duration
from sync.database import Database

LONGEST = timedelta(days=1)  # a link handed over may live
STATES = {"left": "left (gone at its source)", "invited": "invited, not seen yet"}


@click.command()
@click.argument("email")
@click.option(
    "--org", "named", required=True, metavar="ORG", help="Its name or number, as `fanlight org list` shows."
)
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(ROLES), default=("read_all",), show_default=True,
    help="What they may see; may be given again.",
)  # fmt: skip
@click.pass_obj
def invite(app: App, email: str, named: str, roles: tuple[str, ...]) -> None:
    """Let EMAIL sign in to an organisation, and send the welcome mail.

    Inviting somebody again sends a new mail and sets their roles anew.

    \b
    Example: fanlight user invite ann@customer.example --org "Customer Ltd" --role finance
    Next:    fanlight user list
    """
    organisation = _organisation(app.database, named)
    try:
        name = people.invite(app.database, app.config, email, organisation, roles, by_whom(), app.clock())
    except NotInvited as problem:
        raise Failed(str(problem)) from problem
    sent = Postman(app.database, app.config, app.clock).drain()
    click.echo(f"{plain(email)} may sign in to {plain(name)} as {', '.join(roles)}.")
    click.echo("The welcome mail has left." if sent else "The welcome mail waits; `fanlight serve` sends it.")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list on standard output, nothing else.")
@click.pass_obj
def show(app: App, as_json: bool) -> None:
    """Show who was invited where, as what, and when they were last seen.

    \b
    Example: fanlight user list
    Next:    fanlight user invite EMAIL --org ORG
    --json:  [{"email", "name", "organisation", "organisation_id", "roles", "state", "invited_at",
             "invited_by", "last_seen"}]; times are ISO 8601, ids are text, state is one of invited,
             active, left, revoked, deactivated.
    """
    listed = people.list_all(app.database, app.config)
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in listed], indent=2, ensure_ascii=False))
    elif listed:
        for line in _table(app, listed):
            click.echo(line)
    else:
        click.echo("Nobody was invited yet.")
    if not as_json and app.config.login.who == "contacts":
        click.echo('Besides, every current contact may sign in: [login] who = "contacts".', err=True)


@click.command()
@click.argument("email")
@click.option("--org", "named", metavar="ORG", help="Only this organisation; without it everything.")
@click.pass_obj
def revoke(app: App, email: str, named: str | None) -> None:
    """Take EMAIL's access away: open sessions end with their next click, links that wait are dead.

    \b
    Example: fanlight user revoke ann@customer.example
    Undo:    fanlight user invite ann@customer.example --org ORG
    """
    organisation = _organisation(app.database, named) if named else None
    try:
        people.revoke(app.database, email, organisation, by_whom(), app.clock())
    except NotInvited as problem:
        raise Failed(str(problem)) from problem
    click.echo(f"{plain(email)} may no longer sign in{f' to {plain(named)}' if named else ''}.")


@click.command("login-link")
@click.argument("email")
@click.option(
    "--for",
    "lasting",
    default="10m",
    show_default=True,
    metavar="TIME",
    help="How long: 10m, 2h, 1d at most.",
)
@click.pass_obj
def login_link(app: App, email: str, lasting: str) -> None:
    """Print a link that signs EMAIL in: for a call, a demonstration, a mail server that is down.

    Whoever has the link can use it, once. Hand it to that person only.

    \b
    Example: fanlight user login-link ann@customer.example --for 1h
    """
    if not re.fullmatch("[1-9][0-9]{0,4}[smhd]", lasting) or duration(lasting) > LONGEST:
        raise WrongUse(f'--for "{lasting}" does not fit; write 10m, 2h, or 1d at most')
    try:
        link = sign_in.trusted_link(
            app.database, app.config, email, app.clock(), by=by_whom(), lifetime=duration(lasting)
        )
    except NotInvited as problem:
        raise Failed(str(problem)) from problem
    click.echo(link)


def _organisation(database: Database, named: str) -> int:
    """The organisation of a number or an exact name."""
    with StaffGateway(database) as gateway:
        known = gateway.organisations()
    if named.isdigit() and int(named) in known:
        return int(named)
    found = [number for number, name in known.items() if name.casefold() == named.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(number) for number in found)
        raise Failed(f"{len(found)} organisations are called {named!r}; give one of their numbers: {numbers}")
    raise Failed(f"there is no organisation {named!r}; `fanlight org list` shows them all")


def _table(app: App, listed: Sequence[Listed]) -> Sequence[str]:
    now, zone = app.clock(), app.zone
    rows = [("E-MAIL", "ORGANISATION", "ROLES", "STATE", "LAST SEEN")] + [
        (
            plain(each.email),
            plain(each.organisation),
            each.roles,
            STATES.get(each.state, each.state),
            moment(each.last_seen, now, zone) if each.last_seen else "",
        )
        for each in listed
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _as_json(each: Listed) -> dict[str, str | None]:
    def told(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "email": each.email,
        "name": each.name,
        "organisation": each.organisation,
        "organisation_id": str(each.organisation_id),  # 63 bits: more than a JSON reader's number may hold
        "roles": each.roles,
        "state": each.state,
        "invited_at": told(each.invited_at),
        "invited_by": each.invited_by,
        "last_seen": told(each.last_seen),
    }
