"""One stream (source × record type) through one run: kept page by page, then settled.

A page and its cursor are written in one transaction, or not at all; keeping a page again changes nothing.
Records go only when the whole reading is done, below the guard, in the transaction that moves the as-of time.
"""

import json
from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.base import Page, Row, Skipped
from sync.mirror.aim import Aim, Begun
from sync.mirror.arrival import (
    REKEYING,
    Arriving,
    Plan,
    Values,
    batches,
    mapped,
    nameable,
    place,
    salt,
    storable,
)
from sync.mirror.aside import Aside, gone_rows, left_out, quarantined, quarantined_rows
from sync.mirror.leaving import Leaver, Leaving
from sync.mirror.stamps import hand_over, owners
from sync.mirror.statements import KEYS, add, find, pieces, rewrite
from sync.mirror.tally import Tally
from sync.tables import MIRROR, TABLE

CHANGES, HIDDEN, QUARANTINE, SOURCES, STREAMS = (
    MIRROR[name] for name in ("changes", "hidden", "quarantine", "sources", "streams")
)
WELL, UNWELL, GONE = 0, 1, 2  # unwell: frozen, or marked to go
STATE = (
    f"case when gone_at is not null then {GONE} when as_of is not null or gone_why is not null then {UNWELL} "
    f"else {WELL} end"
)
SWEEP = 5_000  # records removed in one transaction
NOTES = 50  # sentences for staff kept with a stream
DOUBT = (
    "removals wait: a row without a readable id was read, and may be any {record} that is missing "
    "({missing} missing now)"
)


class Stream:
    """What a run knows while it reads. ``tally`` counts what was written; whoever rolls back sets it back."""

    def __init__(self, begun: Begun, aim: Aim) -> None:
        self.begun, self.aim = begun, aim
        self.tally, self.notes = Tally(), dict[str, None]()
        self.leaving = Leaving(begun, aim)
        self.withheld = 0
        self.swept = False
        self._arriving = Arriving(
            begun.record,
            begun.source,
            aim.map_page,
            salt(aim.mapping),
            aim.rekey,
            aim.new_mapping,
            aim.silent,
        )
        self._table = TABLE[begun.record]
        self._mine = self._table.c.source == begun.source
        self._quarantine = Aside(QUARANTINE, "place", begun, begun.has_quarantined)
        self._hidden = Aside(HIDDEN, "source_id", begun, begun.has_hidden)
        # After a listing of everything no older cursor tells where changes begin.
        self._cursor: str | None = begun.stored["cursor"] if aim.resumable else None
        self._as_of: datetime | None = None
        self.whole = aim.cursor is None  # whether this run hears of all there is
        self._leavers: Sequence[Leaver] | None = None

    def keep(self, connection: sa.Connection, page: Page, now: datetime, *, last: bool = False) -> None:
        """Write one page. The last one's cursor waits for ``settle``, which must share its transaction."""
        self.heed(page)
        for rows in batches(page.rows, KEYS):
            plan = self.plan(connection, rows, now)
            self._write(connection, plan, now)
            self._set_aside(connection, plan.skipped, now)
            self.tally += plan.tally
        self._set_aside(connection, page.skipped, now)
        self._take_out(connection, page, now)
        if not last and not self.aim.rekey:  # a rekeying that dies begins anew
            self._tell(connection, mapping=self.aim.mapping_so_far)

    def settle(self, connection: sa.Connection, now: datetime, allow_shrink: int = 0) -> bool:
        """Remove what is gone, then move cursor and as-of. False: there is more to remove, call it again in a
        transaction of its own."""
        if self._leavers is None:
            self._leavers = self._guarded(connection, allow_shrink)
        share = len(self._leavers) if self.aim.rekey else SWEEP
        going, self._leavers = self._leavers[:share], self._leavers[share:]
        self.leaving.remove(connection, going, now)
        gone = {"kind": "gone", "field": "", "before": None, "after": None}
        lines = [{"source_id": one.source_id, "org_id": one.org_id, **gone} for one in going]
        self._log(connection, lines, now)
        self.tally += Tally(gone=len(going))
        if not self._leavers:
            self._complete(connection, now)
        return not self._leavers

    def sweep(self, ids: Iterable[str]) -> None:
        """Hear all ids there are: what is neither among them nor in a page of this run is gone."""
        self.leaving.swept(ids)
        self.swept = True

    def cover(self, since: datetime | None) -> None:
        """What is older the source does not tell of: it is not gone for being absent."""
        self.leaving.covers_from = since

    def heed(self, page: Page) -> None:
        """Take in what a page says about the stream as a whole."""
        self.leaving.met([row.source_id for row in page.rows])
        self.notes.update(dict.fromkeys(page.notes))
        if self.aim.resumable:
            self._cursor = page.cursor or self._cursor
        if page.whole is not None:
            self.whole = page.whole
        if page.as_of is not None:
            self._as_of = min(self._as_of or page.as_of, page.as_of)

    def plan(self, connection: sa.Connection, rows: list[Row], now: datetime) -> Plan:
        """What is to be done with these rows, no id twice among them: reads, maps, writes nothing."""
        plan, fresh = Plan(), list[Row]()
        if not storable("".join([row.source_id for row in rows])):
            rows = nameable(rows, plan)
        held = self._held(connection, [row.source_id for row in rows])
        for row, told in zip(rows, self._arriving.fingerprints(rows), strict=True):
            fingerprint, state = held.get(row.source_id, (None, WELL))
            if fingerprint != told or state == GONE:
                fresh.append(row)
                continue
            plan.verdicts.append((row, "unchanged", ()))
            if state == UNWELL:
                plan.healed.append(row.source_id)
        if fresh:
            self._map(connection, plan, fresh, held, now)
        return plan

    def _held(self, connection: sa.Connection, ids: list[str]) -> dict[str, tuple[int, int]]:
        """What the mirror holds of these: the fingerprint, and whether the record is well, unwell or gone."""
        found = find(connection, self._table, f"source_id, fingerprint, {STATE}", self.begun.source, ids)
        return {source_id: (fingerprint, state) for source_id, fingerprint, state in found}

    def _map(
        self, connection: sa.Connection, plan: Plan, fresh: list[Row], held: Container[str], now: datetime
    ) -> None:
        rows, made = mapped(self._arriving, fresh, now, plan)
        if not rows:
            return
        known = [row.source_id for row in rows if row.source_id in held]
        stored = sa.select(self._table).where(self._mine, self._table.c.source_id.in_(known))
        before = (
            {row["source_id"]: dict(row) for row in connection.execute(stored).mappings()} if known else {}
        )
        owner = owners(connection, self.begun.source, {*made["belongs_to"]} - {None})
        made["org_id"] = list(map(owner.get, made["belongs_to"]))
        place(plan, self._arriving, rows, made, before, now)

    def _write(self, connection: sa.Connection, plan: Plan, now: datetime) -> None:
        c = self._table.c
        if plan.new:
            add(connection, self._table, plan.new)
        if plan.rewritten:
            rewrite(connection, self._table, plan.rewritten)
        if plan.healed:
            well = sa.update(self._table).where(self._mine, c.source_id.in_(plan.healed))
            connection.execute(well.values(as_of=None, gone_why=None))
        hand_over(connection, self.begun.record, self.begun.source, plan.moved_account)
        self._log(connection, plan.log, now)
        self._quarantine.drop(connection, plan.written)
        self._hidden.drop(connection, plan.written)

    def _log(self, connection: sa.Connection, lines: list[Values], now: datetime) -> None:
        """Number and write lines of the change log; a silent run writes none."""
        if self.aim.silent or not lines:
            return
        source = sa.update(SOURCES).where(SOURCES.c.source == self.begun.source)
        counted = source.values(change_seq=SOURCES.c.change_seq + len(lines))
        last = connection.execute(counted.returning(SOURCES.c.change_seq)).scalar_one()
        same = {"source": self.begun.source, "record": self.begun.name, "at": now}
        numbered = enumerate(lines, last - len(lines) + 1)
        connection.execute(sa.insert(CHANGES), [{**same, "seq": seq, **line} for seq, line in numbered])

    def _set_aside(self, connection: sa.Connection, skipped: Sequence[Skipped], now: datetime) -> None:
        """Quarantine rows. A record whose row cannot be read stays true as of its last good reading."""
        if not skipped:
            return
        self.leaving.met_unreadable(skipped)
        self.tally += quarantined_rows(skipped)
        self._quarantine.put(connection, [quarantined(one) for one in skipped], now)
        self._freeze(
            connection, [one.source_id for one in skipped if one.source_id and storable(one.source_id)]
        )

    def _freeze(self, connection: sa.Connection, ids: Sequence[str]) -> None:
        """These are true as of the last good reading, not as of this one."""
        c = self._table.c
        good = sa.func.coalesce(sa.literal(self.begun.stored["as_of"], c.as_of.type), c.changed_at)
        for some in pieces(ids):
            freezing = sa.update(self._table).where(self._mine, c.source_id.in_(some))
            connection.execute(freezing.where(c.gone_at.is_(None), c.as_of.is_(None)).values(as_of=good))

    def _take_out(self, connection: sa.Connection, page: Page, now: datetime) -> None:
        """Hear what the source says is deleted, or hidden by a visibility rule."""
        if not page.gone and not page.whole_of:
            return
        hidden = [one for one in page.gone if one.why == "hidden"]
        self.tally += gone_rows(page.gone)
        self._hidden.put(connection, [left_out(one) for one in hidden], now)
        self._hidden.drop(connection, [one.source_id for one in page.gone if one.why != "hidden"])
        self._quarantine.drop(connection, [one.source_id for one in page.gone])
        self.leaving.mark(connection, page)

    def _guarded(self, connection: sa.Connection, allow_shrink: int) -> Sequence[Leaver]:
        if self.leaving.in_doubt:
            missing = self.leaving.missing(connection)
            self._freeze(connection, missing)
            self.notes[DOUBT.format(record=self.begun.name, missing=f"{len(missing):,}")] = None
        leavers = self.leaving.leavers(connection, self.tally.new)
        going, withheld = self.leaving.guarded(connection, leavers, allow_shrink)
        self.judged(withheld)
        return going

    def judged(self, withheld: int) -> None:
        """Take in what the guard holds back. What it held back at the last sweep waits until the next one."""
        told_all = self.swept or not self.aim.resumable or self.begun.stored["swept_at"] is None
        self.withheld = withheld if told_all else max(withheld, self.begun.stored["withheld"])

    def _complete(self, connection: sa.Connection, now: datetime) -> None:
        """The last words of a whole run. Where removals are withheld nothing more is certain: as-of stays."""
        if self.aim.rekey:
            held = sa.update(self._table).where(self._mine, self._table.c.gone_why == REKEYING)
            connection.execute(held.values(gone_at=None, gone_why=None))
        if self.whole:
            self._quarantine.drop_unseen(connection)
            self._hidden.drop_unseen(connection)
        known: dict[str, Any] = {}
        if not self.withheld:
            first = self.begun.stored["first_completed_at"] or now
            as_of = self._as_of or self.aim.started_at
            known = {"as_of": as_of, "completed_at": now, "first_completed_at": first}
        if self.swept:
            known["swept_at"] = now
        known["covers_from"] = self.leaving.covers_from
        notes = json.dumps(list(self.notes)[:NOTES])
        well = {"failed_at": None, "failure": None, "failure_message": None}
        self._tell(connection, mapping=self.aim.mapping, withheld=self.withheld, notes=notes, **known, **well)

    def _tell(self, connection: sa.Connection, **values: Any) -> None:
        this = (STREAMS.c.source == self.begun.source, STREAMS.c.record == self.begun.name)
        chain = {"cursor": self._cursor, "started_at": self.aim.started_at, "id_rule": self.aim.id_rule}
        connection.execute(sa.update(STREAMS).where(*this).values(**chain, **values))
