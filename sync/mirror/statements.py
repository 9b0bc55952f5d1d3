"""Statements whose form differs between SQLite and PostgreSQL, and those that carry thousands of rows.

The latter go to the driver as text: SQLAlchemy takes longer over a wide row than either database. All names
in them are our own tables' and columns'.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sync.tables import TYPES, UtcDateTime

KEYS = 2_000  # rows asked for, or written, in one statement
KEY = ("source", "source_id")
T = TypeVar("T")
Values = dict[str, Any]
Forms = Mapping[type, Callable[[Any], Any]]


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
    return list(zip(*_formed(table, told, SQLITE), strict=True))


# An array a column is what PostgreSQL takes fastest from this driver (one JSON text took a third longer):
# COPY is refused under row security, temporary tables are not granted.
def _unnested(table: sa.Table, names: Iterable[str]) -> str:
    kinds = [NAMED[type(table.c[name].type)] for name in names]
    return f"unnest({', '.join([f'%s::{kind}[]' for kind in kinds])})"


def _arrays(table: sa.Table, told: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    return tuple(map(_array, _formed(table, told, POSTGRESQL)))


def _array(column: Sequence[Any]) -> str:
    """A column as PostgreSQL writes an array."""
    told = [None if one is None else str(one) for one in column]
    text = "".join(filter(None, told))
    if '"' in text or "\\" in text:
        told = [one and one.replace("\\", "\\\\").replace('"', '\\"') for one in told]
    return "{" + ",".join(["NULL" if one is None else f'"{one}"' for one in told]) + "}"


def _formed(table: sa.Table, told: Mapping[str, Sequence[Any]], forms: Forms) -> list[Sequence[Any]]:
    """Columns whose values the driver takes as they are; of two values alike one is formed."""
    known = {kind: Formed(to) for kind, to in forms.items()}
    kinds = [(column, type(table.c[name].type)) for name, column in told.items()]
    return [list(map(known[kind].__getitem__, column)) if kind in known else column for column, kind in kinds]


class Formed(dict[Any, Any]):
    """Values and their other form, which is made when it is first asked for."""

    def __init__(self, to: Callable[[Any], Any]) -> None:
        super().__init__({None: None})
        self._to = to

    def __missing__(self, value: Any) -> Any:
        """Make it."""
        self[value] = made = self._to(value)
        return made


def _naive(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment!r}: the mirror keeps UTC only")
    return moment.astimezone(UTC).replace(tzinfo=None)


def _stored(moment: datetime) -> str:
    """As SQLAlchemy writes a time on SQLite."""
    return (moment if moment.tzinfo is UTC else _naive(moment)).isoformat(" ", "microseconds")[:26]


# What SQLAlchemy would make of these values, in a fraction of its time.
SQLITE: Forms = {UtcDateTime: _stored, sa.Date: date.isoformat}
POSTGRESQL: Forms = {UtcDateTime: _naive}
NAMED = {kind: name for name, kind in TYPES.items()}  # what PostgreSQL calls them
