"""What every connector owes, as tests: the kit for connectors of your own. Needs pytest.

In a test module of yours, beside fixtures that make connectors over a stand-in for your source:

    from connectors.contract import *      # noqa: F403

    @pytest.fixture
    def connector(): ...                # with something of every record it reads; nothing changes meanwhile

    @pytest.fixture
    def broken(): ...                   # the same source, gone wrong

    @pytest.fixture
    def writes(): ...                   # where your stand-in can tell: what it was asked to change

``pytest`` then asks your connector all of this.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import pytest

from connectors.base import Connector, Failure, Page, Reads, Row, Unreadable
from connectors.records import NAMES, Account, Record


@pytest.fixture
def writes() -> Callable[[], Sequence[object]]:
    """What the stand-in was asked to change: nothing it knows of, unless a module says otherwise."""
    return list


def pages(connector: Connector, record: type[Record], cursor: str | None = None) -> list[Page]:
    """All pages of a stream."""
    return list(connector.pull(record, cursor))


def rows(found: Iterable[Page]) -> list[Row]:
    """The rows of some pages."""
    return [row for page in found for row in page.rows]


def test_it_reads_records_we_know_and_says_what_their_listings_mean(connector: Connector) -> None:
    assert connector.reads
    for record, means in connector.reads.items():
        assert record in NAMES and isinstance(means, Reads)


def test_its_check_passes_where_all_is_well(connector: Connector) -> None:
    connector.check()


def test_two_pulls_from_the_start_tell_the_same(connector: Connector) -> None:
    for record in connector.reads:
        assert pages(connector, record) == pages(connector, record)


def test_a_pull_from_the_last_cursor_brings_nothing_new(connector: Connector) -> None:
    for record, means in connector.reads.items():
        first = pages(connector, record)
        again = pages(connector, record, first[-1].cursor)
        known = {(row.source_id, row.fingerprint) for row in rows(first)}
        assert {(row.source_id, row.fingerprint) for row in rows(again)} <= known
        if means is Reads.CHANGES:
            assert rows(again) == []


def test_a_pull_goes_on_from_any_page_that_had_a_cursor(connector: Connector) -> None:
    for record in connector.reads:
        first = pages(connector, record)
        every = {row.source_id for row in rows(first)}
        for number, page in enumerate(first, 1):
            if page.cursor is not None:
                rest = pages(connector, record, page.cursor)
                assert {row.source_id for row in rows([*first[:number], *rest])} == every


def test_no_id_comes_twice_in_one_pull(connector: Connector) -> None:
    for record in connector.reads:
        found = pages(connector, record)
        ids = [row.source_id for row in rows(found)]
        ids += [gone.source_id for page in found for gone in page.gone]
        assert len(ids) == len(set(ids))


def test_pages_are_small_and_their_rows_complete(connector: Connector) -> None:
    for record in connector.reads:
        for page in pages(connector, record):
            assert len(page.rows) + len(page.gone) + len(page.skipped) <= 1000
            for row in page.rows:
                assert isinstance(row, Row)
                assert row.source_id and len(row.fingerprint) == 8 and row.data_rows >= 1 and row.place
            for skipped in page.skipped:
                assert skipped.place and skipped.field and skipped.reason and skipped.data_rows >= 1
            for gone in page.gone:
                assert gone.why == "deleted" or (gone.why == "hidden" and gone.rule)


def test_a_complete_pull_says_as_of_when_it_is_true_in_utc(connector: Connector) -> None:
    for record in connector.reads:
        as_of = pages(connector, record)[-1].as_of
        assert as_of is not None and as_of.utcoffset() == timedelta(0)


def test_mapping_is_pure_and_knows_its_failures(connector: Connector) -> None:
    for record in connector.reads:
        for row in rows(pages(connector, record)):
            try:
                one, other = connector.map(record, row.raw), connector.map(record, row.raw)
            except Unreadable as e:
                assert e.field and e.reason
                continue
            assert one == other and type(one) is record
            assert one.source_id == row.source_id
            if record is Account:
                assert one.belongs_to == one.source_id


def test_a_connector_made_anew_reads_rows_of_another_alike(connector: Connector) -> None:
    again = type(connector)(connector.settings)
    for record in connector.reads:
        assert again.mapping(record) == connector.mapping(record)
        assert again.id_rule(record) == connector.id_rule(record)
        for row in rows(pages(connector, record)):
            try:
                expected = connector.map(record, row.raw)
            except Unreadable:
                continue
            assert again.map(record, row.raw) == expected


def test_amounts_are_decimals_and_times_aware(connector: Connector) -> None:
    for record in connector.reads:
        for row in rows(pages(connector, record)):
            try:
                one = connector.map(record, row.raw)
            except Unreadable:
                continue
            assert not any(isinstance(getattr(one, name), float) for name in one.__struct_fields__)
            assert one.updated is None or one.updated.utcoffset() == timedelta(0)


def test_what_goes_wrong_is_a_failure_in_words(broken: Connector) -> None:
    with pytest.raises(Failure) as told:
        broken.check()
    assert "\n" not in str(told.value) and len(str(told.value)) > 20
    for record in broken.reads:
        with pytest.raises(Failure):
            pages(broken, record)


def test_the_sweep_hears_of_every_id_that_is_there_and_of_none_that_is_deleted(connector: Connector) -> None:
    for record in connector.reads:
        if type(connector).list_ids is Connector.list_ids:
            continue  # it can report every delete
        found, heard = pages(connector, record), set(connector.list_ids(record))
        assert {row.source_id for row in rows(found)} <= heard
        assert not {one.source_id for page in found for one in page.gone if one.why == "deleted"} & heard


def test_it_only_reads(connector: Connector, writes: Callable[[], Sequence[object]]) -> None:
    connector.check()
    for record in connector.reads:
        pages(connector, record)
        if type(connector).list_ids is not Connector.list_ids:
            list(connector.list_ids(record))
    assert list(writes()) == []
