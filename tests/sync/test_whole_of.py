"""Pages that tell all there is of some accounts: what else is held of those is gone, and nothing more."""

from typing import Any

import pytest

from connectors.base import Garbled, Page, Reads, Skipped
from connectors.records import Contact


@pytest.fixture
def people(world: Any, make: Any) -> Any:
    """A mirror with two people of Acme and two of Beta."""

    def told(*ids: str) -> list[Any]:
        return [make.row(id, belongs_to=id.split("/")[0], name=id) for id in ids]

    rows = told("acme/ann", "acme/bob", "beta/cid", "beta/dan")
    world.connector.lists(Contact, Page(rows=rows), reads=Reads.CHANGES)
    world.sync()
    return told


def listing(world: Any, *steps: Any) -> None:
    world.connector.lists(Contact, *steps, reads=Reads.CHANGES)


def test_who_is_not_told_of_an_account_told_whole_is_gone(world: Any, people: Any) -> None:
    listing(world, Page(rows=people("acme/ann"), whole_of=["acme"]))
    outcome = world.sync()
    assert world.shown(Contact) == {"acme/ann", "beta/cid", "beta/dan"}
    assert (outcome.gone, outcome.outcome) == (1, "done")
    assert [row["gone_why"] for row in world.rows("contacts", "source_id = 'acme/bob'")] == ["deleted"]


def test_an_account_without_anybody_left_loses_all_its_people(world: Any, people: Any) -> None:
    listing(world, Page(whole_of=["acme", "unknown"]))
    world.sync()
    assert world.shown(Contact) == {"beta/cid", "beta/dan"}


def test_a_row_nobody_can_read_is_there_all_the_same(world: Any, people: Any) -> None:
    odd = Skipped("acme/bob", "Contacts/acme", "Name", "is a number")
    listing(world, Page(rows=people("acme/ann"), skipped=[odd], whole_of=["acme"]))
    world.sync()
    assert world.shown(Contact) == {"acme/ann", "acme/bob", "beta/cid", "beta/dan"}


def test_nobody_goes_before_the_run_is_done(world: Any, people: Any) -> None:
    listing(world, Page(rows=people("acme/ann"), whole_of=["acme"], cursor="1"), Page(), Garbled("half"))
    world.sync()
    assert len(world.shown(Contact)) == 4
    listing(world, Page())
    world.sync()
    assert world.shown(Contact) == {"acme/ann", "beta/cid", "beta/dan"}


def test_who_comes_back_in_a_later_page_stays(world: Any, people: Any) -> None:
    back = Page(rows=people("acme/ann", "acme/bob"), whole_of=["acme"])
    listing(world, Page(rows=people("acme/ann"), whole_of=["acme"]), back)
    world.sync()
    assert len(world.shown(Contact)) == 4


def test_access_ends_with_the_next_run_however_many_people_go(world: Any, people: Any) -> None:
    listing(world, Page(whole_of=["acme", "beta"]))
    assert [one.what for one in world.rehearse()] == ["gone"] * 4
    outcome = world.sync()
    assert (outcome.outcome, outcome.withheld, world.shown(Contact)) == ("done", 0, set())


def test_a_rehearsal_tells_of_them_and_changes_nothing(world: Any, people: Any) -> None:
    listing(world, Page(rows=people("acme/ann"), whole_of=["acme"]))
    told = [(one.source_id, one.what) for one in world.rehearse()]
    assert told == [("acme/ann", "unchanged"), ("acme/bob", "gone")]
    assert len(world.shown(Contact)) == 4
