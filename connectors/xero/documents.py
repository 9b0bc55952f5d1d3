"""Xero's sales invoices, credits, quotes and payments → records. Pure; amounts as Xero wrote them."""

from decimal import Decimal

from connectors.base import Unreadable
from connectors.records import Address, Allocation, Invoice, InvoicePayment, Line, Payment, Quote
from connectors.told import Told, inner, listed, number, text, yes
from connectors.xero.values import day, identifier, moment

_CREDITS = {
    "CreditNoteID": "credit note",
    "PrepaymentID": "prepayment",
    "OverpaymentID": "overpayment",
}


def document(told: Told) -> Invoice:
    """An invoice, or one of the three kinds of credit; each has an id of its own name."""
    for name, kind in _CREDITS.items():
        if name in told:
            return _credit(told, name, kind)
    return _invoice(told)


def _invoice(told: Told) -> Invoice:
    return Invoice(
        source_id=identifier(told, "InvoiceID"),
        belongs_to=_whose(told),
        updated=moment(told, "UpdatedDateUTC"),
        number=_number(told, "InvoiceNumber"),
        reference=text(told, "Reference"),
        order_number=text(told, "Reference"),  # where it names an order of the same customer
        status=text(told, "Status"),
        void=text(told, "Status") == "VOIDED",
        issued=day(told, "Date"),
        due_on=day(told, "DueDate"),
        currency=text(told, "CurrencyCode"),
        subtotal=number(told, "SubTotal"),
        tax=number(told, "TotalTax"),
        total=number(told, "Total"),
        paid=number(told, "AmountPaid"),
        credited=number(told, "AmountCredited"),
        due=number(told, "AmountDue"),
        pay_url=text(told, "OnlineInvoiceUrl"),
        attachments=yes(told, "HasAttachments"),
        bill_to=_bill_to(told),
        lines=_lines(told),
        payments=_payments(told),
        allocations=_applied(told),
    )


def _credit(told: Told, name: str, kind: str) -> Invoice:
    """A credit: what it is worth is ours to owe, so its amounts are negative."""
    total, left = _less(number(told, "Total")), _less(number(told, "RemainingCredit"))
    used = [(one, number(one, "Amount")) for one in listed(told, "Allocations")]
    void = text(told, "Status") == "VOIDED"
    known = not void and "Allocations" in told  # what was used of a void one is nobody's money any more
    credited = _less(sum((value for _, value in used if value), Decimal(0))) if known else None
    return Invoice(
        source_id=identifier(told, name),
        belongs_to=_whose(told),
        updated=moment(told, "UpdatedDateUTC"),
        kind=kind,
        number=_credit_number(told, kind),
        reference=text(told, "Reference"),
        status=text(told, "Status"),
        void=void,
        issued=day(told, "Date"),
        currency=text(told, "CurrencyCode"),
        subtotal=_less(number(told, "SubTotal")),
        tax=_less(number(told, "TotalTax")),
        total=total,
        paid=None if total is None or credited is None or left is None else total - credited - left,
        credited=credited,
        due=left,
        attachments=yes(told, "HasAttachments"),
        bill_to=_bill_to(told),
        lines=_lines(told),
        payments=_payments(told),
        allocations=tuple(
            Allocation(number=text(inner(one, "Invoice"), "InvoiceNumber"), amount=value, on=day(one, "Date"))
            for one, value in used
            if value is not None
        ),
    )


def quote(told: Told) -> Quote:
    """What was offered, as it was sent."""
    note = "\n\n".join(filter(None, (text(told, "Summary"), text(told, "Terms"))))
    return Quote(
        source_id=identifier(told, "QuoteID"),
        belongs_to=_whose(told),
        updated=moment(told, "UpdatedDateUTC"),
        number=_number(told, "QuoteNumber"),
        reference=text(told, "Reference"),
        title=text(told, "Title"),
        status=text(told, "Status"),
        issued=day(told, "Date"),
        valid_until=day(told, "ExpiryDate"),
        currency=text(told, "CurrencyCode"),
        subtotal=number(told, "SubTotal"),
        discount=number(told, "TotalDiscount") or None,
        tax=number(told, "TotalTax"),
        total=number(told, "Total"),
        note=note,
        lines=_lines(told),
    )


def payment(told: Told) -> Payment:
    """Money that came in, or (negative) went back."""
    paid_for = next(
        filter(None, (inner(told, name) for name in ("Invoice", "CreditNote", "Prepayment", "Overpayment"))),
        {},
    )
    value = number(told, "Amount")
    if value is None:
        raise Unreadable("Amount", "Xero sent a payment without an amount")
    received = text(told, "PaymentType") == "ACCRECPAYMENT"
    return Payment(
        source_id=identifier(told, "PaymentID"),
        belongs_to=_whose(paid_for),
        updated=moment(told, "UpdatedDateUTC"),
        number=text(told, "Reference"),
        invoice_number=text(paid_for, "InvoiceNumber") or text(paid_for, "CreditNoteNumber"),
        paid_on=day(told, "Date"),
        currency=text(paid_for, "CurrencyCode"),
        amount=value if received else -value,
    )


def _whose(told: Told) -> str | None:
    return identifier(inner(told, "Contact"), "ContactID") or None


def _number(told: Told, name: str) -> str:
    number = text(told, name)
    if not number:
        raise Unreadable(name, "Xero sent no number", "give it one in Xero")
    return number


def _credit_number(told: Told, kind: str) -> str:
    """Credit notes have numbers; prepayments and overpayments are called by reference, or by their day."""
    if number := text(told, "CreditNoteNumber") or text(told, "InvoiceNumber") or text(told, "Reference"):
        return number
    when = day(told, "Date")
    return f"{kind.capitalize()} {when}" if when else kind.capitalize()


def _less(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value if value else Decimal(0)


def _bill_to(told: Told) -> Address | None:
    name = text(inner(told, "Contact"), "Name")
    return Address(name=name) if name else None


def _lines(told: Told) -> tuple[Line, ...]:
    return tuple(map(_line, listed(told, "LineItems")))


def _line(told: Told) -> Line:
    quantity, price, total = (number(told, name) for name in ("Quantity", "UnitAmount", "LineAmount"))
    discount = number(told, "DiscountAmount")
    if not discount and number(told, "DiscountRate") and None not in (quantity, price, total):
        discount = (quantity or Decimal(0)) * (price or Decimal(0)) - (total or Decimal(0))
    sku = text(told, "ItemCode")
    return Line(
        name=text(told, "Description") or text(inner(told, "Item"), "Name") or sku,
        sku=sku,
        quantity=quantity,
        unit_price=price,
        discount=discount or None,
        tax=number(told, "TaxAmount"),
        total=total,
    )


def _payments(told: Told) -> tuple[InvoicePayment, ...]:
    """The payments a document lists; it lists no deleted ones, but who knows."""
    return tuple(
        InvoicePayment(on=day(one, "Date"), amount=value, reference=text(one, "Reference"))
        for one in listed(told, "Payments")
        if text(one, "Status") != "DELETED" and (value := number(one, "Amount")) is not None
    )


def _applied(told: Told) -> tuple[Allocation, ...]:
    """The credits set against an invoice, in the order of their dates."""
    found = [
        Allocation(number=text(one, "CreditNoteNumber") or called, amount=value, on=day(one, "Date"))
        for name, called in (
            ("CreditNotes", "Credit note"),
            ("Prepayments", "Prepayment"),
            ("Overpayments", "Overpayment"),
        )
        for one in listed(told, name)
        if (value := number(one, "AppliedAmount")) is not None
    ]
    return tuple(sorted(found, key=lambda one: str(one.on or "")))
