"""Segments whose key comes back, put aside in a temporary SQLite file until all of them are known, then
made whole.

Pieces of one record in one file are joined where its rows belong together; of several whole versions the
newest wins."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby

from msgspec import msgpack

from connectors.exports.groups import Segment

DISAGREE = "stands twice in the file with different contents, and nothing says which is newer"
PIECES = "its rows are scattered among several versions of it"


class Aside:
    """A store of segments outside memory; a context for one pull."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("create table aside (id text, file integer, part integer, key text, body blob)")

    def close(self) -> None:
        """Drop the store."""
        self._db.close()

    def put(self, segment: Segment) -> None:
        """Keep a segment for later."""
        row = (segment.id, segment.file, segment.part, segment.key, msgpack.encode(segment))
        self._db.execute("insert into aside values (?, ?, ?, ?, ?)", row)

    def whole(
        self, grouped: Callable[[int], bool], updated: Callable[[Segment], datetime | None]
    ) -> Iterator[Segment]:
        """One segment per record, the newest version of it. ``grouped`` says of a file whether rows are
        pieces."""
        self._join(grouped)
        self._db.execute("create index by_id on aside (id)")
        versions = self._read("select body from aside order by id, file, part, rowid")
        for ident, rows in groupby(versions, key=lambda s: s.id):
            found = list(rows)
            yield from [_newest(found, updated)] if ident else found

    def _read(self, query: str) -> Iterator[Segment]:
        for (body,) in self._db.execute(query):
            yield msgpack.decode(body, type=Segment)

    def _join(self, grouped: Callable[[int], bool]) -> None:
        """Replace the pieces of each record by whole versions of it."""
        self._db.execute("create table joined as select * from aside limit 0")
        pieces = self._read("select body from aside order by file, part, key, rowid")
        for (file, _, key), found in groupby(pieces, key=lambda s: (s.file, s.part, s.key)):
            rows = list(found)
            for segment in joined(rows) if grouped(file) and key else rows:
                row = (segment.id, segment.file, segment.part, segment.key, msgpack.encode(segment))
                self._db.execute("insert into joined values (?, ?, ?, ?, ?)", row)
        self._db.execute("drop table aside")
        self._db.execute("alter table joined rename to aside")


def joined(pieces: list[Segment]) -> list[Segment]:
    """The pieces of one key in one file as whole records: one, or several versions where several begin."""
    heads = [piece for piece in pieces if piece.begins]
    if len(heads) > 1:
        if len(heads) < len(pieces):
            for head in heads:
                head.wrong = head.wrong or PIECES
        heads[0].data_rows += sum(piece.data_rows for piece in pieces if not piece.begins)
        return heads
    whole = heads[0] if heads else pieces[0]
    whole.lines = [line for piece in pieces for line in piece.lines]
    whole.data_rows = sum(piece.data_rows for piece in pieces)
    for piece in pieces:
        whole.wrong = whole.wrong or piece.wrong
        if not heads and any(
            cell and cell != first for cell, first in zip(piece.head, whole.head, strict=True)
        ):
            whole.wrong = whole.wrong or f"lines {whole.line} and {piece.line} are two versions of it"
    return [whole]


def _newest(versions: list[Segment], updated: Callable[[Segment], datetime | None]) -> Segment:
    """The version that wins (files come oldest first), with the data rows of all; wrong where none can be
    told."""
    times = [updated(version) for version in versions]
    known = [time for time in times if time is not None]
    if len(known) == len(versions):
        latest = max(known)
        best = [version for version, time in zip(versions, times, strict=True) if time == latest]
    else:
        best = versions
    winner = best[-1]
    rivals = [
        v
        for v in best
        if (v.file, v.part) == (winner.file, winner.part) and (v.head, v.lines) != (winner.head, winner.lines)
    ]
    if rivals:
        winner.wrong = winner.wrong or DISAGREE
    winner.data_rows = sum(version.data_rows for version in versions)
    return winner
