"""Whose the rows are, how ids are made, which sources there are, and who may read one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Page, Reads
from connectors.records import Account, Order
from sync import mirror


class TestOwners:
    @pytest.fixture
    def linked(self, world: Any, make: Any, now: datetime) -> Any:
        """acme belongs to organisation 1, bolt to 2; order 1 is acme's."""
        world.link(acme=1, bolt=2)
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        return world

    def test_a_new_record_is_its_customer_s_at_once(self, linked: Any, make: Any) -> None:
        page = Page(
            rows=[make.row("1"), make.row("2", belongs_to="nobody"), make.row("3", belongs_to="bolt")]
        )
        linked.connector.lists(Order, page)
        linked.sync()
        assert [linked.stored(each)["org_id"] for each in "123"] == [1, None, 2]
        assert [each["org_id"] for each in linked.rows("changes")] == [2]

    def test_a_record_that_changes_hands_takes_its_history_along(self, linked: Any, make: Any) -> None:
        for page in (make.row("1", status="paid"), make.row("1", status="paid", belongs_to="bolt")):
            linked.connector.lists(Order, Page(rows=[page, make.row("2")]))
            linked.sync()
        assert linked.stored("1")["org_id"] == 2
        assert {each["org_id"] for each in linked.rows("changes")} == {2}

    def test_stamping_follows_links_and_notes_their_version(self, linked: Any, make: Any) -> None:
        linked.connector.lists(
            Order, Page(rows=[make.row("1", status="paid"), make.row("2", belongs_to="bolt")])
        )
        linked.sync()
        linked.link(acme=2, bolt=None)
        with linked.database.sync() as connection:
            assert mirror.stamp(connection, [1, 2]) == 2
        assert [linked.stored(each)["org_id"] for each in "12"] == [2, None]
        assert [each["org_id"] for each in linked.rows("changes")] == [2]
        assert {each["org_id"]: each["version"] for each in linked.rows("stamps")} == {1: 2, 2: 2}
        with linked.database.sync() as connection:
            assert mirror.stamp(connection, [1, 2]) == 0

    def test_accounts_themselves_are_stamped(self, world: Any, make: Any) -> None:
        world.connector.lists(Account, Page(rows=[make.row("acme", belongs_to="acme")]))
        world.sync()
        world.link(acme=1)
        with world.database.sync() as connection:
            mirror.stamp(connection, [1])
        assert world.stored("acme", Account)["org_id"] == 1

    def test_a_link_taken_away_during_a_run_does_not_come_back_with_its_next_page(
        self, linked: Any, make: Any
    ) -> None:
        def unlink_between(cursor: str | None) -> Any:
            yield make.listing("1")
            yield make.listing("2")
            linked.link(acme=None)
            with linked.database.sync() as connection:
                mirror.stamp(connection, [1])
            yield make.listing("3")

        linked.connector.script[Order] = unlink_between
        linked.sync()
        assert {each["org_id"] for each in linked.rows("orders")} == {None}


class TestIdRule:
    @pytest.fixture
    def named(self, world: Any, make: Any) -> Any:
        """Three orders whose ids were made from their names; the file now has an Id column."""
        world.connector.rule = "Name"
        world.connector.lists(Order, make.listing("#1", "#2", "#3"), reads=Reads.CHANGES)
        world.sync()
        world.connector.rule = "Id"
        world.connector.lists(Order, make.listing("501", "502"), make.listing("503"), reads=Reads.CHANGES)
        return world

    def test_ids_made_in_another_way_are_refused_with_the_cure(self, named: Any) -> None:
        outcome = named.sync()
        assert outcome.outcome == "refused"
        for word in ("Name", "Id", "fanlight sync shop --rekey"):
            assert word in outcome.message
        assert (named.shown(), named.stream()["id_rule"]) == ({"#1", "#2", "#3"}, "Name")

    def test_rekeying_puts_new_ids_in_the_place_of_old_ones_and_tells_nobody(self, named: Any) -> None:
        outcome = named.sync(rekey=True)
        assert (outcome.outcome, outcome.new, outcome.gone) == ("done", 3, 3)
        assert (named.shown(), named.changes()) == ({"501", "502", "503"}, [])
        assert named.stored("#1")["gone_why"] == "rekeyed"
        assert named.sync().unchanged == 3

    def test_rekeying_leaves_nothing_behind_that_is_older_than_what_the_source_tells_of(
        self, named: Any
    ) -> None:
        named.connector.covers_from = lambda record: datetime(2100, 1, 1, tzinfo=UTC)
        assert named.sync(rekey=True).gone == 3
        assert named.shown() == {"501", "502", "503"}

    def test_a_rekeying_that_dies_shows_no_record_twice(self, named: Any, make: Any) -> None:
        named.connector.lists(
            Order, make.listing("501"), make.listing("502"), RuntimeError("cut"), reads=Reads.CHANGES
        )
        assert named.sync(rekey=True).outcome == "crashed"
        assert named.shown() == {"#1", "#2", "#3"}
        named.connector.lists(Order, make.listing("501", "502", "503"), reads=Reads.CHANGES)
        assert named.sync(rekey=True).outcome == "done"
        assert named.shown() == {"501", "502", "503"}

    def test_asking_to_rekey_where_nothing_changed_is_an_ordinary_run(self, world: Any, make: Any) -> None:
        world.connector.rule = "Id"
        world.connector.lists(Order, make.listing(*"12345"))
        world.sync()
        world.connector.lists(Order, make.listing("1"))
        assert (world.sync(rekey=True).outcome, len(world.shown())) == ("withheld", 5)


class TestSources:
    def test_a_source_taken_out_of_the_file_is_marked_and_put_back_as_it_was(
        self, world: Any, make: Any, settings: Any
    ) -> None:
        world.connector.lists(Order, make.listing("1"))
        world.sync()
        orders = world.rows("orders")
        for sources, configured in (([], 0), ([settings.model_copy(update={"label": "Shop"})], 1)):
            with world.database.sync() as connection:
                mirror.register(connection, sources)
            assert world.rows("sources")[0]["configured"] == configured
        assert (world.rows("orders"), world.rows("sources")[0]["label"]) == (orders, "Shop")

    def test_a_source_is_stale_after_twice_its_interval_and_at_least_an_hour(
        self, world: Any, settings: Any
    ) -> None:
        for update, seconds in (({}, 3_600), ({"every": "2h"}, 14_400), ({"stale_after": "2d"}, 172_800)):
            with world.database.sync() as connection:
                mirror.register(connection, [settings.model_copy(update=update)])
            assert world.rows("sources")[0]["stale_after"] == seconds

    def test_purging_deletes_all_rows_of_one_source_and_never_numbers_a_change_twice(
        self, world: Any, make: Any, other: Any
    ) -> None:
        for one in (world, other):
            one.connector.lists(Order, make.listing("1"))
            one.sync()
            one.connector.lists(Order, make.listing("1", "2"))
            one.sync()
        with world.database.sync() as connection:
            assert mirror.purge(connection, "shop", world.clock.now) > 0
        assert {
            each["source"] for table in ("orders", "streams", "changes", "runs") for each in world.rows(table)
        } == {"books"}
        world.sync()
        world.connector.lists(Order, make.listing("1", "2", "3"))
        world.sync()
        assert {each["seq"] for each in world.rows("changes") if each["source"] == "shop"} == {2}

    def test_purging_waits_for_a_run_to_end(self, world: Any, now: datetime) -> None:
        with world.database.sync() as connection:
            mirror.claim(connection, "shop", now)
        with world.database.sync() as connection, pytest.raises(mirror.Busy):
            mirror.purge(connection, "shop", now)


class TestLeases:
    def test_one_holds_a_source_and_the_other_hears_who_and_until_when(
        self, world: Any, now: datetime
    ) -> None:
        with world.database.sync() as connection:
            mine = mirror.claim(connection, "shop", now)
            mirror.claim(connection, "books", now)
        with world.database.sync() as connection, pytest.raises(mirror.Busy) as busy:
            mirror.claim(connection, "shop", now)
        assert (busy.value.owner, busy.value.until) == (mine.owner, now + timedelta(seconds=90))
        assert mine.owner in str(busy.value)
        assert "09:31:30" in str(busy.value)

    def test_a_dead_holder_is_replaced_within_two_minutes_and_can_write_no_more(
        self, world: Any, now: datetime
    ) -> None:
        with world.database.sync() as connection:
            dead = mirror.claim(connection, "shop", now)
        later = now + timedelta(minutes=2)
        with world.database.sync() as connection:
            heir = mirror.claim(connection, "shop", later)
            mirror.renew(connection, heir, later)
            with pytest.raises(mirror.Lost):
                mirror.renew(connection, dead, later)

    def test_a_lease_from_before_the_clock_was_set_back_does_not_lock_the_source_for_long(
        self, world: Any, now: datetime
    ) -> None:
        with world.database.sync() as connection:
            mirror.claim(connection, "shop", now + timedelta(days=1))
            mirror.claim(connection, "shop", now)

    def test_a_lease_that_expired_is_lost_even_when_nobody_took_it(self, world: Any, now: datetime) -> None:
        with world.database.sync() as connection:
            mine = mirror.claim(connection, "shop", now)
            with pytest.raises(mirror.Lost):
                mirror.renew(connection, mine, now + timedelta(seconds=90))

    def test_renewing_puts_the_end_off(self, world: Any, now: datetime) -> None:
        with world.database.sync() as connection:
            mine = mirror.claim(connection, "shop", now)
            for seconds in (80, 160, 240):
                mirror.renew(connection, mine, now + timedelta(seconds=seconds))

    def test_a_released_source_is_free(self, world: Any, now: datetime) -> None:
        with world.database.sync() as connection:
            mirror.release(connection, mirror.claim(connection, "shop", now))
            mirror.claim(connection, "shop", now)

    def test_a_run_that_was_killed_is_written_down_by_the_next(
        self, world: Any, make: Any, now: datetime
    ) -> None:
        with world.database.sync() as connection:
            mirror.begin(connection, mirror.claim(connection, "shop", now), Order, now)
        world.connector.lists(Order, make.listing("1"))
        world.clock.pass_(minutes=2)
        world.sync()
        dead, done = sorted(world.rows("runs"), key=lambda each: each["started_at"])
        assert (dead["outcome"], dead["ended_at"], done["outcome"]) == ("crashed", world.clock.now, "done")
