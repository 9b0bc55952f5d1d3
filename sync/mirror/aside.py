"""What a run reads but does not show: rows nobody could read (quarantine), rows a visibility rule leaves out.

An entry goes when its row arrives well, or when a reading from the very start to the end did not meet it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.base import Gone, Skipped
from sync.mirror.aim import Begun
from sync.mirror.arrival import clean
from sync.mirror.statements import insert, pieces
from sync.mirror.tally import Seen, Tally


class Aside:
    """One stream's rows in one of the two tables. ``key`` is the column that, in a stream, names an entry."""

    def __init__(self, table: sa.Table, key: str, begun: Begun, holds: bool) -> None:
        self._table, self._key = table, table.c[key]
        self._stream = {"source": begun.source, "record": begun.name}
        self._seen, self._holds = Seen(), holds

    def put(self, connection: sa.Connection, entries: Sequence[dict[str, Any]], now: datetime) -> None:
        """Write what is new or different; an entry that stands there already is left alone."""
        by_key = {entry[self._key.name]: {**self._stream, **entry} for entry in entries}
        self._seen.add(by_key)
        for some in pieces(list(by_key)):
            stored = self._of(sa.select(self._table)).where(self._key.in_(some))
            known = {row[self._key.name]: dict(row) for row in connection.execute(stored).mappings()}
            moved = [
                {**by_key[key], "seen_at": now}
                for key in some
                if by_key[key].items() - known.get(key, {}).items()
            ]
            if moved:
                self._write(connection, moved)
        self._holds = self._holds or bool(entries)

    def _write(self, connection: sa.Connection, entries: Sequence[dict[str, Any]]) -> None:
        adding = insert(connection, self._table)
        rest = {
            name: adding.excluded[name] for name in entries[0] if name not in self._table.primary_key.columns
        }
        keys = list(self._table.primary_key.columns)
        connection.execute(adding.on_conflict_do_update(index_elements=keys, set_=rest), entries)

    def drop(self, connection: sa.Connection, keys: Collection[str]) -> None:
        """Take out entries whose rows found their place."""
        if self._holds:
            for some in pieces([clean(key) for key in keys]):
                connection.execute(self._of(sa.delete(self._table)).where(self._key.in_(some)))

    def drop_unseen(self, connection: sa.Connection) -> None:
        """Take out what a whole reading did not meet again."""
        if self._holds:
            stored = connection.scalars(self._of(sa.select(self._key))).all()
            unseen = self._seen.lacks(stored)
            self.drop(connection, [key for key in stored if hash(key) in unseen])

    def _of(self, statement: Any) -> Any:
        return statement.where(*(self._table.c[name] == value for name, value in self._stream.items()))


def quarantined(skipped: Skipped) -> dict[str, Any]:
    """A skipped row as an entry of the quarantine."""
    return {
        "place": clean(skipped.source_id or skipped.place),
        "source_id": skipped.source_id and clean(skipped.source_id),
        "position": clean(skipped.place),
        "field": clean(skipped.field),
        "reason": clean(skipped.reason),
        "cure": clean(skipped.cure),
        "data_rows": skipped.data_rows,
    }


def left_out(gone: Gone) -> dict[str, Any]:
    """A hidden row as an entry of ``hidden``."""
    return {"source_id": clean(gone.source_id), "number": clean(gone.number), "rule": clean(gone.rule)}


def quarantined_rows(skipped: Sequence[Skipped]) -> Tally:
    """Skipped rows, counted."""
    rows = sum(one.data_rows for one in skipped)
    return Tally(data_rows=rows, quarantined_rows=rows)


def gone_rows(gone: Sequence[Gone]) -> Tally:
    """Rows hidden by a rule and rows the source says are deleted, counted."""
    hidden = sum(one.data_rows for one in gone if one.why == "hidden")
    deleted = sum(one.data_rows for one in gone if one.why != "hidden")
    return Tally(data_rows=hidden + deleted, hidden_rows=hidden, deleted_rows=deleted)
