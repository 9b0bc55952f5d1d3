"""The `fanlight` command: every command by name, imported only when it is called, so that --help is quick.

Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 done with rows quarantined, 75 busy.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

DEFAULT, VARIABLE = Path("fanlight.toml"), "FANLIGHT_CONFIG"
USERS = {
    "invite": ("portal.cli.user:invite", "Let a person sign in to an organisation; sends the welcome mail."),
    "list": ("portal.cli.user:show", "Who may sign in, where, as what, and when they last did."),
    "revoke": ("portal.cli.user:revoke", "Take a person's access away, at once."),
    "login-link": ("portal.cli.user:login_link", "Print a sign-in link to hand over yourself."),
}
CHECKS = {
    "config": ("portal.cli.check:config", "Is fanlight.toml right? Every problem at once."),
    "sources": ("sync.cli.sources:check_sources", "Can every source be read?"),
    "isolation": ("portal.cli.proofs:isolation", "Does every customer see their own records only?"),
    "readonly": ("portal.cli.proofs:readonly", "Does the database refuse every write that must not be?"),
}
ORGANISATIONS = {
    "list": ("sync.cli.organisations:list_", "Customers, or the accounts that belong to nobody."),
    "show": ("sync.cli.organisations:show", "One customer's accounts, and why they are its own."),
    "link": ("sync.cli.organisations:link", "Say whose an account is."),
    "unlink": ("sync.cli.organisations:unlink", "Say that an account is nobody's."),
}
LISTED = {  # name → where the command is, and what --help says of it; or the commands of a group
    "init": ("portal.cli.start:init", "Write a first fanlight.toml and make the database."),
    "demo": ("portal.cli.demo:demo", "Make a portal of an invented wholesaler, to look at."),
    "map": ("sync.cli.mapping:map_", "Guess how an export file is to be read; print it as TOML."),
    "check": (CHECKS, "Look before customers do."),
    "sync": ("sync.cli.running:sync", "Read sources now and bring the mirror up to date."),
    "auth": ("sync.cli.connecting:auth", "Connect a source that wants a person's consent."),
    "status": ("sync.cli.status:status", "How old is what customers see, and what waits for a person?"),
    "serve": ("portal.cli.serve:serve", "Serve the portal and keep its mirror up to date."),
    "schedule": ("sync.cli.sources:schedule", "Keep the mirror up to date; for `serve --no-sync` elsewhere."),
    "user": (USERS, "Who may sign in."),
    "org": (ORGANISATIONS, "Which accounts are which customer."),
    "explain": ("sync.cli.explaining:explain", "Where a record comes from, whose it is, who sees it."),
    "purge": ("sync.cli.sources:purge", "Delete what came from a source that was taken out."),
    "upgrade": ("portal.cli.start:upgrade", "Bring the database to this version of Fanlight."),
}
Listed = Mapping[str, tuple[Any, str]]


class Commands(click.Group):
    """A group whose commands are imported when they are called. Each one takes --config too."""

    def __init__(self, *args: Any, listed: Listed, **more: Any) -> None:
        super().__init__(*args, **more)
        self.commands = {name: click.Command(name, short_help=about) for name, (_, about) in listed.items()}
        self._listed = listed

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order a newcomer meets them."""
        return list(self._listed)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in self._listed.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in self._listed:
            return None
        where, about = self._listed[cmd_name]
        if isinstance(where, Mapping):
            return Commands(cmd_name, listed=where, help=about, params=[_config_option()])
        module, _, name = where.partition(":")
        command: click.Command = getattr(import_module(module), name)
        if all(parameter.name != "config" for parameter in command.params):
            command.params.append(_config_option())
        return command


def _config_option() -> click.Option:
    told = f"The configuration. [default: {DEFAULT}, then ${VARIABLE}]"
    return click.Option(
        ["--config"], type=click.Path(path_type=Path), metavar="FILE", help=told,
        expose_value=False, is_eager=True, callback=_choose_config,
    )  # fmt: skip


def _choose_config(ctx: click.Context, _: click.Parameter, told: Path | None) -> None:
    """Make the commands' context object; the last --config on the line wins."""
    from sync.cli.app import App

    if told or ctx.obj is None:
        named = os.environ.get(VARIABLE)
        ctx.obj = App(told or (Path(named) if named and not DEFAULT.exists() else DEFAULT))


@click.command(cls=Commands, listed=LISTED, params=[_config_option()])
@click.version_option(package_name="fanlight")
def commands() -> None:
    """Fanlight: a read-only portal where your customers see their own orders, invoices and tickets.

    Begin with `fanlight demo --serve`, or with `fanlight init` in an empty folder. Every command explains
    itself: fanlight COMMAND --help
    """


def main() -> None:
    """Run the command line; a database that cannot be reached is a sentence, not a traceback."""
    try:
        commands()
    except SystemExit:  # how every command ends; looked at first, because the next line imports the database
        raise
    except _unreachable() as error:
        reason = str(error).partition("\n")[0]
        click.echo(
            f"Error: the database cannot be used now: {reason}\n"
            "Is it running, and is there room on its disk? Try again when both are so.",
            err=True,
        )
        sys.exit(1)


def _unreachable() -> tuple[type[Exception], ...]:
    from portal.store.health import UNREACHABLE

    return UNREACHABLE


if __name__ == "__main__":
    main()
