"""Lines of a record that stand in columns of their own: line_item_1, line_item_2 …, each
``name:Bolt|sku:B1|quantity:2``."""

from collections.abc import Sequence

from connectors.exports.profile import LineColumns
from connectors.exports.reader import Header, folded


class Unfold:
    """The columns of one header that are lines, and how they are taken apart."""

    def __init__(self, told: LineColumns, header: Header, wanted: Sequence[str]) -> None:
        self._told, self._wanted = told, wanted
        begins = folded(told.begins)
        found = {
            int(number): (at, name)
            for at, name in enumerate(header.names)
            if folded(name).startswith(begins) and (number := folded(name)[len(begins) :]).isdecimal()
        }
        self._at = [found[number] for number in sorted(found)]
        self.columns = tuple(name for _, name in self._at)

    def lines(self, cells: Sequence[str]) -> list[tuple[str, ...]]:
        """The wanted values of every line that is not blank."""
        parts = [self._parts(cells[at]) for at, _ in self._at if cells[at].strip()]
        return [tuple(part.get(name, "") for name in self._wanted) for part in parts]

    def wrong(self, cells: Sequence[str]) -> str:
        """What is wrong with a line of this row, '' for nothing."""
        for at, name in self._at:
            if cells[at].strip() and not self._parts(cells[at]).get(self._wanted[0]):
                return f"{name}: no {self._wanted[0]}{self._told.of}… in {cells[at][:60]!r}"
        return ""

    def _parts(self, cell: str) -> dict[str, str]:
        """Its values by name. What has no name goes on with the value before; of two of a name the first
        counts."""
        made: dict[str, str] = {}
        last = ""
        for part in cell.split(self._told.between):
            name, told, value = part.partition(self._told.of)
            if told and name.strip().isidentifier():
                last = name.strip()
                made.setdefault(last, value)
            elif last:
                made[last] += self._told.between + part
        return {name: value.strip() for name, value in made.items()}
