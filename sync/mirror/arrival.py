"""What the arrival of rows means, worked out before anything is written. No SQL here.

same fingerprint                    unchanged: not mapped, not written
same, but frozen or about to go     well again: two columns cleared
another, or gone, or never seen     mapped: new, changed, back – or unreadable → quarantine
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from connectors.base import Row, Skipped, Unreadable
from connectors.records import NAMES, Record
from sync.encoding import encode
from sync.mirror.tally import Tally
from sync.tables import TRACKED, ref

Values = dict[str, Any]
Change = tuple[str, str | None, str | None]  # column, from, to
REKEYING = "rekeying"  # why a record that came under a new id rule is not shown yet
# Columns that may move without the record having changed for anybody.
QUIET = frozenset({"updated", "fingerprint", "data_rows", "org_id", "as_of", "gone_at", "gone_why"})


@dataclass(frozen=True)
class Arriving:
    """What all rows of one run have in common."""

    record: type[Record]
    source: str
    map_page: Callable[[Sequence[Any]], Sequence[Record | Unreadable]]
    salt: int  # of the mapping: under another mapping every fingerprint is another
    hold: bool  # rekeying: what is new stays out of sight until the old ids go
    anew: bool  # under a new mapping a time of last change may be read as another: it tells no age
    silent: bool  # nothing of this run goes into the change log

    def fingerprint(self, row: Row) -> int:
        """The row's fingerprint as it is stored: a signed 64-bit number that tells the mapping, too."""
        return int.from_bytes(row.fingerprint, "big", signed=True) ^ self.salt


@dataclass
class Plan:
    """What is to be written for some rows, and what became of each of them."""

    new: list[Values] = field(default_factory=list)
    rewritten: list[Values] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    moved_account: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    log: list[Values] = field(default_factory=list)
    verdicts: list[tuple[Row, str, Sequence[Change]]] = field(default_factory=list)

    @property
    def written(self) -> list[str]:
        """The ids that are written."""
        return [*(values["source_id"] for values in [*self.new, *self.rewritten]), *self.healed]

    @property
    def tally(self) -> Tally:
        """The rows that found their place, counted; those skipped are counted where they are set aside."""
        what = Counter(verdict for _, verdict, _ in self.verdicts)
        placed = sum(row.data_rows for row, _, _ in self.verdicts)
        return Tally(
            data_rows=placed,
            placed_rows=placed,
            new=what["new"],
            changed=what["changed"] + what["back"],
            unchanged=what["unchanged"] + what["older"],
        )


def salt(mapping: str) -> int:
    """A mapping as 64 bits, to be mixed into fingerprints."""
    return int.from_bytes(blake2b(mapping.encode(), digest_size=8).digest(), "big", signed=True)


def batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """Rows in order, in pieces within which no id comes twice: a repeated one must find the first kept."""
    batch: dict[str, Row] = {}
    for row in rows:
        if len(batch) == size or row.source_id in batch:
            yield list(batch.values())
            batch = {}
        batch[row.source_id] = row
    if batch:
        yield list(batch.values())


def storable(text: str) -> bool:
    """Whether a database can hold it: PostgreSQL takes no NUL, neither takes half a surrogate pair."""
    if text.isascii():
        return "\0" not in text
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def clean(text: str) -> str:
    """Text for staff, with what no database can hold replaced."""
    return text if storable(text) else text.encode(errors="replace").decode().replace("\0", "\ufffd")


def nameable(rows: Sequence[Row], plan: Plan) -> list[Row]:
    """The rows whose id can be stored; the others go to the quarantine, as rows of unknown id."""
    for row in rows:
        if not storable(row.source_id):
            reason = "a character in it cannot be stored (NUL or half a character)"
            plan.skipped.append(Skipped(None, row.place, "id", reason, data_rows=row.data_rows))
    return [row for row in rows if storable(row.source_id)]


def mapped(arriving: Arriving, rows: Sequence[Row], now: datetime, plan: Plan) -> list[tuple[Row, Values]]:
    """The rows that are records, each with its own columns; the others are set aside on the plan."""
    found = arriving.map_page([row.raw for row in rows])
    made = [one if isinstance(one, Unreadable) else _encoded(one, now) for one in found]
    told = [value for one in made if isinstance(one, dict) for value in one.values() if type(value) is str]
    if not storable("".join(told)):
        made = [one if isinstance(one, Unreadable) else _storable(one) for one in made]
    for row, one in zip(rows, made, strict=True):
        if isinstance(one, Unreadable):
            why = (one.field, one.reason, one.cure)
            plan.skipped.append(Skipped(row.source_id, row.place, *why, row.data_rows))
    return [(row, one) for row, one in zip(rows, made, strict=True) if isinstance(one, dict)]


def _encoded(record: Record, now: datetime) -> Values | Unreadable:
    try:
        return encode(record, now)
    except Unreadable as error:
        return error


def _storable(values: Values) -> Values | Unreadable:
    for name, value in values.items():
        if isinstance(value, str) and not storable(value):
            return Unreadable(name, "a character in it cannot be stored (NUL or half a character)")
    return values


def place(
    plan: Plan, arriving: Arriving, row: Row, values: Values, old: Mapping[str, Any] | None, now: datetime
) -> None:
    """Put one mapped row on the plan. ``old`` is the whole row the mirror holds; ``values`` are completed."""
    values["fingerprint"], values["data_rows"] = arriving.fingerprint(row), row.data_rows
    values["as_of"], values["gone_at"], values["gone_why"] = None, None, None
    if arriving.hold and (old is None or old["gone_at"]):
        values["gone_at"], values["gone_why"] = now, REKEYING
    if old is None:
        values["source"], values["source_id"] = arriving.source, row.source_id
        values["ref"] = ref(NAMES[arriving.record], arriving.source, row.source_id)
        values["first_seen"] = values["changed_at"] = now
        plan.new.append(values)
        if not arriving.silent:
            plan.log.append(_line(row, values, "new"))
        plan.verdicts.append((row, "new", ()))
    elif not arriving.anew and _is_older(values, old):
        plan.verdicts.append((row, "older", ()))
    else:
        _rewrite(plan, arriving, row, values, old, now)


def _is_older(values: Values, old: Mapping[str, Any]) -> bool:
    return bool(old["updated"] and values["updated"] and values["updated"] < old["updated"])


def _rewrite(
    plan: Plan, arriving: Arriving, row: Row, values: Values, old: Mapping[str, Any], now: datetime
) -> None:
    if values.get("sort_at") is now:  # the source has no date any more: the first one given stays
        values["sort_at"] = old["sort_at"]
    moved = [
        (name, text(old[name]), text(value))
        for name, value in values.items()
        if name not in QUIET and value != old[name]
    ]
    back = old["gone_at"] is not None
    values["changed_at"] = now if moved or back else old["changed_at"]
    values["source"], values["source_id"] = arriving.source, row.source_id
    plan.rewritten.append(values)
    if values["org_id"] != old["org_id"]:
        plan.moved_account.append(row.source_id)
    if back:
        plan.log.append(_line(row, values, "back"))
    tracked = TRACKED[arriving.record]
    plan.log += [_line(row, values, "changed", *change) for change in moved if change[0] in tracked]
    plan.verdicts.append((row, "back" if back else "changed" if moved else "unchanged", moved))


def _line(
    row: Row, values: Values, kind: str, name: str = "", before: str | None = None, after: str | None = None
) -> Values:
    line = {"source_id": row.source_id, "org_id": values["org_id"], "kind": kind}
    return {**line, "field": name, "before": before, "after": after}


def text(value: Any) -> str | None:
    """A value as the change log keeps it: dates in ISO form, amounts in minor units, yes as 1, no as 0."""
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
