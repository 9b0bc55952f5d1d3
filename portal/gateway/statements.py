"""The customer's questions as statements: made once and kept, only their parameters change."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from connectors.records import NAMES, Account, Invoice, Record
from portal.gateway import query
from portal.gateway.query import TABLES
from sync.tables import MIRROR

Sources = tuple[str, ...]
CAP = 1000  # of what is counted
ALWAYS = datetime.min.replace(tzinfo=UTC)
CHANGES = MIRROR["changes"].alias("h")
TRACE = (CHANGES.c.at, CHANGES.c.kind, CHANGES.c.field, CHANGES.c.before, CHANGES.c.after)
REF = sa.bindparam("ref", type_=sa.Text)
SOURCE = sa.bindparam("source", type_=sa.Text)
TODAY = sa.bindparam("today", type_=sa.Date)
ZERO: sa.ColumnClause[int] = sa.literal_column(
    "0", sa.Integer
)  # not a parameter: partial indexes are chosen by what stands in the statement


@lru_cache(maxsize=256)
def page(
    record: type[Record], sources: Sources, order: str, limit: int, told: Sequence[str], *, counted: bool
) -> sa.Select[Any]:
    """A first page whose conditions are parameters, and one row more where there is a second."""
    return listed(record, sources, order, limit, parameters(record, told), counted=counted)


def parameters(record: type[Record], names: Sequence[str]) -> list[query.Clause]:
    """Columns that are what the parameters of their names say; search_text contains what its own says."""
    columns = (query.column(record, name) for name in names)
    told = ((column, sa.bindparam(column.name, type_=column.type)) for column in columns)
    return [query.within(c, text) if c.name == query.SOUGHT else c == text for c, text in told]


def listed(
    record: type[Record], sources: Sources, order: str, limit: int, clauses: Sequence[query.Clause], *,
    counted: bool,
) -> sa.Select[Any]:  # fmt: skip
    """A page, and one row more where there is another one; ``counted`` needs it to be the first."""
    if counted and clauses:
        return _counted(record, sources, query.order(record, order), limit, clauses)
    asked = sa.select(*query.columns(record, details=False))
    asked = asked.where(*clauses, *query.visible(record, sources))
    asked = asked.order_by(*query.order(record, order).by()).limit(limit + 1)
    return asked.add_columns(total(record, sources)) if counted else asked


def _counted(
    record: type[Record], sources: Sources, order: query.Order, limit: int, clauses: Sequence[query.Clause]
) -> sa.Select[Any]:
    """The rows that fit are looked for once, up to the cap: how many they are, and the first as the page."""
    fitting = sa.select(order.column.label("place"), order.ref.label("ref"))
    fitting = fitting.where(*clauses, *query.visible(record, sources)).order_by(*order.by()).limit(CAP + 1)
    some = fitting.cte("some").prefix_with("materialized")
    first = sa.select(some.c.ref).order_by(*order.by(some.c.place, some.c.ref)).limit(limit + 1)
    number = sa.select(sa.func.count(some.c.ref)).scalar_subquery().label("total_rows")
    asked = sa.select(*query.columns(record, details=False), number)
    return asked.where(order.ref.in_(first)).order_by(*order.by())


def total(
    record: type[Record], sources: Sources, clauses: Sequence[query.Clause] = (), cap: int = CAP
) -> sa.Label[int]:
    """How many rows there are, counted up to ``cap`` + 1, in the list's order: its index tells all of it."""
    some = sa.select(TABLES[record].c.ref).where(*clauses, *query.visible(record, sources))
    some = some.order_by(query.order(record, "-sort_at").column).limit(cap + 1)
    counted = sa.select(sa.func.count()).select_from(some.correlate(None).subquery("some"))
    return counted.scalar_subquery().label("total_rows")


@cache
def one(record: type[Record], sources: Sources) -> sa.Select[Any]:
    """The record behind a public id."""
    asked = sa.select(*query.columns(record, details=True)).where(*query.visible(record, sources))
    return asked.where(TABLES[record].c.ref == REF)


@cache
def traced(record: type[Record], sources: Sources) -> sa.Select[Any]:
    """The same with what changed on it: a row for each change, one without any."""
    t = TABLES[record].c
    told = sa.and_(
        CHANGES.c.record == NAMES[record], CHANGES.c.source == t.source, CHANGES.c.source_id == t.source_id
    )
    asked = one(record, sources).add_columns(*TRACE)
    return asked.select_from(TABLES[record].outerjoin(CHANGES, told)).order_by(CHANGES.c.seq)


@cache
def accounts() -> sa.Select[Any]:
    """The accounts of one source, gone ones too."""
    t = TABLES[Account].c
    return sa.select(t.source_id).where(t.source == SOURCE).order_by(t.ref)


@cache
def statuses(record: type[Record], sources: Sources) -> sa.Select[Any]:
    """The distinct source statuses; a time that all are after has SQLite read them from the list's index."""
    t = TABLES[record].c
    return sa.select(t.status).where(*query.visible(record, sources), t.sort_at >= ALWAYS).distinct()


@cache
def dues(sources: Sources) -> sa.Select[Any]:
    """What is owed, per currency."""
    t = TABLES[Invoice].c
    owed, late = t.due > ZERO, sa.and_(t.due > ZERO, t.due_on < TODAY)
    asked = sa.select(
        t.currency,
        sa.func.sum(t.due).label("due"),
        sa.func.sum(sa.case((late, t.due), else_=ZERO)).label("overdue"),
        sa.func.sum(sa.case((owed, 1), else_=ZERO)).label("open_count"),
        sa.func.sum(sa.case((late, 1), else_=ZERO)).label("overdue_count"),
        sa.func.min(sa.case((sa.and_(owed, t.due_on >= TODAY), t.due_on))).label("next_due_on"),
    )
    open_ones = (*query.visible(Invoice, sources), t.void == ZERO, t.due != ZERO)
    return asked.where(*open_ones).group_by(t.currency)
