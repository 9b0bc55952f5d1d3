"""Xero's spellings of dates and amounts."""

from datetime import UTC, date, datetime

import pytest

from connectors.base import Unreadable
from connectors.xero.values import day, identifier, moment


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"D": "/Date(1551916800000+0000)/"}, date(2019, 3, 7)),
        ({"D": "/Date(1571875200000)/"}, date(2019, 10, 24)),  # quotes have no offset
        ({"D": "/Date(1426849200000+1300)/"}, date(2015, 3, 21)),  # midnight in Auckland
        ({"D": "/Date(1551916800000+1300)/"}, date(2019, 3, 7)),  # midnight in UTC, whatever the offset
        ({"D": "/Date(1551916800000-0500)/"}, date(2019, 3, 7)),
        ({"D": "/Date(1551934800000-0500)/"}, date(2019, 3, 7)),  # midnight in New York
        ({"D": "/Date(-86400000+0000)/"}, date(1969, 12, 31)),
        ({"D": "2026-11-02T00:00:00"}, date(2026, 11, 2)),
        ({"D": "/Date(0)/", "DString": "2019-03-07 00:00:00"}, date(2019, 3, 7)),
        ({"D": "/Date(0)/", "DString": "2019-03-07T00:00:00"}, date(2019, 3, 7)),
        ({"D": None}, None),
        ({"D": ""}, None),
        ({}, None),
    ],
)
def test_a_calendar_date_is_the_day_xero_shows(told, expected):
    assert day(told, "D") == expected


@pytest.mark.parametrize("odd", ["31/12/2026", "/Date(99999999999999999)/", "2026-13-01", 5, ["x"], True])
def test_what_is_no_date_is_unreadable_and_named(odd):
    with pytest.raises(Unreadable) as told:
        day({"D": odd}, "D")
    assert told.value.field == "D"


@pytest.mark.parametrize(
    "told",
    [
        "/Date(1541176290160+0000)/",
        "/Date(1541176290160+1300)/",  # the number is UTC, wherever it is read
        "2018-11-02 16:31:30.160+00:00",
        "2018-11-02T16:31:30.160",
        "2018-11-03T05:31:30.160+13:00",
    ],
)
def test_a_moment_is_the_same_in_all_spellings(told):
    assert moment({"U": told}, "U") == datetime(2018, 11, 2, 16, 31, 30, 160_000, tzinfo=UTC)


@pytest.mark.parametrize("odd", ["yesterday", "/Date(99999999999999999)/", 7])
def test_what_is_no_moment_is_unreadable(odd):
    with pytest.raises(Unreadable):
        moment({"U": odd}, "U")


def test_an_id_is_spelt_the_one_way():
    assert identifier({"ContactID": "8138A266-FB42 "}, "ContactID") == "8138a266-fb42"
    assert identifier({"ContactID": None}, "ContactID") == ""
