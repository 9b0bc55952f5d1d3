"""What every command gets: configuration and database, loaded when asked for, refused in plain words."""

import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from connectors.base import SourceSettings
from sync import config as configuration
from sync.cli.words import lines_of
from sync.config import BadConfig, Config
from sync.database import Database, WrongDatabase, open_database

DONE, FAILED, WRONG, QUARANTINED, BUSY = 0, 1, 2, 3, 75


class Complaint(click.ClickException):
    """What a command could not do. Texts from outside in it command no terminal."""

    def format_message(self) -> str:
        """The message, safe on a terminal."""
        return lines_of(self.message)


class Failed(Complaint):
    """It did not work; the message says why and what to do."""

    exit_code = FAILED


class WrongUse(Complaint):
    """It cannot work with these arguments or this configuration; nothing was done."""

    exit_code = WRONG


class Taken(Complaint):
    """Somebody else is at it right now."""

    exit_code = BUSY


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """The click context object of every command."""

    config_path: Path
    clock: Callable[[], datetime] = utc_now

    @cached_property
    def config(self) -> Config:
        """The TOML file; a refusal with every problem in it."""
        try:
            return configuration.load(self.config_path)
        except BadConfig as problem:
            raise WrongUse(f"{problem}\nnothing was done; correct the file and try again") from problem

    @cached_property
    def database(self) -> Database:
        """The database the file names, checked; a refusal that says which command mends it."""
        try:
            found = open_database(self.config)
            found.check()
        except WrongDatabase as problem:
            raise WrongUse(str(problem)) from problem
        return found

    @property
    def zone(self) -> ZoneInfo:
        """The portal's time zone: times are printed in it."""
        return ZoneInfo(self.config.portal.timezone)

    def sources(self, chosen: tuple[str, ...]) -> tuple[SourceSettings, ...]:
        """The configured sources of these ids (all when none is named), the primary one first."""
        known = {source.id: source for source in self.config.sources}
        for name in chosen:
            if name not in known:
                raise WrongUse(
                    f"there is no source {name!r} in {self.config_path}; it has: {', '.join(known)}"
                )
        primary = self.config.organisations.primary
        return tuple(
            sorted((known[name] for name in dict.fromkeys(chosen or known)), key=lambda s: s.id != primary)
        )


def by_whom() -> str:
    """Who sits at the terminal, for the audit."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError, ImportError):
        return f"cli:uid {os.getuid()}"
