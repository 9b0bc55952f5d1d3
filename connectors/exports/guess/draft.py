"""A mapping while it is guessed: what will be printed, why, and what nobody could tell."""

from collections.abc import Sequence
from typing import Any

from connectors.exports.guess.columns import Column
from connectors.exports.guess.fields import DAYS, MONEY
from connectors.exports.guess.levels import Levels

UNSURE = 0.75
DATES = frozenset(
    {"date", "created", "updated", "due_date", "expected_date", "shipped_date", "delivered_date", "paid_date",
     "order_date", "invoice_date", "closed_date", "cancelled_date"}
)  # fmt: skip
AMOUNTS = frozenset(
    {"subtotal", "tax", "total", "amount", "paid", "due", "refunded", "discount", "shipping_cost", "quantity",
     "unit_price", "line_total", "line_total_net", "line_tax", "line_discount"}
)  # fmt: skip
NAMES = frozenset(
    {"customer_name", "contact_name", "owner_name", "first_name", "last_name", "name", "product_name", "city",
     "street", "country", "subject", "status", "payment_status", "shipping_status", "method", "carrier"}
)  # fmt: skip


class Draft:
    """A mapping in the making. ``table`` is what [sources.files.map] will say; ``remarks`` stand behind its
    keys ("fields.total"), ``warnings`` above everything."""

    def __init__(self, record: str, columns: Sequence[Column], levels: Levels | None) -> None:
        self.record, self.columns, self.levels = record, columns, levels
        self.table: dict[str, Any] = {}
        self.remarks: dict[str, str] = {}
        self.warnings: list[str] = []
        self.left_out: dict[str, str] = {}  # column → why
        self.beside: Sequence[Column] = ()  # of a file of lines

    @property
    def fields(self) -> dict[str, Any]:
        """[sources.files.map.fields]"""
        found: dict[str, Any] = self.table.setdefault("fields", {})
        return found

    @property
    def lines(self) -> dict[str, Any]:
        """[sources.files.map.lines]"""
        found: dict[str, Any] = self.table.setdefault("lines", {})
        return found

    def remark(self, key: str, said: str) -> None:
        """Say something behind a key; what was said of it before stays."""
        self.remarks[key] = f"{self.remarks[key]}; {said}" if key in self.remarks else said

    def of(self, *meanings: str, side: str | None = "") -> list[Column]:
        """The columns of these meanings that hold what they say, the best first. ``side`` None: any."""
        found = [
            column
            for name in meanings
            for column in sorted(self.columns, key=lambda c: (c.blank, -c.meaning.sure, c.meaning.ordinal))
            if column.meaning.name == name and side in (None, column.meaning.side) and fits(column)
        ]
        return sorted(found, key=lambda c: c.meaning.sure < UNSURE)  # stable

    def heads(self, *meanings: str, side: str | None = "") -> list[Column]:
        """Of these, the columns that hold one value for a whole record."""
        found = self.of(*meanings, side=side)
        levels = self.levels
        if levels is None or not levels.grouped:
            return found
        for column in found:
            if levels.of_lines(column):
                self.left_out.setdefault(column.name, f"differs on the rows of one {self.record}")
        return [column for column in found if not levels.of_lines(column)]

    def take(self, field: str, columns: Sequence[Column], *, all_of: bool = False) -> Column | None:
        """Fill a field with the first of these columns (or with the first filled one of all of them)."""
        if not columns:
            return None
        first = columns[0]
        self.fields[field] = [c.name for c in columns] if all_of and len(columns) > 1 else first.name
        self.doubt(f"fields.{field}", first)
        if not all_of and len(columns) > 1 and field in MONEY | DAYS:
            self.remark(f"fields.{field}", f"or {named(columns[1:4])}?")
        return first

    def doubt(self, key: str, column: Column) -> None:
        """Say that a column's name is not quite understood, or that nothing stands in it yet."""
        if column.meaning.sure < UNSURE:
            self.remark(key, "UNSURE: guessed by a part of its name")
        elif column.blank:
            self.remark(key, "blank in this file")

    def columns_used(self) -> set[str]:
        """The names of all columns the mapping reads."""
        return {column.name for column in self.columns} & set(_texts(self.table))


def named(columns: Sequence[Column]) -> str:
    """Columns as they are called: "Total", "Betrag"."""
    return ", ".join(f'"{column.name}"' for column in columns)


def fits(column: Column) -> bool:
    """Whether the cells are what the name says: a date is one, an amount is one. A blank column fits."""
    name = column.meaning.name
    if not column.filled:
        return True
    if name in DATES:
        return column.mostly("date", 0.8) and not (column.mostly("whole") and name == "date")
    if name in AMOUNTS:
        return column.mostly("number", 0.8) and not column.mostly("time", 0.5)
    if name in NAMES:
        return (
            not column.mostly("money", 0.8)
            and not column.mostly("whole", 0.8)
            and not column.mostly("date", 0.8)
        )
    if name == "email" or name.endswith("_email"):
        return column.mostly("email", 0.5)
    if name == "currency":
        return column.mostly("currency", 0.8)
    if name in ("tracking_url", "website"):
        return not column.mostly("number", 0.5)
    return True


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    found = (
        list(value.values())
        if isinstance(value, dict)
        else list(value)
        if isinstance(value, list | tuple)
        else []
    )
    keys = list(value) if isinstance(value, dict) else []
    return [text for one in (*keys, *found) for text in _texts(one)]
