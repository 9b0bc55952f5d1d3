"""What the tests of pages put into the mirror, and how they read what comes back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

from connectors.records import Invoice, Order

Put = Callable[..., list[str]]
A_DAY = timedelta(days=1)


def text(answer: Any) -> str:
    """The words of a page that was served, one space between them."""
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text).split())


def order(number: str, now: datetime, *, days: int = 1, **told: Any) -> Order:
    """An order of organisation A, placed so many days ago."""
    filled = {"currency": "EUR", "total": Decimal(100), "placed": now - days * A_DAY, "status": "unfulfilled"}
    return Order(source_id=number, belongs_to="a0017", number=number, **{**filled, **told})


def invoice(number: str, **told: Any) -> Invoice:
    """An invoice of organisation A, nothing paid yet."""
    amounts = {"total": Decimal(100), "paid": Decimal(0), "credited": Decimal(0), "due": Decimal(100)}
    filled = {"currency": "EUR", **amounts}
    return Invoice(source_id=number, belongs_to="a0017", number=number, **{**filled, **told})
