"""Records that go: marked by the source's word, or absent from a complete listing – and only below the guard,
but for people the source itself calls gone.

The source's word is kept with its page as a mark (``gone_why`` without ``gone_at``), so that no crash loses
it. The record itself goes when the run is done; it keeps a tombstone and is never deleted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.base import Page, Skipped
from connectors.records import Contact
from sync.mirror.aim import Aim, Begun
from sync.mirror.arrival import storable
from sync.mirror.statements import KEYS, pieces
from sync.mirror.tally import Seen, too_many
from sync.tables import TABLE

A_DAY = timedelta(days=1)  # calendar dates have no time: what is within a day of the edge stays too


@dataclass(frozen=True)
class Leaver:
    """A record that is to go, and why."""

    source_id: str
    org_id: int | None
    why: str


class Leaving:
    """What one run learns about absence in its stream."""

    def __init__(self, begun: Begun, aim: Aim) -> None:
        self._begun, self._rekey, self._new_mapping = begun, aim.rekey, aim.new_mapping
        self._absent_is_gone = aim.absent_is_gone
        self._marked = aim.leftover
        self.covers_from: datetime | None = None  # absence of what is older tells nothing
        self._nameless = False  # a row of unknown id was skipped: it may be any of the absent ones
        self._seen = Seen()
        table = TABLE[begun.record]
        self._table, self._c = table, table.c
        self._shown = (table.c.source == begun.source, table.c.gone_at.is_(None))

    def met(self, ids: Iterable[str]) -> None:
        """These are there."""
        self._seen.add(ids)

    def met_unreadable(self, skipped: Sequence[Skipped]) -> None:
        """These are there, though nobody could read them."""
        self._seen.add(one.source_id for one in skipped if one.source_id is not None)
        self._nameless = self._nameless or any(one.source_id is None for one in skipped)

    def swept(self, ids: Iterable[str]) -> None:
        """These, and what this run met, are all there is."""
        self._seen.add(ids)
        self._absent_is_gone = True

    def told(self, connection: sa.Connection, page: Page) -> dict[str, str]:
        """Of the records a page says are gone: those still shown and not marked yet, and why they go."""
        why = {one.source_id: one.why for one in page.gone if storable(one.source_id)}
        unmarked = sa.select(self._c.source_id).where(*self._shown, self._c.gone_why.is_(None))
        found: dict[str, str] = {}
        for some in pieces(list(why)):
            found.update(
                (id, why[id]) for id in connection.scalars(unmarked.where(self._c.source_id.in_(some)))
            )
        there = {row.source_id for row in page.rows} | {one.source_id for one in page.skipped}
        for some in pieces([account for account in page.whole_of if storable(account)]):
            theirs = connection.scalars(unmarked.where(self._c.belongs_to.in_(some)))
            found.update((id, "deleted") for id in theirs if id not in there)
        return found

    def mark(self, connection: sa.Connection, page: Page) -> None:
        """Keep the source's word until the run is done."""
        marks = [{"this_id": source_id, "why": why} for source_id, why in self.told(connection, page).items()]
        # A run that was killed may have left the same mark.
        self._marked = self._marked or bool(page.gone) or bool(page.whole_of)
        if marks:
            this = (self._c.source == self._begun.source, self._c.source_id == sa.bindparam("this_id"))
            marking = sa.update(self._table).where(*this).values(gone_why=sa.bindparam("why"))
            connection.execute(marking, marks)

    @property
    def in_doubt(self) -> bool:
        """Whether absence means nothing in this run: a row without id may be any of those missing."""
        return self._absent_is_gone and self._nameless and not self._rekey

    def leavers(self, connection: sa.Connection, added: int = 0) -> list[Leaver]:
        """All that is to go. ``added``: how many records this run put into the mirror, each one new to it."""
        c, found = self._c, list[Leaver]()
        if self._absent_is_gone and not self.in_doubt:
            if self._nothing_else(connection, added):
                return []
            absent = "rekeyed" if self._rekey else "absent"
            found = [Leaver(*one, absent) for one in self._unheard(connection)]
        if self._marked:
            marked = sa.select(c.source_id, c.org_id, c.gone_why).where(*self._shown, c.gone_why.is_not(None))
            found += [Leaver(*row) for row in connection.execute(marked)]
        return found

    def _nothing_else(self, connection: sa.Connection, added: int) -> bool:
        """Whether there are no more records, shown or gone, than this run has added, as after a first load:
        then none need be looked at."""
        if self._marked:  # one that was added may have been taken back
            return False
        held = sa.select(sa.func.count()).where(self._c.source == self._begun.source)
        return connection.execute(held).scalar_one() == added

    def _covered(self) -> sa.ColumnElement[bool]:
        """Whether the source would tell of a record; without a time of its own nobody knows. Where ids are
        made anew what has an old one goes, however old it is."""
        if self.covers_from is None or self._rekey:
            return sa.true()
        return self._c.sort_at >= self.covers_from + A_DAY if "sort_at" in self._c else sa.false()

    def missing(self, connection: sa.Connection) -> list[str]:
        """Those shown that this run heard nothing of."""
        return [source_id for source_id, _ in self._unheard(connection)]

    def _unheard(self, connection: sa.Connection) -> Iterator[tuple[str, int | None]]:
        """Id and owner of those shown and not marked that this run heard nothing of, though the source would
        tell of them."""
        c, lacks = self._c, self._seen.lacks(self._ids(connection))
        absent = [one for one in self._ids(connection) if hash(one) in lacks] if lacks else []
        shown = sa.select(c.source_id, c.org_id).where(*self._shown, c.gone_why.is_(None), self._covered())
        for some in pieces(absent):
            yield from map(tuple, connection.execute(shown.where(c.source_id.in_(some))))

    def _ids(self, connection: sa.Connection) -> Iterator[str]:
        """All ids the mirror has of this source, of records shown or gone: an index holds them."""
        held = sa.select(self._c.source_id).where(self._c.source == self._begun.source)
        for some in connection.scalars(held.execution_options(yield_per=KEYS)).partitions():
            yield from some

    def guarded(
        self, connection: sa.Connection, leavers: Sequence[Leaver], allowed: int
    ) -> tuple[Sequence[Leaver], int]:
        """Who may go, and how many the guard holds back: only what is missing may be a broken listing."""
        sure = [one for one in leavers if self._beyond_doubt(one.why)]
        doubtful = len(leavers) - len(sure)
        if self._too_many(connection, doubtful, allowed, [one.source_id for one in sure]):
            return sure, doubtful
        return leavers, 0

    def _beyond_doubt(self, why: str) -> bool:
        """Whether a record goes however many go with it. Where a person just changed what is shown, what the
        rules hide now goes at once. People the source itself calls gone always do: their access must end with
        this run (IDM-01), and one wrongly called gone is back with the next run that tells of them. That is
        not so of business, where a wrong word would empty customers' pages: it waits for a person."""
        if self._begun.record is Contact:
            return why in ("deleted", "hidden")
        return why == "hidden" and self._new_mapping

    def _too_many(self, connection: sa.Connection, leaving: int, allowed: int, sure: Sequence[str]) -> bool:
        """Whether the guard holds the removals back. Neither records that came since the stream was last
        complete count, nor those the source does not cover, nor those that go for sure: they must not hide
        the loss of the others."""
        if self._rekey or leaving <= allowed:
            return False
        shown = sa.select(sa.func.count()).select_from(self._table).where(*self._shown, self._covered())
        completed = self._begun.stored["completed_at"]
        if completed is not None:
            shown = shown.where(self._c.first_seen <= completed)
        going = (shown.where(self._c.source_id.in_(some)) for some in pieces(sure))
        visible = connection.execute(shown).scalar_one() - sum(map(connection.scalar, going))
        return too_many(leaving, visible)

    def remove(self, connection: sa.Connection, leavers: Sequence[Leaver], now: Any) -> None:
        """Put up the tombstones."""
        if leavers:
            this = (self._c.source == self._begun.source, self._c.source_id == sa.bindparam("this_id"))
            going = sa.update(self._table).where(*this).values(gone_at=now, gone_why=sa.bindparam("why"))
            connection.execute(going, [{"this_id": one.source_id, "why": one.why} for one in leavers])
