"""`fanlight check config`: is the configuration right, and is the database it names there?"""

import json
from collections.abc import Iterator

import click

from sync import config as configuration
from sync.cli.app import DONE, WRONG, App
from sync.config import BadConfig
from sync.database import UNREACHABLE, open_database


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
@click.pass_obj
def config(app: App, as_json: bool) -> None:
    """Read fanlight.toml and tell every problem at once, with its line and what to do. Changes nothing.

    That the database it names cannot be used yet is a warning.

    \b
    Example: fanlight check config
    Next:    fanlight check sources
    --json:  {"file", "problems": [{"line", "key", "message"}], "warnings": [text]}

    Exit codes: 0 it is right, 2 it is not.
    """
    try:
        read = configuration.load(app.config_path)
        problems, warnings = [], [*read.warnings, *_of_the_database(read)]
    except BadConfig as bad:
        problems, warnings = bad.problems, []
    if as_json:
        told = {
            "file": str(app.config_path),
            "problems": [p.model_dump() for p in problems],
            "warnings": warnings,
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(f"{app.config_path}:{problem}", err=True)
        for warning in warnings:
            click.echo(f"{app.config_path}: warning: {warning}", err=True)
        if not problems:
            click.echo(f"{app.config_path} is right: {_summary(read)}.")
    raise click.exceptions.Exit(WRONG if problems else DONE)


def _of_the_database(read: configuration.Config) -> Iterator[str]:
    """What keeps the database the file names from being used as it is."""
    try:
        database = open_database(read)
        database.check()
        database.close()
    except UNREACHABLE as problem:
        yield f"portal.database: {str(problem).partition(chr(10))[0]}"


def _summary(read: configuration.Config) -> str:
    sources = ", ".join(f"{source.id} every {source.every}" for source in read.sources)
    return f"{read.portal.name} at {read.portal.base_url}, sources {sources}"
