"""The records Fanlight mirrors, as one outside system told them. They know no organisation and no database.

Money is a ``Decimal`` in the record's own currency, times are aware UTC ``datetime``, calendar dates are
``date``, ids are ``str``, byte-exact. ``None`` means "the source did not say", never zero.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple


class Address(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A postal address as the source wrote it; ``lines`` are street lines, top first."""

    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of an order or invoice. ``quantity`` and ``unit_price`` may have any number of places;
    ``total`` is the line's amount as the source gives it."""

    name: str
    sku: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    shipped: Decimal | None = None  # how many of ``quantity`` have left; None = the source does not say


class Shipment(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One parcel or delivery. ``url`` is the carrier's tracking page, https only."""

    number: str = ""
    carrier: str = ""
    tracking: str = ""
    url: str = ""
    status: str = ""
    shipped: datetime | date | None = None
    delivered: datetime | date | None = None
    expected: date | None = None


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something the source itself says happened to an order (placed, paid, dispatched, cancelled …)."""

    at: datetime | date
    what: str


class InvoicePayment(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Money received for one invoice, as the invoice itself lists it."""

    on: date | None = None
    amount: Decimal
    method: str = ""
    reference: str = ""


class Allocation(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A credit note set against an invoice; ``number`` is the other document's number."""

    number: str
    amount: Decimal
    on: date | None = None


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A public message of a ticket. Internal notes never become one."""

    at: datetime | None = None
    author: str = ""
    staff: bool = False
    text: str = ""


class Record(Struct, frozen=True, kw_only=True, gc=False):
    """What every mirrored thing has. ``belongs_to`` is the source's own id of the customer (its account)."""

    source_id: str
    belongs_to: str | None = None
    updated: datetime | None = None  # the source's own "last changed", where it has one


class Account(Record, frozen=True, kw_only=True, gc=False):
    """The source's own customer. Its ``belongs_to`` is its own ``source_id``."""

    name: str
    number: str = ""
    tax_number: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    currency: str = ""
    billing: Address | None = None
    shipping: Address | None = None
    parent: str = ""  # source id of the parent account
    owner_name: str = ""  # who looks after this customer on our side
    owner_email: str = ""
    owner_phone: str = ""


class Contact(Record, frozen=True, kw_only=True, gc=False):
    """A person at a customer."""

    name: str
    email: str = ""
    phone: str = ""
    title: str = ""
    active: bool = True


class Order(Record, frozen=True, kw_only=True, gc=False):
    """A sales order. ``status`` is the source's own word; the portal turns it into a stage."""

    number: str
    reference: str = ""  # the customer's own PO number
    status: str = ""
    payment_status: str = ""
    placed: datetime | None = None
    placed_on: date | None = None  # where the source gives a calendar date without a time
    expected: date | None = None
    cancelled: bool = False
    currency: str = ""
    subtotal: Decimal | None = None
    discount: Decimal | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    refunded: Decimal | None = None
    outstanding: Decimal | None = None
    payment_due: date | None = None  # when ``outstanding`` is to be paid, by the payment terms
    note: str = ""  # the customer's own note; staff notes never come here
    ship_to: Address | None = None
    bill_to: Address | None = None
    lines: tuple[Line, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    events: tuple[Event, ...] = ()


class Invoice(Record, frozen=True, kw_only=True, gc=False):
    """A sales invoice, or a credit: a credit note, prepayment or overpayment.

    ``total = paid + credited + due`` where all four are known; on a credit all four are negative or zero
    (money we owe the customer). What was set against an invoice stands in that invoice's ``credited`` and no
    longer in the credit's ``due``."""

    kind: str = "invoice"  # "invoice", "credit note", "prepayment" or "overpayment"
    number: str
    reference: str = ""
    order_number: str = ""
    status: str = ""
    void: bool = False
    issued: date | None = None
    due_on: date | None = None
    currency: str = ""
    subtotal: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    paid: Decimal | None = None
    credited: Decimal | None = None
    due: Decimal | None = None
    note: str = ""
    pay_url: str = ""  # the source's own page to pay on, https only
    attachments: bool = False  # whether the source keeps files with it
    bill_to: Address | None = None
    lines: tuple[Line, ...] = ()
    payments: tuple[InvoicePayment, ...] = ()
    allocations: tuple[Allocation, ...] = ()


class Quote(Record, frozen=True, kw_only=True, gc=False):
    """What we offered a customer, and until when. ``status`` is the source's own word; drafts are none."""

    number: str
    reference: str = ""
    title: str = ""
    status: str = ""
    issued: date | None = None
    valid_until: date | None = None
    currency: str = ""
    subtotal: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    note: str = ""  # summary and terms, as the customer was sent them
    lines: tuple[Line, ...] = ()


class Payment(Record, frozen=True, kw_only=True, gc=False):
    """A payment that stands for itself; ``invoice_number`` where the source says what it paid."""

    number: str = ""
    invoice_number: str = ""
    paid_on: date | None = None
    currency: str = ""
    amount: Decimal
    method: str = ""


class Ticket(Record, frozen=True, kw_only=True, gc=False):
    """A support case mirrored from a helpdesk, with its public messages only."""

    number: str
    subject: str = ""
    status: str = ""
    open: bool = True
    priority: str = ""
    kind: str = ""
    opened: datetime | None = None
    closed: datetime | None = None
    raised_by: str = ""
    text: str = ""
    messages: tuple[Message, ...] = ()


# Accounts first, contacts next, the rest after: the order in which a run reads its streams.
RECORDS: dict[str, type[Record]] = {
    "account": Account,
    "contact": Contact,
    "order": Order,
    "invoice": Invoice,
    "quote": Quote,
    "payment": Payment,
    "ticket": Ticket,
}
NAMES: dict[type[Record], str] = {cls: name for name, cls in RECORDS.items()}

Columns = Mapping[str, Sequence[Any]]  # field → what each of some records tells, in their order


def columns(records: Sequence[Record]) -> Columns:
    """At least one record, all of one class, field by field."""
    names = type(records[0]).__struct_fields__
    return dict(zip(names, zip(*map(astuple, records), strict=True), strict=True))
