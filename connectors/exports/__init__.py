"""The exports connector: files that people or systems export (CSV), read by profiles that are data.

    bytes ─ encoding ▶ text ─ reader ▶ cells ─ layout ▶ data rows ─ groups ▶ segments ─ judge ▶ Row
    Row.raw ─ mapper ▶ Record

``catalogue`` says which files there are, ``opened`` makes the first pass over them, ``pages`` the second.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

from msgspec.structs import replace

from connectors.base import Connector, Failure, Page, Reads, Refused
from connectors.exports.catalogue import Catalogue, Entry, Known, catalogue, together
from connectors.exports.elsewhere import Elsewhere
from connectors.exports.layout import chosen, id_rule
from connectors.exports.lookups import Lookups
from connectors.exports.mapper import Mapper, Raw
from connectors.exports.opened import Held, hold, members, notes, plan_of
from connectors.exports.pages import Pages
from connectors.exports.profile import shipped
from connectors.exports.settings import ExportsSettings
from connectors.exports.spelling import told
from connectors.exports.tables import open_file, peek
from connectors.exports.values import Spelling
from connectors.mapped import Mapped, joined
from connectors.records import NAMES, RECORDS, Record

CODE = "1"  # grows when the same cells make another record than before


class Exports(Connector):
    """Exported files as a source. ``clock`` gives the time that decides whether a file has rested; ``sleep``
    is for what is fetched from elsewhere and asked for again."""

    Settings: ClassVar[type[ExportsSettings]] = ExportsSettings
    settings: ExportsSettings

    def __init__(
        self,
        settings: ExportsSettings,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings, self._clock = settings, clock
        self._profiles = {
            p.digest(): p for p in (*shipped().values(), *(f.map for f in settings.files if f.map))
        }
        self._mappers: dict[tuple[str, Spelling], Mapper] = {}
        self._recognised: Known = {}
        self._elsewhere = Elsewhere(settings, clock, sleep)

    def _catalogue(self) -> Catalogue:
        return catalogue(self.settings, self._recognised, self._elsewhere)

    @property
    def reads(self) -> Mapping[type[Record], Reads]:
        """The records its files hold. Raises Refused when a set of files does not tell which record it is."""
        found = self._catalogue()
        names = found.records()
        return {cls: self._means(found, name) for name, cls in RECORDS.items() if name in names}

    def trouble(self) -> Failure | None:
        """The files that nothing tells the record of, where others are read."""
        found = self._catalogue()
        return together(found.nameless) if found.nameless else None

    def _means(self, found: Catalogue, name: str) -> Reads:
        if found.nameless:  # these may hold the very records that are missing elsewhere
            return Reads.CHANGES
        told_ = [f for f in self.settings.files if (f.told_profile and f.told_profile.record == name)]
        sets = [*told_, *(entry.fileset for entry in found.entries.get(name, []))]
        return Reads.EVERYTHING if sets and all(f.complete for f in sets) else Reads.CHANGES

    def mapping(self, record: type[Record]) -> str:
        """A hash of the profiles, the show rules, what the TOML tells, and the code's version."""
        entries = self._catalogue().of(NAMES[record])
        parts = sorted({json.dumps(self._shape(entry)) for entry in entries})
        shown = {name: lists for name, lists in self.settings.show.items() if name == NAMES[record]}
        said = json.dumps([CODE, parts, shown], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def _shape(self, entry: Entry) -> list[Any]:
        """Everything beside the cells that a file's records depend on."""
        spelling = told(self.settings, entry.fileset, entry.profile)
        fileset, lines = entry.fileset, entry.fileset.lines
        of_lines = [lines.parent, lines.sheet] if lines else []
        told_ = [fileset.encoding, fileset.delimiter, fileset.sheet]
        return [entry.profile.digest(), repr(spelling), *told_, *of_lines]

    def id_rule(self, record: type[Record]) -> str:
        """The columns ids are made of, as the files have them."""
        rules = dict.fromkeys(self._rule(entry) for entry in self._catalogue().of(NAMES[record]))
        return ", ".join(rules)

    def _rule(self, entry: Entry) -> str:
        if not entry.profile.id.first:
            return id_rule(entry.profile.id)
        plan, _ = plan_of(self.settings, entry.profile)
        with open_file(entry.path) as file:
            header = peek(file, (*plan.head, *plan.line), entry.fileset)
        return id_rule(chosen(entry.profile.id, header))

    def check(self) -> None:
        """Open and survey every file; raises one Refused that lists everything wrong."""
        found = self._catalogue()
        wrong: list[Failure] = [
            *found.nameless,
            *(p for problems in found.problems.values() for p in problems),
        ]
        for name, entries in found.entries.items():
            try:
                self._check(found, entries)
            except Failure as e:
                wrong.append(type(e)(f"{name}: {e}"))
        if wrong:
            raise Refused(str(together(wrong)))

    def _check(self, found: Catalogue, entries: list[Entry]) -> None:
        with ExitStack() as stack:
            members(self.settings, entries, hold(self.settings, entries, self._clock(), stack))
        lookups = Lookups(self.settings, found, self._clock())
        lookups.load(plan_of(self.settings, entry.profile)[0] for entry in entries)

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        """Survey every file of the record, then yield its pages; the last one has the cursor."""
        found, now = self._catalogue(), self._clock()
        entries = found.of(NAMES[record])
        with ExitStack() as stack:
            held = hold(self.settings, entries, now, stack)
            lookups = Lookups(self.settings, found, now)
            lookups.load(plan_of(self.settings, entry.profile)[0] for entry in entries)
            mark = self._mark(record, held, lookups)
            as_of = min((one.file.modified(now) for one in held.values()), default=None)
            if cursor == mark and self._means(found, NAMES[record]) is Reads.CHANGES:
                yield Page(cursor=mark, as_of=as_of)
                return
            surveyed, ids = members(self.settings, entries, held)
            pages = Pages(self.settings, surveyed, ids, lookups)
            told_ = [*notes(surveyed, held), *lookups.notes]
            yield from _closed(pages, mark, as_of, told_)

    def _mark(self, record: type[Record], held: Mapping[Path, Held], lookups: Lookups) -> str:
        """The cursor after a whole pull: these contents, read this way."""
        hashes = {str(path): one.contents.sha256 for path, one in held.items()} | lookups.hashes
        return json.dumps({"mapping": self.mapping(record), "files": hashes}, sort_keys=True)

    def map(self, record: type[Record], raw: Any) -> Record:  # noqa: ARG002 - the raw row knows its profile
        """Make the record of one row; pure, compiled once per profile and spelling."""
        return self._mapper(raw).record(raw)

    def map_page(self, record: type[Record], raws: Sequence[Any]) -> Mapped:  # noqa: ARG002
        """Make the records of many rows, column by column."""
        alike = [mapper.page(list(some)) for mapper, some in groupby(raws, key=self._mapper)]
        return alike[0] if len(alike) == 1 else joined(alike)

    def _mapper(self, raw: Raw) -> Mapper:
        key = (raw.profile, raw.spelling)
        mapper = self._mappers.get(key)
        if mapper is None:
            plan, _ = plan_of(self.settings, self._profiles[raw.profile])
            mapper = self._mappers[key] = Mapper(plan, raw.spelling)
        return mapper


def _closed(pages: Pages, cursor: str, as_of: datetime | None, told_: list[str]) -> Iterator[Page]:
    """The pages with their time; the last one with the cursor and what staff should know."""
    waiting: Page | None = None
    for page in pages:
        if waiting is not None:
            yield waiting
        waiting = replace(page, as_of=as_of)
    if waiting is not None:
        hidden = [f"{count} hidden by {rule}" for rule, count in sorted(pages.hidden.items())]
        yield replace(waiting, cursor=cursor, whole=True, notes=[*told_, *hidden])
