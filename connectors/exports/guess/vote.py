"""Which record a file holds, by vote of its columns and its name; and whether it is of the business's own
suppliers."""

from collections import defaultdict
from collections.abc import Sequence

from connectors.exports.guess.columns import Column
from connectors.exports.guess.draft import fits
from connectors.exports.guess.fields import NAMED, VOTES
from connectors.exports.guess.words import ideas_in, says

ENOUGH = 3.0  # points, below which nobody should believe the guess
CLOSE = 1.5  # points between the first and the second that leave a doubt


def vote(columns: Sequence[Column], title: str) -> list[tuple[str, float]]:
    """Records with their points, most first. ``title``: the name of the file and of its sheet."""
    points: dict[str, float] = defaultdict(float)
    met: set[str] = set()
    for column in columns:
        name = column.meaning.name
        if name in met or not fits(column):
            continue
        met.add(name)
        for record, n in VOTES.get(name, {}).items():
            points[record] += n * column.meaning.sure * (0.4 if column.blank else 1.0)
        if name in ("customer_number", "customer_id") and column.distinct == column.filled:
            points["account"] += 2.5 if column.filled > 1 else 0.7  # each once: a list of customers
    if "invoice_number" in met and not {"invoice_date", "due_date"} & met and "order_number" in met:
        points["invoice"] -= 1.5
    if "method" in met and not {"due_date", "invoice_date", "total", "tax", "due"} & met:
        points["invoice"] -= 1.5
    if any(c.meaning.side and c.meaning.name in ("street", "city", "postcode") for c in columns):
        points["account"] += 1.0
    if {"first_name", "last_name"} <= met and not {"customer_name", "tax_number"} & met:
        points["contact"] += 0.5
    for idea in ideas_in(title):
        for record, n in NAMED.get(idea, {}).items():
            points[record] += n
    return sorted(points.items(), key=lambda pair: -pair[1])


def supplier_doubt(columns: Sequence[Column], title: str) -> str:
    """Why these may be the business's own purchases, which customers must never see; '' where nothing says
    so."""
    suppliers = [c for c in columns if c.meaning.name in ("supplier_name", "supplier_number") and not c.blank]
    buyers = ("customer_number", "customer_id", "customer_name", "customer_email", "email", "contact_name")
    customers = [c for c in columns if (c.meaning.name in buyers or c.meaning.side) and not c.blank]
    if suppliers and not customers:
        return f'it names suppliers ("{suppliers[0].name}") and no customers'
    bills = [
        c for c in columns if c.meaning.name == "type" and c.few and all(says(w, "bill") for w in c.counts)
    ]
    if bills:
        return f'"{bills[0].name}" says {bills[0].example()!r}'
    ideas = ideas_in(title)
    if ideas & {"supplier", "purchase"} and "order" not in ideas:
        return "its name says so"
    return ""


def purchases_among(columns: Sequence[Column]) -> tuple[Column, list[str]] | None:
    """A column of kinds in which some rows are sales and some are purchases, and the words for sales."""
    for column in columns:
        if column.meaning.name in ("type", "customer_type") and column.few and column.filled:
            sales = [word for word in column.counts if not says(word, "bill")]
            if sales and len(sales) < len(column.counts):
                return column, sales
    return None
