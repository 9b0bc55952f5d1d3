"""The few things about statements that differ between SQLite and PostgreSQL, or that several modules need."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

KEYS = 2_000  # ids asked for in one statement
T = TypeVar("T")


def insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """This database's insert: the one that has ``on_conflict_do_update``."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def pieces(values: Sequence[T], size: int = KEYS) -> Iterator[Sequence[T]]:
    """``values`` in pieces small enough for one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
