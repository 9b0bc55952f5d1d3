"""The questions we ask, in SOQL. Ids and times are the only values in them, and both are checked."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from connectors.base import Garbled
from connectors.salesforce.shapes import STAMP

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")
KEY = ("Id", STAMP)
IDS = 200  # in one question: an address may have 16,384 bytes
ORDER = f"ORDER BY {STAMP}, Id"


def literal(moment: datetime) -> str:
    """A moment as SOQL writes it: UTC, whole seconds, no quotes."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def quoted(row_id: str) -> str:
    """An id between quotes; raises Garbled for what is none."""
    if not _ID.fullmatch(row_id):
        raise Garbled(f"Salesforce sent {row_id!r:.40} for an id; nothing was taken")
    return f"'{row_id}'"


def changed(
    fields: Sequence[str], table: str, since: datetime | None, after: tuple[datetime, str] | None
) -> str:
    """What changed since (``>=``), and after a row already read, by stamp and id."""
    tests = [f"{STAMP} >= {literal(since)}"] if since else []
    if after:
        stamp, row_id = literal(after[0]), quoted(after[1])
        tests.append(f"({STAMP} > {stamp} OR ({STAMP} = {stamp} AND Id > {row_id}))")
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    return f"SELECT {', '.join(fields)} FROM {table}{where} {ORDER}"


def everything(fields: Sequence[str], table: str) -> str:
    """All rows in no order: sorting an object of millions takes longer than a query job may."""
    return f"SELECT {', '.join(fields)} FROM {table}"


def among(fields: Sequence[str], table: str, field: str, ids: Iterable[str], more: str = "") -> str:
    """The rows whose field is one of these ids."""
    listed = ", ".join(map(quoted, ids))
    return f"SELECT {', '.join(fields)} FROM {table} WHERE {field} IN ({listed}){more} ORDER BY {field}, Id"


def portions(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """The ids in portions that fit into one question."""
    return (ids[at : at + IDS] for at in range(0, len(ids), IDS))
