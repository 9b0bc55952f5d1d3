"""What the writer keeps of what arrives, and the log of its changes: on both engines, through whole runs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.base import Gone, Page, Reads, Skipped
from connectors.records import Order
from sync.tables import ref


class TestArriving:
    def test_what_a_source_lists_stands_in_the_mirror(self, world: Any, make: Any) -> None:
        world.connector.lists(
            Order, Page(rows=[make.row("7", number="#7", currency="EUR", total=Decimal("12.50"))])
        )
        outcome = world.sync()
        stored = world.stored("7")
        assert (outcome.outcome, outcome.new) == ("done", 1)
        assert (stored["number"], stored["total"], stored["belongs_to"]) == ("#7", 1250, "acme")
        assert stored["ref"] == ref("order", "shop", "7")
        assert stored["first_seen"] == stored["changed_at"] == world.clock.now
        assert stored["as_of"] is stored["gone_at"] is stored["org_id"] is None

    def test_a_row_the_mirror_has_is_neither_mapped_nor_written(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        before, world.connector.mapped[:] = world.rows("orders"), []
        outcome = world.sync()
        assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 0, 2)
        assert world.rows("orders") == before
        assert world.connector.mapped == []

    def test_a_complete_sync_run_three_times_changes_nothing_more(self, world: Any, make: Any) -> None:
        world.connector.lists(
            Order,
            Page(
                rows=[make.row("1"), make.row("2", broken="no amount")],
                gone=[Gone("3", "hidden", "drafts")],
                skipped=[Skipped(None, "orders.csv, record 9", "id", "is blank")],
            ),
        )
        world.sync()
        tables = ("orders", "changes", "quarantine", "hidden")
        before = [world.rows(table) for table in tables]
        for _ in range(2):
            outcome = world.sync()
            assert (outcome.new, outcome.changed, outcome.gone) == (0, 0, 0)
            assert [world.rows(table) for table in tables] == before

    def test_only_what_moved_moves_the_time_of_change(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", status="open"))
        world.sync()
        first = world.clock.now
        world.connector.lists(Order, Page(rows=[make.row("1", status="paid"), make.row("2", status="open")]))
        outcome = world.sync()
        assert (outcome.changed, outcome.unchanged) == (1, 1)
        assert (world.stored("1")["first_seen"], world.stored("1")["changed_at"]) == (first, world.clock.now)
        assert world.stored("2")["changed_at"] == first

    def test_a_row_written_otherwise_that_says_the_same_is_unchanged(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", status="open"))
        world.sync()
        before = world.stored("1")
        again = make.row("1", status="open")
        world.connector.lists(Order, Page(rows=[make.with_fingerprint(again, b"12345678")]))
        outcome = world.sync()
        after = world.stored("1")
        assert (outcome.changed, outcome.unchanged, world.changes()) == (0, 1, [])
        assert after.pop("fingerprint") != before.pop("fingerprint")
        assert after == before

    def test_an_older_version_never_overwrites_a_newer_one(
        self, world: Any, make: Any, now: datetime
    ) -> None:
        world.connector.lists(Order, make.listing("1", status="shipped", updated=now))
        world.sync()
        world.connector.lists(Order, make.listing("1", status="open", updated=now - timedelta(hours=1)))
        outcome = world.sync()
        assert (outcome.unchanged, world.stored("1")["status"], world.shown()) == (1, "shipped", {"1"})

    def test_the_later_of_two_rows_with_one_id_wins_and_both_are_counted(self, world: Any, make: Any) -> None:
        rows = [make.row("1", status="open", data_rows=2), make.row("1", status="paid", data_rows=3)]
        world.connector.lists(Order, Page(rows=rows))
        outcome = world.sync()
        assert (outcome.new, outcome.changed, outcome.data_rows) == (1, 1, 5)
        assert world.stored("1")["status"] == "paid"

    def test_the_first_place_in_the_order_stays_when_the_source_has_no_date(
        self, world: Any, make: Any, now: datetime
    ) -> None:
        world.connector.lists(Order, make.listing("1"))
        world.sync()
        first = world.clock.now
        world.connector.lists(Order, make.listing("1", status="paid"))
        world.sync()
        assert world.stored("1")["sort_at"] == first
        world.connector.lists(Order, make.listing("1", placed=now - timedelta(days=9)))
        world.sync()
        assert world.stored("1")["sort_at"] == now - timedelta(days=9)

    def test_ids_are_compared_byte_by_byte(self, world: Any, make: Any) -> None:
        ids = ["0042", "42", "42 ", "a", "A", "é", "e\u0301", "\u00a042", "4\u200b2"]
        world.connector.lists(Order, make.listing(*ids))
        assert world.sync().new == len(ids)
        assert world.sync().unchanged == len(ids)
        assert world.shown() == set(ids)

    def test_texts_come_out_as_they_went_in_when_added_and_when_rewritten(
        self, world: Any, make: Any
    ) -> None:
        odd = [
            "NULL", "null", "", " ", '"', '""', "\\", '\\"', "{a,b}", "{}", "a,b", "%s", "?", "'", "\n",
            "\r\n", "\t", "\x1f", "\u2028", "é🙂", "\\N", '["x"]', "a\\nb",
        ]  # fmt: skip
        ids = [f"{n}{one}" for n, one in enumerate(odd)]
        for texts in (odd, odd[::-1]):
            notes = dict(zip(ids, texts, strict=True))
            rows = [make.row(each, number="1", note=note, status=note) for each, note in notes.items()]
            world.connector.lists(Order, Page(rows=rows))
            world.sync()
            stored = {row["source_id"]: (row["note"], row["status"]) for row in world.rows("orders")}
            assert stored == {each: (note, note) for each, note in notes.items()}

    def test_more_rows_than_fit_one_statement_arrive_all(self, world: Any, make: Any) -> None:
        ids = [f"o{number}" for number in range(4_500)]
        world.connector.lists(Order, make.listing(*ids))
        assert world.sync().new == 4_500
        assert world.sync().unchanged == 4_500

    def test_every_record_type_can_be_kept_rewritten_and_lost(self, world: Any, make: Any) -> None:
        for record in make.records:
            world.connector.lists(record, Page(rows=[make.row(each) for each in "abc"]))
        assert {outcome.new for outcome in world.sync_all()} == {3}
        for record in make.records:
            world.connector.lists(record, Page(rows=[make.row("a"), make.row("b", belongs_to="other")]))
        outcomes = world.sync_all()
        assert {(each.unchanged, each.changed, each.gone) for each in outcomes} == {(1, 1, 1)}
        assert {frozenset(world.shown(record)) for record in make.records} == {frozenset("ab")}


class TestChangeLog:
    def test_the_first_load_is_silent(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        assert world.changes() == []

    def test_a_first_load_stays_silent_until_it_was_complete_once(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1"), RuntimeError("the power fails"))
        world.sync()
        world.connector.lists(Order, make.listing("1", "2", status="paid"))
        world.sync()
        assert world.changes() == []

    def test_tracked_values_are_logged_from_and_to_others_are_not(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", currency="EUR", total=Decimal(5), note="red"))
        world.sync()
        due = datetime(2026, 12, 1, tzinfo=UTC).date()
        world.connector.lists(
            Order,
            make.listing(
                "1", currency="EUR", total=Decimal("7.5"), note="blue", expected=due, cancelled=True
            ),
        )
        world.sync()
        assert set(world.changes()) == {
            ("changed", "1", "total", "500", "750"),
            ("changed", "1", "expected", None, "2026-12-01"),
            ("changed", "1", "cancelled", "0", "1"),
        }

    def test_new_gone_and_back_are_logged_once_each_and_numbered_without_a_gap(
        self, world: Any, make: Any
    ) -> None:
        for ids in ("12345", "12346", "12346", "123456"):
            world.connector.lists(Order, make.listing(*ids))
            world.sync()
        assert world.changes() == [
            ("new", "6", "", None, None),
            ("gone", "5", "", None, None),
            ("back", "5", "", None, None),
        ]
        assert sorted(each["seq"] for each in world.rows("changes")) == [1, 2, 3]

    def test_runs_under_a_new_mapping_read_everything_again_and_are_silent(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, make.listing("1", status="open"))
        world.sync()
        world.connector.version = "2"
        world.connector.mapped.clear()
        world.connector.lists(Order, make.listing("1", status="Open!"))
        outcome = world.sync()
        assert (outcome.changed, world.connector.mapped, world.changes()) == (1, ["1"], [])
        world.connector.lists(Order, make.listing("1", status="paid"))
        world.sync()
        assert world.changes() == [("changed", "1", "status", "Open!", "paid")]

    def test_a_reading_under_a_new_mapping_that_dies_goes_on_from_its_last_page_and_stays_silent(
        self, world: Any, make: Any
    ) -> None:
        pages = [Page(rows=[make.row(each, status="open")], cursor=f"after {each}") for each in "123"]
        world.connector.lists(Order, *pages, reads=Reads.CHANGES)
        world.sync()
        world.connector.version = "2"
        pages = [Page(rows=[make.row(each, status="Open!")], cursor=f"after {each}") for each in "123"]
        world.connector.lists(Order, *pages[:2], RuntimeError("cut"), reads=Reads.CHANGES)
        world.sync()
        world.connector.lists(Order, *pages[1:], reads=Reads.CHANGES)
        world.sync()
        assert world.connector.asked == [(Order, None), (Order, None), (Order, "after 1")]
        assert {each["status"] for each in world.rows("orders")} == {"Open!"}
        assert world.changes() == []

    def test_ten_thousand_rows_read_again_from_the_start_tell_nobody(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing(*map(str, range(10_000))), reads=Reads.CHANGES)
        world.sync()
        outcome = world.sync(full=True)
        assert (outcome.unchanged, world.changes()) == (10_000, [])
