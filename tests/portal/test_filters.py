"""What the URL of a list asks for."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal import filters, screens
from portal.filters import Asked
from portal.formats import Formats
from portal.gateway import Either, Where

FORMATS = Formats("en", ZoneInfo("America/New_York"), lambda: datetime(2026, 11, 23, tzinfo=UTC))


def read(screen: screens.Screen = screens.ORDERS, **args: str) -> Asked:
    return filters.read(screen, args, FORMATS, lambda wanted: [Where("status", "eq", wanted)])


def test_nothing_asked_is_the_whole_list_newest_first() -> None:
    asked = read()
    assert (asked.where, asked.order, asked.left_out) == ([], "-sort_at", [])


def test_a_day_begins_and_ends_where_the_portal_is() -> None:
    day, zone = date(2026, 3, 12), ZoneInfo("America/New_York")
    (first,), (last,) = read(**{"from": "2026-03-12"}).where, read(to="2026-03-12").where
    midnight, next_one = datetime(2026, 3, 12, tzinfo=zone), datetime(2026, 3, 13, tzinfo=zone)
    assert first == Either(((Where("placed_on", "ge", day),), (Where("placed", "ge", midnight),)))
    assert last == Either(((Where("placed_on", "le", day),), (Where("placed", "lt", next_one),)))


def test_due_until_asks_for_what_is_still_to_pay() -> None:
    asked = read(screens.INVOICES, due="2026-12-01")
    assert Where("due_on", "le", date(2026, 12, 1)) in asked.where
    assert Where("due", "gt", 0) in asked.where


def test_a_list_without_a_filter_does_not_hear_of_it() -> None:
    asked = read(screens.PAYMENTS, q="x", stage="open", due="2026-12-01", **{"from": "2026-12-01"})
    assert asked.where == []


def test_one_filter_changes_and_the_others_stay() -> None:
    asked: Any = read(q="bolt", stage="open")
    assert asked.but("stage", "") == {"q": "bolt"}
    assert asked.but("stage", "delivered") == {"q": "bolt", "stage": "delivered"}
    assert not asked.detailed
    assert read(to="2026-03-12").detailed


def test_blanks_and_nulls_are_no_search() -> None:
    assert read(q=" \0  ").where == []
    assert read(q=" a\0  b ").values["q"] == "a b"
