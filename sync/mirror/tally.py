"""What a run counts and remembers while it reads, and when so many removals are not believed. No SQL here."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

TOGETHER = 4096  # hashes compared in one go


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
        """The hashes of those of these that were not met. Both sides are put in order and compared piece by
        piece: looking for each by itself takes several times as long."""
        met, asked = self._hashes, array("q", map(hash, ids))
        met[:], asked[:] = array("q", sorted(met)), array("q", sorted(asked))
        lacking = set[int]()
        for start in range(0, len(asked), TOGETHER):
            some = asked[start : start + TOGETHER]
            alike = met[bisect_left(met, some[0]) : bisect_right(met, some[-1])]
            lacking |= set(some).difference(alike)
        return lacking


def too_many(leaving: int, visible: int) -> bool:
    """The guard: whether a listing without ``leaving`` of ``visible`` rows is rather broken than true."""
    return leaving > 0 and (
        leaving >= visible
        or (leaving >= 4 and leaving * 2 > visible)
        or (leaving > 20 and leaving * 10 > visible)
    )
