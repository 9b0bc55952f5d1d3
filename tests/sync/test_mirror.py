"""What the writer does with what arrives: on both engines, through whole runs of a scripted source."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Gone, Page, Reads, Skipped
from connectors.records import Account, Invoice, Order
from sync import mirror
from sync.mirror.tally import Seen, too_many
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


class TestGoing:
    def test_absence_means_gone_only_where_the_listing_is_everything(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"), reads=Reads.CHANGES)
        world.sync()
        world.connector.lists(Order, make.listing("1", "2"), reads=Reads.CHANGES)
        assert world.sync().gone == 0
        world.connector.lists(Order, make.listing("1", "2"))
        assert world.sync().gone == 1
        assert world.shown() == {"1", "2"}

    def test_what_is_gone_keeps_a_tombstone_and_comes_back_as_it_was(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"))
        world.sync()
        first = world.stored("3")
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        assert (world.stored("3")["gone_at"], world.stored("3")["gone_why"]) == (world.clock.now, "absent")
        world.connector.lists(Order, make.listing("1", "2", "3"))
        assert world.sync().changed == 1
        assert world.stored("3") == first | {"changed_at": world.clock.now}

    def test_an_incomplete_listing_removes_nothing(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"))
        world.sync()
        world.connector.lists(Order, make.listing("1"), RuntimeError("the line is cut"))
        world.sync()
        assert world.shown() == {"1", "2", "3"}

    def test_the_source_s_word_is_enough(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"), reads=Reads.CHANGES)
        world.sync()
        world.connector.lists(
            Order, Page(gone=[Gone("2", "deleted"), Gone("9", "deleted")]), reads=Reads.CHANGES
        )
        outcome = world.sync()
        assert (outcome.gone, outcome.data_rows, world.stored("2")["gone_why"]) == (1, 2, "deleted")
        assert world.changes() == [("gone", "2", "", None, None)]

    def test_a_word_heard_before_a_crash_is_not_forgotten_though_the_clock_was_set_back(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"), reads=Reads.CHANGES)
        world.sync()
        word = Page(gone=[Gone("2", "deleted")])
        world.clock.pass_(hours=-1)
        world.connector.lists(Order, word, Page(), RuntimeError("the power fails"), reads=Reads.CHANGES)
        world.sync()
        world.connector.lists(Order, word, reads=Reads.CHANGES)
        world.sync()
        assert world.shown() == {"1", "3"}

    def test_what_a_new_rule_hides_goes_at_once_and_what_is_missing_still_waits(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, make.listing(*"123456789"))
        world.sync()
        world.connector.version = "2"
        hidden = [Gone(each, "hidden", "show.order.status: open is not in the list") for each in "123"]
        world.connector.lists(Order, Page(rows=[make.row("9")], gone=hidden))
        assert sorted(
            f"{each.source_id} {each.what}" for each in world.rehearse() if each.what in ("gone", "withheld")
        ) == [
            *(f"{each} gone" for each in "123"),
            *(f"{each} withheld" for each in "45678"),
        ]
        outcome = world.sync()
        assert (outcome.gone, outcome.withheld, world.shown()) == (3, 5, set("456789"))

    def test_a_word_heard_before_a_crash_is_not_forgotten(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"), reads=Reads.CHANGES)
        world.sync()
        word = Page(gone=[Gone("2", "deleted")], cursor="after the word")
        world.connector.lists(Order, word, Page(), RuntimeError("the power fails"), reads=Reads.CHANGES)
        world.sync()
        assert world.shown() == {"1", "2", "3"}
        world.connector.lists(Order, reads=Reads.CHANGES)
        assert world.sync().gone == 1
        assert world.connector.asked[-1] == (Order, "after the word")
        assert world.shown() == {"1", "3"}

    def test_a_record_that_is_told_again_after_the_word_stays(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"), reads=Reads.CHANGES)
        world.sync()
        again = (Page(gone=[Gone("2", "deleted")]), make.listing("2"))
        world.connector.lists(Order, *again, reads=Reads.CHANGES)
        assert (world.sync().gone, world.shown()) == (0, {"1", "2", "3"})

    def test_what_a_visibility_rule_hides_goes_and_can_be_explained(self, world: Any, make: Any) -> None:
        world.connector.lists(Invoice, Page(rows=[make.row("1"), make.row("2"), make.row("3")]))
        world.sync()
        rule = "show.invoice.status: Draft is not in the list"
        world.connector.lists(
            Invoice,
            Page(rows=[make.row("1"), make.row("2")], gone=[Gone("3", "hidden", rule, "INV-3", data_rows=4)]),
        )
        outcome = world.sync()
        assert (outcome.gone, outcome.hidden_rows, world.shown(Invoice)) == (1, 4, {"1", "2"})
        assert world.stored("3", Invoice)["gone_why"] == "hidden"
        (entry,) = world.rows("hidden")
        assert (entry["source_id"], entry["number"], entry["rule"]) == ("3", "INV-3", rule)

    def test_what_is_shown_again_is_no_longer_among_the_hidden(self, world: Any, make: Any) -> None:
        world.connector.lists(Invoice, Page(rows=[make.row("1")], gone=[Gone("2", "hidden", "drafts")]))
        world.sync()
        world.connector.lists(Invoice, Page(rows=[make.row("1"), make.row("2")]))
        world.sync()
        assert (world.rows("hidden"), world.shown(Invoice)) == ([], {"1", "2"})

    def test_hidden_rows_that_left_the_source_are_forgotten(self, world: Any, make: Any) -> None:
        world.connector.lists(Invoice, Page(rows=[make.row("1")], gone=[Gone("2", "hidden", "drafts")]))
        world.sync()
        world.connector.lists(Invoice, Page(rows=[make.row("1")]))
        world.sync()
        assert world.rows("hidden") == []


GUARD = [
    # leaving, visible, withheld
    (0, 0, False), (0, 5, False), (1, 1, True), (3, 3, True),
    (1, 2, False), (2, 3, False), (3, 4, False), (3, 5, False),
    (4, 7, True), (4, 8, False), (5, 9, True), (5, 10, False),
    (20, 39, True), (20, 40, False), (20, 199, False), (21, 209, True), (21, 210, False), (21, 211, False),
    (100, 1_000, False), (101, 1_000, True), (10_000, 100_000, False), (10_001, 100_000, True),
]  # fmt: skip


class TestGuard:
    @pytest.mark.parametrize(("leaving", "visible", "withheld"), GUARD)
    def test_its_thresholds_are_these(self, leaving: int, visible: int, withheld: bool) -> None:
        assert too_many(leaving, visible) is withheld

    @pytest.mark.parametrize(
        ("leaving", "visible", "withheld"),
        [(3, 3, True), (4, 7, True), (4, 8, False), (21, 209, True), (21, 210, False)],
    )
    def test_a_listing_below_it_removes_and_one_above_it_removes_nothing(
        self, world: Any, make: Any, leaving: int, visible: int, withheld: bool
    ) -> None:
        ids = [str(number) for number in range(visible)]
        world.connector.lists(Order, make.listing(*ids))
        world.sync()
        world.connector.lists(Order, make.listing(*ids[leaving:]))
        outcome = world.sync()
        assert (outcome.outcome, outcome.withheld) == (("withheld", leaving) if withheld else ("done", 0))
        assert outcome.gone == (0 if withheld else leaving)
        assert len(world.shown()) == (visible if withheld else visible - leaving)

    def test_an_empty_listing_does_not_empty_the_mirror(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1"))
        world.sync()
        for nothing in ([], [Page()]):
            world.connector.lists(Order, *nothing)
            outcome = world.sync()
            assert (outcome.outcome, outcome.withheld, world.shown()) == ("withheld", 1, {"1"})

    def test_what_it_withholds_waits_for_a_person_while_news_are_kept(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing(*"12345678"))
        world.sync()
        known = world.stream()["as_of"]
        half = Page(rows=[make.row("1", status="paid"), make.row("9")])
        world.connector.lists(Order, half)
        outcome = world.sync()
        assert (outcome.new, outcome.changed, outcome.withheld) == (1, 1, 7)
        assert "--allow-shrink 7" in outcome.message
        assert world.shown() == set("123456789")
        assert (world.stream()["withheld"], world.stream()["as_of"]) == (7, known)
        assert world.sync(allow_shrink=6).outcome == "withheld"
        assert world.sync(allow_shrink=7).gone == 7
        assert world.shown() == {"1", "9"}
        assert (world.stream()["withheld"], world.stream()["as_of"]) == (0, world.clock.now)

    def test_it_lets_go_of_nothing_once_the_listing_is_whole_again(self, world: Any, make: Any) -> None:
        for ids in ("12345678", "1", "12345678"):
            world.connector.lists(Order, make.listing(*ids))
            world.sync()
        assert (world.shown(), world.stream()["withheld"], world.changes()) == (set("12345678"), 0, [])

    def test_newcomers_do_not_hide_the_loss_of_all_others(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing(*"12345"))
        world.sync()
        others = make.listing(*"abcdefghijklm")
        world.connector.lists(Order, others, Page(), RuntimeError("cut"))
        world.sync()
        world.connector.lists(Order, others)
        assert (world.sync().outcome, len(world.shown())) == ("withheld", 18)

    def test_it_holds_for_the_source_s_word_too_and_the_word_is_kept(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing(*"12345"), reads=Reads.CHANGES)
        world.sync()
        words = Page(gone=[Gone(each, "hidden", "drafts") for each in "1234"], cursor="past the words")
        world.connector.lists(Order, words, reads=Reads.CHANGES)
        assert (world.sync().withheld, world.shown()) == (4, set("12345"))
        world.connector.lists(Order, reads=Reads.CHANGES)
        assert world.sync().withheld == 4
        assert (world.sync(allow_shrink=4).gone, world.shown()) == (4, {"5"})
        assert world.stored("1")["gone_why"] == "hidden"

    def test_more_than_one_batch_may_go_when_a_person_says_so(self, world: Any, make: Any) -> None:
        ids = [str(number) for number in range(5_200)]
        world.connector.lists(Order, make.listing(*ids))
        world.sync()
        world.connector.lists(Order, make.listing("1"))
        outcome = world.sync(allow_shrink=6_000)
        assert (outcome.gone, world.shown()) == (5_199, {"1"})
        assert len(world.changes()) == 5_199


class TestUnreadable:
    def test_a_row_that_is_no_record_is_set_aside_with_place_reason_and_cure(
        self, world: Any, make: Any
    ) -> None:
        place = "orders.csv, record 2 (line 5)"
        bad = make.row("2", broken="12,5O is no amount", data_rows=3, place=place)
        world.connector.lists(Order, Page(rows=[make.row("1"), bad]))
        outcome = world.sync()
        assert (outcome.outcome, outcome.new, outcome.quarantined_rows) == ("quarantined", 1, 3)
        (entry,) = world.rows("quarantine")
        assert (entry["source_id"], entry["position"], entry["data_rows"]) == ("2", place, 3)
        assert (entry["field"], entry["reason"]) == ("total", "12,5O is no amount")
        assert entry["cure"] == "correct it in the shop"

    def test_an_amount_finer_than_its_currency_is_set_aside_never_rounded(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, make.listing("1", currency="JPY", total=Decimal("10.5")))
        assert (world.sync().quarantined_rows, world.shown()) == (1, set())
        assert world.rows("quarantine")[0]["field"] == "total"

    @pytest.mark.parametrize("text", ["a\0b", "half \ud800 a pair"])
    def test_text_no_database_can_hold_is_set_aside_wherever_it_stands(
        self, world: Any, make: Any, text: str
    ) -> None:
        page = Page(
            rows=[make.row("1", note=text), make.row(text), make.row("3")],
            gone=[Gone(text, "hidden", text, text)],
            skipped=[Skipped(text, text, text, text, text)],
        )
        world.connector.lists(Order, page)
        outcome = world.sync()
        assert (outcome.outcome, outcome.new, outcome.quarantined_rows) == ("quarantined", 1, 3)
        assert (world.shown(), world.sync().new) == ({"3"}, 0)

    def test_while_a_row_has_no_id_what_is_missing_stays_as_old_as_its_last_good_reading(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        good = world.stream()["as_of"]
        nameless = Skipped(None, "orders.csv, record 2", "id", "is blank")
        world.connector.lists(Order, Page(rows=[make.row("1")], skipped=[nameless]))
        assert any("removals wait" in note and "1 missing" in note for note in world.sync().notes)
        assert (world.stored("1")["as_of"], world.stored("2")["as_of"]) == (None, good)
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        assert world.stored("2")["as_of"] is None

    def test_a_record_whose_row_is_unreadable_stays_and_is_as_old_as_its_last_good_reading(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        good = world.stream()["as_of"]
        world.connector.lists(
            Order,
            Page(rows=[make.row("1")], skipped=[Skipped("2", "orders.csv, record 2", "date", "31 February")]),
        )
        for _ in range(2):
            assert world.sync().gone == 0
            assert (world.stored("2")["as_of"], world.stored("2")["gone_at"]) == (good, None)
        assert (world.stored("1")["as_of"], world.stream()["as_of"]) == (None, world.clock.now)

    @pytest.mark.parametrize("status", ["", "paid"], ids=["as it was", "changed"])
    def test_a_row_that_is_well_again_leaves_the_quarantine(self, world: Any, make: Any, status: str) -> None:
        world.connector.lists(Order, make.listing("1", "2"))
        world.sync()
        world.connector.lists(Order, Page(rows=[make.row("1"), make.row("2", broken="?")]))
        world.sync()
        assert world.stored("2")["as_of"] is not None
        well = make.row("2", status=status) if status else make.row("2")
        world.connector.lists(Order, Page(rows=[make.row("1"), well]))
        outcome = world.sync()
        assert (outcome.outcome, world.rows("quarantine"), world.stored("2")["as_of"]) == ("done", [], None)

    def test_a_skipped_row_nobody_can_name_means_that_nothing_is_removed(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"))
        world.sync()
        nameless = Skipped(
            None, "orders.csv, record 3 (line 9)", "id", "is blank", "fill in the id", data_rows=2
        )
        world.connector.lists(Order, Page(rows=[make.row("1"), make.row("2")], skipped=[nameless]))
        outcome = world.sync()
        assert (outcome.gone, outcome.quarantined_rows, world.shown()) == (0, 2, {"1", "2", "3"})

    def test_what_the_next_whole_listing_does_not_meet_leaves_the_quarantine(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, Page(rows=[make.row("1"), make.row("2", broken="?")]))
        world.sync()
        world.connector.lists(Order, make.listing("1"))
        assert (world.sync().outcome, world.rows("quarantine")) == ("done", [])

    def test_a_resumed_reading_does_not_clear_the_quarantine(self, world: Any, make: Any) -> None:
        bad = Page(rows=[make.row("1"), make.row("2", broken="?")], cursor="here")
        world.connector.lists(Order, bad, reads=Reads.CHANGES)
        world.sync()
        world.connector.lists(Order, reads=Reads.CHANGES)
        world.sync()
        assert len(world.rows("quarantine")) == 1

    def test_data_rows_read_are_in_records_hidden_or_quarantined(self, world: Any, make: Any) -> None:
        page = Page(
            rows=[
                make.row("1", data_rows=3),
                make.row("2", data_rows=5, broken="?"),
                make.row("3", data_rows=7),
            ],
            gone=[Gone("4", "hidden", "drafts", data_rows=11)],
            skipped=[Skipped(None, "line 40", "id", "is blank", data_rows=13)],
        )
        world.connector.lists(Order, page)
        for _ in range(2):
            outcome = world.sync()
            assert (outcome.data_rows, outcome.hidden_rows, outcome.quarantined_rows) == (39, 11, 18)
            assert sum(each["data_rows"] for each in world.rows("orders")) == outcome.placed_rows == 10
            assert sum(each["data_rows"] for each in world.rows("quarantine")) == outcome.quarantined_rows
        (last,) = [each for each in world.rows("runs") if each["ended_at"] == world.clock.now]
        assert (last["data_rows"], last["hidden_rows"], last["quarantined_rows"]) == (39, 11, 18)


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


class TestSeen:
    def test_it_knows_what_it_met_and_nothing_else(self) -> None:
        seen = Seen()
        assert "1" not in seen
        seen.add(["1", "2"])
        assert ("1" in seen, "3" in seen) == (True, False)
        seen.add(["3", "1"])
        assert ("3" in seen, "4" in seen) == (True, False)
