"""How a question to the mirror becomes one SELECT: conditions, keyset paging, and rows back to ``Found``."""

import operator
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from msgspec import DecodeError, json
from msgspec import Struct as MsgStruct
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from connectors.records import NAMES, Record
from portal.gateway.found import BadCursor, Condition, Either, Found, Where
from sync.tables import TABLE, fold

SOUGHT = "search_text"
INTERNAL = frozenset({"org_id", "fingerprint", "data_rows", SOUGHT, "email_key"})
DETAILS = frozenset({"lines", "shipments", "events", "payments", "allocations", "messages"})
ADDRESSES = frozenset({"billing", "shipping", "ship_to", "bill_to"})
# What lists do without, so that it is not read for nothing: only a record's own page shows it.
OWN_PAGE = DETAILS | {
    "belongs_to", "first_seen", "changed_at", "gone_at", "gone_why", "payment_status", "tracking", "note",
    "subtotal", "discount", "tax", "refunded", "outstanding", "ship_to", "bill_to", "text",
    "payment_due", "pay_url", "attachments",
}  # fmt: skip
INT64 = 2**63
Clause = sa.ColumnElement[bool]
# Under short names: SQLite's schemas are put in once for a table then, not for each of its columns.
TABLES = {record: table.alias(f"a_{table.name}") for record, table in TABLE.items()}
COMPARE: dict[str, Callable[[Any, Any], Clause]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


class Stream(MsgStruct, frozen=True):
    """What a record inherits from where it came from."""

    label: str
    as_of: datetime | None


Streams = Mapping[tuple[str, str], Stream]

JSON = {
    record: tuple(c.name for c in table.c if c.name in DETAILS | ADDRESSES and isinstance(c.type, sa.Text))
    for record, table in TABLE.items()
}


class strpos(GenericFunction[int]):
    """Where a text stands in another, 0 for nowhere. Unlike LIKE: no wildcards, and no value it fails on."""

    type = sa.Integer()
    inherit_cache = True


@compiles(strpos, "sqlite")
def _instr(element: strpos, compiler: Any, **told: Any) -> str:
    return f"instr({compiler.process(element.clauses, **told)})"


def columns(record: type[Record], *, details: bool) -> list[sa.Column[Any]]:
    """The columns a page may show; a list does without what only a record's own page shows."""
    left_out = INTERNAL if details else INTERNAL | OWN_PAGE
    return [one for one in TABLES[record].c if one.name not in left_out]


def one_of(column: sa.ColumnElement[str], values: Sequence[str]) -> Clause:
    """IN with a parameter for each value: without values of its own it need not be written anew each time."""
    return column.in_([sa.literal(value) for value in values])


def visible(record: type[Record], sources: Sequence[str]) -> list[Clause]:
    """What customers may see at all: not gone, and of a source that is configured."""
    table = TABLES[record]
    return [table.c.gone_at.is_(None), one_of(table.c.source, sources)]


def clause(record: type[Record], condition: Condition) -> Clause:
    """One condition as SQL; raises ValueError where the table has no such column."""
    if isinstance(condition, Either):
        options = [
            sa.and_(sa.true(), *(clause(record, part) for part in option)) for option in condition.options
        ]
        return sa.or_(sa.false(), *options)
    asked = column(record, condition.column)
    match condition:
        case Where(op="contains", column="search_text", value=value):
            return within(asked, folded(value))
        case Where(op="ne", value=value):
            return asked.is_distinct_from(clean(value))
        case Where(op="in", value=values):
            return asked.in_([clean(value) for value in values])
        case Where(op="not_in", value=values):
            return sa.or_(asked.is_(None), asked.not_in([clean(value) for value in values]))
        case Where(op="eq" | "lt" | "le" | "gt" | "ge" as op, value=value):
            return COMPARE[op](asked, clean(value))
    raise ValueError(f"{condition.op} cannot be asked of {condition.column}")


def within(column: sa.Column[Any], text: str | sa.BindParameter[str]) -> Clause:
    """That a text stands in a column, character by character."""
    return strpos(column, text) > 0


def folded(text: str) -> str:
    """What somebody looks for, as search_text is written."""
    return fold(clean(text))


def column(record: type[Record], name: str) -> sa.Column[Any]:
    """A column of a record by its name; raises ValueError where there is none."""
    found = TABLES[record].c.get(name)
    if found is None:
        raise ValueError(f"{NAMES[record]} has no column {name}")
    return found


def clean(value: Any) -> Any:
    """A value both engines take: no NUL and no half characters in text, whole numbers of 64 bits."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()
    if isinstance(value, int):
        return max(-INT64, min(INT64 - 1, value))
    return value


class Order:
    """The order of a list: one column, then ref, so that every row has a place of its own."""

    def __init__(self, record: type[Record], wanted: str) -> None:
        table = TABLES[record]
        if wanted == "-sort_at" and "sort_at" not in table.c:
            wanted = "name"
        self.column, self.ref = column(record, wanted.removeprefix("-")), table.c.ref
        self.wanted, self.down = wanted, wanted.startswith("-")
        kind: Any = self.column.type.python_type
        self.shape = tuple[str, kind, str]
        if self.column.nullable:
            raise ValueError(f"{self.column.name} may be empty, so lists cannot be ordered by it")

    def by(self, *columns: sa.ColumnElement[Any]) -> tuple[sa.UnaryExpression[Any], ...]:
        """The ORDER BY; of its own two columns, or of two that stand for them."""
        return tuple(one.desc() if self.down else one.asc() for one in columns or (self.column, self.ref))

    def beyond(self, after: str) -> Clause:
        """What comes after a marker; raises BadCursor when it is not a marker of this order."""
        place, here = sa.tuple_(self.column, self.ref), sa.tuple_(*self._read(after))
        return place < here if self.down else place > here

    def marker(self, found: Found) -> str:
        """The marker of the page after this record."""
        told = (self.wanted, found.values[self.column.name], found.values["ref"])
        return urlsafe_b64encode(json.encode(told)).decode().rstrip("=")

    def _read(self, after: str) -> tuple[Any, str]:
        try:
            told = b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
            wanted, value, ref = json.decode(told, type=self.shape)
            value = _utc(value) if isinstance(value, datetime) else value
        except (ValueError, OverflowError, DecodeError) as e:
            raise BadCursor from e
        if wanted != self.wanted or clean(value) != value or clean(ref) != ref:
            raise BadCursor
        return sa.literal(value, self.column.type), sa.literal(ref)  # type: ignore[return-value]


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a marker's time has a zone")
    return at.astimezone(UTC)  # OverflowError at the ends of the calendar


@lru_cache(maxsize=256)
def order(record: type[Record], wanted: str) -> Order:
    """The order of a list; raises ValueError where it cannot be ordered so."""
    return Order(record, wanted)


def found(record: type[Record], values: dict[str, Any], streams: Streams) -> Found:
    """A row as pages read it; ``values`` becomes part of it."""
    for name in JSON[record]:
        if isinstance(told := values.get(name), str):
            values[name] = json.decode(told)
    stream = streams.get((values["source"], NAMES[record])) or Stream(values["source"], None)
    return Found(NAMES[record], values, values["as_of"] or stream.as_of, stream.label)
