"""PostgreSQL: many rows into a table by COPY, the way that costs its server least.

COPY is refused under row security, so rows are copied into a temporary table of the session and inserted from
there; of our roles only portal_sync may make one. Where it may not (a database restored without its grants)
rows go another way, slower and to the same end: see ``statements``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"


def may_copy(connection: sa.Connection) -> bool:
    """Whether this session may make a temporary table; asked once for each connection."""
    if "may_copy" not in connection.info:
        may = connection.exec_driver_sql("select has_database_privilege(current_database(), 'temporary')")
        connection.info["may_copy"] = bool(may.scalar())
    return bool(connection.info["may_copy"])


def copy(
    connection: sa.Connection,
    table: sa.Table,
    columns: Mapping[str, Sequence[Any]],
    forms: Mapping[type, Callable[[Any], str]],
) -> None:
    """Insert rows, given column by column; ``forms`` writes the values that ``str`` does not."""
    incoming, into, names = f"incoming_{table.name}", f"{table.schema}.{table.name}", ", ".join(columns)
    connection.exec_driver_sql(
        f"create temporary table if not exists {incoming} (like {into}) on commit delete rows"
    )
    connection.exec_driver_sql(f"truncate pg_temp.{incoming}")
    told = [_texts(values, type(table.c[name].type), forms) for name, values in columns.items()]
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"copy pg_temp.{incoming} ({names}) from stdin") as lines:
        lines.write("\n".join([*map("\t".join, zip(*told, strict=True)), ""]))
    connection.exec_driver_sql(f"insert into {into} ({names}) select {names} from pg_temp.{incoming}")


def _texts(values: Sequence[Any], kind: type, forms: Mapping[type, Callable[[Any], str]]) -> Sequence[str]:
    """A column's values as COPY reads them."""
    if kind is not sa.Text:
        form = forms.get(kind, str)
        return [NULL if value is None else form(value) for value in values]
    text = "".join([value for value in values if value is not None])
    if any(mark in text for mark in "\\\t\n\r"):
        return [NULL if value is None else value.translate(ESCAPED) for value in values]
    return [NULL if value is None else value for value in values]
