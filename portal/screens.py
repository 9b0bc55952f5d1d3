"""How each record type looks: its title, columns, search, filters and order, as data.

A new record type is one more ``Screen`` here, and its rows in ``templates/parts/rows``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.records import Invoice, Order, Payment, Quote, Record, Ticket
from portal.gateway import Condition, Gateway, Slice, Where


@dataclass(frozen=True)
class Column:
    """One column of a list; ``slot`` is its place on a phone's card."""

    title: str
    slot: str  # title | ref | state | date | amount | extra


@dataclass(frozen=True)
class Choice:
    """One value of a filter, in words; ``quick`` ones stand above the list, one tap away."""

    key: str
    say: str
    quick: bool = False


@dataclass(frozen=True)
class Beside:
    """Another list of the same section."""

    record: str
    say: str
    endpoint: str


@dataclass(frozen=True)
class Screen:
    """A record type as its list shows it."""

    record: type[Record]
    name: str
    section: str
    title: str
    one: str  # "order", in running text
    many: str
    endpoint: str
    columns: Sequence[Column]
    seek: str = ""  # what the search box looks through; '' = no search
    state: str = ""  # the name of the state filter in the URL
    states: Sequence[Choice] = ()
    dated: str = ""  # what the date range is about; '' = none
    orders: Sequence[Choice] = (Choice("-sort_at", "Newest first"),)
    due_by: bool = False
    beside: Beside | None = None  # a list of the same section, shown where a source gives it
    rows: int = 20  # on one page

    def chips(self, chosen: str = "") -> list[Choice]:
        """The filters worth a tap of their own, and the one that is chosen."""
        shown = (choice for choice in self.states if choice.quick or choice.key == chosen)
        return [Choice("", "All"), *shown]


ORDERS = Screen(
    record=Order,
    name="order",
    section="orders",
    title="Orders",
    one="order",
    many="orders",
    endpoint="browse.orders",
    columns=(
        Column("Order", "title"),
        Column("Your ref.", "ref"),
        Column("Placed", "date"),
        Column("Status", "state"),
        Column("Expected", "extra"),
        Column("Total", "amount"),
    ),
    seek="Number, PO or product",
    state="stage",
    states=(
        Choice("open", "Open", quick=True),
        Choice("received", "Received"),
        Choice("in_production", "In production"),
        Choice("part_dispatched", "Part dispatched"),
        Choice("dispatched", "Dispatched"),
        Choice("delivered", "Delivered"),
        Choice("on_hold", "On hold"),
        Choice("cancelled", "Cancelled"),
    ),
    dated="Placed",
)

INVOICES = Screen(
    record=Invoice,
    name="invoice",
    section="invoices",
    title="Invoices",
    one="invoice or credit",
    many="invoices and credits",
    endpoint="browse.invoices",
    columns=(
        Column("Number", "title"),
        Column("Reference", "ref"),
        Column("Issued", "date"),
        Column("Status", "state"),
        Column("Due", "extra"),
        Column("Total", "amount"),
    ),
    seek="Number, PO or product",
    state="state",
    states=(
        Choice("open", "To pay", quick=True),
        Choice("overdue", "Overdue", quick=True),
        Choice("paid", "Paid", quick=True),
        Choice("credit", "Credits"),
        Choice("void", "Void"),
    ),
    dated="Issued",
    due_by=True,
    beside=Beside("payment", "Payments received", "browse.payments"),
    orders=(Choice("-sort_at", "Newest first"), Choice("sort_due", "Due first")),
)

QUOTES = Screen(
    record=Quote,
    name="quote",
    section="quotes",
    title="Quotes",
    one="quote",
    many="quotes",
    endpoint="browse.quotes",
    columns=(
        Column("Quote", "title"),
        Column("Reference", "ref"),
        Column("Issued", "date"),
        Column("Status", "state"),
        Column("Good until", "extra"),
        Column("Total", "amount"),
    ),
    seek="Number, title or product",
    state="state",
    states=(
        Choice("open", "Waiting", quick=True),
        Choice("accepted", "Accepted", quick=True),
        Choice("declined", "Declined"),
        Choice("invoiced", "Invoiced"),
        Choice("expired", "Expired"),
    ),
    dated="Issued",
)

PAYMENTS = Screen(
    record=Payment,
    name="payment",
    section="invoices",
    title="Payments",
    one="payment",
    many="payments",
    endpoint="browse.payments",
    columns=(
        Column("Payment", "title"),
        Column("Received", "date"),
        Column("Method", "extra"),
        Column("Amount", "amount"),
    ),
    beside=Beside("invoice", "Invoices", "browse.invoices"),
)

TICKETS = Screen(
    record=Ticket,
    name="ticket",
    section="support",
    title="Support",
    one="ticket",
    many="tickets",
    endpoint="browse.tickets",
    columns=(
        Column("Subject", "title"),
        Column("Number", "ref"),
        Column("Updated", "date"),
        Column("Status", "state"),
    ),
    seek="Number, subject or text",
)


@dataclass(frozen=True)
class Half:
    """One part of the ticket list; ``key`` is its page marker in the URL."""

    key: str
    say: str
    open: int


HALVES = (Half("open", "Open", 1), Half("resolved", "Resolved", 0))


@dataclass(frozen=True)
class Group:
    """One part of the ticket list with its page; ``later`` means it is not the first."""

    key: str
    say: str
    page: Slice
    later: bool


def group(gateway: Gateway, half: Half, where: Sequence[Condition], args: Mapping[str, str]) -> Group:
    """Read one part of the ticket list."""
    after = args.get(half.key)
    page = gateway.page(Ticket, [*where, Where("open", "eq", half.open)], after=after)
    return Group(half.key, half.say, page, later=after is not None)
