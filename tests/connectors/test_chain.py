"""The cursor live sources share, and the fingerprint of what they send."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from connectors.chain import OVERLAP, Chain, fingerprint, resume, whole_second

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_cursor_says_where_its_chain_goes_on():
    chain = Chain().started(NOON).next_part().kept("page 7")
    assert resume(chain.cursor(), Chain) == chain == Chain(begun=NOON, part=1, at="page 7")


def test_a_chain_keeps_its_beginning_however_often_it_goes_on():
    chain = resume(Chain().started(NOON).cursor(), Chain)
    assert chain.started(NOON + timedelta(hours=5)).begun == NOON


def test_the_next_chain_begins_before_this_one_did_whatever_it_read():
    done = Chain(since=NOON - timedelta(days=1)).started(NOON).next_part().kept("2027-01-01")
    assert done.following() == Chain(since=NOON - OVERLAP)


def test_a_new_listing_begins_at_its_start():
    assert Chain(begun=NOON, at="page 7").next_part() == Chain(begun=NOON, part=1)


@pytest.mark.parametrize("odd", [None, "", "{", '{"part": "two"}', "[]", '{"since": "noon"}'])
def test_a_cursor_nobody_can_read_is_the_start(odd):
    assert resume(odd, Chain) == Chain()


def test_fingerprints_know_no_order_of_members_and_every_other_difference():
    one = fingerprint({"a": Decimal("1.10"), "b": [1, 2]})
    assert one == fingerprint({"b": [1, 2], "a": Decimal("1.10")})
    assert len(one) == 8
    for other in ({"a": Decimal("1.11"), "b": [1, 2]}, {"a": Decimal("1.10"), "b": [2, 1]}, {"b": [1, 2]}):
        assert fingerprint(other) != one


def test_a_second_is_the_same_in_every_zone():
    moment = datetime(2026, 11, 23, 13, 0, 0, 999_000, tzinfo=timezone(timedelta(hours=1)))
    assert whole_second(moment) == NOON
