"""The way through one of Xero's listings, while it shifts under the reader.

A page is asked for by the time of the newest row of the one before, not by its number: a row that is edited
meanwhile moves to the end, and nothing slips through where it was. Where that cannot work (more rows of one
second than a page holds, or Xero heeds neither filter nor order) they go by number in the order of ids, where
no edit shifts any.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from connectors.base import Garbled, Unavailable, Unreadable
from connectors.chain import fingerprint, whole_second
from connectors.xero.calls import Answer, Calls, short
from connectors.xero.listings import Listing, taken
from connectors.xero.values import identifier, moment

BY_TIME = "UpdatedDateUTC ASC"
SECOND = timedelta(seconds=1)  # the filter is exact to the second, and nobody says on which side
TRIES = 3
UNFILTERED = (
    "Xero ignored the filter or the order asked for in {name}: more is read than changed, which costs egress"
)
UNCOUNTED = "Xero counts more {name} than it sends; they were asked for until nothing more came"


class Read(Struct, frozen=True):
    """One row of a listing, and what of it a record is made of. ``id`` is '' where none can be read."""

    id: str
    told: Any
    print: bytes
    updated: datetime | None


class Walk:
    """One way through one listing. ``begun``: when Xero gave the first answer, by its own clock."""

    def __init__(self, calls: Calls, listing: Listing) -> None:
        self._calls, self._listing = calls, listing
        self._met: dict[str, tuple[bytes, datetime | None]] = {}  # of the time that is asked for again
        self.begun: datetime | None = None
        self.note = ""

    def changed(self, since: datetime | None) -> Iterator[tuple[list[Read], datetime | None]]:
        """The rows that changed from ``since`` on (None: all), a page at a time, with up to where all of them
        were told by then (None: not to say)."""
        while True:
            answer = self._page(BY_TIME, 1, since)
            if answer.missing:
                self.note = UNCOUNTED.format(name=self._listing.name)
            rows = [self._read(one) for one in answer.rows]
            times = [row.updated for row in rows if row.updated]
            if not _obeys(times, since):
                self.note = UNFILTERED.format(name=self._listing.name)
                break
            fresh, ahead = self._new(rows), _ahead(times, since)
            self._met |= {row.id: (row.print, row.updated) for row in rows if row.id}
            yield fresh, ahead
            if self._ended(answer, fresh):
                return
            if ahead is None:
                break
            since = ahead
            self._met = {id: met for id, met in self._met.items() if not met[1] or met[1] >= since}
        yield from ((found, None) for found in self.by_number(since))

    def by_number(self, since: datetime | None) -> Iterator[list[Read]]:
        """The same in the order of ids. It begins anew where a row left meanwhile: another took its place on
        a page that was read already."""
        for _ in range(TRIES):
            most, last, number = 0, list[Any](), 1
            while True:
                answer = self._page(f"{self._listing.id} ASC", number, since)
                if answer.missing:  # absence would be believed
                    sent = len(answer.rows)
                    raise Garbled(short(self._listing, sent + answer.missing, sent))
                if answer.rows and answer.rows == last:
                    raise Garbled(f"Xero sends the same page of {self._listing.name} again and again")
                if answer.count is not None and answer.count < most:
                    break
                most, last = answer.count or 0, answer.rows
                yield self._new([self._read(one) for one in answer.rows])
                if not answer.rows or (answer.count is not None and number * answer.size >= answer.count):
                    return
                number += 1
        raise Unavailable(
            f"rows left Xero's {self._listing.name} each time they were read; the next run reads them again"
        )

    def _page(self, order: str, number: int, since: datetime | None) -> Answer:
        answer = self._calls.page(self._listing, order, number, since)
        self.begun = self.begun or answer.at
        return answer

    def _read(self, told: Any) -> Read:
        """A row of the wire. What cannot be read of it is told later, with its place."""
        if not isinstance(told, dict):
            return Read("", told, b"", None)
        held = taken(told, self._listing.take)
        try:
            own = identifier(told, self._listing.id)
        except Unreadable:
            own = ""
        try:
            updated = moment(told, "UpdatedDateUTC")
        except Unreadable:
            updated = None
        return Read(own, held, fingerprint(held), updated)

    def _new(self, rows: Sequence[Read]) -> list[Read]:
        """Those that were not told before as they are now."""
        return [row for row in rows if not row.id or self._met.get(row.id, (b"",))[0] != row.print]

    def _ended(self, answer: Answer, fresh: Sequence[Read]) -> bool:
        """Whether a first page is all there is: by Xero's count, or because asking again brought nothing."""
        if answer.count is not None and not answer.missing:
            return len(answer.rows) >= answer.count
        return not answer.rows or (not fresh and len(answer.rows) < answer.size)


def _obeys(times: Sequence[datetime], since: datetime | None) -> bool:
    """Whether rows came as asked: in the order of their times, none before the filter's."""
    seconds = [whole_second(one) for one in times]
    early = since is not None and bool(seconds) and seconds[0] < whole_second(since) - SECOND
    return not early and seconds == sorted(seconds)


def _ahead(times: Sequence[datetime], since: datetime | None) -> datetime | None:
    """The time to ask for next: a second before the newest row's; None where that leads no further."""
    ahead = whole_second(times[-1]) - SECOND if times else None
    return ahead if ahead and (since is None or ahead > whole_second(since)) else None
