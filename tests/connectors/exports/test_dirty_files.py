"""Files others made to break CSV readers, as they lie beside the repository: every one gives the columns and
rows its authors expect, or is refused in words."""

import csv
import json

import pytest

from connectors.base import Garbled
from connectors.exports.encoding import scan
from connectors.exports.files import SourceFile
from connectors.exports.reader import Broken, Sheet, peek, with_escape

SPECTRUM = (
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines",
    "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8",
)  # fmt: skip
FORGOTTEN = "location_coordinates"  # its CSV was changed after its expected file (README.md there)
YEARS = ("1985", "1993", "2000", "2005", "2006", "2007", "2008", "2009", "2010")
CARS = ("Year", "Make", "Model", "Description", "Price")
ABC = ("a", "b", "c")
COLUMNS = ("column1", "column2", "column3")
ACCOUNT = (
    "NAME", "TYPE", "PHONE", "ACCOUNTNUMBER__C", "WEBSITE", "ANNUALREVENUE", "ORACLE_ID__C", "DATE",
    "DATE_ONLY",
)  # fmt: skip

# columns and records of cells below them
READ = {
    "csvkit/bad.csv": (("column_a", "column_b", "column_c"), 3),
    "csvkit/bad_skip_lines.csv": (("column_a", "column_b", "column_c"), 3),
    "csvkit/blanks.csv": (("a", "b", "c", "d", "e", "f"), 1),
    "csvkit/dummy_col_shuffled_ragged.csv": (("b", "c", "a", "d"), 1),
    "csvkit/mac_newlines.csv": (ABC, 2),
    "csvkit/null_byte.csv": (ABC, 1),
    "csvkit/optional_quote_characters.csv": (ABC, 1),
    "csvkit/test_empty_columns.csv": (("a", "b", "c", "", ""), 3),
    "csvkit/test_extra_header.csv": (("a", "b", "c", "d"), 1),
    "csvkit/test_header_newline.csv": (("start \t\n\x0b\x0c\r end", "b", "c"), 1),
    "csvkit/test_latin1.csv": (ABC, 2),
    "csvkit/test_locale.csv": (ABC, 1),
    "dataloader_encodings/csvEscapedQuotes.csv": (("column1", "column2"), 2),
    "dataloader_encodings/csvSeparator.csv": (("column1", "column2!some", "column3"), 2),
    "dataloader_encodings/csvtext.csv": (COLUMNS, 2),
    "dataloader_encodings/csvtext_BOM_UTF16BE.csv": (COLUMNS, 2),
    "dataloader_encodings/csvtext_BOM_UTF16LE.csv": (COLUMNS, 2),
    "dataloader_encodings/csvtext_BOM_UTF8.csv": (COLUMNS, 2),
    "dataloader_encodings/dateEndingInZ.csv": (ACCOUNT, 1),
    "dataloader_encodings/dateWithTimeZone.csv": (ACCOUNT, 2),
    "dataloader_encodings/timeZoneFormatTesting.csv": (("Name", "Date"), 12),
    "frictionless/ascii-notvalid.csv": (("A", "B", "C"), 1),
    "frictionless/blank-cells.csv": (("id", "name"), 5),
    "frictionless/blank-headers.csv": (("id", "", "age"), 2),
    "frictionless/blank-rows.csv": (("id", "name", "age"), 3),
    "frictionless/bom.csv": (("id", "name"), 2),
    "frictionless/defective-rows.csv": (("id", "name", "age"), 2),
    "frictionless/delimiter.csv": (("id", "name"), 2),
    "frictionless/duplicate-column.csv": (("A", "B", "B", "C"), 1),
    "frictionless/duplicate-headers.csv": (("id", "name", "id", "age", "id"), 2),
    "frictionless/escaping.csv": (("ID", "Test"), 3),
    "messytables/complex.csv": (("date", "another date", "temperature", "place"), 3),
    "messytables/excel_pasting.csv": (("Year", *(str(year) for year in range(2000, 2008))), 17),
    "messytables/null.csv": (("1", "null", "0", "0"), 9),
    "messytables/skip_initials.csv": (("field1", "field2"), 2),
    "messytables/small.csv": (("a",), 0),
    "messytables/utf8bom.csv": (("kitten", "win"), 0),
    "univocity/essential-dos.csv": (CARS, 18),
    "univocity/essential-mac.csv": (CARS, 18),
    "univocity/essential.csv": (CARS, 18),
    "univocity/european.csv": (CARS, 5),
    "univocity/example.csv": (CARS, 8),
    "univocity/master_detail.csv": (("Description", "Amount"), 7),
}
WIDE = {  # some columns they have, how many they have, and records
    "messytables/begrotingsanalyse-2011.csv": (("Groningen", "Flevoland"), 20, 37),
    "messytables/example.tsv": (("hour", "expr1_1_ts_ctr"), 17, 140),
    "messytables/spanish_chars.csv": (("GF_ID", "Gasto total 2011", "Descripción"), 8, 116),
    "messytables/weird_head_padding.csv": (YEARS, 11, 76),
}
BROKEN = dict.fromkeys(
    [f"univocity/essential{kind}.csv" for kind in ("", "-dos", "-mac")], 5
)  # text behind quotes
REFUSED = {
    "frictionless/empty.csv": "is empty",
    "univocity/escape.csv": "has no row of column names",  # it has none, and its quotes need a backslash
}


def sheet(path, wanted=()):
    """The header, the records and the notes of a file."""
    with SourceFile(path) as file:
        contents = scan(file, None)
        found = with_escape(Sheet(file, contents, peek(file, wanted)))
        return found.header.names, [cells for _, cells in found.records()], contents.notes


@pytest.fixture
def dirty(shared):
    """The folder of these files."""
    return shared.path / "dirty_csv"


def test_every_dirty_file_of_the_manifest_has_an_expectation(shared, dirty):
    with (shared.path / "manifest.csv").open(encoding="utf-8") as file:
        listed = {row["file"] for row in csv.DictReader(file) if row["file"].startswith("dirty_csv/")}
    tables = {f"dirty_csv/{path}" for path in (*READ, *WIDE, *REFUSED)}
    spectrum = {
        f"dirty_csv/csv-spectrum/{place}"
        for name in SPECTRUM
        for place in (f"csvs/{name}.csv", f"json/{name}.json")
    }
    assert listed == tables | spectrum
    assert len(tables) + len(SPECTRUM) == len([*dirty.rglob("*.[ct]sv")]) == 61


@pytest.mark.parametrize("name", [name for name in SPECTRUM if name != FORGOTTEN])
def test_csv_spectrum_is_read_as_its_expected_file_says(dirty, name):
    expected = json.loads((dirty / "csv-spectrum" / "json" / f"{name}.json").read_bytes())
    names, records, _ = sheet(dirty / "csv-spectrum" / "csvs" / f"{name}.csv")
    assert [dict(zip(names, cells, strict=True)) for cells in records] == expected


def test_the_one_expected_file_its_authors_forgot_differs_by_a_number_alone(dirty):
    expected = json.loads((dirty / "csv-spectrum" / "json" / f"{FORGOTTEN}.json").read_bytes())
    names, (cells,), _ = sheet(dirty / "csv-spectrum" / "csvs" / f"{FORGOTTEN}.csv")
    found = dict(zip(names, cells, strict=True))
    assert found == expected | {"Contact Phone Number": "2095257564"}


@pytest.mark.parametrize("path", READ)
def test_a_dirty_file_gives_its_columns_and_all_its_rows(dirty, path):
    columns, rows = READ[path]
    names, records, _ = sheet(dirty / path, columns)
    assert (names, len(records)) == (columns, rows)
    assert sum(isinstance(cells, Broken) for cells in records) == BROKEN.get(path, 0)


@pytest.mark.parametrize("path", WIDE)
def test_a_dirty_table_with_titles_above_is_found_by_the_columns_somebody_asks_for(dirty, path):
    wanted, width, rows = WIDE[path]
    names, records, _ = sheet(dirty / path, wanted)
    assert set(wanted) <= set(names) and (len(names), len(records)) == (width, rows)


@pytest.mark.parametrize("path", REFUSED)
def test_a_dirty_file_without_a_table_is_garbled_not_an_empty_listing(dirty, path):
    with pytest.raises(Garbled, match=rf"{path.partition('/')[2]}.*{REFUSED[path]}"):
        sheet(dirty / path)
