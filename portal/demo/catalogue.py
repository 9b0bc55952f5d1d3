"""What Northgate Supplies sells: packaging and workshop goods, priced in the customer's currency."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

CENT = Decimal("0.01")
RATES = {"GBP": Decimal("1.00"), "EUR": Decimal("1.18"), "USD": Decimal("1.31")}


@dataclass(frozen=True)
class Product:
    """One article. ``pack`` is the smallest step it is ordered in, ``popular`` its weight from 1 to 10."""

    sku: str
    name: str
    price: Decimal
    pack: int
    popular: int

    def price_in(self, currency: str) -> Decimal:
        """The list price in a currency, in steps of five cents."""
        return (self.price * RATES[currency] * 20).quantize(Decimal(1)) / 20 + Decimal("0.00")


@cache
def products() -> tuple[Product, ...]:
    """The whole catalogue."""
    with (Path(__file__).parent / "products.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Product(row["sku"], row["name"], Decimal(row["price"]), int(row["pack"]), int(row["popular"]))
            for row in csv.DictReader(file)
        )
