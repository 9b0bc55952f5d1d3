"""Which files a path or pattern names, and one of them held open: regular, at rest, unchanged while it is
read."""

import glob
import io
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.base import Refused, Unavailable

CHUNK = 1 << 20
FLAGS = os.O_RDONLY
for flag in (
    "O_NONBLOCK",
    "O_BINARY",
    "O_NOFOLLOW",
):  # a pipe does not hang, a link put there now is not taken
    FLAGS |= getattr(os, flag, 0)
OTHER_SPREADSHEETS = (".xls", ".xlsb", ".numbers")


def matching(path: Path) -> list[Path]:
    """The files a path or pattern names, in natural order (…2.csv before …10.csv); raises Refused when
    there is none."""
    if glob.has_magic(str(path)):
        names = glob.iglob(str(path))  # noqa: PTH207 - an absolute pattern, possibly with patterns in its folders
        found = [Path(name) for name in names if not Path(name).name.startswith(("~$", "."))]
    else:
        found = [path] if path.exists() else []
    if not found:
        raise Refused(_missing(path))
    folder = _folder(path).resolve()
    for one in found:
        if not one.resolve().is_relative_to(folder):
            raise Refused(f"{one.name} is a link out of {folder}; put the file itself there")
    return sorted(found, key=natural)


def _folder(path: Path) -> Path:
    """The folder a path or pattern begins at: whoever may put files there may not have others read."""
    folder = path.parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    return folder


def _missing(path: Path) -> str:
    if not path.parent.exists() and not glob.has_magic(str(path.parent)):
        return f"{path}: there is no folder {path.parent}; make it or correct path in the TOML"
    return f"no file matches {path.name} in {path.parent}; put the export there or correct path in the TOML"


def natural(path: Path) -> list[tuple[int, int, str]]:
    """A sort key in which numbers inside a name count as numbers."""
    parts: list[tuple[int, int, str]] = []
    for digits, run in _runs(path.name.lower()):
        parts.append((0, int(run), "") if digits else (1, 0, run))
    return parts


def _runs(name: str) -> Iterator[tuple[bool, str]]:
    start = 0
    for at in range(1, len(name) + 1):
        if at == len(name) or name[at].isdecimal() != name[start].isdecimal():
            yield name[start].isdecimal(), name[start:at]
            start = at


class SourceFile:
    """One export file, open for reading from a single descriptor; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        if path.suffix.lower() in OTHER_SPREADSHEETS:
            raise Refused(
                f"{path.name} is a spreadsheet of another kind; save it as XLSX or CSV (UTF-8) instead"
            )
        try:
            descriptor = os.open(path.resolve(), FLAGS)
        except FileNotFoundError as e:
            raise Refused(_missing(path)) from e
        except OSError as e:
            raise Refused(f"{path.name} cannot be opened: {e.strerror}; correct its permissions") from e
        self._first = os.fstat(descriptor)
        if not stat.S_ISREG(self._first.st_mode):
            os.close(descriptor)
            raise Refused(f"{path.name} is not a file; correct path in the TOML")
        self._raw = io.FileIO(descriptor, "rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the descriptor back."""
        self._raw.close()

    def modified(self, now: float) -> datetime:
        """When it was last written, never later than ``now``. A file dated in the future tells nothing: it is
        as old as its coming here."""
        written = self._first.st_mtime if self._first.st_mtime <= now else self._first.st_ctime
        return datetime.fromtimestamp(min(written, now), UTC)

    @property
    def mtime(self) -> int:
        """When it was last written, in nanoseconds."""
        return self._first.st_mtime_ns

    def must_rest(self, now: float, settle: float) -> None:
        """Raise Unavailable while somebody may still be writing: changed less than ``settle`` seconds ago.

        A file that was moved or renamed here after its last write (its inode is younger than its contents)
        is whole."""
        age = now - self._first.st_mtime
        if abs(age) < settle and self._first.st_ctime_ns <= self._first.st_mtime_ns:
            wait = settle - age
            raise Unavailable(
                f"{self.name} was written {max(age, 0):.1f} s ago and may not be complete; "
                f"it is read once it has rested {settle:g} s",
                retry_after=wait,
            )

    def must_be_unchanged(self) -> None:
        """Raise Unavailable when the file was written to since it was opened."""
        now = os.fstat(self._raw.fileno())
        if (now.st_size, now.st_mtime_ns) != (self._first.st_size, self._first.st_mtime_ns):
            raise Unavailable(
                f"{self.name} was written to while it was read; nothing more of it is taken, "
                "the next run reads it again"
            )

    def head(self, size: int = 1 << 16) -> bytes:
        """Its first bytes."""
        self._raw.seek(0)
        return self._raw.read(size) or b""

    def chunks(self) -> Iterator[bytes]:
        """All its bytes from the start."""
        self._raw.seek(0)
        while chunk := self._raw.read(CHUNK):
            yield chunk

    def text(self, encoding: str) -> io.TextIOWrapper:
        """Its text from the start, line ends untouched. Detach it when done: closing would close the
        descriptor."""
        self._raw.seek(0)
        return io.TextIOWrapper(io.BufferedReader(self._raw, CHUNK), encoding=encoding, newline="")
