"""Lines in a file of their own, joined to their records: both files side by side while they ascend alike,
else from a temporary SQLite file."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Protocol

from msgspec import msgpack

from connectors.exports.groups import Segment


class Lines(Protocol):
    """Hands out each record's lines once, and in the end the lines no record asked for."""

    def of(self, ident: str) -> list[Segment]: ...

    def orphans(self) -> Iterator[Segment]: ...

    def close(self) -> None: ...


class Beside:
    """The lines of a file that ascends like the records' own: read in step, nothing is kept but orphans'
    keys."""

    def __init__(self, found: Iterator[Segment], as_numbers: bool) -> None:
        self._found, self._as_numbers = found, as_numbers
        self._next = next(found, None)
        self._left = Kept()

    def _before(self, ident: str, limit: str) -> bool:
        return int(ident) < int(limit) if self._as_numbers and ident.isdecimal() else ident < limit

    def of(self, ident: str) -> list[Segment]:
        """The lines of this record; ids must come in ascending order."""
        found = self._next
        while found is not None and found.key != ident:
            if found.key and not self._before(found.key, ident):
                return []
            self._left.put(found)
            found = self._next = next(self._found, None)
        if found is None:
            return []
        self._next = next(self._found, None)
        return [found]

    def orphans(self) -> Iterator[Segment]:
        """Lines no record asked for."""
        yield from self._left.orphans()
        while self._next is not None:
            yield self._next
            self._next = next(self._found, None)

    def close(self) -> None:
        """Drop what was kept."""
        self._left.close()


class Kept:
    """Lines in a temporary SQLite file, found by their record's id."""

    def __init__(self, found: Iterable[Segment] = ()) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("create table lines (parent text, body blob)")
        self._db.executemany("insert into lines values (?, ?)", ((s.key, msgpack.encode(s)) for s in found))
        self._db.execute("create index by_parent on lines (parent)")

    def put(self, segment: Segment) -> None:
        """Keep one more."""
        self._db.execute("insert into lines values (?, ?)", (segment.key, msgpack.encode(segment)))

    def of(self, ident: str) -> list[Segment]:
        """The lines of this record, in the file's order, taken out of the store."""
        found = self._db.execute(
            "select body from lines where parent = ? order by rowid", (ident,)
        ).fetchall()
        if found:
            self._db.execute("delete from lines where parent = ?", (ident,))
        return [msgpack.decode(body, type=Segment) for (body,) in found]

    def orphans(self) -> Iterator[Segment]:
        """What nobody took, as one for each record that is missing."""
        first_met = "min(rowid) over (partition by parent)"
        left = self._db.execute(f"select body from lines order by {first_met}, rowid")
        for key, found in groupby((msgpack.decode(body, type=Segment) for (body,) in left), lambda s: s.key):
            first, *more = found
            if key:
                first.data_rows += sum(segment.data_rows for segment in more)
            yield from [first] if key else [first, *more]

    def close(self) -> None:
        """Drop the store."""
        self._db.close()
