"""Workbooks as a real program writes them (XlsxWriter), with all that stands in them beside a table."""

import io
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from connectors.base import Refused
from connectors.records import Payment

HEAD = ("Id", "Name", "Day", "Amount")
TABLE = {
    "record": "payment",
    "map": {"id": "Id", "fields": {"number": "Name", "paid_on": "Day", "amount": "Amount"}},
}
DAY = date(2026, 1, 31)


class Written:
    """One workbook being written; ``put`` writes a table into a sheet."""

    def __init__(self, **options):
        self.bytes = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.bytes, {"in_memory": True, "default_date_format": "dd/mm/yyyy"} | options
        )

    def put(self, *rows, sheet="Payments", at=(0, 0)):
        page = self.book.get_worksheet_by_name(sheet) or self.book.add_worksheet(sheet)
        for n, row in enumerate(rows):
            page.write_row(at[0] + n, at[1], row)
        return page


@pytest.fixture
def payments(folder, read):
    """Close a workbook and read it as payments."""

    def payments(written, **told):
        written.book.close()
        folder.put("p.xlsx", written.bytes.getvalue())
        return read(
            folder.source({"path": "p.xlsx", **TABLE, **told}, currency="EUR", timezone="UTC"), Payment
        )

    return payments


@pytest.mark.parametrize(
    "options",
    [{}, {"date_1904": True}, {"constant_memory": True, "in_memory": False}],
    ids=lambda one: "-".join(one),
)
def test_shared_and_inline_texts_and_both_calendars_tell_the_same(payments, options):
    written = Written(**options)
    written.put(HEAD, (1, "Änn <b>&amp;</b>\nLee", DAY, 10.5), ("002", "  two  ", DAY, "11.25"))
    told = payments(written)
    assert {ident: (one.number, one.paid_on, one.amount) for ident, one in told.records.items()} == {
        "1": ("Änn <b>&amp;</b>\nLee", date(2026, 1, 31), Decimal("10.5")),
        "002": ("two", date(2026, 1, 31), Decimal("11.25")),
    }


@pytest.mark.parametrize(
    "shown", ["dd.mm.yyyy", "[$-407]d. mmmm yyyy", 'yyyy"-"mm', "m/d/yy h:mm", "mmm d", "[$-F800]x"]
)
def test_a_date_is_the_same_however_it_is_shown(payments, shown):
    written = Written()
    page = written.put(HEAD, (1, "Ann", "", 10))
    page.write_datetime(
        1, 2, DAY, written.book.add_format({"num_format": shown.replace("x", "dddd, d mmmm yyyy")})
    )
    assert payments(written).records["1"].paid_on == date(2026, 1, 31)


def test_amounts_are_their_values_not_what_the_format_shows(payments):
    written = Written()
    page = written.put(HEAD, (1, "Ann", DAY, 0), (2, "Bob", DAY, 0), (3, "Cy", DAY, 0))
    for row, value, shown in ((1, 0.25, "0%"), (2, 1234.5, "#,##0 [$€-407]"), (3, -7.005, "(0);(0)")):
        page.write_number(row, 3, value, written.book.add_format({"num_format": shown}))
    told = payments(written)
    assert [one.amount for one in told.records.values()] == [
        Decimal("0.25"),
        Decimal("1234.5"),
        Decimal("-7.005"),
    ]


def test_a_formula_nobody_calculated_is_not_taken_for_zero(payments):
    written = Written()
    page = written.put(HEAD, (1, "Ann", DAY, ""), (2, "Bob", DAY, ""), (3, "Cy", DAY, ""), (4, "Di", DAY, 0))
    page.write_formula(1, 3, "=1+1")  # XlsxWriter calculates nothing and writes 0
    page.write_formula(2, 3, "=1+1", None, 2)
    page.write_formula(3, 3, '="5"&"0"', None, "50")
    told = payments(written)
    assert {ident: one.amount for ident, one in told.records.items()} == {"2": 2, "3": 50, "4": 0}
    assert [(one.source_id, "never calculated" in one.reason) for one in told.aside] == [("1", True)]


def test_errors_truths_and_numbers_too_long_are_set_aside(payments):
    written = Written()
    page = written.put(HEAD, (1, "Ann", DAY, True), (2520018000000073144, "Bob", DAY, 1), (4, "Di", DAY, 4))
    page.write_formula(4, 0, "=1/0", None, "#DIV/0!")
    told = payments(written)
    assert list(told.records) == ["4"]
    assert [one.source_id for one in told.aside] == [None, None, "1"]
    assert "shortened by a spreadsheet" in told.aside[0].reason and "#DIV/0!" in told.aside[1].reason
    assert "'TRUE' is not a number" in told.aside[2].reason


def test_ids_shortened_to_one_are_of_unknown_id_and_remove_nothing(payments):
    written = Written()
    written.put(HEAD, (2520018000000073144, "Ann", DAY, 1), (2520018000000073145, "Bob", DAY, 2))
    told = payments(written)
    assert told.data_rows == 2 and told.records == {}
    assert [(one.source_id, "shortened by a spreadsheet" in one.reason) for one in told.aside] == [
        (None, True)
    ]


def test_fifteen_digits_are_kept_to_the_last(payments):
    written = Written()
    written.put(HEAD, (123456789012345, "Ann", DAY, 1))
    assert list(payments(written).records) == ["123456789012345"]


def test_a_table_with_comments_links_filters_and_hidden_rows_is_read_whole(payments):
    written = Written()
    written.put(("Payments of Northgate",))
    page = written.put((1, "Ann", DAY, 1), (2, "Bob", DAY, 2), sheet="Payments", at=(3, 1))
    page.add_table(2, 1, 4, 4, {"columns": [{"header": name} for name in HEAD]})
    page.write_comment(3, 2, "staff only")
    page.write_url(4, 2, "https://shop.example/2", None, "Bob")
    page.set_row(4, None, None, {"hidden": True})
    page.set_column(3, 3, 8, None, {"hidden": True})
    page.protect()
    told = payments(written)
    assert [(ident, one.number) for ident, one in told.records.items()] == [("1", "Ann"), ("2", "Bob")]
    assert "staff only" not in str(told.rows)


def test_rich_text_is_its_text(payments):
    written = Written()
    page = written.put(HEAD, (1, "", DAY, 1))
    page.write_rich_string(1, 1, "An", written.book.add_format({"bold": True}), "na ", "Lee")
    assert payments(written).records["1"].number == "Anna Lee"


def test_hidden_sheets_and_charts_are_left_out(payments):
    written = Written()
    written.put(HEAD, (1, "Ann", DAY, 1))
    written.put(HEAD, (8, "Old", DAY, 1), sheet="Hidden").hide()
    written.put(HEAD, (9, "Older", DAY, 1), sheet="Very").very_hidden()
    chart = written.book.add_chart({"type": "bar"})
    chart.add_series({"values": "=Payments!$D$2:$D$2"})
    written.book.add_chartsheet("Chart").set_chart(chart)
    told = payments(written)
    assert list(told.records) == ["1"]
    assert any("hidden sheets left out: Hidden, Very" in note for note in told.notes)


def test_the_widest_of_sheets_is_read_and_formats_far_below_cost_nothing(payments):
    written = Written()
    page = written.put((*HEAD, *(f"Extra {n}" for n in range(16_380))), (1, "Ann", DAY, 1, *["x"] * 16_380))
    page.write_row(2, 0, (2, "Bob", DAY, 2))
    assert list(payments(written).records) == ["1", "2"]
    written = Written()
    page = written.put(HEAD, (1, "Ann", DAY, 1))
    page.write_blank(1_048_575, 3, None, written.book.add_format({"bold": True}))
    assert list(payments(written).records) == ["1"]


SWAPPED = [
    (1, "Ann", date(2025, 1, 5), 1),
    (2, "Bob", "24/03/2026", 2),
    (3, "Cy", date(2026, 2, 4), 3),
]


@pytest.mark.parametrize("told", [{}, {"date_order": "dmy"}], ids=["guessed", "told"])
def test_dates_a_spreadsheet_of_another_country_has_swapped_are_refused(payments, told):
    written = Written()
    written.put(HEAD, *SWAPPED)
    with pytest.raises(
        Refused, match=r"Day: some cells are dates.*2025-01-05 \(line 2\).*'24/03/2026' \(line 3\)"
    ):
        payments(written, **told)


@pytest.mark.parametrize(
    "other", [date(2025, 1, 13), "05/06/2026"], ids=["a late day", "a text of either order"]
)
def test_dates_and_texts_typed_by_hand_are_read(payments, other):
    written = Written()
    written.put(HEAD, *SWAPPED, (4, "Di", other, 4))
    assert payments(written).records["2"].paid_on == date(2026, 3, 24)
