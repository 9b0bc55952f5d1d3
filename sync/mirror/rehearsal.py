"""A run that writes nothing and says, row by row, what it would have done."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from connectors.base import Page, Skipped
from sync.mirror.arrival import batches
from sync.mirror.aside import gone_rows, quarantined_rows
from sync.mirror.leaving import Leaver
from sync.mirror.statements import KEYS
from sync.mirror.stream import Stream
from sync.mirror.tally import Finding, Tally


class Rehearsal:
    """A stream as it would be read. Each page is judged against the mirror as it is, so one that comes
    twice is told twice alike."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self._name = stream, stream.begun.name
        self._told: dict[str, str] = {}

    def page(self, connection: sa.Connection, page: Page, now: datetime) -> Iterator[Finding]:
        """What would happen to each row of a page."""
        self.stream.heed(page)
        for rows in batches(page.rows, KEYS):
            plan = self.stream.plan(connection, rows, now)
            for row, what, moved in plan.verdicts:
                yield Finding(self._name, row.source_id, what, row.place, moved=moved)
            yield from self._unreadable(plan.skipped)
            self.stream.tally += plan.tally
        yield from self._unreadable(page.skipped)
        hidden = [gone for gone in page.gone if gone.why == "hidden"]
        yield from (Finding(self._name, gone.source_id, "hidden", why=gone.rule) for gone in hidden)
        self.stream.tally += gone_rows(page.gone)
        self._told.update(self.stream.leaving.told(connection, page))

    def end(self, connection: sa.Connection, allow_shrink: int) -> Iterator[Finding]:
        """What would be removed, or held back by the guard."""
        leaving = self.stream.leaving
        leavers = {one.source_id: one for one in leaving.leavers(connection)}
        leavers |= {source_id: Leaver(source_id, None, why) for source_id, why in self._told.items()}
        going, withheld = leaving.guarded(connection, list(leavers.values()), allow_shrink)
        self.stream.judged(withheld)
        self.stream.tally += Tally(gone=len(going))
        gone = {one.source_id for one in going}
        for one in leavers.values():
            what = "gone" if one.source_id in gone else "withheld"
            yield Finding(self._name, one.source_id, what, why=one.why)

    def _unreadable(self, skipped: Sequence[Skipped]) -> Iterator[Finding]:
        self.stream.leaving.met_unreadable(skipped)
        self.stream.tally += quarantined_rows(skipped)
        for one in skipped:
            why = f"{one.field}: {one.reason}" + (f" – {one.cure}" if one.cure else "")
            yield Finding(self._name, one.source_id, "quarantined", one.place, why)
