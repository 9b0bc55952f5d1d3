"""What the doors to mirrored rows are asked with and what they hand out: frozen, and free of SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Op = Literal["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "contains"]


class Restamping(Exception):
    """Which records belong to whom is being worked out anew; nothing is shown until it is certain (503)."""


class BadCursor(Exception):
    """The page marker in the URL is not one of ours (400)."""


@dataclass(frozen=True)
class Where:
    """One condition on a column of the record's table; ``contains`` looks in search_text."""

    column: str
    op: Op
    value: Any


@dataclass(frozen=True)
class Either:
    """Alternatives, each a set of conditions; one set must be met as a whole. None at all: nothing fits."""

    options: Sequence[Sequence[Where]]


Condition = Where | Either


@dataclass(frozen=True, init=False)
class Found:
    """One mirrored record with what every page must show beside it. Columns are read as attributes
    (``found.number``); JSON columns arrive decoded. What only a record's own page shows (``found.lines``,
    shipments, events, payments, allocations, messages) is there after ``get``, not in a list."""

    record: str  # "order"
    values: Mapping[str, Any]
    as_of: datetime | None  # its own where frozen, else its stream's
    label: str  # the source, in the customer's words

    def __init__(self, record: str, values: Mapping[str, Any], as_of: datetime | None, label: str) -> None:
        # Attributes of their own rather than looked up by __getattr__: a list asks for some thousand.
        self.__dict__.update(values, record=record, values=values, as_of=as_of, label=label)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is not a column of this record, or only get() reads it")


@dataclass(frozen=True)
class Slice:
    """One page of a list. ``after`` is the marker of the next page, None on the last."""

    rows: Sequence[Found]
    after: str | None
    total: int | None = None  # of all pages, counted up to a cap; None where nobody asked


@dataclass(frozen=True)
class Freshness:
    """One stream as customers see it. ``as_of`` None: not synced yet; ``next_run`` says when it will be.
    A source that was never read has no stream yet and stands here once, with ``record`` ''."""

    record: str
    source: str
    label: str
    as_of: datetime | None
    stale_after: int  # seconds
    first_completed_at: datetime | None
    next_run: datetime | None
    checked_at: datetime | None = None  # the last complete reading, whether or not it brought anything new


@dataclass(frozen=True)
class Dues:
    """What is owed in one currency, minor units. Credit notes count against ``due``, void ones never count;
    ``overdue`` and the counts are about invoices, for a credit is never overdue."""

    currency: str
    due: int
    overdue: int
    open_count: int
    overdue_count: int
    next_due_on: date | None  # the earliest due date among what is not overdue yet


@dataclass(frozen=True)
class Change:
    """A tracked value that moved, when we saw it."""

    at: datetime
    kind: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Traced:
    """A record with what changed on it since we mirror it, oldest first."""

    found: Found
    changes: Sequence[Change]


@dataclass(frozen=True)
class Standing:
    """What the mirror knows of one address in one organisation."""

    organisation: int
    organisation_name: str
    contact_names: Sequence[str]  # of the current contacts; of all where none is current
    live: bool  # at least one contact with this address is current
    known: bool  # at least one contact with this address was ever mirrored here


@dataclass(frozen=True)
class Seat:
    """A membership: somebody in an organisation by invitation."""

    organisation: int
    organisation_name: str
    roles: str  # comma separated
    contact_of: str | None  # the source that knew them as a contact when invited
    revoked: bool


@dataclass(frozen=True)
class User:
    """A person who may sign in, by address."""

    id: int
    email: str  # as written; mail goes here
    name: str
    deactivated: bool


@dataclass(frozen=True)
class Known:
    """All that decides what one address may see; ``user`` is None before its first sign-in."""

    user: User | None
    standings: Sequence[Standing]
    seats: Sequence[Seat]


@dataclass(frozen=True)
class Owned:
    """A mirrored record as staff see it: with its owner, gone or not."""

    found: Found
    organisation: int | None  # None: visible to nobody
    organisation_name: str
    gone_at: datetime | None


@dataclass(frozen=True)
class Member:
    """A person who may look at an organisation by invitation."""

    email: str
    organisation: int
    organisation_name: str
