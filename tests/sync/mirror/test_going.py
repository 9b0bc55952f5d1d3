"""What goes from the mirror, and what the guard holds back."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Gone, Page, Reads
from connectors.records import Contact, Invoice, Order
from sync.mirror.tally import TOGETHER, Seen, too_many


class TestGoing:
    def test_absence_means_gone_only_where_the_listing_is_everything(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"), reads=Reads.CHANGES)
        world.sync()
        world.connector.lists(Order, make.listing("1", "2"), reads=Reads.CHANGES)
        assert world.sync().gone == 0
        world.connector.lists(Order, make.listing("1", "2"))
        assert world.sync().gone == 1
        assert world.shown() == {"1", "2"}

    def test_a_row_that_comes_twice_does_not_stand_in_for_one_that_is_missing(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, make.listing("1", "2", "3"))
        world.sync()
        world.connector.lists(Order, make.listing("1", "2"), make.listing("2"))
        assert world.sync().gone == 1
        assert world.shown() == {"1", "2"}

    def test_an_older_version_of_a_gone_record_does_not_stand_in_for_one_that_is_missing(
        self, world: Any, make: Any
    ) -> None:
        now = world.clock.now
        world.connector.lists(Order, Page(rows=[make.row(each, updated=now) for each in "1234"]))
        world.sync()
        world.connector.lists(Order, Page(rows=[make.row(each, updated=now) for each in "123"]))
        world.sync()
        old = make.row("4", updated=now - timedelta(days=1))
        world.connector.lists(Order, Page(rows=[*(make.row(each, updated=now) for each in "12"), old]))
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

    def test_what_a_first_reading_tells_and_then_takes_back_is_gone(self, world: Any, make: Any) -> None:
        taken_back = Page(gone=[Gone("2", "deleted")])
        world.connector.lists(Order, make.listing("1", "2", "3", "4"), taken_back)
        assert (world.sync().gone, world.shown()) == (1, {"1", "3", "4"})

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

    @pytest.mark.parametrize("why", ["deleted", "hidden"])
    def test_people_the_source_itself_calls_gone_lose_their_access_at_once(
        self, world: Any, make: Any, why: str
    ) -> None:
        ids = [str(number) for number in range(250)]
        world.connector.lists(Contact, make.listing(*ids), reads=Reads.CHANGES)
        world.sync()
        word = Page(gone=[Gone(each, why, "show.account.status") for each in ids[:30]])
        world.connector.lists(Contact, word, reads=Reads.CHANGES)
        outcome = world.sync()
        assert (outcome.outcome, outcome.gone, outcome.withheld) == ("done", 30, 0)
        assert world.shown(Contact) == set(ids[30:])

    def test_people_who_are_only_absent_wait_beside_those_the_source_calls_gone(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Contact, make.listing(*"123456"))
        world.sync()
        word = Page(gone=[Gone(each, "deleted") for each in "1234"])
        world.connector.lists(Contact, word)
        found = {each.source_id: each.what for each in world.rehearse()}
        assert found == {**dict.fromkeys("1234", "gone"), **dict.fromkeys("56", "withheld")}
        outcome = world.sync()
        assert (outcome.outcome, outcome.gone, outcome.withheld) == ("withheld", 4, 2)
        assert world.shown(Contact) == set("56")

    def test_what_came_since_the_last_whole_listing_and_goes_for_sure_counts_on_neither_side(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Contact, make.listing(*"123456"))
        world.sync()
        world.connector.lists(Contact, make.listing(*"123456abc"), Page(), RuntimeError("cut"))
        world.sync()
        word = Page(gone=[Gone(each, "deleted") for each in "abc"])
        world.connector.lists(Contact, make.listing(*"123"), word)
        outcome = world.sync()
        assert (outcome.outcome, outcome.gone, world.shown(Contact)) == ("done", 6, set("123"))

    def test_more_than_one_batch_may_go_when_a_person_says_so(self, world: Any, make: Any) -> None:
        ids = [str(number) for number in range(5_200)]
        world.connector.lists(Order, make.listing(*ids))
        world.sync()
        world.connector.lists(Order, make.listing("1"))
        outcome = world.sync(allow_shrink=6_000)
        assert (outcome.gone, world.shown()) == (5_199, {"1"})
        assert len(world.changes()) == 5_199


class TestSeen:
    def test_it_knows_what_it_met_and_nothing_else(self) -> None:
        seen = Seen()
        assert seen.lacks(["1"]) == {hash("1")}
        seen.add(["1", "2"])
        assert seen.lacks(["1", "3"]) == {hash("3")}
        seen.add(["3", "1"])
        assert seen.lacks(["4", "3", "1", "4"]) == {hash("4")}
        assert seen.lacks([]) == set()

    def test_it_compares_more_than_it_looks_at_together(self) -> None:
        seen, asked = Seen(), [str(n) for n in range(2 * TOGETHER + 1)]
        seen.add(asked[1:-1])
        assert seen.lacks(asked) == {hash(asked[0]), hash(asked[-1])}
