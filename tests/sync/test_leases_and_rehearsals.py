"""Who may read a source, and what a rehearsal tells without writing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Gone, Page, Refused, Skipped
from connectors.records import Invoice, Order
from sync import mirror
from sync.heartbeat import Heartbeat
from sync.run import run_source

OLD = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class TestLease:
    def test_a_second_run_hears_who_is_at_it(self, world: Any, make: Any) -> None:
        heard: list[str] = []

        def meanwhile(cursor: str | None) -> Any:
            with pytest.raises(mirror.Busy) as busy:
                world.sync()
            heard.append(str(busy.value))
            yield make.listing("1")

        world.connector.lists(Order)
        world.connector.script[Order] = meanwhile
        assert world.sync().outcome == "done"
        assert "is being synced by" in heard[0]

    def test_a_run_that_was_taken_over_writes_nothing_more(self, world: Any, make: Any) -> None:
        def overtaken(cursor: str | None) -> Any:
            yield make.listing("1")
            yield make.listing("2")
            world.clock.pass_(minutes=2)
            with world.database.sync() as connection:
                mirror.claim(connection, "shop", world.clock.now)
            yield make.listing("3")

        world.connector.lists(Order)
        world.connector.script[Order] = overtaken
        outcome = world.sync()
        assert (outcome.outcome, world.shown()) == ("stopped", {"1"})
        assert (outcome.new, world.stream()["completed_at"]) == (1, None)
        assert len(world.rows("leases")) == 1

    def test_streams_after_the_one_that_was_taken_over_are_not_begun(self, world: Any, make: Any) -> None:
        def overtaken(cursor: str | None) -> Any:
            world.clock.pass_(minutes=2)
            yield make.listing("1")

        for record in (Order, Invoice):
            world.connector.lists(record)
            world.connector.script[record] = overtaken
        (outcome,) = world.sync_all()
        assert (outcome.outcome, "lost its lease" in outcome.message) == ("stopped", True)

    def test_the_heartbeat_holds_the_lease_while_a_page_is_long_in_coming(
        self, world: Any, now: datetime
    ) -> None:
        with world.database.sync() as connection:
            lease = mirror.claim(connection, "shop", now)
        heartbeat = Heartbeat(world.database, lease, world.clock)
        for _ in range(4):
            world.clock.pass_(seconds=80)
            heartbeat.renew()
        with heartbeat.transaction():
            world.clock.pass_(seconds=80)
            heartbeat.renew()  # the transaction did already
        assert world.rows("leases")[0]["until"] == now + timedelta(seconds=4 * 80 + 90)


class TestRehearsal:
    @pytest.fixture
    def known(self, world: Any, make: Any) -> Any:
        """Five orders, read once."""
        world.connector.lists(Order, make.listing(*"12345"))
        world.sync()
        return world

    def test_it_tells_the_fate_of_every_row(self, known: Any, make: Any) -> None:
        page = Page(
            rows=[
                make.row("1"),
                make.row("2", status="paid", place="orders.csv, record 2"),
                make.row("6"),
                make.row("7", broken="no amount", place="orders.csv, record 4"),
            ],
            gone=[Gone("4", "hidden", "drafts")],
            skipped=[Skipped("5", "orders.csv, record 9", "date", "31 February", "correct it")],
        )
        known.connector.lists(Order, page)
        told = [
            (each.what, each.source_id, each.place, each.why, list(each.moved)) for each in known.rehearse()
        ]
        told, going = told[:-2], told[-2:]
        assert told == [
            ("unchanged", "1", "", "", []),
            ("changed", "2", "orders.csv, record 2", "", [("status", "", "paid")]),
            ("new", "6", "", "", []),
            ("quarantined", "7", "orders.csv, record 4", "total: no amount – correct it in the shop", []),
            ("quarantined", "5", "orders.csv, record 9", "date: 31 February – correct it", []),
            ("hidden", "4", "", "drafts", []),
        ]
        assert sorted(going) == [("gone", "3", "", "absent", []), ("gone", "4", "", "hidden", [])]

    def test_it_writes_nothing_takes_no_lease_and_counts_like_a_run(self, known: Any, make: Any) -> None:
        known.connector.lists(
            Order,
            Page(
                rows=[make.row("1", status="paid"), *map(make.row, "236")],
                gone=[Gone("4", "hidden", "drafts")],
            ),
        )
        tables = ("orders", "changes", "quarantine", "hidden", "streams", "runs", "sources", "leases")
        before = [known.rows(table) for table in tables]
        with known.database.sync() as connection:
            mirror.claim(connection, "shop", known.clock.now)
        dry = known.sync(dry_run=lambda finding: None)
        with known.database.sync() as connection:
            connection.exec_driver_sql(
                "delete from leases" if known.database.dialect == "sqlite" else "delete from mirror.leases"
            )
        assert [known.rows(table) for table in tables] == before
        assert known.sync() == dry

    def test_it_tells_what_the_guard_would_withhold(self, known: Any, make: Any) -> None:
        known.connector.lists(Order, make.listing("1"))
        assert [each.what for each in known.rehearse()] == ["unchanged", *["withheld"] * 4]
        assert [each.what for each in known.rehearse(allow_shrink=4)] == ["unchanged", *["gone"] * 4]

    def test_a_source_that_was_never_read_can_be_rehearsed(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1"))
        assert [each.what for each in world.rehearse()] == ["new"]
        assert world.rows("sources") == []

    def test_it_tells_failures_like_a_run(self, known: Any) -> None:
        known.connector.lists(Order, Refused("orders.csv is missing"))
        outcome = known.sync(dry_run=lambda finding: None)
        assert (outcome.outcome, outcome.message) == ("refused", "orders.csv is missing")
        assert known.stream()["failure"] is None


def test_progress_tells_how_many_data_rows_were_read(world: Any, make: Any) -> None:
    heard: list[tuple[str, int]] = []
    world.connector.lists(Order, make.listing("1", data_rows=3), make.listing("2", data_rows=4))
    run_source(world.database, world.connector, clock=world.clock, progress=lambda *told: heard.append(told))
    assert heard == [("order", 3), ("order", 7)]
