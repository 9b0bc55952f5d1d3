"""Any life of a vendor and of its mirror, for hypothesis: things happen there, runs read them, fail, or are
killed; and whatever the order, the mirror never shows what was never true, and is true in the end."""

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

from fakes.mirrored import Columns, Shown, mirrored
from fakes.vendor import Vendor
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from connectors.base import Connector
from connectors.http import Limits
from sync.database import Database
from sync.run import Outcome, run_source

QUICK = Limits(connect=2, read=1, total=2, tries=2)
FAULTS = ("500", "reset", "truncate", "html200", "json_empty", "previous", "error200", "401", "403", "lost")
MANY = 100_000  # removals a person allows: here the guard is not what is looked at
A_LIFE = 50  # steps
AT_FIRST = 5  # of each: more than a page, all of one second
LATE = (0, 60, 540, 600)  # seconds a row's time lies behind its appearing; the overlap is 600
STREAM = st.integers(0, 11)  # one of a source's streams
Silent = dict[str, set[str]]  # table → ids that vanished without a word


class Killed(BaseException):
    """The process ended here."""


class Life(RuleBasedStateMachine):
    """One vendor from its first day. A subclass brings the vendor, what it holds, what can happen there
    (``moves``; ``first``: what did in its very first second), and what its mirror must show (``true``)."""

    columns: ClassVar[Columns]
    first: ClassVar[tuple[str, ...]]
    moves: ClassVar[tuple[str, ...]]
    steps: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.vendor = self.begun()
        self._folder = tempfile.TemporaryDirectory()
        self._open = self.vendor.listening()
        self._open.__enter__()
        self.database = Database("sqlite:var", Path(self._folder.name))
        self.database.create()
        self.was: dict[tuple[str, str], set[tuple[Any, ...]]] = {}  # all an id ever said
        self.silent: Silent = {name: set() for name in self.columns}
        self._stirred = False
        for n, what in product(range(AT_FIRST), self.first):
            self.move(what, n, 0)
        self.vendor.pass_(hours=2)

    def begun(self) -> Vendor:
        """A new vendor."""
        raise NotImplementedError

    @property
    def world(self) -> Any:
        """What the vendor holds; its ``late`` is how late things appear in it."""
        raise NotImplementedError

    def source(self) -> Connector:
        """A source made anew, as each run makes it."""
        raise NotImplementedError

    def true(self) -> Shown:
        """What its mirror must show."""
        raise NotImplementedError

    def move(self, what: str, n: int, late: int) -> None:
        """Let one thing happen there; what it needs and is not there comes with it."""
        self._stirred = True
        self.world.late = timedelta(seconds=late)
        getattr(self, what)(n)
        self._note()

    def _note(self) -> None:
        for table, rows in self.true().items():
            for id, row in rows.items():
                self.was.setdefault((table, id), set()).add(row)

    def vanish(self, table: str, id: str) -> None:
        """Remember that nothing but a sweep can tell of this one."""
        self.silent[table].add(id)

    # What happens.

    @rule(data=st.data(), n=st.integers(0, 40), late=st.sampled_from(LATE))
    def a_change(self, data: st.DataObject, n: int, late: int) -> None:
        self.something_happens(data, n, late)

    @rule(data=st.data(), n=st.integers(0, 40), late=st.sampled_from(LATE))
    def something_happens(self, data: st.DataObject, n: int, late: int) -> None:
        self._count("happens")
        self.move(data.draw(st.sampled_from(self.moves)), n, late)

    @rule(data=st.data(), n=st.integers(0, 40), late=st.sampled_from(LATE))
    def something_else_happens(self, data: st.DataObject, n: int, late: int) -> None:
        self.something_happens(data, n, late)

    @rule(data=st.data(), n=st.integers(0, 40), times=st.integers(2, 8))
    def much_happens_in_one_second(self, data: st.DataObject, n: int, times: int) -> None:
        self._count("ties")
        what = data.draw(st.sampled_from(self.moves))
        for more in range(times):
            self.move(what, n + more, 0)

    @rule(seconds=st.sampled_from((1, 59, 600, 601, 4000, 90_000)))
    def time_passes(self, seconds: int) -> None:
        self._count("passes")
        self.vendor.pass_(seconds=seconds)

    # Runs.

    @rule(data=st.data(), nth=st.integers(1, 6), n=st.integers(0, 40), of=STREAM, full=st.booleans())
    def a_run_while_something_happens(
        self, data: st.DataObject, nth: int, n: int, of: int, full: bool
    ) -> None:
        self._count("run meanwhile")
        what = data.draw(st.sampled_from(self.moves))
        self.vendor.before(nth, lambda: self.move(what, n, 0))
        self._run(of, full=full)

    @rule(
        nth=st.integers(1, 6),
        fault=st.sampled_from(FAULTS),
        of=STREAM,
        full=st.booleans(),
        ends=st.booleans(),
    )
    def a_run_that_meets_a_fault(self, nth: int, fault: str, of: int, full: bool, ends: bool) -> None:
        self._count("run with a fault")
        self.vendor.plan(dict.fromkeys(range(nth, nth + 1 if ends else 400), fault))
        self._run(of, full=full)

    @rule(nth=st.integers(0, 6), of=STREAM, full=st.booleans(), later=st.booleans())
    def a_run_that_is_killed(self, nth: int, of: int, full: bool, later: bool) -> None:
        self._count("run killed")
        self.vendor.pass_(minutes=15 * later)
        left = [nth]

        def stop() -> bool:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return False

        self._run(of, full=full, stop=stop)

    @precondition(lambda self: self._stirred)
    @rule()
    def two_quiet_runs_make_it_true(self) -> None:
        """But for what vanished without a word. The first one ends what was begun, the second one reads what
        changed meanwhile."""
        self._count("settled")
        for _ in range(2):
            self.vendor.pass_(minutes=15)
            assert {one.outcome for one in self._run()} == {"done"}
        shown, true = self.shown(), self.true()
        for table, ids in self.silent.items():
            for id in ids - true[table].keys():
                shown[table].pop(id, None)
        _same(shown, true)
        self._stirred = False

    @precondition(lambda self: self._stirred or any(self.silent.values()))
    @rule()
    def a_quiet_full_run_makes_all_of_it_true(self) -> None:
        self._count("swept")
        self.vendor.pass_(minutes=15)
        assert {one.outcome for one in self._run(full=True)} == {"done"}
        _same(self.shown(), self.true())
        self.silent = {name: set() for name in self.columns}
        self._stirred = False

    def teardown(self) -> None:
        """In the end it is true, and nothing was ever asked to change."""
        try:
            self.vendor.forget()
            self.two_quiet_runs_make_it_true()
            self.a_quiet_full_run_makes_all_of_it_true()
            self.vendor.pass_(days=3)
            told = [(one.new, one.changed, one.gone) for one in (*self._run(), *self._run(full=True))]
            assert set(told) == {(0, 0, 0)}
            assert self.vendor.writes == []
        finally:
            self.database.close()
            self._open.__exit__(None, None, None)
            self._folder.cleanup()

    def shown(self) -> Shown:
        """What the mirror shows."""
        return mirrored(self.database, self.columns)

    def _run(
        self, of: int | None = None, *, full: bool = False, stop: Callable[[], bool] = lambda: False
    ) -> list[Outcome]:
        """One run, of one stream or all; what it leaves was true at some time, and nothing that is there has
        gone."""
        self._stirred = True
        before, there = self.shown(), self.true()
        outcomes, source = list[Outcome](), self.source()
        records = None if of is None else [list(source.reads)[of % len(source.reads)]]
        told: Any = {"records": records, "full": full, "allow_shrink": MANY, "stop": stop}
        with suppress(Killed):
            outcomes = run_source(self.database, source, clock=self.vendor.clock, **told)
        self.vendor.forget()
        assert {one.outcome for one in outcomes} <= {"done", "unavailable", "refused", "garbled", "unasked"}
        shown, still = self.shown(), self.true()
        for table, rows in shown.items():
            for id, row in rows.items():
                assert row in self.was[table, id], (table, id, row)
            lost = (before[table].keys() & there[table].keys() & still[table].keys()) - rows.keys()
            assert not lost, (table, lost)
        return outcomes

    def _count(self, what: str) -> None:
        type(self).steps[what] += 1


def _same(shown: Shown, true: Shown) -> None:
    for table, rows in true.items():
        found, missed = shown[table].items() - rows.items(), rows.items() - shown[table].items()
        assert not found | missed, f"{table}: it shows {found}, and should {missed}"


def live(kind: type[Life], lives: int) -> int:
    """So many lives of 50 steps each, the same ones each time; returns the steps."""
    kind.steps = Counter()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        kind,
        settings=settings(
            max_examples=lives, stateful_step_count=A_LIFE, deadline=None, derandomize=True, database=None
        ),
    )
    return kind.steps.total()
