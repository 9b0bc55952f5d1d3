"""What the arrival of rows means, worked out before anything is written. No SQL here.

same fingerprint                    unchanged: not mapped, not written
same, but frozen or about to go     well again: two columns cleared
another, or gone, or never seen     mapped: new, changed, back – or unreadable → quarantine
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from struct import unpack
from typing import Any

from connectors.base import Row, Skipped, Unreadable
from connectors.mapped import Mapped
from connectors.records import NAMES, Record
from sync.encoding import Stored, stored
from sync.mirror.tally import Tally
from sync.tables import TEXTS, TRACKED, ref

Values = dict[str, Any]
Change = tuple[str, str | None, str | None]  # column, from, to
REKEYING = "rekeying"  # why a record that came under a new id rule is not shown yet
# Stored that may move without the record having changed for anybody.
QUIET = frozenset({"updated", "fingerprint", "data_rows", "org_id", "as_of", "gone_at", "gone_why"})


@dataclass(frozen=True)
class Arriving:
    """What all rows of one run have in common."""

    record: type[Record]
    source: str
    map_page: Callable[[Sequence[Any]], Mapped]
    salt: int  # of the mapping: under another mapping every fingerprint is another
    hold: bool  # rekeying: what is new stays out of sight until the old ids go
    anew: bool  # under a new mapping a time of last change may be read as another: it tells no age
    silent: bool  # nothing of this run goes into the change log

    def fingerprints(self, rows: Sequence[Row]) -> list[int]:
        """The rows' fingerprints as they are stored: signed 64-bit numbers that tell the mapping, too."""
        told = unpack(f">{len(rows)}q", b"".join([row.fingerprint for row in rows]))
        return [one ^ self.salt for one in told]


@dataclass
class Plan:
    """What is to be written for some rows, and what became of each of them."""

    new: Stored = field(default_factory=dict)
    rewritten: list[Values] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    moved_account: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    log: list[Values] = field(default_factory=list)
    verdicts: list[tuple[Row, str, Sequence[Change]]] = field(default_factory=list)

    @property
    def written(self) -> list[str]:
        """The ids that are written."""
        rewritten = (values["source_id"] for values in self.rewritten)
        return [*self.new.get("source_id", ()), *rewritten, *self.healed]

    @property
    def tally(self) -> Tally:
        """The rows that found their place, counted; those skipped are counted where they are set aside."""
        what = Counter([verdict for _, verdict, _ in self.verdicts])
        placed = sum([row.data_rows for row, _, _ in self.verdicts])
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
    if 0 < len(rows) <= size and len({row.source_id for row in rows}) == len(rows):
        yield list(rows)
        return
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


def mapped(arriving: Arriving, rows: Sequence[Row], now: datetime, plan: Plan) -> tuple[list[Row], Stored]:
    """The rows that are records, with their own columns; the others are set aside on the plan."""
    found = arriving.map_page([row.raw for row in rows])
    rows = _kept(plan, rows, found.wrong)
    if not rows:
        return [], {}
    made, wrong = stored(arriving.record, found.columns, now)
    for name in TEXTS[arriving.record]:
        if name in made:
            _must_be_storable(name, made[name], wrong)
    return _kept(plan, rows, wrong), _without(made, wrong)


def _kept(plan: Plan, rows: Sequence[Row], wrong: Mapping[int, Unreadable]) -> list[Row]:
    for n, why in sorted(wrong.items()):
        row = rows[n]
        skipped = Skipped(row.source_id, row.place, why.field, why.reason, why.cure, row.data_rows)
        plan.skipped.append(skipped)
    return [row for n, row in enumerate(rows) if n not in wrong] if wrong else list(rows)


def _without(made: Stored, wrong: Container[int]) -> Stored:
    if not wrong:
        return made
    return {name: [one for n, one in enumerate(column) if n not in wrong] for name, column in made.items()}


def _must_be_storable(name: str, column: Sequence[str | None], wrong: dict[int, Unreadable]) -> None:
    """Note which texts of a column no database can hold."""
    if storable("".join(filter(None, column))):
        return
    for n, text_ in enumerate(column):
        if text_ and not storable(text_):
            reason = "a character in it cannot be stored (NUL or half a character)"
            wrong.setdefault(n, Unreadable(name, reason))


def place(
    plan: Plan,
    arriving: Arriving,
    rows: Sequence[Row],
    made: Stored,
    before: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> None:
    """Put mapped rows on the plan. ``before`` are the whole rows the mirror holds of them; ``made`` has their
    columns and whose they are."""
    made["fingerprint"] = arriving.fingerprints(rows)
    made["data_rows"] = [row.data_rows for row in rows]
    known = [n for n, row in enumerate(rows) if row.source_id in before]
    for n in known:
        values = {name: column[n] for name, column in made.items()}
        _meet(plan, arriving, rows[n], values, before[rows[n].source_id], now)
    new = [row for row in rows if row.source_id not in before]
    if new:
        _add(plan, arriving, new, _without(made, frozenset(known)), now)


def _add(plan: Plan, arriving: Arriving, rows: Sequence[Row], made: Stored, now: datetime) -> None:
    """Rows the mirror has never seen."""
    gone_at, gone_why = (now, REKEYING) if arriving.hold else (None, None)
    same = {"source": arriving.source, "first_seen": now, "changed_at": now, "as_of": None}
    same |= {"gone_at": gone_at, "gone_why": gone_why}
    ids = [row.source_id for row in rows]
    refs = [ref(NAMES[arriving.record], arriving.source, source_id) for source_id in ids]
    plan.new = {
        **made,
        "source_id": ids,
        "ref": refs,
        **{name: [one] * len(rows) for name, one in same.items()},
    }
    plan.verdicts += [(row, "new", ()) for row in rows]
    if not arriving.silent:
        plan.log += [_line(row, owner, "new") for row, owner in zip(rows, made["org_id"], strict=True)]


def _meet(
    plan: Plan, arriving: Arriving, row: Row, values: Values, old: Mapping[str, Any], now: datetime
) -> None:
    """A row of which the mirror holds another version."""
    values["as_of"], values["gone_at"], values["gone_why"] = None, None, None
    if arriving.hold and old["gone_at"]:
        values["gone_at"], values["gone_why"] = now, REKEYING
    if not arriving.anew and _is_older(values, old):
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
        plan.log.append(_line(row, values["org_id"], "back"))
    tracked = TRACKED[arriving.record]
    plan.log += [_line(row, values["org_id"], "changed", *change) for change in moved if change[0] in tracked]
    plan.verdicts.append((row, "back" if back else "changed" if moved else "unchanged", moved))


def _line(
    row: Row,
    org_id: int | None,
    kind: str,
    name: str = "",
    before: str | None = None,
    after: str | None = None,
) -> Values:
    line = {"source_id": row.source_id, "org_id": org_id, "kind": kind}
    return {**line, "field": name, "before": before, "after": after}


def text(value: Any) -> str | None:
    """A value as the change log keeps it: dates in ISO form, amounts in minor units, yes as 1, no as 0."""
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
