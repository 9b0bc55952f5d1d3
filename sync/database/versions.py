"""What a database says about itself: its schema version, its pairing, how it is brought up to date."""

import re
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from sync.tables import SCHEMA_VERSION


class WrongDatabase(Exception):
    """The database cannot be used as it is; the message says why and what cures it."""


@dataclass(frozen=True)
class Migration:
    """From version - 1 to ``version``: statements for each schema, in the SQL both engines speak."""

    version: int
    mirror: str = ""
    portal: str = ""


def new_value() -> str:
    """A value for pairing or epoch that no other database has."""
    return secrets.token_hex(16)


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, so that they can run inside one transaction."""
    pending = ""
    for piece in re.split(r"(?<=;)", script):
        pending += piece
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def refuse_version(where: str, found: str) -> None:
    """Raise WrongDatabase unless ``found`` is the version this program works with."""
    if not found.isdecimal():
        raise WrongDatabase(
            f"{where} holds no Fanlight version; is it another program's? Nothing was changed"
        )
    if int(found) > SCHEMA_VERSION:
        raise WrongDatabase(
            f"{where} was made by version {found} of the schema, this program knows {SCHEMA_VERSION}: "
            "install a newer Fanlight"
        )
    if int(found) < SCHEMA_VERSION:
        raise WrongDatabase(
            f"{where} was made by version {found} of the schema, this program needs {SCHEMA_VERSION}: "
            "run `fanlight upgrade`"
        )
