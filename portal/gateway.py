"""The three doors to mirrored rows; nothing else in the portal reads them.

    Gateway(database, organisation, sources)   one customer's own records; there is no organisation to pass or forget
    people(database, address, sources)         who one address is: contacts and organisations, nothing more
    StaffGateway(database)                     all of it, on its own role: staff routes, jobs, the CLI

The database itself holds the scope (views and an authorizer on SQLite, row policies on PostgreSQL), so a query
forgotten here still sees nothing of another organisation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Self

from connectors.records import Record
from sync.database import Database

Op = Literal["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "contains"]


class Restamping(Exception):
    """Which records belong to whom is being worked out anew; nothing is shown until it is certain (503)."""


class BadCursor(Exception):
    """The page marker in the URL is not one of ours (400)."""


@dataclass(frozen=True)
class Where:
    """One condition on a column of the record's table; ``contains`` folds its value and matches it literally."""

    column: str
    op: Op
    value: Any


@dataclass(frozen=True)
class Either:
    """Alternatives: at least one of them holds, each a set of conditions that hold together. None at all: nothing fits."""

    options: Sequence[Sequence[Where]]


Condition = Where | Either


@dataclass(frozen=True)
class Found:
    """One mirrored record with what every page must show beside it. Columns are read as attributes
    (``found.number``); JSON columns arrive decoded (``found.lines`` is a list of dicts)."""

    record: str  # "order"
    values: Mapping[str, Any]
    as_of: datetime | None  # its own where frozen, else its stream's
    label: str  # the source, in the customer's words

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Slice:
    """One page of a list. ``after`` is the marker of the next page, None on the last."""

    rows: Sequence[Found]
    after: str | None


@dataclass(frozen=True)
class Freshness:
    """One stream as customers see it. ``as_of`` None: not synced yet; ``next_run`` says when it will be."""

    record: str
    source: str
    label: str
    as_of: datetime | None
    stale_after: int  # seconds
    first_completed_at: datetime | None
    next_run: datetime | None


@dataclass(frozen=True)
class Dues:
    """What is owed in one currency, minor units. Credit notes count against it; void invoices never count."""

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
class Standing:
    """What the mirror knows of one address in one organisation."""

    organisation: int
    organisation_name: str
    contact_names: Sequence[str]
    live: bool  # at least one contact with this address is current
    known: bool  # at least one contact with this address was ever mirrored here


class Gateway:
    """One organisation's records. A context manager: one read transaction, bound to the organisation."""

    def __init__(self, database: Database, organisation: int, sources: Sequence[str]) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Open and bind; raises Restamping when a removed link is not stamped yet or the databases do not pair."""
        raise NotImplementedError

    def __exit__(self, *exc: object) -> None:
        raise NotImplementedError

    def page(
        self, record: type[Record], where: Sequence[Condition] = (), *, order: str = "-sort_at", after: str | None = None,
        limit: int = 20,
    ) -> Slice:
        """One page by keyset; ``order`` is a column, '-' before it for newest first; raises BadCursor."""
        raise NotImplementedError

    def count(self, record: type[Record], where: Sequence[Condition] = (), *, cap: int = 1000) -> int:
        """How many there are, counted up to ``cap`` + 1 ("1,000+")."""
        raise NotImplementedError

    def get(self, record: type[Record], ref: str) -> Found | None:
        """The record behind a public id, or None when it is absent, gone, or somebody else's: the caller cannot tell."""
        raise NotImplementedError

    def statuses(self, record: type[Record]) -> Sequence[str]:
        """The distinct source statuses among this organisation's records, for filters."""
        raise NotImplementedError

    def dues(self, today: date) -> Sequence[Dues]:
        """What is owed, per currency, largest first."""
        raise NotImplementedError

    def history(self, found: Found) -> Sequence[Change]:
        """What changed on this record since we mirror it, oldest first."""
        raise NotImplementedError

    def freshness(self) -> Sequence[Freshness]:
        """All streams of the configured sources."""
        raise NotImplementedError
