"""A run that writes nothing and says, row by row, what it would have done."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from connectors.base import Page, Skipped
from sync.mirror.arrival import batches
from sync.mirror.aside import hidden_rows, quarantined_rows
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
        self.stream.tally += hidden_rows(hidden)
        self._told.update(self.stream.leaving.told(connection, page.gone))

    def end(self, connection: sa.Connection, allow_shrink: int) -> Iterator[Finding]:
        """What would be removed, or held back by the guard."""
        leaving = self.stream.leaving
        going = {one.source_id: one.why for one in leaving.leavers(connection)} | self._told
        visible = leaving.too_many(connection, len(going), allow_shrink)
        if visible is not None:
            self.stream.withheld, self.stream.visible = len(going), visible
        else:
            self.stream.tally += Tally(gone=len(going))
        what = "gone" if visible is None else "withheld"
        yield from (Finding(self._name, source_id, what, why=why) for source_id, why in going.items())

    def _unreadable(self, skipped: Sequence[Skipped]) -> Iterator[Finding]:
        self.stream.leaving.met_unreadable(skipped)
        self.stream.tally += quarantined_rows(skipped)
        for one in skipped:
            why = f"{one.field}: {one.reason}" + (f" – {one.cure}" if one.cure else "")
            yield Finding(self._name, one.source_id, "quarantined", one.place, why)
