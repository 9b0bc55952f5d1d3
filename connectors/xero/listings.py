"""Xero's listings: which calls make up a stream, which of their rows are a customer's business, and which
members of a row a record is made of. Everything else Xero sends stays outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.records import Account, Contact, Invoice, Payment, Quote, Record

Spec = Mapping[str, Any]  # member → what is taken of it; None: all of it


def _all(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split())


_WHOSE = _all("ContactID Name")
_LINES = {
    **_all("Description Quantity UnitAmount ItemCode TaxAmount LineAmount DiscountRate DiscountAmount"),
    "Item": _all("Name"),
}
_PAID = _all("Date DateString Amount Reference Status")
_DOCUMENT = {
    **_all("Type Status Reference Date DateString CurrencyCode SubTotal TotalTax Total HasAttachments"),
    **_all("UpdatedDateUTC"),
    "Contact": _WHOSE,
    "LineItems": _LINES,
    "Payments": _PAID,
}
_CREDIT = {
    **_DOCUMENT,
    **_all("RemainingCredit InvoiceNumber"),
    "Allocations": {**_all("Amount Date DateString"), "Invoice": _all("InvoiceNumber")},
}
_APPLIED = _all("AppliedAmount Date DateString CreditNoteNumber")
_PAID_FOR = {**_all("InvoiceNumber CreditNoteNumber CurrencyCode"), "Contact": _WHOSE}


@dataclass(frozen=True)
class Listing:
    """One call that lists. ``kinds``: the types that are sales, and what we call them; empty: it has no
    types. ``counted``: Xero says how many rows there are, and obeys pageSize."""

    name: str  # in the path, and in the answer
    id: str
    call: str  # of the SDK
    take: Spec
    kinds: Mapping[str, str] = field(default_factory=dict)
    type: str = "Type"
    status: str = "Status"
    number: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    counted: bool = True


_CONTACTS = Listing(
    "Contacts",
    "ContactID",
    "get_contacts",
    {
        **_all("ContactID ContactStatus Name FirstName LastName EmailAddress AccountNumber TaxNumber"),
        **_all("DefaultCurrency Website Phones Addresses IsCustomer IsSupplier UpdatedDateUTC"),
        "ContactPersons": _all("FirstName LastName EmailAddress"),
    },
    status="ContactStatus",
    number="Name",
    params={"include_archived": "true"},
)
_INVOICES = Listing(
    "Invoices",
    "InvoiceID",
    "get_invoices",
    {
        **_DOCUMENT,
        **_all("InvoiceID InvoiceNumber DueDate DueDateString AmountDue AmountPaid AmountCredited"),
        "CreditNotes": _APPLIED,
        "Prepayments": _APPLIED,
        "Overpayments": _APPLIED,
    },
    kinds={"ACCREC": "invoice"},
    number="InvoiceNumber",
    params={"where": 'Type=="ACCREC"'},  # bills are not even fetched
)
_CREDIT_NOTES = Listing(
    "CreditNotes",
    "CreditNoteID",
    "get_credit_notes",
    {**_CREDIT, **_all("CreditNoteID CreditNoteNumber")},
    kinds={"ACCRECCREDIT": "credit note"},
    number="CreditNoteNumber",
    params={"where": 'Type=="ACCRECCREDIT"'},
)
_PREPAYMENTS = Listing(
    "Prepayments",
    "PrepaymentID",
    "get_prepayments",
    {**_CREDIT, **_all("PrepaymentID")},
    kinds={"RECEIVE-PREPAYMENT": "prepayment", "ARPREPAYMENT": "prepayment"},
    number="Reference",
)
_OVERPAYMENTS = Listing(
    "Overpayments",
    "OverpaymentID",
    "get_overpayments",
    {**_CREDIT, **_all("OverpaymentID")},
    kinds={"RECEIVE-OVERPAYMENT": "overpayment", "AROVERPAYMENT": "overpayment"},
    number="Reference",
)
_QUOTES = Listing(
    "Quotes",
    "QuoteID",
    "get_quotes",
    {
        **_all("QuoteID QuoteNumber Reference Title Summary Terms Status Date DateString ExpiryDate"),
        **_all("ExpiryDateString CurrencyCode SubTotal TotalTax Total TotalDiscount UpdatedDateUTC"),
        "Contact": _WHOSE,
        "LineItems": _LINES,
    },
    number="QuoteNumber",
    counted=False,
)
_PAYMENTS = Listing(
    "Payments",
    "PaymentID",
    "get_payments",
    {
        **_all("PaymentID PaymentType Status Date DateString Amount Reference UpdatedDateUTC"),
        "Invoice": _PAID_FOR,
        "CreditNote": _PAID_FOR,
        "Prepayment": _PAID_FOR,
        "Overpayment": _PAID_FOR,
    },
    kinds={
        "ACCRECPAYMENT": "payment",
        "ARCREDITPAYMENT": "refund",
        "AROVERPAYMENTPAYMENT": "refund",
        "ARPREPAYMENTPAYMENT": "refund",
    },
    type="PaymentType",
    number="Reference",
)
LISTINGS: Mapping[type[Record], Sequence[Listing]] = {
    Account: (_CONTACTS,),
    Contact: (_CONTACTS,),
    Invoice: (_INVOICES, _CREDIT_NOTES, _PREPAYMENTS, _OVERPAYMENTS),
    Quote: (_QUOTES,),
    Payment: (_PAYMENTS,),
}


def taken(told: Any, spec: Spec) -> Any:
    """What a record is made of, out of what Xero sent. Called for every row there is: plain members first."""
    if not isinstance(told, dict):
        return [taken(one, spec) for one in told] if isinstance(told, list) else told
    found = {name: told[name] for name in spec if name in told}
    for name, inside in spec.items():
        if inside and name in found:
            found[name] = taken(found[name], inside)
    return found
