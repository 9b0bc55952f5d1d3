"""Statements whose form differs between SQLite and PostgreSQL, and those that carry thousands of rows.

The latter go to the driver as text: SQLAlchemy takes longer over a wide row than either database. All names
in them are our own tables' and columns'.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from msgspec import json
from sqlalchemy.dialects import postgresql, sqlite

from sync.tables import TYPES, UtcDateTime

KEYS = 2_000  # rows asked for, or written, in one statement
KEY = ("source", "source_id")
T = TypeVar("T")
Values = dict[str, Any]


def insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """This database's insert: the one that has ``on_conflict_do_update``."""
    return sqlite.insert(table) if _is_sqlite(connection) else postgresql.insert(table)


def pieces(values: Sequence[T], size: int = KEYS) -> Iterator[Sequence[T]]:
    """``values`` in pieces small enough for one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def add(connection: sa.Connection, table: sa.Table, told: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows, given column by column."""
    names, name = list(told), _name(connection, table)
    into = f"insert into {name} ({', '.join(names)})"
    if _is_sqlite(connection):
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"{into} values ({marks})", _tuples(table, told))
    else:
        connection.exec_driver_sql(f"{into} select * from {_unnested(table, told)}", _arrays(table, told))


def rewrite(connection: sa.Connection, table: sa.Table, rows: Sequence[Values]) -> None:
    """Update rows of record tables found by their key; all have the same columns."""
    moving, name = [name for name in rows[0] if name not in KEY], _name(connection, table)
    told = {column: [row[column] for row in rows] for column in (*moving, *KEY)}
    if _is_sqlite(connection):
        new = ", ".join(f"{column} = ?" for column in moving)
        statement = f"update {name} set {new} where source = ? and source_id = ?"
        connection.exec_driver_sql(statement, _tuples(table, told))
    else:
        new = ", ".join(f"{column} = v.{column}" for column in moving)
        given = f"{_unnested(table, told)} as v({', '.join(told)})"
        statement = f"update {name} as t set {new} from {given}"
        same = "t.source = v.source and t.source_id = v.source_id"
        connection.exec_driver_sql(f"{statement} where {same}", _arrays(table, told))


def find(
    connection: sa.Connection, table: sa.Table, wanted: str, source: str, ids: Sequence[str]
) -> Sequence[Any]:
    """Columns (or expressions both databases know) of the records of a source that have one of these ids."""
    select = f"select {wanted} from {_name(connection, table)} where source ="
    if _is_sqlite(connection):
        marks = ", ".join("?" * len(ids))
        return connection.exec_driver_sql(f"{select} ? and source_id in ({marks})", (source, *ids)).all()
    return connection.exec_driver_sql(f"{select} %s and source_id = any(%s)", (source, list(ids))).all()


def _is_sqlite(connection: sa.Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _name(connection: sa.Connection, table: sa.Table) -> str:
    return f"{connection.schema_for_object(table)}.{table.name}"


def _tuples(table: sa.Table, told: Mapping[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows as the driver wants them."""
    return list(zip(*_formed(table, told), strict=True))


# An array a column is what PostgreSQL takes fastest from this driver (one JSON text took a third longer):
# COPY is refused under row security, temporary tables are not granted.
def _unnested(table: sa.Table, names: Iterable[str]) -> str:
    kinds = [NAMED[type(table.c[name].type)] for name in names]
    return f"unnest({', '.join([f'%s::{kind}[]' for kind in kinds])})"


def _arrays(table: sa.Table, told: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    return tuple(map(_array, _formed(table, told)))


def _array(column: Sequence[Any]) -> str:
    """A column as PostgreSQL writes an array."""
    told = [None if one is None else str(one) for one in column]
    text = "".join(filter(None, told))
    if '"' in text or "\\" in text:
        told = [one and one.replace("\\", "\\\\").replace('"', '\\"') for one in told]
    return "{" + ",".join(["NULL" if one is None else f'"{one}"' for one in told]) + "}"


def _formed(table: sa.Table, told: Mapping[str, Sequence[Any]]) -> list[Sequence[Any]]:
    """Columns as both databases take them: times and days as text, in a fraction of SQLAlchemy's time."""
    kinds = [type(table.c[name].type) for name in told]
    return [
        _form(FORMS[kind], column) if kind in FORMS else column
        for kind, column in zip(kinds, told.values(), strict=True)
    ]


def _form(form: Callable[[Sequence[Any]], Sequence[Any]], column: Sequence[Any]) -> Sequence[Any]:
    """A column formed; one value all the way down, as the run's own time, once."""
    if column and column[0] is column[-1] and column.count(column[0]) == len(column):
        return [*form(column[:1])] * len(column)
    return form(column)


def _moments(column: Sequence[datetime | None]) -> list[str | None]:
    """As SQLAlchemy writes times on SQLite. A whole second of UTC is 22 characters of JSON, quotes included;
    whatever else there may be is written one by one."""
    written = encoded(column).decode().split("\n")[:-1]
    return [
        f"{text[1:11]} {text[12:20]}.000000"
        if len(text) == 22
        else None
        if moment is None
        else _moment(moment)
        for text, moment in zip(written, column, strict=True)
    ]


@lru_cache(maxsize=64)  # the time of the run stands in every row
def _moment(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment!r}: the mirror keeps UTC only")
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _days(column: Sequence[date | None]) -> list[str | None]:
    return [None if day is None else day.isoformat() for day in column]


encoded = json.Encoder().encode_lines
FORMS: Mapping[type, Callable[[Sequence[Any]], Sequence[Any]]] = {UtcDateTime: _moments, sa.Date: _days}
NAMED = {kind: name for name, kind in TYPES.items()}  # what PostgreSQL calls them
