"""What a run does for live sources: nightly sweeps, windows, quotas, being let in no more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.base import (
    Disconnected,
    Gone,
    LiveSettings,
    Page,
    Quota,
    Reads,
    Refused,
    Unavailable,
)
from connectors.records import Account, Invoice, Order, Record


@pytest.fixture
def live(world: Any, make: Any) -> Any:
    """A source with an API that does not report every delete: five orders, all changes told."""

    class Live(make.sweeping):  # type: ignore[misc]
        failing: BaseException | None = None
        since: datetime | None = None
        left: Quota | None = None
        listed = 0

        def list_ids(self, record: type[Record]) -> Iterator[str]:
            self.listed += 1
            yield from self.ids
            if self.failing:
                raise self.failing

        def covers_from(self, record: type[Record]) -> datetime | None:
            return self.since

        def quota(self) -> Quota | None:
            return self.left

    settings = LiveSettings(id="shop", label="Web shop", kind="fake")
    world.connector = Live(settings)
    world.connector.ids = list("12345")
    world.connector.lists(Order, make.listing(*"12345"), reads=Reads.CHANGES)
    world.sync()
    world.connector.lists(Order, Page(), reads=Reads.CHANGES)
    return world


def test_orders_of_a_live_source_are_read_every_five_minutes_and_swept_every_night() -> None:
    settings = LiveSettings(id="shop", label="Shop", kind="fake")
    assert (settings.every, settings.sweep) == ("5m", "24h")


def test_ids_are_heard_once_a_day_and_what_is_not_among_them_goes(live: Any) -> None:
    live.connector.ids = list("1234")
    live.sync()
    live.clock.pass_(hours=20)
    live.sync()
    assert live.connector.listed == 0
    assert live.shown() == set("12345")
    live.clock.pass_(hours=4)
    assert (live.sync().swept, live.shown()) == (True, set("1234"))
    assert live.stream()["swept_at"] == live.clock.now
    assert (live.sync().swept, live.connector.listed) == (False, 1)


def test_the_streams_of_a_source_are_not_all_swept_at_the_same_minute(live: Any, make: Any) -> None:
    for record in make.records:
        live.connector.lists(record, Page(), reads=Reads.CHANGES)
    live.sync_all()
    live.clock.pass_(hours=21)
    swept = []
    for _ in range(4):
        live.clock.pass_(hours=1)
        swept.append(sum(outcome.swept for outcome in live.sync_all()))
    assert sum(swept) == len(make.records)
    assert max(swept) < len(make.records)


@pytest.mark.parametrize("failing", [Unavailable("busy", retry_after=90), Refused("no right to list ids")])
def test_a_sweep_that_breaks_off_removes_nothing_and_the_changes_are_kept(
    live: Any, make: Any, failing: Exception
) -> None:
    live.clock.pass_(hours=25)
    live.connector.ids, live.connector.failing = ["1"], failing
    live.connector.lists(Order, make.listing("6"), reads=Reads.CHANGES)
    outcome = live.sync()
    assert outcome.outcome in ("unavailable", "refused")
    assert live.shown() == set("123456")
    stream = live.stream()
    assert (stream["as_of"], stream["swept_at"], stream["failure"]) == (live.clock.now, None, outcome.outcome)
    live.connector.ids, live.connector.failing = list("123456"), None
    assert (live.sync().outcome, live.stream()["failure"]) == ("done", None)


def test_what_the_guard_held_back_at_a_sweep_is_told_until_a_person_decides(live: Any) -> None:
    live.clock.pass_(hours=25)
    live.connector.ids = []
    assert live.sync().outcome == "withheld"
    known = live.stream()["as_of"]
    again = live.sync()
    assert (again.outcome, again.withheld, live.connector.listed) == ("withheld", 5, 1)
    assert live.stream()["as_of"] == known
    assert live.shown() == set("12345")
    assert live.sync(allow_shrink=5).outcome == "done"
    assert live.shown() == set()
    assert live.stream()["withheld"] == 0


def placed(make: Any, now: datetime, **days: float) -> Page:
    """Orders placed so many days ago."""
    rows = [make.row(name, placed=now - timedelta(days=ago)) for name, ago in days.items()]
    return Page(rows=rows)


def test_what_is_older_than_the_source_tells_of_is_unknown_and_never_removed(live: Any, make: Any) -> None:
    now = live.clock.now
    live.connector.lists(Order, placed(make, now, old=61, edge=59.5, new=3, newer=2), reads=Reads.CHANGES)
    live.sync()
    live.connector.lists(Order, Page(), reads=Reads.CHANGES)
    live.connector.since = now - timedelta(days=60)
    live.connector.ids = [*"12345", "newer"]
    live.clock.pass_(hours=25)
    live.sync()
    assert live.shown() == {*"12345", "old", "edge", "newer"}
    assert live.stream()["covers_from"] == live.connector.since


def test_what_the_source_says_is_deleted_goes_however_old_it_is(live: Any, make: Any) -> None:
    now = live.clock.now
    live.connector.lists(Order, placed(make, now, old=400), reads=Reads.CHANGES)
    live.sync()
    live.connector.since = now - timedelta(days=60)
    live.connector.lists(Order, Page(gone=[Gone("old", "deleted")]), reads=Reads.CHANGES)
    live.sync()
    assert live.shown() == set("12345")


def test_old_records_do_not_hide_the_loss_of_all_the_source_tells_of(live: Any, make: Any) -> None:
    now = live.clock.now
    many = {f"o{n}": 100 + n for n in range(100)}
    live.connector.lists(Order, placed(make, now, **many), reads=Reads.CHANGES)
    live.sync()
    live.connector.lists(Order, Page(), reads=Reads.CHANGES)
    live.connector.since, live.connector.ids = now - timedelta(days=60), []
    live.clock.pass_(hours=25)
    assert live.sync().outcome == "withheld"
    assert len(live.shown()) == 105


def test_what_is_left_to_ask_for_is_kept_with_the_source(live: Any) -> None:
    renewed = live.clock.now + timedelta(hours=1)
    live.connector.left = Quota(left=4100, of=5000, unit="calls", renewed=renewed)
    live.sync()
    (source,) = live.rows("sources")
    assert (source["quota_left"], source["quota_of"], source["quota_unit"]) == (4100, 5000, "calls")
    assert (source["quota_renewed"], source["quota_at"]) == (renewed, live.clock.now)


def three(world: Any, make: Any, first: BaseException) -> None:
    """Three streams; the first one fails."""
    world.connector.lists(Account, first, reads=Reads.CHANGES)
    for record in (Order, Invoice):
        world.connector.lists(record, make.listing("9"), reads=Reads.CHANGES)


def test_nobody_asks_on_when_the_source_lets_us_in_no_more(live: Any, make: Any) -> None:
    three(live, make, Disconnected("the token was revoked: fanlight auth shop"))
    outcomes = {each.record: each for each in live.sync_all()}
    assert [each.outcome for each in outcomes.values()] == ["refused", "unasked", "unasked"]
    assert "account" in outcomes["order"].message
    assert "9" not in live.shown()
    (source,) = live.rows("sources")
    assert source["failure_message"] == "the token was revoked: fanlight auth shop"
    assert len([stream for stream in live.rows("streams") if stream["failure"]]) == 1


def test_nobody_asks_on_when_the_source_wants_to_be_left_alone(live: Any, make: Any) -> None:
    three(live, make, Unavailable("too many questions", retry_after=600))
    assert [each.outcome for each in live.sync_all()] == ["unavailable", "unasked", "unasked"]
    (source,) = live.rows("sources")
    assert source["retry_at"] == live.clock.now + timedelta(minutes=10)


@pytest.mark.parametrize("first", [Refused("no right to read accounts"), Unavailable("no answer")])
def test_one_stream_s_own_trouble_does_not_stop_the_others(live: Any, make: Any, first: Exception) -> None:
    three(live, make, first)
    assert [each.outcome for each in live.sync_all()][1:] == ["done", "done"]
