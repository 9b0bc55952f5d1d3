"""One stream of Xero's, from its cursor to the end: listings walked one after the other, rows judged and put
into pages. A listing that is done is not asked for again by a run that goes on where another one died."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from connectors.base import Gone, Page, Row, Skipped, Unreadable
from connectors.chain import Chain, fingerprint, resume
from connectors.records import Contact, Record
from connectors.xero.calls import Calls
from connectors.xero.listings import LISTINGS, Listing
from connectors.xero.people import people
from connectors.xero.settings import XeroSettings
from connectors.xero.shown import Shown
from connectors.xero.walk import Read, Walk

ROWS = 1000  # at most in one page
UNKNOWN = (
    '{name}: {count} with the status "{status}", which Fanlight does not know; show.{record}.status says '
    "whether customers see them"
)


class Told(Struct, frozen=True):
    """What one row of a listing comes to. ``whose``: the account all of whose people are among ``rows``."""

    rows: tuple[Row, ...] = ()
    gone: tuple[Gone, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    whose: str = ""


class Reading:
    """One stream, one pull."""

    def __init__(self, settings: XeroSettings, calls: Calls, record: type[Record]) -> None:
        self._calls, self._record = calls, record
        self._pay_links = settings.pay_links
        self._shown = Shown(settings, record)
        self._unknown = Counter[tuple[str, str]]()

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """What changed since the cursor's chain began, or the rest of that chain."""
        chain, notes = resume(cursor, Chain), list[str]()
        for listing in LISTINGS[self._record][chain.part :]:
            walk = Walk(self._calls, listing)
            for found, up_to in walk.changed(_from(chain)):
                if walk.begun:
                    chain = chain.started(walk.begun)
                chain = chain.kept(up_to.isoformat()) if up_to else chain
                yield from self._pages(listing, found, chain.cursor() if up_to else None)
            chain = (chain.started(walk.begun) if walk.begun else chain).next_part()
            notes += [walk.note] if walk.note else []
        yield Page(cursor=chain.following().cursor(), as_of=chain.begun, notes=[*notes, *self._notes()])

    def ids(self) -> Iterator[str]:
        """The ids of all there is to show; what cannot be read is there all the same."""
        for listing in LISTINGS[self._record]:
            for found in Walk(self._calls, listing).by_number(None):
                for one in (self._told(listing, read, pay_links=False) for read in found):
                    yield from (row.source_id for row in one.rows)
                    yield from (skipped.source_id for skipped in one.skipped if skipped.source_id)

    def _pages(self, listing: Listing, found: Sequence[Read], cursor: str | None) -> Iterator[Page]:
        """Rows in pages of bounded size; the last one has the cursor."""
        batch, size = list[Told](), 0
        for read in found:
            one = self._told(listing, read, pay_links=self._pay_links)
            entries = len(one.rows) + len(one.gone) + len(one.skipped)
            if size + entries > ROWS:
                yield _page(batch)
                batch, size = [], 0
            batch.append(one)
            size += entries
        if batch or cursor:
            yield _page(batch, cursor)

    def _told(self, listing: Listing, read: Read, *, pay_links: bool) -> Told:
        place = _place(listing, read)
        if not read.id:
            reason = "Xero sent a row without an id that can be read"
            return Told(skipped=(Skipped(None, place, listing.id, reason),))
        if status := self._shown.unknown(listing, read.told):
            self._unknown[listing.name, status] += 1
        try:
            gone = self._shown.gone(listing, read.told)
            if self._record is Contact:
                return Told(rows=() if gone else _people(read, place), whose=read.id)
        except Unreadable as e:
            whose = None if self._record is Contact else read.id
            return Told(skipped=(Skipped(whose, place, e.field, e.reason, e.cure),))
        if gone:
            return Told(gone=(gone,))
        return Told(rows=(self._row(listing, read, place, pay_links=pay_links),))

    def _row(self, listing: Listing, read: Read, place: str, *, pay_links: bool) -> Row:
        due = read.told.get("AmountDue")
        if not pay_links or listing.name != "Invoices" or not isinstance(due, Decimal | int) or due <= 0:
            return Row(read.id, read.print, read.told, place=place)
        told = {**read.told, "OnlineInvoiceUrl": self._calls.pay_link(read.id)}
        return Row(read.id, fingerprint(told), told, place=place)

    def _notes(self) -> Iterator[str]:
        for (name, status), count in self._unknown.items():
            yield UNKNOWN.format(count=count, name=name, status=status, record=self._shown.name)


def _place(listing: Listing, read: Read) -> str:
    """Where a person finds a row: by its number, or what comes nearest."""
    number = read.told.get(listing.number) if isinstance(read.told, dict) else None
    return f"{listing.name}/{number if isinstance(number, str) and number else read.id or 'without an id'}"


def _from(chain: Chain) -> datetime | None:
    """Where the current listing goes on."""
    try:
        return datetime.fromisoformat(chain.at) if chain.at else chain.since
    except ValueError:
        return chain.since


def _people(read: Read, place: str) -> tuple[Row, ...]:
    return tuple(Row(key, fingerprint(told), told, place=place) for key, told in people(read.told))


def _page(batch: Sequence[Told], cursor: str | None = None) -> Page:
    return Page(
        rows=[row for one in batch for row in one.rows],
        gone=[gone for one in batch for gone in one.gone],
        skipped=[skipped for one in batch for skipped in one.skipped],
        whole_of=[one.whose for one in batch if one.whose],
        cursor=cursor,
    )
