"""The customer's door: one organisation's own records, and no way to name another."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from functools import cached_property
from typing import Any, Self

import sqlalchemy as sa

from connectors.records import Account, Record
from portal.gateway import opening, query, statements
from portal.gateway.found import Change, Condition, Dues, Found, Freshness, Slice, Traced, Where
from portal.gateway.scopes import organisation_scope
from sync.database import Database

MOST = 200


class Gateway:
    """One organisation's records. A context manager: one read transaction, bound to the organisation."""

    def __init__(self, database: Database, organisation: int, sources: Sequence[str]) -> None:
        self._database, self._organisation, self._sources = database, organisation, tuple(sources)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Open and bind; raises Restamping while it is not certain which records are this organisation's."""
        with ExitStack() as stack:
            scope = organisation_scope(self._database, self._organisation)
            self._connection = stack.enter_context(scope)
            self._opened = opening.read(self._connection, self._sources)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def page(
        self, record: type[Record], where: Sequence[Condition] = (), *, order: str = "-sort_at",
        after: str | None = None, limit: int = 20, counted: bool = False,
    ) -> Slice:  # fmt: skip
        """One page by keyset; ``order`` is a column, '-' before it for newest first; raises BadCursor.

        ``counted``: the first page tells how many there are on all pages, up to 1,000 + 1."""
        ordered, limit = query.order(record, order), max(1, min(limit, MOST))
        counted = counted and not after
        told, rest = _parted(where)
        names, shape = tuple(told), (record, self._sources, order, limit)
        if rest:
            clauses = [query.clause(record, condition) for condition in rest]
            clauses += statements.parameters(record, names)
            asked = statements.listed(*shape, clauses, counted=counted)
        else:
            asked = statements.page(*shape, names, counted=counted)
        result = self._connection.execute(asked.where(ordered.beyond(after)) if after else asked, told)
        keys, rows = tuple(result.keys()), result.all()
        shown = [self._found(record, keys, row) for row in rows[:limit]]
        total = (shown[0].values["total_rows"] if shown else 0) if counted else None
        return Slice(shown, ordered.marker(shown[-1]) if len(rows) > limit else None, total)

    def count(self, record: type[Record], where: Sequence[Condition] = (), *, cap: int = 1000) -> int:
        """How many there are, counted up to ``cap`` + 1 ("1,000+")."""
        clauses = [query.clause(record, condition) for condition in where]
        asked = sa.select(statements.total(record, self._sources, clauses, cap))
        return int(self._connection.execute(asked).scalar_one())

    def get(self, record: type[Record], ref: str) -> Found | None:
        """The record behind a public id; None alike when it is absent, gone, or somebody else's."""
        result = self._connection.execute(statements.one(record, self._sources), {"ref": query.clean(ref)})
        row = result.first()
        return None if row is None else self._found(record, tuple(result.keys()), row)

    def trace(self, record: type[Record], ref: str) -> Traced | None:
        """The same with what changed on the record since we mirror it, oldest first."""
        asked = statements.traced(record, self._sources)
        result = self._connection.execute(asked, {"ref": query.clean(ref)})
        names, rows = tuple(result.keys())[: -len(statements.TRACE)], result.all()
        if not rows:
            return None
        told = (row[-len(statements.TRACE) :] for row in rows)
        return Traced(self._found(record, names, rows[0]), [Change(*one) for one in told if one[0]])

    def accounts(self, source: str) -> Sequence[str]:
        """The ids of this organisation's accounts in one source, gone ones too."""
        return self._connection.execute(statements.accounts(), {"source": source}).scalars().all()

    def statuses(self, record: type[Record]) -> Sequence[str]:
        """The distinct source statuses among this organisation's records, for filters."""
        return sorted(self._connection.execute(statements.statuses(record, self._sources)).scalars())

    def dues(self, today: date) -> Sequence[Dues]:
        """What is owed, per currency, largest first."""
        rows = self._connection.execute(statements.dues(self._sources), {"today": today})
        dues = [
            Dues(currency, int(due), int(overdue), int(open_count), int(late_count), next_due_on)
            for currency, due, overdue, open_count, late_count, next_due_on in rows
        ]
        return sorted(dues, key=lambda one: (-one.due, one.currency))

    def freshness(self) -> Sequence[Freshness]:
        """All streams of the configured sources, read once; a source without any stands there once."""
        return self._opened.streams

    def carers(self) -> Sequence[Found]:
        """Who looks after this customer: of each source the first account that names somebody."""
        return [query.found(Account, row, self._streams) for row in self._opened.carers]

    def _found(self, record: type[Record], names: Sequence[str], row: Sequence[Any]) -> Found:
        return query.found(record, dict(zip(names, row, strict=False)), self._streams)

    @cached_property
    def _streams(self) -> query.Streams:
        return {(one.source, one.record): query.Stream(one.label, one.as_of) for one in self.freshness()}


def _parted(where: Sequence[Condition]) -> tuple[dict[str, Any], list[Condition]]:
    """What columns have to equal and what is searched for, the parameters of a statement made before; and
    all other conditions."""
    told: dict[str, Any] = {}
    rest: list[Condition] = []
    for one in where:
        match one:
            case Where(column=name) if name in told:
                rest.append(one)
            case Where(op="contains", column=query.SOUGHT, value=value):
                told[query.SOUGHT] = query.folded(value)
            case Where(op="eq", column=name, value=value) if value is not None and name != query.SOUGHT:
                told[name] = query.clean(value)
            case _:
                rest.append(one)
    return told, rest
