"""Statements whose form differs between SQLite and PostgreSQL, and those that carry thousands of rows.

The latter go to the driver as text: SQLAlchemy takes longer over a wide row than either database. All names
in them are our own tables' and columns'.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

import sqlalchemy as sa
from msgspec import json
from sqlalchemy.dialects import postgresql, sqlite

from sync.tables import UtcDateTime

KEYS = 2_000  # rows asked for, or written, in one statement
KEY = ("source", "source_id")
T = TypeVar("T")
Values = dict[str, Any]
Typed = list[tuple[int, Callable[[Any], Any]]]
Forms = Mapping[type, Callable[[Any], Any]]


def insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """This database's insert: the one that has ``on_conflict_do_update``."""
    return sqlite.insert(table) if _is_sqlite(connection) else postgresql.insert(table)


def pieces(values: Sequence[T], size: int = KEYS) -> Iterator[Sequence[T]]:
    """``values`` in pieces small enough for one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def add(connection: sa.Connection, table: sa.Table, rows: Sequence[Values]) -> None:
    """Insert rows; all have the same columns."""
    columns, name = list(rows[0]), _name(connection, table)
    into = f"insert into {name} ({', '.join(columns)})"
    if _is_sqlite(connection):
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"{into} values ({marks})", _tuples(table, columns, rows))
    else:
        statement = f"{into} select {', '.join(columns)} from {_RECORDSET.format(name)}"
        connection.exec_driver_sql(statement, (_document(table, columns, rows),))


def rewrite(connection: sa.Connection, table: sa.Table, rows: Sequence[Values]) -> None:
    """Update rows of record tables found by their key; all have the same columns."""
    columns, name = [name for name in rows[0] if name not in KEY], _name(connection, table)
    if _is_sqlite(connection):
        told = ", ".join(f"{column} = ?" for column in columns)
        statement = f"update {name} set {told} where source = ? and source_id = ?"
        connection.exec_driver_sql(statement, _tuples(table, [*columns, *KEY], rows))
    else:
        told = ", ".join(f"{column} = v.{column}" for column in columns)
        statement = (
            f"update {name} as t set {told} from {_RECORDSET.format(name)} as v "
            "where t.source = v.source and t.source_id = v.source_id"
        )
        connection.exec_driver_sql(statement, (_document(table, [*columns, *KEY], rows),))


def find(
    connection: sa.Connection, table: sa.Table, wanted: str, source: str, ids: Sequence[str]
) -> Sequence[Any]:
    """Columns (or expressions both databases know) of the records of a source that have one of these ids."""
    select = f"select {wanted} from {_name(connection, table)} where source ="
    if _is_sqlite(connection):
        marks = ", ".join("?" * len(ids))
        return connection.exec_driver_sql(f"{select} ? and source_id in ({marks})", (source, *ids)).all()
    return connection.exec_driver_sql(f"{select} %s and source_id = any(%s)", (source, list(ids))).all()


# One JSON text is what PostgreSQL takes fastest from this driver: COPY is refused under row security,
# temporary tables are not granted, and arrays are slow to send.
_RECORDSET = "json_populate_recordset(null::{}, %s::json)"


def _is_sqlite(connection: sa.Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _name(connection: sa.Connection, table: sa.Table) -> str:
    return f"{connection.schema_for_object(table)}.{table.name}"


def _tuples(table: sa.Table, columns: Sequence[str], rows: Sequence[Values]) -> list[tuple[Any, ...]]:
    """Rows as the driver wants them: picked row by row, converted column by column."""
    made: list[Sequence[Any]] = list(zip(*map(itemgetter(*columns), rows), strict=True))
    for at, to in _typed(table, columns, SQLITE):
        made[at] = [None if value is None else to(value) for value in made[at]]
    return list(zip(*made, strict=True))


def _document(table: sa.Table, columns: Sequence[str], rows: Iterable[Values]) -> str:
    typed = [(columns[at], to) for at, to in _typed(table, columns, POSTGRESQL)]
    return json.encode([_told(row, typed) for row in rows]).decode()


def _told(row: Values, typed: Iterable[tuple[str, Callable[[Any], Any]]]) -> Values:
    """The row itself, its values now as the driver wants them."""
    for name, to in typed:
        if (value := row[name]) is not None:
            row[name] = to(value)
    return row


def _typed(table: sa.Table, columns: Sequence[str], forms: Forms) -> Typed:
    """The columns (by position) whose values do not go to the driver as they are."""
    kinds = [type(table.c[name].type) for name in columns]
    return [(at, forms[kind]) for at, kind in enumerate(kinds) if kind in forms]


def _naive(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment!r}: the mirror keeps UTC only")
    return moment.astimezone(UTC).replace(tzinfo=None)


@lru_cache(maxsize=1024)  # of five times in a row, three are of another column too
def _stored(moment: datetime) -> str:
    """As SQLAlchemy writes a time on SQLite."""
    return (moment if moment.tzinfo is UTC else _naive(moment)).isoformat(" ", "microseconds")[:26]


# What SQLAlchemy would make of these values, in a fraction of its time.
SQLITE: Forms = {UtcDateTime: _stored, sa.Date: date.isoformat}
POSTGRESQL: Forms = {UtcDateTime: _naive}
