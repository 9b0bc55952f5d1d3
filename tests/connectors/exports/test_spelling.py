"""How dates and numbers are spelt is decided from whole columns, or asked for; never guessed cell by cell."""

import pytest

from connectors.base import Refused
from connectors.records import Order

MAP = {"id": "No", "fields": {"number": "No", "placed_on": "Day", "total": "Total"}}


@pytest.fixture
def orders(folder, read):
    """Read days and amounts of orders 1, 2, … as one file."""

    def orders(*rows, **told):
        folder.put(
            "own.csv",
            "No;Day;Total\n" + "".join(f"{n};{day};{total}\n" for n, (day, total) in enumerate(rows, 1)),
        )
        table = {"path": "own.csv", "record": "order", "map": MAP, **told}
        found = read(folder.source(table, currency="EUR"), Order)
        return found, [one.source_id for one in found.unreadable]

    return orders


@pytest.mark.parametrize(
    ("rows", "question"),
    [
        (
            [("03/04/2026", "1.50")],
            r"dates like '03/04/2026' \(own\.csv, Day, line 2\) may be day first or month first",
        ),
        ([("13/04/2026", "1.50"), ("04/13/2026", "1.50")], "dates are written in two orders, '13/04/2026'"),
        ([("2026-01-31", "1.500")], r"a number like '1\.500' .* may have decimals or thousands"),
        ([("2026-01-31", "10,50"), ("2026-01-31", "10.50")], "numbers are written with both decimal signs"),
    ],
)
def test_what_the_data_leaves_open_is_asked_for_with_the_line_to_add(orders, rows, question):
    with pytest.raises(
        Refused, match=question + r'.*add (date_order|decimal) = .* under \[\[sources\]\] id = "src"'
    ):
        orders(*rows)


def test_all_open_questions_are_asked_at_once(orders):
    with pytest.raises(Refused, match=r"date_order = .*decimal = "):
        orders(("03/04/2026", "1.500"))


def test_one_day_beyond_twelve_tells_the_whole_column(orders):
    told, _ = orders(("03/04/2026", "1"), ("13/04/2026", "1"))
    assert told.records["1"].placed_on.isoformat() == "2026-04-03"


def test_one_amount_tells_the_sign_of_all_columns(orders):
    told, _ = orders(("2026-01-31", "1.500"), ("2026-01-31", "0,5"))
    assert [order.total for order in told.records.values()] == [1500, 0.5]


def test_rows_against_the_told_order_are_quarantined(orders):
    told, aside = orders(("13/04/2026", "1"), ("04/13/2026", "1"), date_order="dmy")
    assert aside == ["2"]
    assert told.unreadable[0].reason == "Day: '04/13/2026' is not a date (date_order = \"dmy\")"


def test_rows_against_the_told_sign_are_quarantined(orders):
    told, aside = orders(("2026-01-31", "10,50"), ("2026-01-31", "10.50"), decimal=",")
    assert aside == ["2"]
    assert told.unreadable[0].reason == "Total: '10.50' is not a number written with decimal = \",\""


@pytest.mark.parametrize("amount", ["ten", "NaN", "Infinity", "1_0", "1.05E+01", "10.50 EUR", "=10.50"])
def test_an_amount_that_is_no_number_is_quarantined(orders, amount):
    assert orders(("2026-01-31", amount), ("2026-01-31", "10.50"))[1] == ["1"]


def test_a_day_that_does_not_exist_is_quarantined(orders):
    assert orders(("2026-02-31", "1"), ("2026-02-28", "1"))[1] == ["1"]


def test_negative_amounts_have_several_spellings(orders):
    told, _ = orders(("2026-01-31", "(10.50)"), ("2026-01-31", "10.50-"), ("2026-01-31", "-10.50"))
    assert {order.total for order in told.records.values()} == {-10.5}
