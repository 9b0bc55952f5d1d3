"""Xero in a real mirror: whatever goes wrong on the way, what customers see is true, or stays as it was."""

import copy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import vendor
from fakes.xero_source import PATIENT, QUICK
from fakes.xero_truth import Shown, mirrored, truth

from sync.database import Database
from sync.run import Outcome, run_source

FAULTS = (*vendor.BROKEN, *vendor.THROTTLES, *vendor.REFUSALS, "404", "half_page", "empty_page")
ONE_OF = 24  # in a quick run each fault meets one request in so many, another than the fault before


# Xero does not say how many quotes there are: an empty answer looks like no news, until all is read again.
UNCOUNTED = ("quotes", "empty_page")


def first_week(world: Any) -> None:
    """A small business as its first sync finds it."""
    for n in range(8):
        people = [{"FirstName": f"P{n}", "EmailAddress": f"p{n}@x.example"}]
        world.contact(f"C-{n}", EmailAddress=f"c{n}@x.example", ContactPersons=people)
        world.pass_(minutes=1)
    for n in range(9):
        world.invoice(f"INV-{n}", f"C-{n % 8}")
        world.pass_(minutes=1)
    for listing in ("CreditNotes", "Prepayments", "Overpayments"):
        world.credit(listing, f"{listing}-1", "C-1")
        world.credit(listing, f"{listing}-2", "C-2")
        world.pass_(minutes=1)
    for n in range(5):
        world.quote(f"QU-{n}", "C-3")
        world.payment(f"P-{n}", f"INV-{n}", f"C-{n}")
        world.pass_(minutes=1)
    world.invoice("INV-DRAFT", "C-4", Status="DRAFT")
    world.invoice("BILL", "C-4", Type="ACCPAY")
    world.pass_(hours=1)


def second_week(world: Any) -> None:
    """What happened since: of everything a little."""
    world.contact("C-1", ContactPersons=[{"FirstName": "New", "EmailAddress": "new@x.example"}])
    world.contact("C-2", ContactStatus="ARCHIVED")
    world.contact("C-9", EmailAddress="c9@x.example")
    world.invoice("INV-1", "C-1", Status="PAID", AmountDue=0.0, AmountPaid=115.0)
    world.invoice("INV-2", "C-2", Status="VOIDED", AmountDue=0.0)
    world.pass_(minutes=2)
    for n in range(20, 24):
        world.invoice(f"INV-{n}", "C-0")
    world.invoice("INV-DRAFT", "C-4", Status="AUTHORISED")
    world.credit("CreditNotes", "CreditNotes-1", "C-1", RemainingCredit=4.5)
    world.quote("QU-1", "C-3", Status="DELETED")
    world.quote("QU-2", "C-3", Status="ACCEPTED")
    world.payment("P-1", "INV-1", "C-1", Status="DELETED")
    world.payment("P-9", "INV-20", "C-0")
    world.pass_(hours=1)


@dataclass
class Mirror:
    """A mirror of the fake, in files that can be put back."""

    books: Any
    folder: Path
    database: Database

    def sync(self, **wish: Any) -> list[Outcome]:
        """One run of a source made anew, as the scheduler makes it."""
        source = self.books.source(page_size=3)
        return run_source(self.database, source, clock=self.books.world.clock, **wish)

    def shown(self) -> Shown:
        return mirrored(self.database)

    def true(self) -> Shown:
        return truth(self.books.world)

    def save(self) -> Any:
        """How everything stands: files and world."""
        self.database.close()
        shutil.copytree(self.folder / "var", self.folder / "saved", dirs_exist_ok=True)
        return copy.deepcopy((self.books.world.world, self.books.world.now))

    def put_back(self, saved: Any) -> None:
        self.database.close()
        shutil.rmtree(self.folder / "var")
        shutil.copytree(self.folder / "saved", self.folder / "var")
        self.books.world.world, self.books.world.now = copy.deepcopy(saved)
        self.books.world.forget()
        self.database = Database("sqlite:var", self.folder)


@pytest.fixture
def mirror(books: Any, tmp_path: Path) -> Iterator[Mirror]:
    database = Database("sqlite:var", tmp_path)
    database.create()
    first_week(books.world)
    found = Mirror(books, tmp_path, database)
    assert {one.outcome for one in found.sync()} == {"done"}
    assert found.shown() == found.true()
    yield found
    found.database.close()


def test_a_second_run_brings_the_changes_and_a_third_changes_nothing(mirror):
    second_week(mirror.books.world)
    mirror.sync()
    assert mirror.shown() == mirror.true()
    for full in (False, True):
        mirror.books.world.pass_(hours=1)
        outcomes = mirror.sync(full=full)
        assert [(o.outcome, o.new, o.changed, o.gone) for o in outcomes] == [("done", 0, 0, 0)] * 5
    assert mirror.shown() == mirror.true()


def test_two_weeks_are_the_same_on_either_engine(books, database):
    for week in (first_week, second_week):
        week(books.world)
        run_source(database, books.source(page_size=3), clock=books.world.clock)
        assert mirrored(database) == truth(books.world)


def test_what_vanished_without_a_word_goes_with_the_sweep(mirror):
    mirror.books.world.lose("Invoices", "INV-3")
    mirror.books.world.lose("Quotes", "QU-3")
    mirror.sync()
    assert mirror.shown() != mirror.true()
    mirror.sync(full=True)
    assert mirror.shown() == mirror.true()


def test_what_came_back_is_the_same_record_again(mirror):
    before = mirror.shown()
    mirror.books.world.contact("C-1", ContactStatus="ARCHIVED")
    mirror.sync()
    assert mirror.shown() == mirror.true() != before
    mirror.books.world.contact("C-1", ContactStatus="ACTIVE")
    mirror.sync()
    assert mirror.shown() == before


def test_a_person_who_left_is_gone_with_the_next_run(mirror):
    mirror.books.world.contact("C-5", ContactPersons=[])
    mirror.books.world.pass_(minutes=15)
    (_, contacts, *_) = mirror.sync()
    assert contacts.gone == 1
    assert mirror.shown() == mirror.true()


def test_the_time_a_stream_is_known_true_is_when_its_chain_began(mirror):
    world = mirror.books.world
    began = world.now
    world.before(4, lambda: world.pass_(minutes=20))
    mirror.sync()
    with mirror.database.staff() as connection:
        as_of = connection.exec_driver_sql("select min(as_of) from streams").scalar_one()
    assert str(as_of)[:19].replace("T", " ") == began.strftime("%Y-%m-%d %H:%M:%S")


def unharmed(outcomes: list[Outcome], before: Shown, shown: Shown, true: Shown, what: str) -> None:
    """No silent difference: a stream that is done is true; of one that failed each row is as before or true,
    and nothing that is still there has gone."""
    told = {f"{one.record}s": one.outcome for one in outcomes}
    for record, rows in shown.items():
        if told.get(record) == "done" and (record, what.split()[0]) != UNCOUNTED:
            assert rows == true[record], (what, record)
            continue
        for id, row in rows.items():
            assert row in (before[record].get(id), true[record].get(id)), (what, record, id)
        assert rows.keys() >= before[record].keys() & true[record].keys(), (what, record)


@dataclass
class Sweep:
    """The same run over and over, each time with another of its requests met by a fault."""

    mirror: Mirror
    before: Shown
    true: Shown
    saved: Any
    requests: int

    def meet(self, fault: str, nth: int) -> None:
        """One run with a fault, and the next one."""
        mirror, what = self.mirror, f"{fault} at {nth}"
        mirror.put_back(self.saved)
        mirror.books.world.plan({nth: fault})
        mirror.books.limits = QUICK if fault == "hang" else PATIENT
        outcomes = mirror.sync()
        mirror.books.limits = PATIENT
        unharmed(outcomes, self.before, mirror.shown(), self.true, what)
        mirror.books.world.forget()
        mirror.books.world.pass_(hours=25)
        mirror.sync(full=fault in UNCOUNTED)
        assert mirror.shown() == self.true, f"{what}: the next run did not mend it"
        assert mirror.books.world.writes == []


@pytest.fixture
def sweep(mirror: Mirror) -> Sweep:
    """The second run of the mirror, which meets no fault yet."""
    before = mirror.shown()
    second_week(mirror.books.world)
    saved, true = mirror.save(), mirror.true()
    mirror.put_back(saved)
    mirror.sync()
    assert mirror.shown() == true
    return Sweep(mirror, before, true, saved, len(mirror.books.world.requests))


def test_a_fault_of_any_kind_shows_nothing_untrue(sweep):
    for number, fault in enumerate(FAULTS):
        for nth in range(1 + number % ONE_OF, sweep.requests + 1, ONE_OF):
            sweep.meet(fault, nth)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_shows_nothing_untrue(sweep, fault):
    for nth in range(1, sweep.requests + 1):
        sweep.meet(fault, nth)


@pytest.mark.parametrize(
    "fault", ["401", "403", "404", "html200", "json_empty", "empty_page", "throttle_absurd"]
)
def test_a_fault_that_stays_takes_nothing_away(mirror, fault):
    before = mirror.shown()
    mirror.books.world.plan(dict.fromkeys(range(2, 500), fault))
    outcomes = mirror.sync(full=True)
    assert {one.outcome for one in outcomes} <= {"refused", "garbled", "unavailable", "withheld", "unasked"}
    assert mirror.shown() == before
