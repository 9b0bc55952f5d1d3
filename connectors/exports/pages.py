"""The second pass: segments → rows, hidden and unreadable ones → pages of at most 2,000 records."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from connectors.base import Gone, Page, Row, Skipped
from connectors.exports.aside import Aside
from connectors.exports.groups import Segment, segments
from connectors.exports.judge import MEND, Judge
from connectors.exports.lines import Beside, Kept, Lines
from connectors.exports.lookups import Lookups
from connectors.exports.opened import Member
from connectors.exports.settings import ExportsSettings
from connectors.exports.survey import Seen

PAGE = 2_000  # a page is a transaction: with half of it a first load took a tenth longer
Made = Row | Gone | Skipped


class Pages:
    """All records of a stream as pages; the last one is the caller's to close with a cursor."""

    def __init__(self, settings: ExportsSettings, members: list[Member], ids: Seen, lookups: Lookups) -> None:
        self._members, self._again = members, ids.again()
        self._judges = [Judge(settings, member, lookups) for member in members]
        self.hidden: Counter[str] = Counter()
        self._lines = {id(m.entry.fileset): _joiner(m, members) for m in members if m.lines}

    def __iter__(self) -> Iterator[Page]:
        """Yield full pages, then the rest; nothing is yielded of a file that was written to meanwhile."""
        made = self._made()
        try:
            while len(some := list(islice(made, PAGE))) == PAGE:
                yield self._page(some)
            yield self._page(some)
        finally:
            for lines in self._lines.values():
                lines.close()

    def _page(self, made: list[Made]) -> Page:
        for member in self._members:
            member.own.file.must_be_unchanged()
            if member.lines:
                member.lines.file.must_be_unchanged()
        rows = [one for one in made if isinstance(one, Row)]
        if len(rows) == len(made):
            return Page(rows=rows)
        gone = [one for one in made if isinstance(one, Gone)]
        self.hidden.update(one.rule for one in gone if one.why == "hidden")
        return Page(rows=rows, gone=gone, skipped=[one for one in made if isinstance(one, Skipped)])

    def _made(self) -> Iterator[Made]:
        aside = Aside()
        try:
            for number, member in enumerate(self._members):
                yield from self._told(number, member, aside)
            for segment in aside.whole(self._grouped, self._updated):
                joiner = self._lines.get(id(self._members[segment.file].entry.fileset))
                yield self._judges[segment.file].verdict(segment, joiner.of(segment.id) if joiner else None)
        finally:
            aside.close()
        yield from self._orphans()

    def _told(self, number: int, member: Member, aside: Aside) -> Iterator[Made]:
        """What one file tells. Pieces of records that come back wait aside until all of them are there."""
        ids, again, verdict = self._again, member.own.survey.again, self._judges[number].verdict
        joiner = self._lines.get(id(member.entry.fileset))
        found = segments(member.own.layout, member.own.survey, number)
        repeated = bool(ids or again)
        if joiner is None and not repeated:
            yield from map(verdict, found)
            return
        for segment in found:
            if repeated and segment.key and (hash(segment.key) in again or hash(segment.id) in ids):
                aside.put(segment)
            else:
                yield verdict(segment, joiner.of(segment.id) if joiner and segment.id else None)

    def _grouped(self, file: int) -> bool:
        return self._members[file].own.layout.grouped

    def _updated(self, segment: Segment) -> datetime | None:
        return self._judges[segment.file].updated(segment)

    def _orphans(self) -> Iterator[Skipped]:
        """Lines of a file of their own whose record is in no file."""
        for member in self._members:
            joiner = self._lines.pop(id(member.entry.fileset), None)
            if joiner is None or member.lines is None:
                continue
            for found in joiner.orphans():
                place = f"{member.lines.file.name}, record {found.number} (line {found.line})"
                reason = f"no {member.entry.profile.record} {found.key} stands in {member.entry.path.name}"
                yield Skipped(
                    found.key or None,
                    place,
                    "parent",
                    found.wrong or (reason if found.key else "is blank"),
                    MEND,
                    found.data_rows,
                )
            joiner.close()


def _joiner(member: Member, members: list[Member]) -> Lines:
    """Side by side while both files ascend alike, else through a temporary file."""
    lines = member.lines
    if lines is None:
        raise ValueError("no file of lines")
    own, theirs = member.own.survey, lines.survey
    alone = sum(m.entry.fileset is member.entry.fileset for m in members) == 1
    found = segments(lines.layout, theirs, 0)
    if alone and len(members) == 1 and not own.again and not theirs.again:
        if own.ascent.number and theirs.ascent.number:
            return Beside(found, as_numbers=True)
        if own.ascent.text and theirs.ascent.text:
            return Beside(found, as_numbers=False)
    return Kept(found)
