"""Syncs that are killed: nothing is torn, lost, doubled or claimed too early, and the next run mends it."""

import importlib.util
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.records import Invoice, Order
from sync.database import Database
from sync.run import Busy, run_source
from sync.tables import MIRROR, TABLE

SPOKEN = 10  # words of a sync that is not at its end yet
PROGRAM = Path(__file__).with_name("killable.py")


def load() -> Any:
    """The program as a module: what its shop holds is what the mirror must show."""
    spec = importlib.util.spec_from_file_location("killable", PROGRAM)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


killable = load()


@dataclass
class Space:
    """A database that other processes sync into, and how far the shop has come."""

    url: str
    folder: Path
    database: Database
    minute: int = 0

    def command(self, day: int, **how: Any) -> str:
        """A command for the program; each sync comes after all leases of the one before."""
        self.minute += 2
        told = {"url": self.url, "folder": str(self.folder), "day": day, "minute": self.minute, **how}
        return json.dumps(told) + "\n"

    def sync(self, day: int, minutes: int = 2) -> list[str]:
        """Sync in this process, undisturbed."""
        self.minute += minutes
        now = killable.START + timedelta(days=day, minutes=self.minute)
        return [each.outcome for each in run_source(self.database, killable.Shop(day), clock=lambda: now)]

    def rows(self, table: sa.Table) -> list[Any]:
        """All rows of a mirror table."""
        with self.database.staff() as connection:
            return list(connection.execute(sa.select(table)).all())

    def sound(self) -> str:
        """What the database itself says of its files."""
        if self.database.dialect == "postgresql":
            return "ok"
        with closing(sqlite3.connect(self.folder / "var" / "mirror.db")) as connection:
            return str(connection.execute("pragma integrity_check").fetchone()[0])


class Program:
    """The killable program, running."""

    def __init__(self) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, str(PROGRAM)], **pipes)  # type: ignore[call-overload]

    def begin(self, command: str) -> int:
        """Start a sync; the id of its process, once it can be asked to end."""
        self.process.stdin.write(command)
        self.process.stdin.flush()
        return int(self.word())

    def word(self) -> str:
        """The next thing it says."""
        word = str(self.process.stdout.readline())
        assert word, "it died"
        return word.strip()

    def words(self, most: int = sys.maxsize) -> Iterator[str]:
        """What it says until the sync is over; the last word is the exit code."""
        for _ in range(most):
            word = self.word()
            yield word.removeprefix("ended ")
            if word.startswith("ended "):
                return

    def close(self) -> None:
        """Let it go."""
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def programs() -> Iterator[Callable[[], Program]]:
    """Makes programs; two can sync at the same time."""
    made: list[Program] = []

    def make() -> Program:
        made.append(Program())
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def program(programs: Callable[[], Program]) -> Program:
    return programs()


@pytest.fixture(params=["sqlite", "postgresql"])
def space(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Space]:
    """An empty database on each engine, with an address for other processes."""
    postgres = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    name = postgres.fresh(postgres.template()) if postgres else ""
    url = postgres.at(name) if postgres else "sqlite:var"
    database = Database(url, tmp_path)
    if postgres is None:
        database.create()
    yield Space(url, tmp_path, database)
    database.close()
    if postgres:
        postgres.drop(name)


def violations(space: Space, before: int, after: int) -> list[str]:
    """What is wrong with a mirror that was whole on one day, after a sync of a later one was killed."""
    found = [] if space.sound() == "ok" else ["the file is damaged"]
    old, new = killable.truth(before), killable.truth(after)
    streams = {each.record: each for each in space.rows(MIRROR["streams"])}
    for record, name in ((Order, "order"), (Invoice, "invoice")):
        rows = {each.source_id: each for each in space.rows(TABLE[record])}
        shown = {source_id: int(each.status) for source_id, each in rows.items() if each.gone_at is None}
        found += [f"{name} {each} vanished" for each in old.keys() & new.keys() - shown.keys()]
        found += [f"{name} {each} is a ghost" for each in shown.keys() - old.keys() - new.keys()]
        for source_id, v in shown.items():
            if v not in (old.get(source_id), new.get(source_id)):
                found.append(f"{name} {source_id} was never like that")
            names = [line["name"] for line in json.loads(rows[source_id].lines)]
            if names != [line.name for line in killable.lines(source_id, v)]:
                found.append(f"{name} {source_id} is torn")
        claimed = streams[name].as_of and (streams[name].as_of - killable.START).days
        if claimed not in (before, after):
            found.append(f"{name}: as of day {claimed}")
        if claimed == after and shown != new:
            found.append(f"{name}: claims to be complete and is not")
    return found + behind_cursor(space, after, streams["invoice"].cursor)


def behind_cursor(space: Space, day: int, cursor: str) -> list[str]:
    """Events the cursor has passed and the mirror has not. The word that a record leaves may be a mark."""
    rows = {each.source_id: each for each in space.rows(TABLE[Invoice])}
    told = dict(killable.feed(day)[: int(cursor)])
    kept = {each for each, v in told.items() if v is not None and rows[each].status == str(v)}
    left = {each for each, v in told.items() if v is None and rows[each].gone_why == "deleted"}
    return [f"the cursor passed {each}, the mirror did not" for each in told.keys() - kept - left]


def whole(space: Space, day: int) -> None:
    """The mirror is what the shop was on a day, and the change log told every move since day 0, once."""
    assert violations(space, day, day) == []
    moves = [
        (kind, source_id, after)
        for one in range(1, day + 1)
        for kind, source_id, after in moved(killable.truth(one - 1), killable.truth(one))
    ]
    for name in ("order", "invoice"):
        log = [each for each in space.rows(MIRROR["changes"]) if each.record == name]
        assert sorted((each.kind, each.source_id, each.after) for each in log) == sorted(moves, key=str)
    seqs = [each.seq for each in space.rows(MIRROR["changes"])]
    assert sorted(seqs) == list(range(1, len(seqs) + 1))


def moved(old: dict[str, int], new: dict[str, int]) -> list[tuple[str, str, str | None]]:
    """What the change log must say of one day."""
    return [
        *(("new", each, None) for each in new.keys() - old.keys()),
        *(("gone", each, None) for each in old.keys() - new.keys()),
        *(("changed", each, str(v)) for each, v in new.items() if each in old and old[each] != v),
    ]


def test_a_sync_may_die_before_any_of_its_commits(space: Space, program: Program) -> None:
    assert space.sync(0) == ["done", "done"]
    day, half_done = 1, 0
    program.begin(space.command(day))
    commits = list(program.words()).count("commit")
    assert commits > 10
    for commit in range(1, commits + 1):
        day += 1
        program.begin(space.command(day, commit=commit))
        assert list(program.words())[-1] == "9"
        assert violations(space, day - 1, day) == []
        half_done += violations(space, day - 1, day - 1) != []
        assert space.sync(day) == ["done", "done"]
        whole(space, day)
    assert half_done > commits // 2


def rounds(space: Space, program: Program, number: int, *kills: int) -> list[list[str]]:
    """Syncs of one day after the other, each killed at some moment; what each said."""
    assert space.sync(0) == ["done", "done"]
    chance, ends = random.Random(number), []
    for day in range(1, number + 1):
        process = program.begin(space.command(day))
        said = list(program.words(chance.randrange(SPOKEN)))
        for _ in range(chance.randrange(20_000)):
            pass  # somewhere between two words
        for kill in kills:
            with suppress(ProcessLookupError):
                os.kill(process, kill)
        ends.append([*said, *program.words()])
        assert violations(space, day - 1, day) == []
        assert space.sync(day) == ["done", "done"]
        whole(space, day)
    return ends


def test_a_sync_may_be_killed_at_any_moment(space: Space, program: Program) -> None:
    ends = rounds(space, program, 10, signal.SIGKILL)
    assert "-9" in {words[-1] for words in ends}


@pytest.mark.slow
def test_a_sync_may_be_killed_at_any_moment_two_hundred_times(space: Space, program: Program) -> None:
    ends = rounds(space, program, 200, signal.SIGKILL)
    assert sum(words[-1] == "-9" for words in ends) > 60


def test_a_sync_that_is_asked_to_end_ends_by_itself(space: Space, program: Program) -> None:
    ends = rounds(space, program, 5, signal.SIGTERM)
    assert {words[-1] for words in ends} == {"0"}
    assert any("stopped" in words[-2] for words in ends)


def test_a_sync_that_is_asked_twice_drops_what_it_is_doing(space: Space, program: Program) -> None:
    ends = rounds(space, program, 5, signal.SIGTERM, signal.SIGINT)
    assert any("stopped" in words[-2] for words in ends)


def test_two_processes_at_once_are_one_run_and_one_that_is_told_to_wait(
    space: Space, program: Program, programs: Callable[[], Program]
) -> None:
    assert space.sync(0) == ["done", "done"]
    both = program, programs()
    for day in range(1, 4):
        command = space.command(day)
        for each in both:
            each.begin(command)
        said = [list(each.words())[-2] for each in both]
        assert sorted(said) in (["busy", "done done"], ["done done", "done done"])
        whole(space, day)


def test_a_source_whose_run_was_killed_is_free_again_after_two_minutes(
    space: Space, program: Program
) -> None:
    program.begin(space.command(0, commit=3))
    assert list(program.words())[-1] == "9"
    with pytest.raises(Busy):
        space.sync(0, minutes=1)
    assert space.sync(0, minutes=1) == ["done", "done"]
