"""Sheets of workbooks, XLSX and ODS: which one is read, what stands around its table, what is no workbook."""

from datetime import date

import pytest

from connectors.base import Garbled, Refused
from connectors.records import Account, Order

MAPPED = {"record": "account", "map": {"id": "Id", "fields": {"name": "Name", "phone": "Phone"}}}
HEAD = ("Id", "Name", "Phone")
ERROR = {
    "xlsx": '<c r="{at}" t="e"><f>A9/0</f><v>#DIV/0!</v></c>',
    "ods": '<table:table-cell table:formula="of:=[.A9]/0" office:value-type="float" office:value="0">'
    "<text:p>#DIV/0!</text:p></table:table-cell>",
}


@pytest.fixture
def accounts(folder, read, books):
    """Read a workbook of these sheets as accounts."""

    def accounts(kind, sheets, *, table=None, **told):
        folder.put(f"a.{kind}", books.zipped(getattr(books, f"{kind}_parts")(sheets, **told)))
        return read(folder.source({"path": f"a.{kind}", **MAPPED, **(table or {})}), Account)

    return accounts


def test_an_error_nobody_reads_does_no_harm(accounts, books, kind):
    rows = [(*HEAD, "Extra"), ("1", "Ann", "5", books.Xml(ERROR[kind]))]
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
