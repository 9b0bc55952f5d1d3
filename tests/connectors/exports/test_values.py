"""Cells become values by told rules; what a cell alone leaves open is never guessed."""

from datetime import UTC, date, datetime

import pytest

from connectors.exports import values


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  Ann ", "Ann"), ("", ""), ("NULL", ""), ("\\N", ""), ("null", ""), ("N/A", ""), ("-", ""),
        ("Null", "Null"), ("'0812", "0812"), ("'+49 30", "+49 30"), ("''0812", "'0812"), ("'", "'"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"), ("O'Neil", "O'Neil"), ("0", "0"), ("false", "false"),
    ],
)  # fmt: skip
def test_a_cell_is_cleaned_and_nothing_else(cell, text):
    assert values.clean(cell) == text


@pytest.mark.parametrize(
    ("cell", "decimal", "amount"),
    [
        ("10.50", ".", "10.50"), ("10,50", ",", "10.50"), ("1,234.50", ".", "1234.50"), ("1.234,50", ",",
        "1234.50"),
        ("1.234.567", ",", "1234567"), ("1 234,50", ",", "1234.50"), ("1\u202f234,50", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"), ("12,34,567.00", ".", "1234567.00"), ("(1.50)", ".", "-1.50"),
        ("1.50-", ".", "-1.50"), ("-1.50", ".", "-1.50"), ("+1.50", ".", "1.50"), ("€ 1,50", ",", "1.50"),
        ("$-1.50", ".", "-1.50"), (".5", ".", "0.5"), ("0.0000", ".", "0.0000"), ("59936640", ".",
        "59936640"),
    ],
)  # fmt: skip
def test_numbers_are_read_with_the_told_sign(cell, decimal, amount):
    assert str(values.number_parser(decimal)(cell)) == amount


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [
        ("10,50", "."), ("10.50", ","), ("1.23.4", ","), ("12,3456", "."), ("NaN", "."), ("Infinity", "."),
        ("1_000", "."),
        ("1e5", "."), ("1.05E+01", "."), ("--1", "."), ("(1.50", "."), ("1.50 EUR", "."), ("ten", "."),
        ("٣", "."), ("-", "."),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(cell, decimal):
    with pytest.raises(ValueError, match=r"number|shortened"):
        values.number_parser(decimal)(cell)


@pytest.mark.parametrize(
    ("cell", "sign"),
    [
        ("10.50", "."), ("10,50", ","), ("1,234.50", "."), ("1.234,50", ","), ("1.234.567", ","),
        ("1,234,567", "."),
        ("1.234", "?"), ("1,234", "?"), ("0.234", "."), ("1234.567", "."), ("1265.0000", "."), ("100", ""),
        ("(1,50)", ","),
    ],
)  # fmt: skip
def test_a_number_tells_its_decimal_sign_only_where_its_shape_does(cell, sign):
    assert values.decimal_sign(cell) == sign


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        ("28/03/2025", "dmy"), ("03/28/2025", "mdy"), ("03/04/2025", "?"), ("04/04/2025", ""),
        ("2025-03-04", ""),
        ("2025/03/04", ""), ("3.4.25", "?"), ("31.12.25", "dmy"), ("4 Mar 2025", ""), ("20250304", ""),
        ("soon", ""),
        ("07/15/2009 02:14:45+0800", "mdy"),
    ],
)  # fmt: skip
def test_a_date_tells_its_order_only_where_its_shape_does(cell, order):
    assert values.date_order(cell) == order


@pytest.mark.parametrize(
    ("cell", "order", "day"),
    [
        ("28/03/2025", "dmy", date(2025, 3, 28)), ("3/4/2025", "mdy", date(2025, 3, 4)), ("03.04.25",
        "dmy", date(2025, 4, 3)),
        ("2025-03-04", "dmy", date(2025, 3, 4)), ("2025/3/4", "", date(2025, 3, 4)), ("04/04/2025",
        "", date(2025, 4, 4)),
        ("25-03-04", "ymd", date(2025, 3, 4)), ("4 Mar 2025", "", date(2025, 3, 4)), ("04-Mar-2025",
        "", date(2025, 3, 4)),
        ("March 4, 2025", "", date(2025, 3, 4)), ("20250304", "", date(2025, 3, 4)),
        ("2019-11-11 17:23:34", "", date(2019, 11, 11)), ("2024-02-29", "", date(2024, 2, 29)),
    ],
)  # fmt: skip
def test_dates_are_read_in_the_told_order(cell, order, day):
    assert values.date_parser(order)(cell) == day


@pytest.mark.parametrize(
    ("cell", "order"),
    [("03/04/2025", ""), ("28/03/2025", "mdy"), ("2025-02-29", ""), ("45291", ""), ("4 März 2025", ""),
    ("2025-13-01", "dmy"),
     ("soon", "dmy"), ("1/2/123", "dmy"), ("0000-00-00", "")],
)  # fmt: skip
def test_what_is_no_date_is_refused(cell, order):
    with pytest.raises(ValueError, match="date"):
        values.date_parser(order)(cell)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2025-12-06 10:37:33 -0500", datetime(2025, 12, 6, 15, 37, 33, tzinfo=UTC)),
        ("2024-01-19T09:42:24.000+0000", datetime(2024, 1, 19, 9, 42, 24, tzinfo=UTC)),
        ("2024-01-19T09:42:24Z", datetime(2024, 1, 19, 9, 42, 24, tzinfo=UTC)),
        ("2024-07-19 09:42", datetime(2024, 7, 19, 7, 42, tzinfo=UTC)),
        ("19/07/2024 09:42", datetime(2024, 7, 19, 7, 42, tzinfo=UTC)),
        ("19.01.2024 9:42:24 PM", datetime(2024, 1, 19, 20, 42, 24, tzinfo=UTC)),
        ("19/07/2024 02:14:45+0800", datetime(2024, 7, 18, 18, 14, 45, tzinfo=UTC)),
        ("2020-06-23 3:58:55", datetime(2020, 6, 23, 1, 58, 55, tzinfo=UTC)),
        ("2024-07-19", datetime(2024, 7, 18, 22, tzinfo=UTC)),
        ("2024-07-19 12:10 am", datetime(2024, 7, 18, 22, 10, tzinfo=UTC)),
    ],
)
def test_times_become_utc_by_their_offset_or_the_told_zone(cell, moment):
    assert values.time_parser("dmy", "Europe/Berlin")(cell) == moment


@pytest.mark.parametrize(
    "cell", ["2024-07-19 25:00", "2024-07-19 13:10 pm", "2024-07-19 10:00 CEST", "later", "24:00"]
)
def test_what_is_no_time_is_refused(cell):
    with pytest.raises(ValueError, match="time"):
        values.time_parser("dmy", "Europe/Berlin")(cell)


def test_a_time_without_an_offset_is_refused_where_no_zone_is_told():
    with pytest.raises(ValueError, match="no timezone is told"):
        values.time_parser("", "")("2024-07-19 10:00:00")


def test_salesforce_ids_of_fifteen_characters_become_eighteen():
    assert values.salesforce_id("003Ec00000CyOT7") == "003Ec00000CyOT7IAN"
    assert values.salesforce_id("003Ec00000CyOT7IAN") == "003Ec00000CyOT7IAN"
    assert values.salesforce_id("0011G00000gY0y4") == "0011G00000gY0y4QAC"
    assert values.salesforce_id("not an id") == "not an id"


@pytest.mark.parametrize(
    ("cell", "answer"),
    [("true", True), ("TRUE", True), ("1", True), ("Yes", True), ("0", False), ("", False), ("False", False)],
)
def test_yes_and_no_have_many_spellings(cell, answer):
    assert values.truth(cell) is answer


def test_a_word_that_is_neither_yes_nor_no_is_refused():
    with pytest.raises(ValueError, match="neither"):
        values.truth("maybe")
