"""The customer's door: one organisation's own records, and no way to name another."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from functools import cached_property
from typing import Any, Self

import sqlalchemy as sa

from connectors.records import Invoice, Record
from portal.gateway import query
from portal.gateway.found import Change, Condition, Dues, Found, Freshness, Slice
from portal.gateway.scopes import organisation_scope, refuse_uncertain
from sync.database import Database
from sync.tables import MIRROR, TABLE

SOURCES, STREAMS, CHANGES = MIRROR["sources"], MIRROR["streams"], MIRROR["changes"]
ZERO: sa.ColumnClause[int] = sa.literal_column(
    "0", sa.Integer
)  # not a parameter: partial indexes are chosen by what stands in the statement
MOST = 200


class Gateway:
    """One organisation's records. A context manager: one read transaction, bound to the organisation."""

    def __init__(self, database: Database, organisation: int, sources: Sequence[str]) -> None:
        self._database, self._organisation, self._sources = database, organisation, list(sources)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Open and bind; raises Restamping while it is not certain which records are this organisation's."""
        with ExitStack() as stack:
            scope = organisation_scope(self._database, self._organisation)
            self._connection = stack.enter_context(scope)
            refuse_uncertain(self._database, self._connection)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def page(
        self, record: type[Record], where: Sequence[Condition] = (), *, order: str = "-sort_at",
        after: str | None = None, limit: int = 20,
    ) -> Slice:  # fmt: skip
        """One page by keyset; ``order`` is a column, '-' before it for newest first; raises BadCursor."""
        ordered, limit = query.Order(record, order), max(1, min(limit, MOST))
        asked = self._visible(sa.select(*query.columns(record, details=False)), record, where)
        if after:
            asked = asked.where(ordered.beyond(after))
        rows = self._connection.execute(asked.order_by(*ordered.by()).limit(limit + 1)).mappings().all()
        shown = [self._found(record, row) for row in rows[:limit]]
        return Slice(shown, ordered.marker(shown[-1]) if len(rows) > limit else None)

    def count(self, record: type[Record], where: Sequence[Condition] = (), *, cap: int = 1000) -> int:
        """How many there are, counted up to ``cap`` + 1 ("1,000+")."""
        some = self._visible(sa.select(TABLE[record].c.ref), record, where).limit(cap + 1).subquery()
        return self._connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()

    def get(self, record: type[Record], ref: str) -> Found | None:
        """The record behind a public id; None alike when it is absent, gone, or somebody else's."""
        asked = self._visible(sa.select(*query.columns(record, details=True)), record, ())
        row = (
            self._connection.execute(asked.where(TABLE[record].c.ref == query.clean(ref))).mappings().first()
        )
        return None if row is None else self._found(record, row)

    def statuses(self, record: type[Record]) -> Sequence[str]:
        """The distinct source statuses among this organisation's records, for filters."""
        asked = self._visible(sa.select(TABLE[record].c.status).distinct(), record, ())
        return sorted(self._connection.execute(asked).scalars())

    def dues(self, today: date) -> Sequence[Dues]:
        """What is owed, per currency, largest first."""
        t = TABLE[Invoice].c
        owed, late = t.due > ZERO, sa.and_(t.due > ZERO, t.due_on < today)
        asked = self._visible(
            sa.select(
                t.currency,
                sa.func.sum(t.due).label("due"),
                sa.func.sum(sa.case((late, t.due), else_=ZERO)).label("overdue"),
                sa.func.sum(sa.case((owed, 1), else_=ZERO)).label("open_count"),
                sa.func.sum(sa.case((late, 1), else_=ZERO)).label("overdue_count"),
                sa.func.min(sa.case((sa.and_(owed, t.due_on >= today), t.due_on))).label("next_due_on"),
            ),
            Invoice,
            (),
        )
        rows = self._connection.execute(asked.where(t.void == ZERO, t.due != ZERO).group_by(t.currency))
        dues = [
            Dues(currency, int(due), int(overdue), int(open_count), int(late_count), next_due_on)
            for currency, due, overdue, open_count, late_count, next_due_on in rows
        ]
        return sorted(dues, key=lambda one: (-one.due, one.currency))

    def history(self, found: Found) -> Sequence[Change]:
        """What changed on this record since we mirror it, oldest first."""
        c = CHANGES.c
        asked = sa.select(c.at, c.kind, c.field, c.before, c.after).where(
            c.record == found.record, c.source == found.source, c.source_id == found.source_id
        )
        return [Change(*row) for row in self._connection.execute(asked.order_by(c.seq))]

    def freshness(self) -> Sequence[Freshness]:
        """All streams of the configured sources, read once; a source without any stands there once."""
        return self._told

    @cached_property
    def _told(self) -> Sequence[Freshness]:
        asked = (
            sa.select(STREAMS.c.record, SOURCES.c.source, SOURCES.c.label, STREAMS.c.as_of,
                      SOURCES.c.stale_after, STREAMS.c.first_completed_at, SOURCES.c.next_run)
            .select_from(SOURCES.outerjoin(STREAMS, STREAMS.c.source == SOURCES.c.source))
            .where(SOURCES.c.source.in_(self._sources))
            .order_by(SOURCES.c.label, SOURCES.c.source, STREAMS.c.record)
        )  # fmt: skip
        return [Freshness(row[0] or "", *row[1:]) for row in self._connection.execute(asked)]

    def _visible(
        self, asked: sa.Select[Any], record: type[Record], where: Sequence[Condition]
    ) -> sa.Select[Any]:
        clauses = [query.clause(record, condition) for condition in where]
        return asked.where(*query.visible(record, self._sources), *clauses)

    def _found(self, record: type[Record], row: sa.RowMapping) -> Found:
        return query.found(record, row, self._streams)

    @cached_property
    def _streams(self) -> query.Streams:
        return {(one.source, one.record): query.Stream(one.label, one.as_of) for one in self._told}
