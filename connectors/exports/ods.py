"""What a parser of workbooks does not tell of an ODS: how far its cells reach, which of them are errors or
formulas never calculated, and which are merged."""

import re
from xml.parsers import expat

from connectors.base import Refused
from connectors.exports.cells import ERROR, UNCALCULATED, Oddities, Place, must_be_table

WORDS = re.compile(r"#[A-Z0-9/]+[!?]?|Err:[0-9]+")


def in_ods(file: str, xml: bytes) -> dict[str, Oddities]:
    """The oddities of every sheet of a content.xml. Raises Refused when their cells reach too far."""
    found = _Reading(file)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.CharacterDataHandler = found.text
    parser.Parse(xml, True)
    return found.sheets


class _Reading:
    """One pass over the elements."""

    def __init__(self, file: str) -> None:
        self.sheets: dict[str, Oddities] = {}
        self._file, self._name, self._area = file, "", 0
        self._row = self._times = self._at = self._repeated = self._columns = self._rows = 0
        self._odd: dict[int, str] = {}
        self._wrong: dict[Place, str] = {}
        self._merged: list[tuple[Place, Place]] = []
        self._cell: dict[str, str] | None = None
        self._said: list[str] = []

    def start(self, name: str, told: dict[str, str]) -> None:
        """An element begins."""
        if name == "table:table":
            self._name = told.get("table:name", "")
            self._row = self._columns = self._rows = 0
            self._wrong, self._merged = {}, []
        elif name == "table:table-row":
            self._times, self._at, self._odd = self._number(told, "rows-repeated"), 0, {}
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell, self._said, self._repeated = told, [], self._number(told, "columns-repeated")
            rows, columns = self._number(told, "rows-spanned"), self._number(told, "columns-spanned")
            if rows > 1 or columns > 1:
                last = (self._row + rows - 1, self._at + columns - 1)
                self._merged.append(((self._row, self._at), last))

    def text(self, text: str) -> None:
        """Text, of a cell or of something else."""
        if self._cell is not None:
            self._said.append(text)

    def end(self, name: str) -> None:
        """An element ends."""
        if name in ("table:table-cell", "table:covered-table-cell") and self._cell is not None:
            self._end_cell(self._cell, "".join(self._said).strip())
            self._cell = None
        elif name == "table:table-row":
            if self._odd:
                odd = self._odd.items()
                self._wrong |= {(self._row + n, at): why for n in range(self._times) for at, why in odd}
            self._row += self._times
        elif name == "table:table":
            self._area += self._rows * self._columns
            must_be_table(self._file, self._name, self._area, 3)  # all sheets are held, and their formulas
            self.sheets[self._name] = Oddities(self._wrong, tuple(self._merged))

    def _end_cell(self, told: dict[str, str], said: str) -> None:
        valued = "office:value-type" in told
        if said or valued or "table:formula" in told:
            width = self._at + self._repeated
            self._rows, self._columns = self._row + self._times, max(self._columns, width)
            must_be_table(self._file, self._name, self._rows, self._columns)
            if reason := _reason(told, said, valued):
                self._odd.update(dict.fromkeys(range(self._at, width), reason))
        self._at += self._repeated

    def _number(self, told: dict[str, str], name: str) -> int:
        number = told.get("table:number-" + name)
        if number is None:
            return 1
        if not (number.isascii() and number.isdecimal() and len(number) <= 10):
            raise Refused(f"{self._file}, sheet {self._name}: {name} is {number[:40]!r}, which is no number")
        return int(number)


def _reason(told: dict[str, str], said: str, valued: bool) -> str:
    """What is wrong with a cell, '' for nothing."""
    calculated = "table:formula" in told
    if calculated and not said and not valued:
        return UNCALCULATED
    error = calculated or told.get("calcext:value-type") == "error"
    return ERROR.format(said) if error and WORDS.fullmatch(said) else ""
