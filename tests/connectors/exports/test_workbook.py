"""Workbooks read as the CSV of them would be: XLSX and ODS, one sheet of several, cells of every type."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from connectors.base import Garbled, Refused
from connectors.exports.workbook import written
from connectors.records import Account, Order

MAPPED = {"record": "account", "map": {"id": "Id", "fields": {"name": "Name", "phone": "Phone"}}}
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
HEAD = ("Id", "Name", "Phone")


def other(row, **cells):
    """A row with some other cells."""
    return tuple(cells.get(name, value) for name, value in zip(HEADER, row, strict=True))


@pytest.fixture(params=["xlsx", "ods"])
def kind(request):
    """Each kind of workbook."""
    return request.param


@pytest.fixture
def orders(folder, read, books):
    """Read these rows as orders, from a workbook of a kind."""

    def orders(kind, *rows, **told):
        content = getattr(books, kind)(HEADER, *rows)
        folder.put(f"orders.{kind}", content)
        return read(folder.source({"path": f"orders.{kind}", **ORDERS, **told}), Order)

    return orders


@pytest.fixture
def accounts(folder, read, books):
    """Read a workbook of these sheets as accounts."""

    def accounts(kind, sheets, *, table=None, **told):
        folder.put(f"a.{kind}", books.zipped(getattr(books, f"{kind}_parts")(sheets, **told)))
        return read(folder.source({"path": f"a.{kind}", **MAPPED, **(table or {})}), Account)

    return accounts


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


def test_an_error_nobody_reads_does_no_harm(accounts, books, kind):
    rows = [(*HEAD, "Extra"), ("1", "Ann", "5", books.Xml(ERRORS[kind][0]))]
    told = accounts(kind, {"S": rows})
    assert list(told.records) == ["1"] and told.aside == []


def test_titles_above_and_blank_rows_and_columns_are_skipped(accounts, kind):
    rows = [("Customers of Northgate",), (), ("", "Id", "Name", "Phone"), ("", "1", "Ann", "5"), ()]
    rows += [("", "2", "Bob", "6", "a remark beside the table"), (), ("", "Printed by Cy")]
    told = accounts(kind, {"S": rows})
    assert list(told.records) == ["1", "2"] and told.aside == []
    assert any("1 rows below the table left out (line 8" in note for note in told.notes)


def test_a_header_of_two_rows_with_merged_cells_is_understood(folder, read, books):
    rows = [("Id", "About", ""), ("", "Name", "Phone"), ("1", "Ann", "5")]
    merged = '<mergeCells count="2"><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/></mergeCells>'
    folder.put("a.xlsx", books.xlsx(*rows, after=merged))
    assert list(read(folder.source({"path": "a.xlsx", **MAPPED}), Account).records) == ["1"]


def test_merged_cells_below_the_header_are_set_aside(folder, read, books):
    rows = [HEAD, ("1", "Ann", "5"), ("2", "", "6"), ("3", "Cy", "7")]
    folder.put("a.xlsx", books.xlsx(*rows, after='<mergeCells><mergeCell ref="B2:B3"/></mergeCells>'))
    told = read(folder.source({"path": "a.xlsx", **MAPPED}), Account)
    assert set(told.records) == {"1", "3"}
    assert [(one.source_id, one.reason) for one in told.aside] == [
        ("2", "Name: the cell is merged with others; unmerge them")
    ]


PEOPLE = [HEAD, ("1", "Ann", "5")]
OTHERS = [HEAD, ("2", "Bob", "6")]
NOTES = [("What this is",), ("Customers, exported on Monday",)]


def test_the_sheet_whose_header_fits_is_read(accounts, kind):
    assert list(accounts(kind, {"Read me": NOTES, "Customers": PEOPLE}).records) == ["1"]


def test_several_sheets_that_fit_are_asked_about_and_one_can_be_named(accounts, kind):
    sheets = {"January": PEOPLE, "February": OTHERS}
    with pytest.raises(Refused, match=r'fit \(January, February\); add sheet = "January"'):
        accounts(kind, sheets)
    assert list(accounts(kind, sheets, table={"sheet": "February"}).records) == ["2"]


def test_a_sheet_that_is_not_there_is_refused_and_the_others_are_named(accounts, kind):
    with pytest.raises(Refused, match="has no sheet 'May'; it has January, February"):
        accounts(kind, {"January": PEOPLE, "February": OTHERS}, table={"sheet": "May"})


def test_a_hidden_sheet_is_left_out_unless_named(accounts, kind):
    sheets = {"Old": OTHERS, "Customers": PEOPLE}
    told = accounts(kind, sheets, hidden=("Old",))
    assert list(told.records) == ["1"] and f"a.{kind}: hidden sheets left out: Old" in told.notes
    assert list(accounts(kind, sheets, hidden=("Old",), table={"sheet": "Old"}).records) == ["2"]


def test_a_workbook_of_two_sheets_is_recognised_by_the_one_that_is_known(folder, books):
    rows = [("Id", "Name", "BillingCity"), ("1", "Ann", "Ulm")]
    folder.put("a.xlsx", books.zipped(books.xlsx_parts({"Read me": NOTES, "Accounts": rows})))
    assert list(folder.source("a.xlsx").reads) == [Account]
    folder.put("a.xlsx", books.zipped(books.xlsx_parts({"This": rows, "That": rows})))
    with pytest.raises(Refused, match=r"fit \(This, That\)"):
        folder.source("a.xlsx").check()


def test_orders_and_their_lines_may_be_two_sheets_of_one_workbook(folder, read, books):
    heads = [("No", "Customer", "Date"), ("A1", "c1", date(2026, 1, 31)), ("A2", "c1", date(2026, 2, 1))]
    lines = [("Order", "Article", "Qty"), ("A1", "Bolt", 2), ("A1", "Nut", 3), ("A2", "Nut", 1)]
    folder.put("a.xlsx", books.zipped(books.xlsx_parts({"Orders": heads, "Lines": lines})))
    mapped = {
        "id": "No", "belongs_to": "Customer", "fields": {"number": "No", "placed_on": "Date"},
        "lines": {"name": "Article", "quantity": "Qty"},
    }  # fmt: skip
    table = {"path": "a.xlsx", "record": "order", "map": mapped, "sheet": "Orders"}
    beside = {"file": "a.xlsx", "parent": "Order", "sheet": "Lines"}
    told = read(folder.source({**table, "lines": beside}), Order)
    assert [[line.name for line in one.lines] for one in told.records.values()] == [["Bolt", "Nut"], ["Nut"]]


def test_naming_another_sheet_is_another_mapping(folder, books):
    folder.put("a.xlsx", books.zipped(books.xlsx_parts({"January": PEOPLE, "February": OTHERS})))
    hashes = {
        folder.source({"path": "a.xlsx", **MAPPED, "sheet": name}).mapping(Account)
        for name in ("January", "February")
    }
    assert len(hashes) == 2


def test_an_unchanged_workbook_is_not_read_again(folder, read, books):
    folder.put("a.xlsx", books.xlsx(*PEOPLE))
    source = folder.source({"path": "a.xlsx", **MAPPED})
    first = read(source, Account)
    assert read(source, Account, first.pages[-1].cursor).rows == []


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("a.xlsx", b"", Garbled, "a.xlsx is empty"),
        ("a.xlsx", b"PK\x03\x04", Garbled, "half a file"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, Refused, "protected by a password"),
        ("a.xlsx", b"Id,Name,Phone\n1,Ann,5\n", Garbled, "is no workbook, whatever its name says"),
        ("a.ods", b"<html>Sign in</html>", Garbled, "is no workbook"),
    ],
)
def test_what_is_no_workbook_is_refused_in_a_sentence(folder, read, name, content, error, says):
    folder.put(name, content)
    with pytest.raises(error, match=says):
        read(folder.source({"path": name, **MAPPED}), Account)


def test_half_a_workbook_is_refused(folder, read, books):
    content = books.xlsx(*PEOPLE)
    for cut in (len(content) // 3, len(content) // 2, len(content) - 5):
        folder.put("a.xlsx", content[:cut])
        with pytest.raises(Garbled, match="half a file"):
            read(folder.source({"path": "a.xlsx", **MAPPED}), Account)


def test_an_encrypted_ods_is_refused(folder, read, books):
    locked = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    folder.put("a.ods", books.ods(*PEOPLE, manifest=locked))
    with pytest.raises(Refused, match="protected by a password"):
        read(folder.source({"path": "a.ods", **MAPPED}), Account)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", "<sheetData>", '<sheetData><row><c r="1A"><v>1</v></c>'),
        ("xl/worksheets/sheet1.xml", '<c r="C2">', '<c r="C2" t="n"><v>five</v></c><c>'),
        ("xl/worksheets/sheet1.xml", '<c r="C2">', '<c r="C2" t="s"><v>77</v></c><c>'),
        ("xl/workbook.xml", "</sheets>", ""),
        ("xl/_rels/workbook.xml.rels", "sheet1.xml", "sheet9.xml"),
    ],
)
def test_a_workbook_whose_parts_contradict_each_other_is_refused_not_guessed(
    folder, read, books, part, old, new
):
    parts = books.xlsx_parts({"S": [HEAD, ("1", "Ann", 5)]})
    assert old in parts[part]
    folder.put("a.xlsx", books.zipped(parts | {part: parts[part].replace(old, new)}))
    with pytest.raises(Garbled, match=r"a\.xlsx"):
        read(folder.source({"path": "a.xlsx", **MAPPED}), Account)


def test_the_copies_of_workbooks_do_not_stay_behind(folder, read, books, tmp_path, monkeypatch):
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    folder.put("a.xlsx", books.xlsx(*PEOPLE))
    source = folder.source({"path": "a.xlsx", **MAPPED})
    assert read(source, Account).records
    folder.put("a.xlsx", books.xlsx(*PEOPLE)[:100])
    with pytest.raises(Garbled):
        read(source, Account)
    assert list(copies.iterdir()) == []
