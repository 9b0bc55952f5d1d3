"""What tells records apart, which rows are one, whose they are."""

import pytest

from connectors.base import Failure

ORDERS = "Order No,Customer No,Customer,Order date,Item,Qty,Unit price,Total\n"


def test_a_total_that_is_repeated_on_every_line_is_the_orders_own_and_never_added_up(guessed):
    rows = "1,C1,Acme,2026-01-01,Bolt,2,5.00,15.00\n1,C1,Acme,2026-01-01,Nut,1,5.00,15.00\n"
    rows += "2,C1,Acme,2026-01-01,Bolt,1,5.00,5.00\n"
    found = guessed(ORDERS + rows)
    assert found.draft.table["fields"]["total"] == "Total"
    assert [str(record.total) for record in found.trial.records] == ["15.00", "5.00"]


def test_an_amount_that_differs_on_the_lines_of_an_order_is_theirs(guessed):
    rows = "1,C1,Acme,2026-01-01,Bolt,2,5.00,10.00\n1,C1,Acme,2026-01-01,Nut,1,5.00,5.00\n"
    found = guessed(ORDERS + rows)
    assert found.draft.table["lines"]["total"] == "Total"
    assert found.draft.table["fields"]["total"] == {"sum": "total"}
    assert "UNSURE" in found.draft.remarks["fields.total"]
    assert [str(record.total) for record in found.trial.records] == ["15.00"]


def test_net_amounts_of_lines_make_no_total(table):
    head = ORDERS.replace("Total", "Net line amount")
    rows = "1,C1,Acme,2026-01-01,Bolt,2,5.00,10.00\n1,C1,Acme,2026-01-01,Nut,1,5.00,5.00\n"
    fields = table(head + rows)["fields"]
    assert fields["subtotal"] == {"sum": "total"} and "total" not in fields


def test_rows_without_a_number_are_lines_of_the_order_above(guessed):
    rows = "1,C1,Acme,2026-01-01,Bolt,2,5.00,15.00\n,,,,Nut,1,5.00,\n2,C2,Zen,2026-01-02,Bolt,1,5.00,5.00\n"
    found = guessed(ORDERS + rows)
    assert found.draft.table["above"] is True
    assert [len(record.lines) for record in found.trial.records] == [2, 1]


def test_an_order_cells_may_stand_on_its_first_row_only(guessed):
    rows = "1,C1,Acme,2026-01-01,Bolt,2,5.00,15.00\n1,,,,Nut,1,5.00,\n2,C2,Zen,2026-01-02,Bolt,1,5.00,5.00\n"
    found = guessed(ORDERS + rows)
    assert "above" not in found.draft.table
    assert [(len(r.lines), str(r.total)) for r in found.trial.records] == [(2, "15.00"), (1, "5.00")]


@pytest.mark.parametrize(
    ("columns", "owner", "warned"),
    [
        ("Customer No,Customer,Customer e-mail", "Customer No", "must be the id"),
        ("Customer,Customer e-mail", "Customer", "only a name"),
        ("Customer e-mail", "Customer e-mail", "an address"),
    ],
)
def test_a_record_belongs_to_the_customers_number_before_the_name_before_the_address(
    guessed, columns, owner, warned
):
    cells = {"Customer No": "C1", "Customer": "Acme Ltd", "Customer e-mail": "a@acme.example"}
    head = f"Order No,Order date,Total,{columns}\n"
    row = ",".join(cells[name] for name in columns.split(","))
    found = guessed(head + f"1,2026-01-01,5.00,{row}\n2,2026-01-02,6.00,{row}\n")
    assert found.draft.table["belongs_to"] == owner
    assert warned in found.draft.remarks["belongs_to"]


def test_a_customer_called_by_a_number_is_one(guessed):
    found = guessed("Bestellnr;Kunde;Bestelldatum;Summe\n1;10045;13.01.2026;5,00\n2;10046;14.01.2026;5,00\n")
    assert "must be the id" in found.draft.remarks["belongs_to"]


def test_without_a_customer_nobody_would_see_them_and_that_is_said(guessed):
    found = guessed("Order No,Order date,Total\n1,2026-01-01,5.00\n2,2026-01-02,6.00\n")
    assert "belongs_to" not in found.draft.table
    assert any("nobody would see them" in said for said in found.draft.warnings)


def test_ones_own_company_on_every_row_is_not_the_customer(guessed):
    head = "Invoice No,Company,Customer,Invoice date,Total\n"
    rows = "".join(f"{n},Northgate Ltd,Buyer {'AB'[n % 2]},2026-01-0{n},5.00\n" for n in range(1, 7))
    found = guessed(head + rows)
    assert found.draft.table["belongs_to"] == "Customer"
    assert "your own company" in found.draft.left_out["Company"]


def test_a_stable_id_beside_the_number_is_the_id(table):
    rows = "88001,SO-1,C1,2026-01-01,5.00\n88002,SO-2,C1,2026-01-02,5.00\n"
    made = table("ID,Order No,Customer No,Order date,Total\n" + rows)
    assert (made["id"], made["fields"]["number"]) == ("ID", "Order No")


def test_a_list_without_any_id_gets_one_made_of_several_columns_and_a_warning(guessed):
    head = "Date,Customer No,Invoice No,Payment method,Amount paid\n"
    rows = "2026-01-01,C1,R1,cash,5.00\n2026-01-01,C1,R1,cash,6.00\n"
    rows += "2026-01-01,C2,R1,cash,5.00\n2026-01-02,C1,R1,cash,5.00\n"
    found = guessed(head + rows, record="payment")
    assert isinstance(found.draft.table["id"], dict)
    assert found.trial.placed == 4 and found.trial.aside == []
    assert any("Can the export hold" in said for said in found.draft.warnings)


def test_suppliers_bills_are_warned_of_and_are_nobodys(guessed):
    rows = "Rechnungsnummer;Rechnungsdatum;Lieferant;Betrag;Fällig am\n"
    rows += "4711;13.01.2026;Stahl AG;100,00;13.02.2026\n4712;14.01.2026;Holz KG;50,00;14.02.2026\n"
    found = guessed(rows)
    assert found.draft.warnings[0].startswith("WARNING") and "Lieferant" in found.draft.warnings[0]
    assert "belongs_to" not in found.draft.table


def test_purchases_among_sales_are_never_shown(guessed):
    head = "Invoice No,Type,Customer,Invoice date,Due date,Total\n"
    rows = "1,Sales invoice,Acme,2026-01-01,2026-02-01,5.00\n2,Bill,Steel,2026-01-01,2026-02-01,9.00\n"
    found = guessed(head + rows)
    assert found.draft.table["only"] == {"Type": ["Sales invoice"]}
    assert found.trial.placed == 1


def test_rows_called_internal_stay_inside(guessed):
    head = "Ticket ID,Subject,Status,Created at,Company No,Description,Internal\n"
    rows = (
        "1,Broken,open,2026-01-03T10:00:00Z,C1,It broke,no\n2,Secret,open,2026-01-04T10:00:00Z,C1,staff,yes\n"
    )
    found = guessed(head + rows)
    assert found.record == "ticket"
    assert [record.subject for record in found.trial.records] == ["Broken"]
    none_yet = guessed(head + rows.replace(",yes", ",no")).draft.table["show"]["Internal"]
    assert none_yet == ["no", "false", ""]


def test_credit_notes_are_told_by_their_kind_or_by_their_sign(guessed):
    head = "Invoice No,Type,Customer No,Invoice date,Due date,Total\n"
    rows = "1,Rechnung,C1,2026-01-01,2026-02-01,5.00\n2,Gutschrift,C1,2026-01-01,2026-02-01,-5.00\n"
    assert [r.kind for r in guessed(head + rows).trial.records] == ["invoice", "credit note"]
    head = "Invoice No,Customer No,Invoice date,Item,Qty,Unit price,Item total\n"
    rows = "1,C1,2026-01-01,Bolt,2,5.00,10.00\n2,C1,2026-01-01,Bolt,-1,5.00,-5.00\n"
    assert [r.kind for r in guessed(head + rows).trial.records] == ["invoice", "credit note"]


def test_a_field_that_many_cells_contradict_is_taken_out_with_the_reason(guessed):
    head = "Invoice No,Customer No,Invoice date,Due date,Total,Paid,Open\n"
    rows = "".join(f"{n},C1,2026-01-0{n},2026-02-0{n},10.00,4.00,9.00\n" for n in range(1, 6))
    found = guessed(head + rows)
    assert (found.trial.placed, found.trial.aside) == (5, [])
    assert not {"paid", "due"} <= set(found.draft.table["fields"])
    assert any("contradict" in why for why in found.draft.left_out.values())


def test_single_bad_cells_are_set_aside_and_the_field_stays(guessed):
    head = "Invoice No,Customer No,Invoice date,Due date,Total\n"
    rows = (
        "".join(f"{n},C1,2026-01-01,2026-02-01,10.00\n" for n in range(100))
        + "100,C1,n.d.,2026-02-01,10.00\n"
    )
    found = guessed(head + rows)
    assert (found.trial.placed, len(found.trial.aside)) == (100, 1)
    assert found.draft.table["fields"]["issued"] == "Invoice date"


def test_a_note_is_left_out_because_staff_may_write_there(guessed):
    head = "Order No,Customer No,Order date,Total,Comments,Customer note\n"
    found = guessed(head + "1,C1,2026-01-01,5.00,never pays,ring twice\n2,C1,2026-01-02,5.00,,\n")
    assert found.draft.table["fields"]["note"] == "Customer note"
    assert found.draft.left_out["Comments"] == "staff may write there"
    assert "never pays" not in repr(found.trial.records)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("1,2,3\n4,5,6\n", "no row of column names"),
        ("Foo,Bar\n1,2\n", "do not look like"),
        ("hello\nworld\n", "no table"),
        (b"\x01\x02\x03\x04" * 40, "binary"),
        (b"%PDF-1.7", "a PDF"),
        (b"<html>", "web page"),
        (b"", "empty"),
    ],
)
def test_what_is_no_table_of_ours_is_refused_with_its_name_and_the_reason(guessed, content, says):
    with pytest.raises(Failure, match=says) as refused:
        guessed(content)
    assert "file.csv" in str(refused.value)


def test_two_columns_of_one_name_are_not_used(guessed):
    found = guessed("Order No,Order date,Total,Total,Customer No\n1,2026-01-01,5.00,6.00,C1\n")
    assert "total" not in found.draft.table["fields"]


def test_a_workbooks_sheet_is_the_one_whose_names_are_understood(guessed, books):
    rows = [
        ["Order No", "Customer No", "Order date", "Total"],
        [1, 17, "2026-01-01", 5.5],
        [2, 17, "2026-01-02", 6],
    ]
    content = books.zipped(books.xlsx_parts({"Readme": [["Made", "by"], ["Ann", "hand"]], "Data": rows}))
    found = guessed(content, "export.xlsx")
    assert (found.record, found.sheets, found.trial.placed) == ("order", ("Data", "Readme"), 2)
    assert guessed(books.zipped(books.ods_parts({"Data": rows})), "export.ods").trial.placed == 2


HEADS = "Order No,Customer No,Order date,Status\nSO-1,C1,2026-01-01,New\nSO-2,C1,2026-01-02,Shipped\n"
OWN_LINES = "Order No,Pos,Item,Qty,Unit price\nSO-1,1,Bolt,2,5.00\nSO-1,2,Nut,1,1.50\nSO-2,1,Bolt,1,5.00\n"


def test_lines_may_stand_in_a_file_of_their_own(guessed, tmp_path):
    lines = tmp_path / "lines.csv"
    lines.write_text(OWN_LINES)
    found = guessed(HEADS, "orders.csv", lines=lines)
    assert found.told.lines.parent == "Order No" and "group" not in found.draft.table
    assert [(len(r.lines), str(r.total)) for r in found.trial.records] == [(2, "11.50"), (1, "5.00")]
    assert (found.trial.data_rows, found.trial.aside) == (5, [])
    assert {one.key: one.value for one in found.trial.settings}["decimal"] == "."


def test_lines_may_stand_in_another_sheet_of_the_same_workbook(guessed, books, tmp_path):
    rows = {"Orders": HEADS, "Positions": OWN_LINES}
    sheets = {name: [line.split(",") for line in text.splitlines()] for name, text in rows.items()}
    content = books.zipped(books.xlsx_parts(sheets))
    found = guessed(content, "all.xlsx", sheet="Orders", lines=tmp_path / "all.xlsx")
    assert (found.told.lines.sheet, [len(r.lines) for r in found.trial.records]) == ("Positions", [2, 1])


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("Ticket,Item,Qty\nT1,Bolt,1\nT2,Nut,2\n", 'no column holds the orders\' "Order No"'),
        ("Order No,Qty\nSO-1,1\nSO-2,2\n", "no column names what a line is about"),
    ],
)
def test_a_file_that_holds_no_lines_of_these_is_refused(guessed, tmp_path, lines, says):
    path = tmp_path / "lines.csv"
    path.write_text(lines)
    with pytest.raises(Failure, match=says):
        guessed(HEADS, "orders.csv", lines=path)


def test_lines_alone_are_known_as_such(guessed):
    assert "--lines THIS_FILE" in guessed(OWN_LINES).draft.warnings[0]


def test_a_discount_in_per_cent_is_taken_off_and_one_of_another_kind_leaves_no_total(guessed):
    head = "Invoice No,Customer No,Invoice date,Item,Qty,Unit price,Discount %\n"
    rows = "1,C1,2026-01-01,Bolt,2,5.00,10\n1,C1,2026-01-01,Nut,1,5.00,0\n"
    assert [str(r.total) for r in guessed(head + rows).trial.records] == ["14.00"]
    found = guessed(head.replace("Discount %", "Item discount") + rows)
    assert "total" not in found.draft.table["lines"] and "total" not in found.draft.table["fields"]


def test_where_shipping_stands_apart_the_lines_make_no_total(guessed):
    head = "Order No,Customer No,Order date,Item,Qty,Unit price,Shipping cost\n"
    rows = "1,C1,2026-01-01,Bolt,2,5.00,4.00\n1,C1,2026-01-01,Nut,1,5.00,4.00\n"
    (record,) = guessed(head + rows).trial.records
    assert (str(record.subtotal), str(record.shipping), record.total) == ("15.00", "4.00", None)


@pytest.mark.parametrize("head", ["Status", "Status of the thing"])
def test_drafts_stay_inside_where_each_row_of_a_short_file_has_a_status_of_its_own(guessed, head):
    states = ("Draft", "Open", "Packed", "Shipped", "Delivered", "Invoiced", "Paid", "Draft, not sent")
    rows = [f'{n},Ann,2026-01-0{n},9.50,"{state}"\n' for n, state in enumerate(states, 1)]
    found = guessed(f"Order No,Customer,Date,Total,{head}\n" + "".join(rows))
    assert set(found.draft.table["show"][head]) == set(states)
    assert found.trial.placed == 6 and sum(found.trial.hidden.values()) == 2
