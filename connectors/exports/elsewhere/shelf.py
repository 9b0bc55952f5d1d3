"""The private folder one address's files are kept in, and what is known of each: written whole or never.

Only its owner may read it (0700). What is told of a file (its ETag, its size over there) counts only while
the file is the very one it was told of: another process may have brought a newer one.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from connectors.base import Garbled, Refused, Unavailable
from connectors.exports.files import natural

LEFT_BEHIND = 86400  # seconds: no download takes that long
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body")


class Shelf:
    """The files of one address below ``folder``. ``address`` is for messages, ``whole`` for telling apart."""

    def __init__(self, folder: Path, address: str, whole: str) -> None:
        self.address = address
        self.folder = folder / sha256(whole.encode()).hexdigest()[:16]

    def make(self, now: float) -> None:
        """Make the folder where it is not there yet, for its owner alone, and remove what a run that was
        killed left half written."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            self.folder.parent.chmod(0o700)
            for left in self.folder.glob(".*.part"):
                if now - left.stat().st_mtime > LEFT_BEHIND:
                    left.unlink(missing_ok=True)
        except OSError as e:
            raise Refused(
                f"{self.folder}: what {self.address} sends cannot be kept there ({e.strerror}); "
                "name a folder of Fanlight's own as cache in the TOML"
            ) from None

    def files(self) -> list[Path]:
        """What is kept, in natural order."""
        if not self.folder.is_dir():
            return []
        return sorted((path for path in self.folder.iterdir() if path.name[0] != "."), key=natural)

    def told(self, name: str) -> dict[str, Any]:
        """What was told of a file when it was kept; {} where the file is another one by now."""
        try:
            told = json.loads(self._beside(name).read_text("utf-8"))
            mark = self._mark(name)
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) and told.get("mark") == mark else {}

    @contextmanager
    def writing(self) -> Iterator[IO[bytes]]:
        """A file to fill, in the same folder; gone afterwards unless it was kept."""
        try:
            file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed below
                prefix=".", suffix=".part", dir=self.folder, delete=False
            )
        except OSError as e:
            raise Unavailable(f"{self.address} cannot be stored here: {e.strerror}") from None
        try:
            with file:
                yield file
        finally:
            Path(file.name).unlink(missing_ok=True)

    def keep(self, file: IO[bytes], name: str, written: float, told: dict[str, Any]) -> None:
        """Put a filled file in its place, last written at ``written`` (seconds since 1970), with what is told
        of it. Raises Garbled for a web page."""
        file.flush()
        file.seek(0)
        if file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE):
            raise Garbled(
                f"{self.address} sent a web page (to sign in?) where a file belongs; nothing of it is taken"
            )
        os.fsync(file.fileno())
        os.utime(file.name, (written, written))
        Path(file.name).replace(self.folder / name)
        self.note(name, told)

    def note(self, name: str, told: dict[str, Any], written: float | None = None) -> None:
        """Write down what is told of a kept file, and when it was last known to be so."""
        if written is not None:
            os.utime(self.folder / name, (written, written))
        with self.writing() as file:
            file.write(json.dumps({**told, "mark": self._mark(name)}).encode())
            file.flush()
            Path(file.name).replace(self._beside(name))

    def only(self, names: set[str]) -> None:
        """Remove every other file."""
        for path in self.files():
            if path.name not in names:
                path.unlink(missing_ok=True)
                self._beside(path.name).unlink(missing_ok=True)

    def _beside(self, name: str) -> Path:
        return self.folder / f".{name}.told"

    def _mark(self, name: str) -> list[int]:
        seen = (self.folder / name).stat()
        return [seen.st_size, seen.st_mtime_ns, seen.st_ino]
