"""All files of one record, opened together and surveyed: what they hold and how it is spelt. All of them,
or none."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from connectors.base import Failure, Refused
from connectors.exports.catalogue import Entry, located, together
from connectors.exports.encoding import Contents
from connectors.exports.files import SourceFile, natural
from connectors.exports.formula import Formula
from connectors.exports.layout import Layout, id_rule
from connectors.exports.plan import Plan
from connectors.exports.profile import Profile
from connectors.exports.reader import Sheet
from connectors.exports.settings import ExportsSettings, FileSet, LinesFile
from connectors.exports.shown import Shown
from connectors.exports.spelling import decide, told
from connectors.exports.survey import Evidence, Seen, Survey, survey
from connectors.exports.swapped import must_not_be_swapped
from connectors.exports.tables import open_file, peek, scan, sheet
from connectors.exports.values import Spelling
from connectors.exports.workbook import BookSheet


@dataclass(frozen=True)
class Held:
    """A file that rests, open, its bytes understood."""

    file: SourceFile
    contents: Contents


@dataclass(frozen=True)
class Surveyed:
    """One file after the first pass over its records."""

    file: SourceFile
    layout: Layout
    survey: Survey


@dataclass(frozen=True)
class Member:
    """One file of the stream; ``lines`` is the file its lines stand in, where that is another."""

    entry: Entry
    own: Surveyed
    spelling: Spelling
    lines: Surveyed | None = None


class Problems:
    """Failures gathered so that every one is told at once."""

    def __init__(self) -> None:
        self._found: list[Failure] = []

    @contextmanager
    def gathered(self, fileset: FileSet | None = None) -> Iterator[None]:
        """Run a step; its failure waits for the others, and names the set's address where it has one."""
        try:
            yield
        except Failure as e:
            self._found.append(located(fileset, e) if fileset else e)

    def tell(self) -> None:
        """Raise them all as one, if there are any."""
        if self._found:
            raise together(self._found)


def hold(settings: ExportsSettings, entries: list[Entry], now: float, stack: ExitStack) -> dict[Path, Held]:
    """Open every file of the set, those of lines too; raises one Failure that names each that cannot be
    read."""
    held: dict[Path, Held] = {}
    problems = Problems()
    for entry in entries:
        for path in (entry.path, *_path_of_lines(settings, entry)):
            if path in held:
                continue
            with problems.gathered(entry.fileset):
                file = stack.enter_context(open_file(path))
                file.must_rest(now, settings.settle)
                held[path] = Held(file, scan(file, entry.fileset.encoding))
    problems.tell()
    return held


def _path_of_lines(settings: ExportsSettings, entry: Entry) -> list[Path]:
    return [settings.resolve(entry.fileset.lines.file)] if entry.fileset.lines else []


def members(
    settings: ExportsSettings, entries: list[Entry], held: dict[Path, Held]
) -> tuple[list[Member], Seen]:
    """Survey every file, oldest first, and decide how each set of files spells its values."""
    ordered = sorted(entries, key=lambda e: (held[e.path].file.mtime, natural(e.path)))
    reading = Surveying(settings, held, several=len(ordered) > 1)
    for entry in ordered:
        reading.read(entry)
    return reading.members(), reading.ids


class Surveying:
    """The first pass over all files of a record; what is wrong with any of them is raised together."""

    def __init__(self, settings: ExportsSettings, held: dict[Path, Held], several: bool) -> None:
        self._settings, self._held, self._several = settings, held, several
        self.ids = Seen()
        self._problems = Problems()
        self._read: list[tuple[Entry, Surveyed]] = []
        self._evidence: dict[int, Evidence] = defaultdict(Evidence)  # by the identity of the file set
        self._lines: dict[int, Surveyed] = {}

    def read(self, entry: Entry) -> None:
        """One file, and the file of its lines the first time it is met."""
        with self._problems.gathered(entry.fileset):
            self._read.append((entry, self._own(entry)))
        if entry.fileset.lines and id(entry.fileset) not in self._lines:
            with self._problems.gathered():
                self._lines[id(entry.fileset)] = self._of_lines(entry, entry.fileset.lines)

    def _own(self, entry: Entry) -> Surveyed:
        plan, shown = plan_of(self._settings, entry.profile)
        layout = Layout(self._sheet(entry, entry.fileset, entry.path, (*plan.head, *plan.line)), plan)
        layout.must_hold(shown.required)
        return self._surveyed(entry, layout, self.ids if self._several or layout.own_id else None)

    def _of_lines(self, entry: Entry, lines: LinesFile) -> Surveyed:
        if not entry.profile.lines:
            raise Refused(f"{entry.path.name}: lines = … is told, but {entry.profile.title} maps no lines")
        plan, _ = plan_of(self._settings, entry.profile)
        path, beside = self._settings.resolve(lines.file), entry.fileset.of_lines
        found = self._sheet(entry, beside, path, (lines.parent, *plan.line))
        return self._surveyed(entry, Layout(found, plan, parent=lines.parent), None)

    def _sheet(self, entry: Entry, fileset: FileSet, path: Path, wanted: Iterable[str]) -> Sheet:
        one = self._held[path]
        read = fileset.model_copy(update={"encoding": one.contents.encoding})
        decimal = told(self._settings, entry.fileset, entry.profile).decimal
        return sheet(one.file, one.contents, peek(one.file, wanted, read), decimal)

    def _surveyed(self, entry: Entry, layout: Layout, ids: Seen | None) -> Surveyed:
        evidence = self._evidence[id(entry.fileset)]
        if isinstance(layout.sheet, BookSheet):
            must_not_be_swapped(layout)
        return Surveyed(
            layout.sheet.file, layout, survey(layout, evidence, ids, _settled(self._settings, entry))
        )

    def members(self) -> list[Member]:
        """What was read, each with its spelling; raises one Failure with everything wrong or not told."""
        self._problems.tell()
        _same_rule([own.layout for _, own in self._read])
        found = []
        for entry, own in self._read:
            with self._problems.gathered():
                found.append(_member(entry, own, self._spelling(entry), self._lines.get(id(entry.fileset))))
        self._problems.tell()
        return found

    def _spelling(self, entry: Entry) -> Spelling:
        said = told(self._settings, entry.fileset, entry.profile)
        evidence = self._evidence[id(entry.fileset)]
        spelling, questions = decide(self._settings.id, said, evidence, entry.profile)
        if questions:
            raise Refused(f"{entry.fileset.named}: {'; '.join(questions)}")
        return spelling


def plan_of(settings: ExportsSettings, profile: Profile) -> tuple[Plan, Shown]:
    """A profile's plan under this source's visibility rules."""
    shown = Shown(profile, settings.show.get(profile.record, {}))
    return Plan(profile, shown.columns), shown


def _settled(settings: ExportsSettings, entry: Entry) -> list[str]:
    """The kinds of columns whose spelling is told, so that nobody need look at their cells."""
    said = told(settings, entry.fileset, entry.profile)
    both = said.date_order and said.timezone
    kinds = {"number": said.decimal, "date": said.date_order, "time": both, "moment": both}
    return [kind for kind, known in kinds.items() if known]


def _same_rule(layouts: list[Layout]) -> None:
    rules = {id_rule(layout.id_value): layout.sheet.name for layout in layouts}
    if len(rules) > 1:
        said = ", ".join(f"{name} has {rule}" for rule, name in rules.items())
        raise Refused(f"the files of one record must name ids alike, but {said}; export the same columns")


def _member(entry: Entry, own: Surveyed, spelling: Spelling, lines: Surveyed | None) -> Member:
    """A currency told in the TOML counts only where the file has no column for it."""
    value = entry.profile.fields.get("currency")
    columns = list(value.cells()) if isinstance(value, Formula) else []
    has_column = any(own.layout.sheet.header.find(column) is not None for column in columns)
    return Member(entry, own, replace(spelling, currency="") if has_column else spelling, lines)


def notes(found: list[Member], held: dict[Path, Held]) -> list[str]:
    """What staff should know about how the files were read."""
    surveys = [one.survey for member in found for one in (member.own, member.lines) if one]
    told_ = [note for one in held.values() for note in one.contents.notes] + [
        note for one in surveys for note in one.notes
    ]
    return list(dict.fromkeys(told_))
