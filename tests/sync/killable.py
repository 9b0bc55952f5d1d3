"""A sync in a process of its own, made to be killed. It reads one command a line (JSON) and forks for each,
so that only the first costs an interpreter's start; it prints what happens, one word a line.

The source it reads is a shop that changes a little every day: orders are listed as a whole, invoices come as
a feed of changes with a cursor.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.base import Connector, Gone, Page, Reads, Row, SourceSettings
from connectors.records import Invoice, Line, Order, Record
from sync.cli.stopping import stopping
from sync.database import Database
from sync.run import Busy, run_source

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
SHOWN, DAILY, PAGE = 40, 3, 9


def version(number: int, day: int) -> int:
    """The day on which a record changed last; every fifth changes each day."""
    return max((each for each in range(1, day + 1) if (number + each) % 5 == 0), default=0)


def truth(day: int) -> dict[str, int]:
    """What the shop holds on a day, ids and versions: three new ones a day, three that leave."""
    return {f"r{number}": version(number, day) for number in range(DAILY * day, SHOWN + DAILY * day)}


def feed(day: int) -> list[tuple[str, int | None]]:
    """All that ever happened up to a day, in order: an id and its new version, or None when it left."""
    events: list[tuple[str, int | None]] = list(truth(0).items())
    for each in range(1, day + 1):
        old, new = truth(each - 1), truth(each)
        events += [(source_id, v) for source_id, v in new.items() if old.get(source_id) != v]
        events += [(source_id, None) for source_id in old if source_id not in new]
    return events


def lines(source_id: str, v: int) -> tuple[Line, ...]:
    """The lines of one version: its number tells how many."""
    return tuple(Line(name=f"{source_id} as of {v}, line {number}") for number in range(1 + v % 3))


class Shop(Connector):
    """The shop on one day."""

    Settings = SourceSettings

    def __init__(self, day: int) -> None:
        self.settings = SourceSettings(id="shop", label="Shop", kind="fake")
        self.day = day

    @property
    def reads(self) -> Mapping[type[Record], Reads]:
        return {Order: Reads.EVERYTHING, Invoice: Reads.CHANGES}

    def mapping(self, record: type[Record]) -> str:
        return "1"

    def check(self) -> None:
        return

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        begin = int(cursor or 0)
        events = list(truth(self.day).items()) if record is Order else feed(self.day)
        for first in range(begin, len(events), PAGE):
            some = events[first : first + PAGE]
            last = min(first + PAGE, len(events))
            yield Page(
                rows=[row(source_id, v) for source_id, v in some if v is not None],
                gone=[Gone(source_id, "deleted") for source_id, v in some if v is None],
                cursor=str(last) if record is Invoice else None,
                as_of=START + timedelta(days=self.day),
            )

    def map(self, record: type[Record], raw: Any) -> Record:
        source_id, v = raw
        told = {
            "source_id": source_id,
            "belongs_to": "acme",
            "number": f"{source_id} as of {v}",
            "status": f"{v}",
        }
        return record(**told, lines=lines(source_id, v))


def row(source_id: str, v: int) -> Row:
    """One record as the shop hands it out."""
    fingerprint = blake2b(f"{source_id} {v}".encode(), digest_size=8).digest()
    return Row(source_id=source_id, fingerprint=fingerprint, raw=(source_id, v))


def say(word: str) -> None:
    """Tell the test something, at once and in one piece: parent and child share the pipe."""
    os.write(sys.stdout.fileno(), f"{word}\n".encode())


def die_before(commit: int) -> None:
    """End without a word just before a transaction is committed."""
    left = iter(range(commit - 1, -1, -1))
    sa.event.listen(
        sa.Engine, "commit", lambda connection: os._exit(9) if next(left, 1) == 0 else say("commit")
    )


def sync(url: str, folder: str, day: int, minute: int, commit: int = 0) -> None:
    """Sync the shop of a day and say how it went."""
    database = Database(url, Path(folder))
    now = START + timedelta(days=day, minutes=minute)
    die_before(commit)
    with stopping() as stop:
        say(str(os.getpid()))
        try:
            outcomes = run_source(
                database, Shop(day), clock=lambda: now, stop=stop, progress=lambda *told: say("page")
            )
            say(" ".join(each.outcome for each in outcomes))
        except Busy:
            say("busy")


def serve() -> None:
    """Fork for every command until there are no more."""
    for line in sys.stdin:
        command = json.loads(line)
        child = os.fork()
        if child == 0:
            sync(**command)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    serve()
