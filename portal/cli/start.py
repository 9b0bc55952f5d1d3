"""`fanlight init` and `fanlight upgrade`: the configuration's first form, and the database it names."""

from importlib.resources import files
from pathlib import Path

import click

from portal import secret_key
from sync.cli.app import App, WrongUse
from sync.database import WrongDatabase, open_database

ADMIN = click.option(
    "--admin", envvar="FANLIGHT_ADMIN_URL", show_envvar=True, metavar="URL",
    help="PostgreSQL only: an administrator's postgresql:// URL; it is used once and stored nowhere.",
)  # fmt: skip


@click.command()
@click.option("--all-settings", is_flag=True, help="Write every setting there is, commented, to choose from.")
@ADMIN
@click.pass_obj
def init(app: App, all_settings: bool, admin: str | None) -> None:
    """Write fanlight.toml and its keys, and make the database it names. What is there already stays.

    For PostgreSQL: change `database` in fanlight.toml, then run it again with --admin.

    \b
    Example: fanlight init
             fanlight init --admin postgresql://postgres@db/portal
    Next:    put export files into exports/, then fanlight sync, fanlight serve
    """
    _write_first(app.config_path, all_settings=all_settings)
    database = open_database(app.config)
    there = database.exists()
    try:
        database.create(admin)
        database.check()
    except WrongDatabase as problem:
        raise WrongUse(str(problem)) from problem
    click.echo(f"Database {app.config.portal.database}: {'was there' if there else 'made'}.")
    click.echo("Next: edit fanlight.toml, put export files into exports/, then: fanlight sync")


@click.command()
@ADMIN
@click.pass_obj
def upgrade(app: App, admin: str | None) -> None:
    """Bring the database to this version of Fanlight. Stop `fanlight serve` before, and make a backup.

    An upgrade that was interrupted is simply run again.

    \b
    Example: fanlight upgrade
    Next:    fanlight serve
    """
    database = open_database(app.config)
    try:
        database.upgrade(admin)
        database.check()
    except WrongDatabase as problem:
        raise WrongUse(str(problem)) from problem
    click.echo("The database is of this version.")


def _write_first(path: Path, *, all_settings: bool) -> None:
    if path.exists():
        click.echo(f"{path}: was there and stays as it is.")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_every_setting() if all_settings else _few_settings(), "utf-8")
    (path.parent / "exports").mkdir(exist_ok=True)
    for name in ("secret.key", "credentials.key"):
        secret_key.make(path.parent / name)
    click.echo(f"{path}: written, with secret.key, credentials.key and the folder exports/ beside it.")


def _few_settings() -> str:
    return files("portal.cli").joinpath("first.toml").read_text("utf-8")


def _every_setting() -> str:
    """config.example.toml: at the repository's root in a checkout, inside the package in a wheel."""
    packaged = files("portal").joinpath("config.example.toml")
    if packaged.is_file():
        return packaged.read_text("utf-8")
    return (Path(__file__).parents[2] / "config.example.toml").read_text("utf-8")
