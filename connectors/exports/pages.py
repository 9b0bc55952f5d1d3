"""The second pass: segments → rows, hidden and unreadable ones → pages of at most 1,000 records."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from connectors.base import Gone, Page, Row, Skipped
from connectors.exports.aside import Aside
from connectors.exports.groups import Segment, segments
from connectors.exports.lines import Beside, Kept, Lines
from connectors.exports.lookups import Looked, Lookups
from connectors.exports.mapper import Raw
from connectors.exports.opened import Member, plan_of
from connectors.exports.settings import ExportsSettings
from connectors.exports.shown import Rules
from connectors.exports.survey import Seen
from connectors.exports.values import SHORTENED, Spelling, time_parser, truth

PAGE = 1000
MEND = "correct the file, or export it again"


@dataclass
class Batch:
    """What is read for one page."""

    rows: list[Row] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) + len(self.gone) + len(self.skipped)


class Turner:
    """Turns the segments of one file into rows: everything its profile asks for, compiled once."""

    def __init__(self, settings: ExportsSettings, member: Member, lookups: Lookups) -> None:
        profile = member.entry.profile
        self._plan, shown = plan_of(settings, profile)
        self._rules: Rules = shown.compile(self._plan)
        self._name, self._digest, self._spelling = member.own.file.name, profile.digest(), member.spelling
        at = self._plan.head_at
        self._finds: list[Looked] = lookups.steps(self._plan.head_finds, self._plan.head)
        self._line_finds: list[Looked] = lookups.steps(self._plan.line_finds, self._plan.line)
        self._deleted = profile.deleted and self._plan.text(profile.deleted, at)
        self._updated = profile.updated and self._plan.text(profile.updated, at)
        number = profile.fields.get("number")
        self._number = number and self._plan.text(number, at)  # type: ignore[arg-type]
        self._time = time_parser(member.spelling.date_order, member.spelling.timezone)
        self._hash = blake2b("\0".join(_words(member.spelling)).encode(), digest_size=8)

    def place(self, segment: Segment) -> str:
        """Where a person finds it."""
        return f"{self._name}, record {segment.number} (line {segment.line})"

    def updated(self, segment: Segment) -> datetime | None:
        """When this version of a record last changed, where the file says so."""
        cell = self._updated(segment.head) if self._updated else ""
        try:
            return self._time(cell) if cell else None
        except ValueError:
            return None

    def turn(self, segment: Segment, lines: list[Segment] | None) -> Row | Gone | Skipped:
        """One whole record."""
        ident, head, data_rows = segment.id, segment.head, segment.data_rows
        cells = segment.lines
        wrong, name = segment.wrong, segment.field
        if lines is not None:
            cells = [line for found in lines for line in found.lines]
            data_rows += sum(found.data_rows for found in lines)
            wrong = wrong or next((found.wrong for found in lines if found.wrong), "")
        if wrong or not ident or SHORTENED.fullmatch(ident):
            return self._skipped(segment, wrong, name, data_rows)
        if self._finds:
            head = (*head, *[find(head) for find in self._finds])
        if self._line_finds:
            cells = [(*line, *[find(line) for find in self._line_finds]) for line in cells]
        return self._hidden(segment, head, data_rows) or self._row(segment, head, tuple(cells), data_rows)

    def _row(
        self, segment: Segment, head: tuple[str, ...], cells: tuple[tuple[str, ...], ...], data_rows: int
    ) -> Row:
        digest = self._hash.copy()
        digest.update("\0".join(head).encode())
        for line in cells:
            digest.update(("\0\0" + "\0".join(line)).encode())
        return Row(
            segment.id,
            digest.digest(),
            Raw(self._digest, segment.id, head, cells, self._spelling),
            data_rows,
            self.place(segment),
        )

    def _hidden(self, segment: Segment, head: tuple[str, ...], data_rows: int) -> Gone | Skipped | None:
        number = self._number(head) if self._number else ""
        if self._deleted:
            try:
                if truth(cell := self._deleted(head)):
                    return Gone(segment.id, "deleted", number=number, data_rows=data_rows)
            except ValueError as e:
                return Skipped(segment.id, self.place(segment), "deleted", f"{cell!r} {e}", MEND, data_rows)
        rule = self._rules.hides(head)
        return Gone(segment.id, "hidden", rule, number, data_rows) if rule else None

    def _skipped(self, segment: Segment, wrong: str, name: str, data_rows: int) -> Skipped:
        if wrong:
            return Skipped(segment.id or None, self.place(segment), name or "row", wrong, MEND, data_rows)
        if segment.id:
            reason = f"{segment.id} was shortened by a spreadsheet"
            return Skipped(
                None,
                self.place(segment),
                "id",
                reason,
                "export again; do not save it from the spreadsheet",
                data_rows,
            )
        return Skipped(
            None, self.place(segment), "id", "is blank", "every record needs its id; " + MEND, data_rows
        )


def _words(spelling: Spelling) -> tuple[str, ...]:
    return spelling.date_order, spelling.decimal, spelling.timezone, spelling.currency, spelling.tax


class Pages:
    """All records of a stream as pages; the last one is the caller's to close with a cursor."""

    def __init__(self, settings: ExportsSettings, members: list[Member], ids: Seen, lookups: Lookups) -> None:
        self._members, self._ids = members, ids
        self._turners = [Turner(settings, member, lookups) for member in members]
        self.hidden: Counter[str] = Counter()
        self._lines = {id(m.entry.fileset): _joiner(m, members) for m in members if m.lines}

    def __iter__(self) -> Iterator[Page]:
        """Yield full pages, then the rest; nothing is yielded of a file that was written to meanwhile."""
        batch = Batch()
        try:
            for made in self._made():
                self._keep(batch, made)
                if len(batch) == PAGE:
                    yield self._page(batch)
                    batch = Batch()
            yield self._page(batch)
        finally:
            for lines in self._lines.values():
                lines.close()

    def _keep(self, batch: Batch, made: Row | Gone | Skipped) -> None:
        if isinstance(made, Row):
            batch.rows.append(made)
        elif isinstance(made, Gone):
            batch.gone.append(made)
            if made.why == "hidden":
                self.hidden[made.rule] += 1
        else:
            batch.skipped.append(made)

    def _page(self, batch: Batch) -> Page:
        for member in self._members:
            member.own.file.must_be_unchanged()
            if member.lines:
                member.lines.file.must_be_unchanged()
        return Page(rows=batch.rows, gone=batch.gone, skipped=batch.skipped)

    def _made(self) -> Iterator[Row | Gone | Skipped]:
        aside = Aside()
        try:
            for number, member in enumerate(self._members):
                again, ids, turn = member.own.survey.keys.again, self._ids.again, self._turners[number].turn
                joiner = self._lines.get(id(member.entry.fileset))
                for segment in segments(member.own.layout, member.own.survey, number):
                    if segment.key and (segment.key in again or segment.id in ids):
                        aside.put(segment)
                    else:
                        yield turn(segment, joiner.of(segment.id) if joiner and segment.id else None)
            for segment in aside.whole(self._grouped, self._updated):
                joiner = self._lines.get(id(self._members[segment.file].entry.fileset))
                yield self._turners[segment.file].turn(segment, joiner.of(segment.id) if joiner else None)
        finally:
            aside.close()
        yield from self._orphans()

    def _grouped(self, file: int) -> bool:
        return self._members[file].own.layout.grouped

    def _updated(self, segment: Segment) -> datetime | None:
        return self._turners[segment.file].updated(segment)

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
    if alone and len(members) == 1 and not own.keys.again and not theirs.keys.again:
        if own.ascent.number and theirs.ascent.number:
            return Beside(found, as_numbers=True)
        if own.ascent.text and theirs.ascent.text:
            return Beside(found, as_numbers=False)
    return Kept(found)
