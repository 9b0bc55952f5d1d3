"""What becomes of a whole record: a row, gone by the source's word or a visibility rule, or unreadable."""

from datetime import datetime
from hashlib import blake2b

from connectors.base import Gone, Row, Skipped, Unreadable
from connectors.exports.compiler import yes
from connectors.exports.formula import Formula
from connectors.exports.groups import Segment
from connectors.exports.lookups import Lookups
from connectors.exports.mapper import Raw
from connectors.exports.opened import Member, plan_of
from connectors.exports.settings import ExportsSettings
from connectors.exports.steps import Cells
from connectors.exports.values import SHORTENED, time_parser

MEND = "correct the file, or export it again"


class Judge:
    """Judges the records of one file by its profile and the source's rules, compiled once."""

    def __init__(self, settings: ExportsSettings, member: Member, lookups: Lookups) -> None:
        profile = member.entry.profile
        plan, shown = plan_of(settings, profile)
        self._rules = shown.compile(plan)
        self._file, self._profile, self._spelling = member.own.file.name, profile.digest(), member.spelling
        self._finds = lookups.steps(plan.head_finds, plan.head)
        self._line_finds = lookups.steps(plan.line_finds, plan.line)
        deleted = profile.deleted
        text = plan.text(deleted, plan.head_at) if deleted else None
        self._deleted = yes(deleted, text, deleted.column or "deleted") if deleted and text else None
        self._choosy = bool(self._deleted or self._rules)
        self._updated = profile.updated and plan.text(profile.updated, plan.head_at)
        number = profile.fields.get("number")
        self._number = plan.text(number, plan.head_at) if isinstance(number, Formula) else None
        self._time = time_parser(member.spelling.date_order, member.spelling.timezone)
        self._hash = blake2b(repr(member.spelling).encode(), digest_size=8)

    def updated(self, segment: Segment) -> datetime | None:
        """When this version of a record last changed, where the file says so."""
        cell = self._updated(segment.head) if self._updated else ""
        try:
            return self._time(cell) if cell else None
        except ValueError:
            return None

    def verdict(self, segment: Segment, lines: list[Segment] | None = None) -> Row | Gone | Skipped:
        """Judge one whole record; ``lines`` are those of a file of their own, where they stand there."""
        head, cells, data_rows, wrong = segment.head, segment.lines, segment.data_rows, segment.wrong
        if lines is not None:
            cells = lines[0].lines if len(lines) == 1 else [line for found in lines for line in found.lines]
            data_rows += sum([found.data_rows for found in lines])
            wrong = wrong or "".join([found.wrong for found in lines if found.wrong][:1])
        if wrong or not segment.id or ("+" in segment.id and SHORTENED.fullmatch(segment.id)):
            return self._skipped(segment, wrong, data_rows)
        if self._finds:
            head = (*head, *[find(head) for find in self._finds])
        if self._line_finds:
            cells = [(*line, *[find(line) for find in self._line_finds]) for line in cells]
        if self._choosy and (gone := self._gone(segment, head, data_rows)):
            return gone
        digest, lines_ = self._hash.copy(), tuple(cells)
        # No cell holds a NUL: the reader drops them.
        digest.update("\0\0".join(map("\0".join, (head, *lines_))).encode())
        raw = Raw(self._profile, segment.id, head, lines_, self._spelling)
        return Row(segment.id, digest.digest(), raw, data_rows, self._place(segment))

    def _gone(self, segment: Segment, head: Cells, data_rows: int) -> Gone | Skipped | None:
        try:
            deleted = self._deleted is not None and self._deleted(head)
        except Unreadable as e:
            return Skipped(segment.id, self._place(segment), e.field, e.reason, e.cure, data_rows)
        rule = "" if deleted else self._rules.hides(head)
        if not deleted and not rule:
            return None
        number = self._number(head) if self._number else ""
        return Gone(segment.id, "deleted" if deleted else "hidden", rule, number, data_rows)

    def _skipped(self, segment: Segment, wrong: str, data_rows: int) -> Skipped:
        place = self._place(segment)
        if SHORTENED.fullmatch(segment.id):  # whatever else is wrong: several ids may have become this one
            cure = "export again; do not save it from the spreadsheet"
            return Skipped(None, place, "id", f"{segment.id} was shortened by a spreadsheet", cure, data_rows)
        if wrong:
            return Skipped(segment.id or None, place, segment.field or "row", wrong, MEND, data_rows)
        return Skipped(None, place, "id", "is blank", "every record needs its id; " + MEND, data_rows)

    def _place(self, segment: Segment) -> str:
        return f"{self._file}, record {segment.number} (line {segment.line})"
