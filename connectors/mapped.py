"""What a page of rows is mapped to: records told field by field, and the rows that are none."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from connectors.records import Columns, Record

if TYPE_CHECKING:
    from connectors.base import Unreadable


class Mapped(Struct, frozen=True):
    """What many rows are: the fields of their records, column by column, and why the other rows are none (by
    their number)."""

    columns: Columns
    wrong: Mapping[int, "Unreadable"] = {}

    @property
    def rows(self) -> int:
        """How many there were."""
        return len(self.columns.get("source_id", ())) + len(self.wrong)

    def each(self, record: type[Record]) -> "Iterator[Record | Unreadable]":
        """Row by row: its record, or why it is none."""
        made = (
            record(**dict(zip(self.columns, values, strict=True)))
            for values in zip(*self.columns.values(), strict=True)
        )
        for n in range(self.rows):
            yield self.wrong[n] if n in self.wrong else next(made)


def joined(pieces: Sequence[Mapped]) -> Mapped:
    """Pieces of a page, one after the other."""
    columns, wrong, before = dict[str, list[Any]](), dict[int, "Unreadable"](), 0
    for piece in pieces:
        for name, column in piece.columns.items():
            columns.setdefault(name, []).extend(column)
        wrong |= {before + n: why for n, why in piece.wrong.items()}
        before += piece.rows
    return Mapped(columns, wrong)
