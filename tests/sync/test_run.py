"""Runs of a source: order, errors, stopping, as-of, rehearsals."""

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Garbled, Page, Reads, Refused, Unavailable
from connectors.records import Account, Contact, Invoice, Order

OLD = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class TestStreams:
    def test_accounts_come_first_contacts_next(self, world: Any, make: Any) -> None:
        for record in (Order, Contact, Invoice, Account):
            world.connector.lists(record, Page(rows=[make.row("1")]))
        assert [each.record for each in world.sync_all()] == ["account", "contact", "order", "invoice"]

    def test_only_the_records_asked_for_are_read(self, world: Any, make: Any) -> None:
        for record in (Order, Invoice):
            world.connector.lists(record, Page(rows=[make.row("1")]))
        assert [each.record for each in world.sync_all(records=[Invoice])] == ["invoice"]

    @pytest.mark.parametrize("database", ["sqlite"], indirect=True)
    def test_a_run_leaves_what_it_wrote_in_the_mirrors_own_file(
        self, world: Any, make: Any, tmp_path: Path
    ) -> None:
        world.connector.lists(Order, Page(rows=[make.row("1")]))
        world.sync()
        alone = f"{(tmp_path / 'var' / 'mirror.db').as_uri()}?immutable=1"  # without its log
        with closing(sqlite3.connect(alone, uri=True)) as connection:
            assert connection.execute("select source_id from orders").fetchall() == [("1",)]

    @pytest.mark.parametrize(
        ("error", "word"),
        [
            (Unavailable("the shop does not answer"), "unavailable"),
            (Refused("orders.csv is missing: put it into exports/"), "refused"),
            (Garbled("orders.csv is a web page"), "garbled"),
            (KeyError("surprise"), "crashed"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_stream_that_fails_keeps_what_it_has_and_does_not_stop_the_others(
        self, world: Any, make: Any, error: Exception, word: str
    ) -> None:
        for record in (Order, Invoice):
            world.connector.lists(record, Page(rows=[make.row("1"), make.row("2")]))
        world.sync_all()
        before, known = world.rows("orders"), world.rows("streams", "record = 'order'")[0]["as_of"]
        world.connector.lists(Order, error)
        assert [each.outcome for each in world.sync_all()] == [word, "done"]
        (stream,) = world.rows("streams", "record = 'order'")
        (source,) = world.rows("sources")
        assert (world.rows("orders"), stream["as_of"]) == (before, known)
        for told in (stream, source):
            assert (told["failure"], told["failed_at"]) == (word, world.clock.now)
        assert world.rows("runs", "outcome <> 'done'")[0]["outcome"] == word

    def test_a_failure_is_told_since_its_beginning_and_forgotten_with_the_next_good_run(
        self, world: Any, make: Any
    ) -> None:
        world.connector.lists(Order, Unavailable("no answer"))
        world.sync()
        since = world.clock.now
        world.sync()
        assert (world.stream()["failed_at"], world.rows("sources")[0]["failed_at"]) == (since, since)
        world.connector.lists(Order, make.listing("1"))
        world.sync()
        for told in (world.stream(), world.rows("sources")[0]):
            assert told["failed_at"] is told["failure"] is told["failure_message"] is None

    def test_a_source_that_asks_to_wait_is_told_until_when(self, world: Any) -> None:
        world.connector.lists(Order, Unavailable("too many requests", retry_after=600))
        outcome = world.sync()
        assert outcome.retry_at == world.clock.now + timedelta(minutes=10)
        assert world.rows("sources")[0]["retry_at"] == outcome.retry_at

    def test_an_absurd_wait_ends_after_a_day(self, world: Any) -> None:
        world.connector.lists(Order, Unavailable("too many requests", retry_after=1e12))
        assert world.sync().retry_at == world.clock.now + timedelta(days=1)

    def test_a_crash_is_logged_in_full_and_told_without_its_text(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.connector.lists(Order, ValueError("token s3cret"))
        with caplog.at_level(logging.ERROR):
            outcome = world.sync()
        assert "s3cret" in caplog.text
        assert "s3cret" not in outcome.message + world.stream()["failure_message"]
        assert "ValueError" in outcome.message

    def test_a_page_read_before_the_failure_is_kept_with_its_cursor(self, world: Any, make: Any) -> None:
        first = Page(rows=[make.row("1")], cursor="after 1")
        world.connector.lists(Order, first, Unavailable("no answer"), reads=Reads.CHANGES)
        outcome = world.sync()
        assert (outcome.outcome, outcome.new, world.shown()) == ("unavailable", 1, {"1"})
        assert (world.stream()["cursor"], world.stream()["as_of"]) == ("after 1", None)

    def test_notes_for_staff_stay_with_the_stream(self, world: Any, make: Any) -> None:
        world.connector.lists(
            Order, Page(notes=["read as cp1252"]), Page(notes=["read as cp1252", "2 new statuses"])
        )
        assert world.sync().notes == ("read as cp1252", "2 new statuses")
        assert world.stream()["notes"] == '["read as cp1252", "2 new statuses"]'


class TestCursor:
    def test_the_next_run_begins_where_the_last_one_ended(self, world: Any, make: Any) -> None:
        pages = [Page(rows=[make.row(each)], cursor=f"after {each}") for each in "123"]
        world.connector.lists(Order, *pages, reads=Reads.CHANGES)
        world.sync()
        world.sync()
        assert world.connector.asked == [(Order, None), (Order, "after 3")]

    def test_a_page_it_is_not_safe_to_resume_from_leaves_the_cursor_alone(
        self, world: Any, make: Any
    ) -> None:
        pages = [Page(rows=[make.row("1")]), Page(rows=[make.row("2")]), Unavailable("no answer")]
        world.connector.lists(Order, *pages, reads=Reads.CHANGES)
        world.sync()
        world.sync()
        assert world.connector.asked == [(Order, None)] * 2

    def test_a_listing_of_everything_always_begins_at_the_start(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, Page(rows=[make.row("1")], cursor="somewhere"))
        world.sync()
        world.sync()
        assert world.connector.asked == [(Order, None)] * 2

    @pytest.mark.parametrize("why", ["full", "mapping"])
    def test_a_full_run_and_a_new_mapping_begin_at_the_start(self, world: Any, make: Any, why: str) -> None:
        world.connector.lists(Order, Page(rows=[make.row("1")], cursor="after 1"), reads=Reads.CHANGES)
        world.sync()
        world.connector.version = "2" if why == "mapping" else "1"
        world.sync(full=why == "full")
        assert world.connector.asked == [(Order, None)] * 2

    def test_a_full_run_sweeps_where_the_source_cannot_report_every_delete(
        self, world: Any, make: Any
    ) -> None:
        world.connector = make.sweeping(world.connector.settings)
        world.connector.lists(Order, make.listing("1", "2", "3"), reads=Reads.CHANGES)
        world.sync()
        world.connector.ids = ["1", "3"]
        world.connector.lists(Order, make.listing("4"), reads=Reads.CHANGES)
        assert (world.sync().gone, world.shown()) == (0, {"1", "2", "3", "4"})
        assert (world.sync(full=True).gone, world.shown()) == (1, {"1", "3", "4"})


class TestAsOf:
    def test_without_the_source_s_word_it_is_the_start_of_the_run(self, world: Any, make: Any) -> None:
        world.clock.step = timedelta(seconds=1)
        world.connector.lists(Order, make.listing("1"), make.listing("2"))
        world.sync()
        (run,) = world.rows("runs")
        assert world.stream()["as_of"] == run["started_at"] < world.stream()["completed_at"]

    def test_the_oldest_word_of_the_source_counts(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, Page(as_of=OLD + timedelta(days=1)), Page(as_of=OLD), make.listing("1"))
        world.sync()
        assert world.stream()["as_of"] == OLD

    def test_an_old_export_read_again_and_again_stays_as_old_as_it_is(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, Page(rows=[make.row("1")], as_of=OLD))
        for _ in range(3):
            world.sync()
        assert world.stream()["as_of"] == OLD

    def test_an_older_export_in_the_place_of_a_newer_one_makes_the_mirror_older(
        self, world: Any, make: Any
    ) -> None:
        for days in (7, 0):
            world.connector.lists(
                Order, Page(rows=[make.row("1", note=f"{days}")], as_of=OLD + timedelta(days=days))
            )
            world.sync()
        assert (world.stored("1")["note"], world.stream()["as_of"]) == ("0", OLD)

    def test_a_run_that_finds_nothing_new_moves_it(self, world: Any) -> None:
        world.connector.lists(Order, reads=Reads.CHANGES)
        for _ in range(2):
            world.sync()
            assert world.stream()["as_of"] == world.clock.now

    @pytest.mark.parametrize(
        "end", [Unavailable("no answer"), Refused("no right"), RuntimeError(), KeyboardInterrupt()]
    )
    def test_a_run_that_does_not_come_to_its_end_never_moves_it(
        self, world: Any, make: Any, end: BaseException
    ) -> None:
        world.connector.lists(Order, make.listing("1"))
        world.sync()
        known, first = world.stream()["as_of"], world.stream()["completed_at"]
        world.connector.lists(Order, Page(rows=[make.row("1", note="new")], as_of=OLD), Page(), Page(), end)
        world.sync()
        assert world.stored("1")["note"] == "new"
        assert (world.stream()["as_of"], world.stream()["completed_at"]) == (known, first)

    def test_a_chain_that_took_two_attempts_is_as_old_as_the_first(self, world: Any, make: Any) -> None:
        first = Page(rows=[make.row("1")], cursor="after 1")
        world.connector.lists(Order, first, Unavailable("no answer"), reads=Reads.CHANGES)
        world.sync()
        began = world.clock.now
        world.connector.lists(Order, Page(rows=[make.row("2")], cursor="after 2"), reads=Reads.CHANGES)
        world.sync()
        assert world.stream()["as_of"] == began
        world.sync()
        assert world.stream()["as_of"] == world.clock.now


class TestStopping:
    def test_it_stops_between_pages_and_the_next_run_goes_on(self, world: Any, make: Any) -> None:
        asked = iter([False, False, True])
        pages = [Page(rows=[make.row(each)], cursor=f"after {each}") for each in "123"]
        for record in (Order, Invoice):
            world.connector.lists(record, *pages, reads=Reads.CHANGES)
        (outcome,) = world.sync_all(stop=lambda: next(asked))
        assert (outcome.outcome, world.shown(), world.rows("leases")) == ("stopped", {"1"}, [])
        world.sync_all()
        assert world.connector.asked[1] == (Order, "after 1")
        assert world.stream_of("order")["failure"] is None

    def test_asked_before_it_began_it_reads_nothing(self, world: Any, make: Any) -> None:
        world.connector.lists(Order, make.listing("1"))
        assert world.sync(stop=lambda: True).outcome == "stopped"
        assert (world.connector.asked, world.rows("leases")) == ([], [])

    def test_ctrl_c_ends_it_cleanly_wherever_it_comes(self, world: Any, make: Any) -> None:
        for record in (Order, Invoice):
            world.connector.lists(record, make.listing("1"), make.listing("2"), KeyboardInterrupt())
        (outcome,) = world.sync_all()
        assert (outcome.outcome, world.shown(), world.rows("leases")) == ("stopped", {"1"}, [])
        assert {each["outcome"] for each in world.rows("runs")} == {"stopped"}

    def test_a_long_sweep_can_be_stopped(self, world: Any, make: Any) -> None:
        world.connector = make.sweeping(world.connector.settings)
        world.connector.lists(Order, make.listing("1"), reads=Reads.CHANGES)
        world.connector.ids = ["1"] * 10
        asked = iter([False] * 5)
        assert world.sync(full=True, stop=lambda: next(asked, True)).outcome == "stopped"
