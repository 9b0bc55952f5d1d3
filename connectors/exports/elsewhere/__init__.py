"""Files that lie elsewhere, behind an https address or in an SFTP folder: brought into a private folder, and
only where they changed; then they are read like any file.

    address ─ web | sftp ▶ shelf (one private folder per address) ▶ the paths the catalogue opens
"""

from collections.abc import Callable
from pathlib import Path

from connectors.base import Failure, Unavailable
from connectors.exports.elsewhere.shelf import Shelf
from connectors.exports.files import matching
from connectors.exports.settings import ExportsSettings, FileSet

FRESH = 60.0  # seconds in which a source's several questions after its files are one


class Elsewhere:
    """The files of one source's sets, wherever they lie. ``clock``: seconds since 1970."""

    def __init__(
        self, settings: ExportsSettings, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._settings, self._clock, self._sleep = settings, clock, sleep
        self._known: dict[str, tuple[float, Failure | None]] = {}

    def matching(self, fileset: FileSet) -> list[Path]:
        """The files of a set, in natural order, brought here where they lie elsewhere; raises Failure."""
        if not fileset.address:
            return matching(self._settings.resolve(fileset.path))
        asked, failure = self._known.get(fileset.whole_address, (float("-inf"), None))
        if not 0 <= self._clock() - asked < FRESH:
            failure = self._brought(fileset)
            self._known[fileset.whole_address] = self._clock(), failure
        if failure:
            raise failure
        return self.kept(fileset)

    def kept(self, fileset: FileSet) -> list[Path]:
        """What was brought before, whether or not it is still true."""
        return self._shelf(fileset).files() if fileset.address else []

    def _brought(self, fileset: FileSet) -> Failure | None:
        try:
            shelf = self._shelf(fileset)
            shelf.make(self._clock())
            if fileset.url:
                from connectors.exports.elsewhere.web import bring_page

                bring_page(fileset, shelf, self._settings, self._clock, self._sleep)
            else:
                from connectors.exports.elsewhere.sftp import bring_folder

                bring_folder(fileset, shelf, self._settings, self._clock)
        except Failure as e:
            return e
        except OSError as e:
            return Unavailable(f"{fileset.address} cannot be stored here: {e.strerror}")
        return None

    def _shelf(self, fileset: FileSet) -> Shelf:
        folder = self._settings.resolve(self._settings.cache) / self._settings.id
        return Shelf(folder, fileset.address, fileset.whole_address)
