"""Xero in a real mirror: what is told of contacts, their people and the time; faults are test_faults'."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.mirrored import Mirror, mirrored
from fakes.weeks import Books

from sync.run import run_source


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """The first week's."""
    business = Books()
    with business.vendor.listening():
        found = Mirror(business, tmp_path)
        with closing(found.database):
            yield found


def test_two_weeks_are_the_same_on_either_engine(database):
    books = Books()
    with books.vendor.listening():
        for week in (books.first_week, books.second_week):
            week()
            run_source(database, books.reader.source(page_size=3), clock=books.vendor.clock)
            assert mirrored(database, books.columns) == books.true()


def test_what_came_back_is_the_same_record_again(mirror):
    before = mirror.shown()
    mirror.vendor.contact("C-1", ContactStatus="ARCHIVED")
    mirror.sync()
    assert mirror.shown() == mirror.business.true() != before
    mirror.vendor.contact("C-1", ContactStatus="ACTIVE")
    mirror.sync()
    assert mirror.shown() == before


def test_a_person_who_left_is_gone_with_the_next_run(mirror):
    mirror.vendor.contact("C-5", ContactPersons=[])
    mirror.vendor.pass_(minutes=15)
    (_, contacts, *_) = mirror.sync()
    assert contacts.gone == 1
    assert mirror.shown() == mirror.business.true()


def test_the_time_a_stream_is_known_true_is_when_its_chain_began(mirror):
    world = mirror.vendor
    began = world.now
    world.before(4, lambda: world.pass_(minutes=20))
    mirror.sync()
    with mirror.database.staff() as connection:
        as_of = connection.exec_driver_sql("select min(as_of) from streams").scalar_one()
    assert str(as_of)[:19].replace("T", " ") == began.strftime("%Y-%m-%d %H:%M:%S")
