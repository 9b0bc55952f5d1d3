"""Invoices and credit notes as the books plan them: most follow an order, some are for services."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from portal.demo.catalogue import CENT
from portal.demo.chance import dice
from portal.demo.companies import Company
from portal.demo.days import Calendar
from portal.demo.orders import NEVER, ZERO, Order, Paid
from portal.demo.plans import tax_rate

SALE, CREDIT_NOTE = "Sales invoice", "Sales credit note"
SERVICES = (
    ("SV-PAL", "Pallet exchange and storage, {month:%B %Y}", "48.00"),
    ("SV-CON", "Packaging advice on site, half a day", "210.00"),
    ("SV-SHA", "Blade and tool sharpening service, {month:%B %Y}", "65.00"),
)


class InvoiceLine(NamedTuple):
    """One line of the books; ``percent`` is a discount."""

    code: str
    description: str
    quantity: int
    unit: Decimal
    percent: Decimal | None
    net: Decimal
    tax: Decimal
    account: str = "200"


@dataclass(frozen=True)
class Invoice:
    """A document of the books with its whole plan. A credit note's amounts are negative."""

    company: Company
    issued: int
    lines: tuple[InvoiceLine, ...]
    kind: str = SALE
    number: str = ""
    reference: str = ""
    approved: int = -NEVER
    voided: int = NEVER
    payments: tuple[Paid, ...] = ()
    credits: tuple[Paid, ...] = ()

    @property
    def tax(self) -> Decimal:
        """The tax of all lines."""
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """What the document comes to."""
        return sum((line.net for line in self.lines), self.tax)

    def paid(self, day: int) -> Decimal:
        """What has been paid by a day."""
        return sum((paid.amount for paid in self.payments if paid.day <= day), ZERO)

    def due(self, day: int) -> Decimal:
        """What is still to pay on a day; nothing on a void one."""
        if self.voided <= day:
            return ZERO
        return self.total - self.paid(day) - sum((c.amount for c in self.credits if c.day <= day), ZERO)

    def status(self, day: int) -> str:
        """Xero's word for where the document stands."""
        if self.voided <= day:
            return "Voided"
        if day < self.approved:
            return "Draft"
        return "Awaiting Payment" if self.due(day) else "Paid"


def documents(
    seed: int, orders: Iterable[Order], companies: Sequence[Company], cal: Calendar
) -> list[Invoice]:
    """Everything issued until now, oldest first and numbered; numbers never move as days are played."""
    found = [document for order in orders for document in _of(seed, order)]
    found += _services(seed, companies, cal)
    found = sorted((d for d in found if d.issued <= cal.now), key=lambda d: (d.issued, d.reference, d.kind))
    return list(_numbered(found))


def _numbered(found: list[Invoice]) -> Iterator[Invoice]:
    invoices, credit_notes = 20417, 1163
    for document in found:
        if document.kind == SALE:
            invoices += 1
            yield replace(document, number=f"INV-{invoices}")
        else:
            credit_notes += 1
            yield replace(document, number=f"CN-{credit_notes}")


def _of(seed: int, order: Order) -> Iterator[Invoice]:
    if order.invoiced == NEVER:
        return
    waits = dice(seed, "approval", order.number).choice((0, 0, 0, 0, 1, 2))
    credit = order.credit
    yield Invoice(
        company=order.company, issued=order.invoiced, lines=tuple(_lines(order)), reference=order.name,
        approved=order.invoiced + waits, voided=order.cancelled, payments=order.payments,
        credits=(Paid(credit.day, credit.amount),) if credit and not credit.cash else (),
    )  # fmt: skip
    if credit:
        yield _credit_note(order)


def _lines(order: Order) -> Iterator[InvoiceLine]:
    percent = Decimal(5) if order.code else None
    for line in order.lines:
        yield InvoiceLine(line.sku, line.name, line.quantity, line.price, percent, line.net, line.tax)
    if order.carriage:
        yield InvoiceLine("", "Carriage", 1, order.carriage, None, order.carriage, order.carriage_tax, "425")


def _credit_note(order: Order) -> Invoice:
    """A returned line. In cash it is paid out three days later; otherwise it is set against the invoice."""
    credit = order.credit
    assert credit  # noqa: S101
    line = credit.line
    unit = -(line.net / line.quantity).quantize(Decimal("0.0001"))
    back = InvoiceLine(line.sku, f"Returned: {line.name}", line.quantity, unit, None, -line.net, -line.tax)
    gone = Paid(credit.day + 3 * credit.cash, -credit.amount)
    return Invoice(
        company=order.company, issued=credit.day, lines=(back,), kind=CREDIT_NOTE, reference=order.name,
        payments=(gone,) if credit.cash else (), credits=() if credit.cash else (gone,),
    )  # fmt: skip


def _services(seed: int, companies: Sequence[Company], cal: Calendar) -> Iterator[Invoice]:
    """A monthly service for the largest customers, and a few drafts that nobody has approved yet."""
    for company in companies:
        if company.size > 6 and company.account_id:
            yield from (_service(seed, company, -30 * back - company.size, cal) for back in range(1, 9))
    for n, company in enumerate(companies[4:9]):
        yield replace(_service(seed, company, -2 - n, cal), approved=NEVER)


def _service(seed: int, company: Company, day: int, cal: Calendar) -> Invoice:
    rng = dice(seed, "service", company.name, day)
    code, text, price = rng.choice(SERVICES)
    net = Decimal(price) * rng.randint(1, 4)
    tax = (net * tax_rate(company)).quantize(CENT)
    line = InvoiceLine(code, text.format(month=cal.on(day)), 1, net, None, net, tax, "260")
    due = day + max(company.terms, 14)
    return Invoice(company=company, issued=day, lines=(line,), payments=(Paid(due + 2, net + tax),))
