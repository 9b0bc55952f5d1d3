"""``fanlight org``: who your customers are, which accounts are theirs, and what staff say about that."""

from collections.abc import Sequence
from dataclasses import asdict

import click

from sync import owners
from sync.cli.app import App, WrongUse, by_whom
from sync.cli.condition import cures, unlinked_line
from sync.cli.sections import in_order, with_sections
from sync.cli.words import count, document, plain, quoted, records
from sync.owners import reading
from sync.owners.reading import Organisation
from sync.owners.rules import Link


@click.command("list")
@click.option("--unlinked", is_flag=True, help="Accounts that belong to nobody, with what waits in them.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of lines.")
@click.pass_obj
def list_(app: App, /, unlinked: bool, as_json: bool) -> None:
    """List customers with their records, or the accounts that belong to nobody.

    \b
    Examples: fanlight org list
              fanlight org list --unlinked
    Next:     fanlight org show ORGANISATION
    --json:   [id (text: larger than a JSON number), name, links [source, account, rule], records]
              with --unlinked: [source, account, name, apart, records]
    """
    if unlinked:
        _list_unlinked(app, as_json)
        return
    found = reading.organisations(app.database)
    if as_json:
        click.echo(document([_as_json(one) for one in found]))
        return
    for one in found:
        rest = {record: number for record, number in one.records.items() if record != "account"}
        click.echo(f"{one.id}  {plain(one.name)}: {count(len(one.links), 'account')}, {records(rest)}")
    if not found:
        click.echo(f"no organisations yet: fanlight sync {app.config.organisations.primary}")


def _list_unlinked(app: App, as_json: bool) -> None:
    found = reading.unlinked(app.database)
    if as_json:
        click.echo(document([asdict(one) for one in found]))
        return
    for one in found:
        click.echo(unlinked_line(one))
    if found:
        primary = app.config.organisations.primary
        for line in cures(found, primary, listed=reading.lists_accounts(app.database, primary)):
            click.echo(line)
    else:
        click.echo("every account belongs to somebody")


@click.command("show")
@click.argument("organisation")
@click.option("--json", "as_json", is_flag=True, help="A JSON object instead of lines.")
@click.pass_obj
def show(app: App, /, organisation: str, as_json: bool) -> None:
    """Show one customer: its accounts, and which rule made each its own. ORGANISATION: id or exact name.

    \b
    Example: fanlight org show "Brightwater Ltd"
    Next:    fanlight user list, or fanlight org unlink SOURCE ACCOUNT
    """
    one = _named(app, organisation)
    if as_json:
        click.echo(document(_as_json(one)))
        return
    click.echo(f"{plain(one.name)} ({one.id}): {records(one.records)}")
    for link in one.links:
        click.echo(f"  {link.source} {quoted(link.account)} by {_rule(link)}")
    if own := with_sections(app, one.id):
        named = " and ".join(map(quoted, own))
        click.echo(
            f"  its people see {in_order(app.config.sections_of(own))}, by [organisations.sections] {named}; "
            f"others see {in_order(app.config.portal.sections)}"
        )


@click.command("link")
@click.argument("source")
@click.argument("account")
@click.argument("organisation")
@click.pass_obj
def link(app: App, /, source: str, account: str, organisation: str) -> None:
    """Say that an account is a customer's; no rule undoes it. Its records move there at once.

    \b
    Example: fanlight org link shop buyer@brightwater.example "Brightwater Ltd"
    Next:    fanlight org show "Brightwater Ltd"
    Back:    fanlight org unlink shop buyer@brightwater.example --forget
    """
    one = _named(app, organisation)
    before = _assign(app, source, account, one.id)
    was = f" (was {_whose(app, before)})" if before and before.organisation != one.id else ""
    click.echo(f"{source} {quoted(account)} belongs to {plain(one.name)} now{was}")


@click.command("unlink")
@click.argument("source")
@click.argument("account")
@click.option("--forget", is_flag=True, help="Take back what staff said: the rules decide again.")
@click.pass_obj
def unlink(app: App, /, source: str, account: str, forget: bool) -> None:
    """Say that an account is nobody's; no rule links it again. Its records are visible to nobody at once.

    \b
    Examples: fanlight org unlink shop buyer@brightwater.example
              fanlight org unlink shop buyer@brightwater.example --forget
    Next:     fanlight org list --unlinked
    """
    if not forget:
        before = _assign(app, source, account, None)
        was = f"; it was {_whose(app, before)}" if before else ""
        click.echo(f"{source} {quoted(account)} belongs to nobody now{was}")
        return
    if source == app.config.organisations.primary:
        raise WrongUse(
            f"accounts of {source} are organisations themselves: the rules would make a new one. Link it to "
            f"the one it was: fanlight org link {source} {account} ORGANISATION"
        )
    try:
        owners.forget(app.database, (source, account), by_whom(), app.clock())
    except owners.NotKnown as problem:
        raise WrongUse(str(problem)) from problem
    _follow_rules(app)
    click.echo(
        f"{source} {quoted(account)} follows the rules again and belongs to {_now_of(app, source, account)}"
    )


def _assign(app: App, source: str, account: str, organisation: int | None) -> Link | None:
    try:
        before = owners.assign(app.database, (source, account), organisation, by_whom(), app.clock())
    except owners.NotKnown as problem:
        raise WrongUse(f"{problem}. Accounts waiting: fanlight org list --unlinked") from problem
    _follow_rules(app)
    return before


def _follow_rules(app: App) -> None:
    """Links that lean on this one follow it; then rows are stamped."""
    try:
        owners.link(app.database, app.config, app.clock())
    except owners.OtherPrimary as problem:
        raise WrongUse(str(problem)) from problem
    finally:
        owners.restamp(app.database)


def _named(app: App, organisation: str) -> Organisation:
    found = reading.organisations(app.database)
    fitting = [one for one in found if organisation in (str(one.id), one.name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(str(one.id) for one in fitting)
        raise WrongUse(
            f"{quoted(organisation)} is the name of {len(fitting)} organisations; give the id: {ids}"
        )
    alike = [one for one in found if organisation.casefold() in one.name.casefold()][:5]
    hint = f"; did you mean {', '.join(f'{quoted(one.name)} ({one.id})' for one in alike)}?" if alike else ""
    raise WrongUse(
        f"there is no organisation {quoted(organisation)}{hint or '; all of them: fanlight org list'}"
    )


def _now_of(app: App, source: str, account: str) -> str:
    every = reading.organisations(app.database)
    return next((plain(o.name) for o in every for link in o.links if link.key == (source, account)), "nobody")


def _whose(app: App, link: Link) -> str:
    names: Sequence[str] = [
        one.name for one in reading.organisations(app.database) if one.id == link.organisation
    ]
    return f"{plain(names[0])} ({link.organisation})" if names else "nobody"


def _rule(link: Link) -> str:
    return {"primary": "being it, in the primary source", "staff": "staff"}.get(
        link.rule, link.rule.replace("_", " ")
    )


def _as_json(one: Organisation) -> dict[str, object]:
    links = [{"source": each.source, "account": each.account, "rule": each.rule} for each in one.links]
    return {"id": str(one.id), "name": one.name, "links": links, "records": one.records}
