"""Cells of workbooks, XLSX and ODS, read as the CSV of them would be: every type, errors and formulas."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from connectors.base import Refused
from connectors.exports.workbook import written
from connectors.records import Order

ORDERS = {
    "record": "order",
    "map": {
        "id": "No",
        "group": "No",
        "belongs_to": "Customer",
        "fields": {"number": "No", "placed_on": "Date", "currency": "Cur", "total": "Total"},
        "lines": {"name": "Article", "quantity": "Qty", "unit_price": "Price"},
    },
}
HEADER = ("No", "Customer", "Date", "Cur", "Total", "Article", "Qty", "Price")
ROW = ("A1", "c1", date(2026, 1, 31), "EUR", 10.5, "Bolt", 2, 5.25)


def other(row, **cells):
    """A row with some other cells."""
    return tuple(cells.get(name, value) for name, value in zip(HEADER, row, strict=True))


@pytest.fixture
def orders(folder, read, books):
    """Read these rows as orders, from a workbook of a kind."""

    def orders(kind, *rows, **told):
        content = getattr(books, kind)(HEADER, *rows)
        folder.put(f"orders.{kind}", content)
        return read(folder.source({"path": f"orders.{kind}", **ORDERS, **told}), Order)

    return orders


def test_a_workbook_makes_the_records_its_csv_makes(folder, read, orders, kind):
    told = orders(kind, ROW, other(ROW, Article="Nut", Qty=1.5, Price=0.1))
    order = told.records["A1"]
    assert (order.placed_on, order.total, order.belongs_to) == (date(2026, 1, 31), Decimal("10.5"), "c1")
    assert [(line.name, line.quantity, line.unit_price) for line in order.lines] == [
        ("Bolt", 2, Decimal("5.25")),
        ("Nut", Decimal("1.5"), Decimal("0.1")),
    ]
    text = "A1,c1,2026-01-31,EUR,10.5,Bolt,2,5.25\nA1,c1,2026-01-31,EUR,10.5,Nut,1.5,0.1\n"
    folder.put("orders.csv", ",".join(HEADER) + "\n" + text)
    same = read(folder.source({"path": "orders.csv", **ORDERS}), Order)
    assert same.records == told.records
    assert [row.fingerprint for row in same.rows] == [row.fingerprint for row in told.rows]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12.100000000000001, "12.1"),
        (0.30000000000000004, "0.3"),
        (1001.0, "1001"),
        (-0.0, "0"),
        (0.0000001, "0.0000001"),
        (1.234, "1.2340"),
        (1234.5678, "1234.5678"),
        (999999999999999.0, "999999999999999"),
        (1.2345678901234568e18, "1.23456789012346E+18"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime.fromisoformat("2026-01-31 10:37:32.999999"), "2026-01-31 10:37:33"),
        (datetime.fromisoformat("2026-01-31 00:00:00"), "2026-01-31"),
    ],
)
def test_a_cell_is_written_as_a_csv_would_have_it(cell, text):
    assert written(cell, "") == text


def test_numbers_take_the_decimal_sign_that_is_told_for_texts_beside_them(orders, kind):
    told = orders(kind, other(ROW, Total=1.234, Price="1,25"), decimal=",")
    order = told.records["A1"]
    assert (order.total, order.lines[0].unit_price) == (Decimal("1.234"), Decimal("1.25"))


def test_numbers_and_texts_with_a_comma_are_asked_about(orders, kind):
    with pytest.raises(Refused, match="written with both decimal signs"):
        orders(kind, other(ROW, Price="1,25"))


def test_a_number_longer_than_a_spreadsheet_keeps_is_set_aside(orders, kind):
    told = orders(kind, other(ROW, No=2520018000000073144), ROW)
    assert list(told.records) == ["A1"]
    assert "shortened by a spreadsheet" in told.aside[0].reason


def test_a_numeric_id_is_its_digits(orders, kind):
    assert list(orders(kind, other(ROW, No=7001)).records) == ["7001"]


def test_days_since_1904_are_read_as_such(folder, read, books):
    folder.put("orders.xlsx", books.xlsx(HEADER, ROW, epoch='<workbookPr date1904="1"/>'))
    order = read(folder.source({"path": "orders.xlsx", **ORDERS}), Order).records["A1"]
    assert order.placed_on == date(2030, 2, 1)


def test_a_number_that_is_no_date_is_not_taken_for_one(orders, kind):
    told = orders(kind, other(ROW, Date=46053))
    assert [one.field for one in told.aside] == ["Date"] and "is not a date" in told.aside[0].reason


def test_strict_workbooks_are_read_with_their_written_dates(folder, read, books):
    day = books.Xml('<c r="{at}" t="d"><v>2026-01-31T00:00:00</v></c>')
    folder.put("orders.xlsx", books.xlsx(HEADER, other(ROW, Date=day), strict=True))
    order = read(folder.source({"path": "orders.xlsx", **ORDERS}), Order).records["A1"]
    assert order.placed_on == date(2026, 1, 31)


ERRORS = {
    "xlsx": (
        '<c r="{at}" t="e"><f>A9/0</f><v>#DIV/0!</v></c>',
        '<c r="{at}"><f>SUM(A1:A9)</f></c>',
        '<c r="{at}" t="str"><f>IF(1,"","")</f><v></v></c>',
    ),
    "ods": (
        '<table:table-cell table:formula="of:=[.A9]/0" office:value-type="float" office:value="0">'
        "<text:p>#DIV/0!</text:p></table:table-cell>",
        '<table:table-cell table:formula="of:=SUM([.A1])"/>',
        '<table:table-cell table:formula="of:=&quot;&quot;" office:value-type="string">'
        "<text:p></text:p></table:table-cell>",
    ),
}


def test_an_error_in_a_cell_that_is_read_sets_its_record_aside(orders, books, kind):
    told = orders(kind, other(ROW, Total=books.Xml(ERRORS[kind][0])), other(ROW, No="A2"))
    assert set(told.records) == {"A2"}
    assert told.aside[0].source_id == "A1"
    assert "Total: the cell is an error (#DIV/0!)" in told.aside[0].reason
    assert f"orders.{kind}, record 1 (line 2)" in told.aside[0].place


def test_a_formula_never_calculated_sets_its_record_aside(orders, books, kind):
    told = orders(kind, other(ROW, Price=books.Xml(ERRORS[kind][1])), other(ROW, No="A2"))
    assert set(told.records) == {"A2"}
    assert "Price: the cell is a formula that was never calculated" in told.aside[0].reason


def test_a_formula_whose_value_is_blank_is_a_blank_cell(orders, books, kind):
    told = orders(kind, other(ROW, Price=books.Xml(ERRORS[kind][2])))
    assert told.records["A1"].lines[0].unit_price is None and told.aside == []


def test_an_error_in_the_id_puts_the_neighbours_in_doubt(orders, books, kind):
    bad = other(ROW, No=books.Xml(ERRORS[kind][0]))
    told = orders(kind, ROW, bad, other(ROW, No="A3"), other(ROW, No="A4"))
    assert set(told.records) == {"A4"}
    assert [one.source_id for one in told.aside] == ["A1", None, "A3"]
