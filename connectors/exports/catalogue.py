"""Which files of a source hold which record: told in the TOML, else recognised by their headers."""

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from connectors.base import Failure, Garbled, Refused, Unavailable
from connectors.exports.elsewhere import Elsewhere
from connectors.exports.profile import Profile, shipped
from connectors.exports.reader import Header, folded
from connectors.exports.settings import ExportsSettings, FileSet
from connectors.exports.tables import headers, open_file
from connectors.exports.workbook import several


@dataclass(frozen=True)
class Entry:
    """One file and the profile it is read by."""

    fileset: FileSet
    path: Path
    profile: Profile


@dataclass
class Catalogue:
    """Every file of a source by record, and what stands in the way of reading the rest."""

    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    problems: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    nameless: list[Failure] = field(default_factory=list)  # of files that nothing tells the record of

    def of(self, record: str) -> list[Entry]:
        """The files of a record; raises the Failure that keeps any of its set from being read."""
        problems = self.problems.get(record, [])
        if problems:
            raise together(problems)
        return self.entries.get(record, [])

    def records(self) -> list[str]:
        """The records the source yields; raises where no table of files tells of any."""
        names = list(dict.fromkeys([*self.entries, *self.problems]))
        if self.nameless and not names:
            raise together(self.nameless)
        return names


Stamp = tuple[str, int, int, str | None, str | None]  # path, size, time of last change, what is told
Known = dict[Stamp, Profile]  # what files were recognised as


def catalogue(settings: ExportsSettings, known: Known, elsewhere: Elsewhere) -> Catalogue:
    """Look at every ``[[sources.files]]`` of a source; opens files for their first bytes at most, and files
    that are ``known`` not at all. Files that lie elsewhere are brought here."""
    found = Catalogue()
    for fileset in settings.files:
        told = fileset.told_profile
        if told is not None:
            _told(found, elsewhere, fileset, told)
        else:
            _recognised(found, elsewhere, fileset, known)
    return found


def _told(found: Catalogue, elsewhere: Elsewhere, fileset: FileSet, profile: Profile) -> None:
    try:
        paths = elsewhere.matching(fileset)
    except Failure as e:
        found.problems[profile.record].append(e)
    else:
        found.entries[profile.record] += [Entry(fileset, path, profile) for path in paths]


def _recognised(found: Catalogue, elsewhere: Elsewhere, fileset: FileSet, known: Known) -> None:
    entries, problems = _looked_at(elsewhere, fileset, known)
    for entry in entries:
        found.entries[entry.profile.record].append(entry)
    names = {entry.profile.record for entry in entries} or ({fileset.record} if fileset.record else set())
    for name in names:
        found.problems[name] += problems
    if not names:
        found.nameless += problems


def _looked_at(elsewhere: Elsewhere, fileset: FileSet, known: Known) -> tuple[list[Entry], list[Failure]]:
    """The files of a set; where none can be had now, those kept from before still tell the record."""
    entries: list[Entry] = []
    problems: list[Failure] = []
    try:
        paths = elsewhere.matching(fileset)
    except Failure as e:
        problems, paths = [e], elsewhere.kept(fileset)
    for path in paths:
        try:
            entries.append(Entry(fileset, path, _remembered(path, fileset, known)))
        except Failure as e:
            problems.append(located(fileset, e))
    return entries, problems


def located(fileset: FileSet, failure: Failure) -> Failure:
    """What is wrong with a file, with the address it came from."""
    if fileset.address and fileset.address not in str(failure):
        failure.args = (f"{fileset.address}: {failure}",)
    return failure


def _remembered(path: Path, fileset: FileSet, known: Known) -> Profile:
    """What the file is; a file that did not change since is not opened again."""
    try:
        seen = path.stat()
    except OSError:
        return recognise(path, fileset)  # which says in words why the file cannot be read
    stamp = (str(path), seen.st_size, seen.st_mtime_ns, fileset.record, fileset.sheet)
    if stamp not in known:
        known[stamp] = recognise(path, fileset)
    return known[stamp]


def recognise(path: Path, fileset: FileSet) -> Profile:
    """The shipped profile whose columns a file's header has; raises a Failure when none or several do."""
    profiles = {n: p for n, p in shipped().items() if fileset.record in (None, p.record)}
    wanted = {name for profile in profiles.values() for name in profile.recognise}
    with open_file(path) as file:
        found = headers(file, wanted, fileset)
    meant = [header for header in found if any(_fits(profile, header) for profile in profiles.values())]
    if len(meant) > 1:
        raise Refused(several(path.name, meant))
    header = (meant or found)[0]
    fitting = {name: profile for name, profile in profiles.items() if _fits(profile, header)}
    if not fitting and (said := refused(header)):
        raise Refused(f"{path.name}: {said}")
    if not fitting:
        raise Refused(
            f"{path.name}: its columns ({', '.join(filter(None, header.names[:8]))} …) are none of the known "
            f"formats ({', '.join(profiles)}); name its profile, or let `fanlight map {path.name}` write "
            "its mapping"
        )
    best = max(len(profile.recognise) for profile in fitting.values())
    winners = [name for name, profile in fitting.items() if len(profile.recognise) == best]
    if len(winners) > 1:
        raise Refused(
            f'{path.name} may be {" or ".join(winners)}; add profile = "{winners[0]}" under [[sources.files]]'
        )
    return fitting[winners[0]]


@cache
def _never() -> list[dict[str, Any]]:
    """Formats that are known and never read, with the reason."""
    told = tomllib.loads((Path(__file__).parent / "never.toml").read_text(encoding="utf-8"))
    return list(told["format"])


def refused(header: Header) -> str:
    """Why a file with this header is never read; '' where nothing says so."""
    names = {folded(name) for name in header.names}
    for told in _never():
        if names.issuperset(map(folded, told["recognise"])) and names.isdisjoint(map(folded, told["unless"])):
            return str(told["says"])
    return ""


def _fits(profile: Profile, header: Header) -> bool:
    names = {folded(name) for name in header.names}
    if not profile.recognise or not names.issuperset(map(folded, profile.recognise)):
        return False
    has_some = not profile.some or not names.isdisjoint(map(folded, profile.some))
    return has_some and names.isdisjoint(map(folded, profile.unless))


def together(failures: list[Failure]) -> Failure:
    """Several failures as one that says all of it; the one a person must act on decides its kind."""
    message = "; ".join(dict.fromkeys(str(failure) for failure in failures))
    for kind in (Refused, Garbled):
        if any(isinstance(failure, kind) for failure in failures):
            return kind(message)
    waits = [
        failure.retry_after
        for failure in failures
        if isinstance(failure, Unavailable) and failure.retry_after
    ]
    return Unavailable(message, retry_after=max(waits, default=None))
