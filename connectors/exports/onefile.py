"""One file instead of the configured ones (``fanlight sync --file``): which set of files it stands for."""

import glob
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from connectors.base import Failure, Page
from connectors.exports import Exports
from connectors.exports.catalogue import recognise
from connectors.exports.files import matching
from connectors.exports.profile import Profile
from connectors.exports.settings import ExportsSettings, FileSet
from connectors.records import Record


class OneFile(Exports):
    """A source narrowed to one file. It says nothing newer than what was known of the stream before: other
    files were not read again."""

    def __init__(self, settings: ExportsSettings, known: Mapping[type[Record], datetime]) -> None:
        super().__init__(settings)
        self._known = known

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        """Yield the file's pages."""
        for page in super().pull(record, cursor):
            known = self._known.get(record)
            as_of = min(page.as_of, known) if page.as_of and known else page.as_of
            yield replace(page, as_of=as_of, whole=False)


def narrowed(settings: ExportsSettings, file: Path, *, named: bool) -> ExportsSettings | None:
    """The source with this file alone, never complete, so that it removes nothing; None when the file is none
    of the source's. ``named``: a person said it is, so the source's only set will do. Raises Failure when the
    file cannot be recognised."""
    fileset = _configured(settings, file) or _alike(settings, file, named)
    if fileset is None:
        return None
    here = {"path": Path(glob.escape(str(file.resolve()))), "url": None, "sftp": None}
    one = fileset.model_copy(update={**here, "complete": False})
    return settings.model_copy(update={"files": (one,)})


def _configured(settings: ExportsSettings, file: Path) -> FileSet | None:
    """The set whose path or pattern names this very file."""
    return next((each for each in settings.files if file.resolve() in _files(settings, each)), None)


def _files(settings: ExportsSettings, fileset: FileSet) -> list[Path]:
    if fileset.address:
        return []
    try:
        return [path.resolve() for path in matching(settings.resolve(fileset.path))]
    except Failure:
        return []


def _alike(settings: ExportsSettings, file: Path, named: bool) -> FileSet | None:
    """The set that holds files of the same format."""
    try:
        profile = recognise(file, FileSet(path=file))
    except Failure:
        if named and len(settings.files) == 1:
            return settings.files[0]
        raise
    fitting = [each for each in settings.files if _reads(settings, each) == profile]
    if fitting:
        return fitting[0]
    return FileSet(path=file) if named else None


def _reads(settings: ExportsSettings, fileset: FileSet) -> Profile | None:
    """The profile a set is read by: told in the TOML, else what its first file's header tells."""
    if fileset.told_profile:
        return fileset.told_profile
    try:
        return next((recognise(path, fileset) for path in _files(settings, fileset)), None)
    except Failure:
        return None
