"""Orders as they were planned: what, when, when it ships, when it is paid. What an order looks like on a day
follows from its plan, so the demo can play any number of days without keeping more than their count.
"""

from dataclasses import dataclass
from decimal import Decimal

from portal.demo.companies import Company

ZERO = Decimal("0.00")
NEVER = 10_000_000


@dataclass(frozen=True)
class Line:
    """One line. ``late`` lines follow in a second shipment; ``discount`` is for the whole line."""

    sku: str
    name: str
    quantity: int
    price: Decimal
    discount: Decimal
    tax: Decimal
    late: bool = False

    @property
    def net(self) -> Decimal:
        """What the line costs before tax."""
        return self.quantity * self.price - self.discount


@dataclass(frozen=True)
class Paid:
    """Money on a day."""

    day: int
    amount: Decimal


@dataclass(frozen=True)
class Credit:
    """A line given back on a day: paid out in cash, or taken off what is still to pay."""

    day: int
    line: Line
    cash: bool

    @property
    def amount(self) -> Decimal:
        """The line with its tax."""
        return self.line.net + self.line.tax


@dataclass(frozen=True)
class Order:
    """An order with its whole plan; days are numbers of the demo's calendar."""

    company: Company
    email: str
    day: int
    minute: int
    lines: tuple[Line, ...]
    carriage: Decimal
    carriage_tax: Decimal
    code: str = ""
    number: int = 0
    ships: int = NEVER
    rest: int = NEVER  # when the late lines follow
    cancelled: int = NEVER
    deleted: int = NEVER
    invoiced: int = NEVER
    payments: tuple[Paid, ...] = ()
    credit: Credit | None = None
    note: str = ""
    purchase_order: str = ""

    @property
    def name(self) -> str:
        """The number as people say it."""
        return f"#{self.number}"

    @property
    def subtotal(self) -> Decimal:
        """All lines, discounts taken off."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        """The tax on lines and carriage."""
        return sum((line.tax for line in self.lines), self.carriage_tax)

    @property
    def total(self) -> Decimal:
        """What the order costs."""
        return self.subtotal + self.carriage + self.tax

    @property
    def discount(self) -> Decimal:
        """What the discount code took off."""
        return sum((line.discount for line in self.lines), ZERO)

    def shipped(self, line: Line, day: int) -> bool:
        """Whether a line has left by a day."""
        return day >= (self.rest if line.late else self.ships)

    def fulfilment(self, day: int) -> str:
        """Shopify's word for how much has left."""
        gone = [self.shipped(line, day) for line in self.lines]
        return "fulfilled" if all(gone) else "partial" if any(gone) else "unfulfilled"

    def paid(self, day: int) -> Decimal:
        """What has been paid by a day."""
        return sum((payment.amount for payment in self.payments if payment.day <= day), ZERO)

    def refunded(self, day: int) -> Decimal:
        """What has been paid back by a day."""
        return self.credit.amount if self.credit and self.credit.cash and self.credit.day <= day else ZERO

    def outstanding(self, day: int) -> Decimal:
        """What is still to pay on a day."""
        if self.cancelled <= day:
            return ZERO
        credited = self.credit and not self.credit.cash and self.credit.day <= day and self.credit.amount
        return self.total - self.paid(day) - (credited or ZERO)

    def payment_status(self, day: int) -> str:
        """Shopify's word for how much has been paid."""
        if self.cancelled <= day:
            return "voided"
        if self.refunded(day):
            return "refunded" if self.refunded(day) >= self.total else "partially_refunded"
        if self.outstanding(day) <= 0:
            return "paid"
        return "partially_paid" if self.paid(day) else "pending"
