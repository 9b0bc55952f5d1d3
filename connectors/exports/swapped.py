"""Dates a spreadsheet of another country got wrong. Opening 05/01/2025 and 24/03/2026 as month first, it
makes a date of the one, with day and month swapped, and leaves the other as text: one column holds both."""

import re

from msgspec import Struct

from connectors.base import Refused
from connectors.exports import values
from connectors.exports.layout import Layout
from connectors.exports.survey import observed

REAL = re.compile(r"\d{4}-\d\d-(\d\d)")


class Dates(Struct):
    """One column: its first real date, its first text, and whether anything speaks against a swap."""

    at: int
    name: str
    real: str = ""
    text: str = ""
    sound: bool = False

    def see(self, cell: str, line: int) -> None:
        """Look at a cell. A real date after the 12th was not swapped; a text that could be either order would
        have become a date."""
        if found := REAL.match(cell):
            self.sound = self.sound or int(found[1]) > 12
            self.real = self.real or f"{cell[:10]} (line {line})"
        elif order := values.date_order(cell):
            self.sound = self.sound or order == "?"
            self.text = self.text or f"{cell!r} (line {line})"


def must_not_be_swapped(layout: Layout) -> None:
    """Raise Refused where a column of a workbook holds dates with day and month swapped."""
    columns = [Dates(at, name) for at, name, kind in observed(layout) if kind not in ("", "number")]
    for row in layout.rows() if columns else ():
        for column in columns:
            if not column.sound and (cell := row.cells[column.at]):
                column.see(cell.strip(), row.line)
    for column in columns:
        if column.real and column.text and not column.sound:
            raise Refused(
                f"{layout.sheet.name}, {column.name}: some cells are dates, all of the 12th or earlier, like "
                f"{column.real}, others are texts like {column.text}: a spreadsheet of another country has "
                "swapped day and month. Take the export as it came, or make every cell of the column a date"
            )
