"""What a run counts and remembers while it reads, and when so many removals are not believed. No SQL here."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

TOGETHER = 50_000  # ids compared in one go, at least


@dataclass(frozen=True)
class Tally:
    """What became of the rows of a run. ``data_rows`` is always the sum of the next four."""

    data_rows: int = 0
    placed_rows: int = 0
    hidden_rows: int = 0
    deleted_rows: int = 0
    quarantined_rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Finding:
    """What a rehearsal says about one row: what would happen to it, and why."""

    record: str
    source_id: str | None
    what: str  # new | changed | unchanged | back | older | hidden | quarantined | gone | withheld
    place: str = ""
    why: str = ""
    moved: Sequence[tuple[str, str | None, str | None]] = ()  # column, from, to


class Seen:
    """The ids one run met, 8 bytes each. Two ids of one hash (one chance in 2⁶⁴ a pair) can only keep a
    record from being removed, never the other way round; the next process hashes differently."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def add(self, ids: Iterable[str]) -> None:
        """Remember these."""
        self._hashes.extend(map(hash, ids))

    def lacks(self, ids: Iterable[str]) -> set[int]:
        """The hashes of those of these that were not met; an eighth of these at a time, to spare memory."""
        asked, lacking = array("q", map(hash, ids)), set[int]()
        share = max(TOGETHER, len(asked) // 8)
        for start in range(0, len(asked), share):
            some = set(asked[start : start + share])
            some.difference_update(self._hashes)
            lacking |= some
        return lacking


def too_many(leaving: int, visible: int) -> bool:
    """The guard: whether a listing without ``leaving`` of ``visible`` rows is rather broken than true."""
    return leaving > 0 and (
        leaving >= visible
        or (leaving >= 4 and leaving * 2 > visible)
        or (leaving > 20 and leaving * 10 > visible)
    )
