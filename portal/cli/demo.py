"""`fanlight demo`: a portal to look at, from export files of an invented wholesaler."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click

import portal.demo
from portal.cli.serve import run
from portal.server import Listening
from portal.store import sign_in
from sync.cli.app import DONE, QUARANTINED, App, Failed, by_whom
from sync.cli.running import sync
from sync.config import load
from sync.database import open_database

LIFETIME = timedelta(days=1)  # of the links printed
ADDRESS = re.compile(r'^base_url = "[^"]*"', re.MULTILINE)


@click.command()
@click.option("--folder", default="demo", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=7, show_default=True, help="Another number makes other companies and orders.")
@click.option(
    "--step", is_flag=True, help="Play the next day: statuses move, new invoices, a deletion, a late change."
)
@click.option("--serve", "serves", is_flag=True, help="Serve it when it is ready, until Ctrl-C.")
@click.option("--host", help="The address to listen at, kept for the next time.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="The same for the port.  [default: 8000]")
@click.pass_context
def demo(
    context: click.Context,
    folder: Path,
    seed: int,
    step: bool,
    serves: bool,
    host: str | None,
    port: int | None,
) -> None:
    """Make a portal of an invented wholesaler: Salesforce, Shopify and Xero exports, read like real ones.

    A demo that is there already is kept; delete its folder to begin anew.

    \b
    Example: fanlight demo --serve
    Next:    open one of the links it prints; then fanlight demo --step
    """
    path = folder / "fanlight.toml"
    _write(path, seed, step, context.obj)
    listening = _place(path, host, port)
    app = context.obj = App(path)
    first = _make_database(app)
    if first or not serves:
        _sync(context)
    for line in _links(app):
        click.echo(line)
    if serves:
        app.database.close()
        click.echo(f"Serving {app.config.portal.base_url} – Ctrl-C ends it.")
        run(lambda: load(path), path, listening, sync=True)


def _place(path: Path, host: str | None, port: int | None) -> Listening:
    """Where the demo is served: as told now, else before; its settings remember it for every link."""
    before = urlsplit(load(path).portal.base_url)
    there = Listening(host or before.hostname or "127.0.0.1", port or before.port or 80, workers=2, threads=4)
    told = path.read_text(encoding="utf-8")
    kept = ADDRESS.sub(f'base_url = "http://{there.address}"', told, count=1)
    if kept != told:
        path.write_text(kept, encoding="utf-8")
    return there


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


def _links(app: App) -> Iterator[str]:
    """A sign-in link for each of the demo's people."""
    yield "Sign in as a customer (each link works once, for a day):"
    for email in portal.demo.PEOPLE:
        link = sign_in.trusted_link(
            app.database, app.config, email, app.clock(), by=by_whom(), lifetime=LIFETIME
        )
        yield f"  {email}\n    {link}"
