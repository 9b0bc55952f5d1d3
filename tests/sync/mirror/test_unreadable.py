"""What the writer does with rows nobody could read."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Gone, Page, Reads, Skipped
from connectors.records import Order


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
