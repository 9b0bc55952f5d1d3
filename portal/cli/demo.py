"""`fanlight demo`: a portal to look at, from export files of an invented wholesaler."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

import portal.demo
from portal.cli.serve import run
from portal.server import Listening
from portal.store import sign_in
from sync.cli.app import DONE, QUARANTINED, App, Failed, by_whom
from sync.cli.running import sync
from sync.config import Config, load
from sync.database import open_database

LIFETIME = timedelta(days=1)  # of the links printed


@click.command()
@click.option("--folder", default="demo", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=7, show_default=True, help="Another number makes other companies and orders.")
@click.option(
    "--step", is_flag=True, help="Play the next day: statuses move, new invoices, a deletion, a late change."
)
@click.option("--serve", "serves", is_flag=True, help="Serve it when it is ready, until Ctrl-C.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="With --serve: the address to listen at."
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="With --serve.")
@click.pass_context
def demo(
    context: click.Context, folder: Path, seed: int, step: bool, serves: bool, host: str, port: int
) -> None:
    """Make a portal of an invented wholesaler: Salesforce, Shopify and Xero exports, read like real ones.

    A demo that is there already is kept; delete its folder to begin anew.

    \b
    Example: fanlight demo --serve
    Next:    open one of the links it prints; then fanlight demo --step
    """
    path = folder / "fanlight.toml"
    _write(path, seed, step, context.obj)
    app = context.obj = App(path)
    first = _make_database(app)
    if first or not serves:
        _sync(context)
    listening = Listening(host, port, workers=2, threads=4)
    address = f"http://{listening.address}"
    for line in _links(app, address):
        click.echo(line)
    if serves:
        app.database.close()
        click.echo(f"Serving {address} – Ctrl-C ends it.")
        run(lambda: _at(load(path), address), path, listening, sync=True)


def _make_database(app: App) -> bool:
    """Whether it was not there before."""
    database = open_database(app.config)
    if database.exists():
        return False
    database.create()
    return True


def _write(path: Path, seed: int, step: bool, app: App) -> None:
    today = app.clock().date()
    try:
        if step:
            for happened in portal.demo.step(path.parent, today=today):
                click.echo(happened)
        elif path.exists():
            click.echo(f"{path} is there and was kept; --step plays its next day.")
        else:
            portal.demo.write(path.parent, seed=seed, today=today)
            click.echo(f"Export files and {path} are written.")
    except portal.demo.NotADemo as problem:
        raise Failed(str(problem)) from problem


def _sync(context: click.Context) -> None:
    """Read the demo's files as `fanlight sync` does; that some rows are quarantined is part of the show."""
    try:
        context.invoke(sync)
    except click.exceptions.Exit as ended:
        if ended.exit_code not in (DONE, QUARANTINED):
            raise


def _links(app: App, address: str) -> Iterator[str]:
    """A sign-in link for each of the demo's people."""
    config = _at(app.config, address)
    yield "Sign in as a customer (each link works once, for a day):"
    for email in portal.demo.PEOPLE:
        link = sign_in.trusted_link(app.database, config, email, app.clock(), by=by_whom(), lifetime=LIFETIME)
        yield f"  {email}\n    {link}"


def _at(config: Config, address: str) -> Config:
    """The demo's configuration for the address it is really served at."""
    there = config.portal.model_copy(update={"base_url": address})
    return config.model_copy(update={"portal": there})
