"""Bytes become records of cells: checked against files others made to break CSV readers."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Garbled, Refused
from connectors.exports.encoding import scan
from connectors.exports.files import SourceFile
from connectors.exports.reader import Sheet, peek, with_escape


def sheet(path, wanted=()):
    """The header, the records and the notes of a file."""
    with SourceFile(path) as file:
        contents = scan(file, None)
        found = with_escape(Sheet(file, contents, peek(file, wanted)))
        return found.header.names, [cells for _, cells in found.records()], contents.notes


@pytest.mark.parametrize(
    "name",
    ["comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
     "quotes_and_newlines", "simple", "simple_crlf", "utf8"],
)  # fmt: skip
def test_csv_spectrum_is_read_as_its_authors_expect(shared, name):
    spectrum = shared.path / "dirty_csv" / "csv-spectrum"
    expected = json.loads((spectrum / "json" / f"{name}.json").read_bytes())
    names, records, _ = sheet(spectrum / "csvs" / f"{name}.csv")
    assert [dict(zip(names, cells, strict=True)) for cells in records] == expected


def test_the_one_wrong_expectation_of_csv_spectrum_is_known(shared):
    names, records, _ = sheet(
        shared.path / "dirty_csv" / "csv-spectrum" / "csvs" / "location_coordinates.csv"
    )
    assert names == ("Contact Phone Number", "Location Coordinates", "Cities", "Counties")
    assert records[0][0] == "2095257564" and records[0][3] == "Stanislaus"


DIRTY = {
    "frictionless/defective-rows.csv": (("id", "name", "age"), 2),
    "frictionless/duplicate-headers.csv": (("id", "name", "id", "age", "id"), 2),
    "frictionless/blank-headers.csv": (("id", "", "age"), 2),
    "frictionless/blank-rows.csv": (("id", "name", "age"), 3),
    "frictionless/bom.csv": (("id", "name"), 2),
    "frictionless/delimiter.csv": (("id", "name"), 2),
    "frictionless/escaping.csv": (("ID", "Test"), 3),
    "frictionless/ascii-notvalid.csv": (("A", "B", "C"), 1),
    "univocity/european.csv": (("Year", "Make", "Model", "Description", "Price"), 5),
    "univocity/example.csv": (("Year", "Make", "Model", "Description", "Price"), 8),
    "univocity/essential.csv": (("Year", "Make", "Model", "Description", "Price"), 18),
    "univocity/essential-dos.csv": (("Year", "Make", "Model", "Description", "Price"), 18),
    "univocity/essential-mac.csv": (("Year", "Make", "Model", "Description", "Price"), 18),
    "univocity/master_detail.csv": (("Description", "Amount"), 7),
    "csvkit/blanks.csv": (("a", "b", "c", "d", "e", "f"), 1),
    "csvkit/mac_newlines.csv": (("a", "b", "c"), 2),
    "csvkit/null_byte.csv": (("a", "b", "c"), 1),
    "csvkit/bad_skip_lines.csv": (("column_a", "column_b", "column_c"), 3),
    "csvkit/optional_quote_characters.csv": (("a", "b", "c"), 1),
    "csvkit/test_locale.csv": (("a", "b", "c"), 1),
    "csvkit/test_header_newline.csv": (("start \t\n\x0b\x0c\r end", "b", "c"), 1),
    "csvkit/test_empty_columns.csv": (("a", "b", "c", "", ""), 3),
    "csvkit/test_latin1.csv": (("a", "b", "c"), 2),
    "messytables/complex.csv": (("date", "another date", "temperature", "place"), 3),
    "messytables/excel_pasting.csv": (
        ("Year", "2000", "2001", "2002", "2003", "2004", "2005", "2006", "2007"),
        17,
    ),
    "messytables/skip_initials.csv": (("field1", "field2"), 2),
    "messytables/utf8bom.csv": (("kitten", "win"), 0),
    "dataloader_encodings/csvtext.csv": (("column1", "column2", "column3"), 2),
    "dataloader_encodings/csvtext_BOM_UTF8.csv": (("column1", "column2", "column3"), 2),
    "dataloader_encodings/csvtext_BOM_UTF16LE.csv": (("column1", "column2", "column3"), 2),
    "dataloader_encodings/csvtext_BOM_UTF16BE.csv": (("column1", "column2", "column3"), 2),
    "dataloader_encodings/csvEscapedQuotes.csv": (("column1", "column2"), 2),
}


@pytest.mark.parametrize("path", DIRTY)
def test_a_dirty_file_gives_its_columns_and_all_its_rows(shared, path):
    columns, rows = DIRTY[path]
    names, records, _ = sheet(shared.path / "dirty_csv" / path, columns)
    assert (names, len(records)) == (columns, rows)


def test_every_dirty_file_is_read_or_refused_in_words(shared):
    for path in sorted((shared.path / "dirty_csv").rglob("*.[ct]sv")):
        try:
            sheet(path)
        except (Garbled, Refused) as refusal:
            assert path.name in str(refusal)


def test_an_empty_file_is_garbled_not_an_empty_listing(shared):
    with pytest.raises(Garbled, match="is empty"):
        sheet(shared.path / "dirty_csv" / "frictionless" / "empty.csv")


def put(folder: Path, text: str | bytes) -> Path:
    """A file in a folder of the test."""
    path = folder / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_record_knows_its_first_physical_line(tmp_path):
    path = put(tmp_path, 'Title\n\n"Id\nof it",Name\n1,"Ann\nand\nBob"\n\n2,Cy\n')
    with SourceFile(path) as file:
        found = Sheet(file, scan(file, None), peek(file, ["Name"]))
        assert [(line, cells[0]) for line, cells in found.records()] == [(5, "1"), (9, "2")]


def test_line_separators_inside_cells_are_not_line_ends(tmp_path):
    _, records, _ = sheet(put(tmp_path, "Id,Name\n1,Ann\u2028and\x0bBob\x85Cy\n2,Dee\n"))
    assert [cells[1] for cells in records] == ["Ann\u2028and\x0bBob\x85Cy", "Dee"]


def test_the_delimiter_is_the_one_that_finds_the_wanted_columns(tmp_path):
    path = put(tmp_path, "a,b,c;Id;Name\n1,2,3;4;5,6\n1,2,3;4;5,6\n")
    assert sheet(path, ["Id", "Name"])[0] == ("a,b,c", "Id", "Name")


def test_a_multibyte_letter_on_the_edge_of_the_first_bytes_is_no_fault(tmp_path):
    filler = "x" * (65_536 - len("Id,Name\n1,") - 1)
    names, records, notes = sheet(put(tmp_path, f"Id,Name\n1,{filler}€uro\n2,Bob\n"))
    assert (names, len(records), notes) == (("Id", "Name"), 2, ())


def test_a_file_is_read_again_and_again_from_one_descriptor(tmp_path):
    with SourceFile(put(tmp_path, "Id,Name\n1,Ann\n")) as file:
        found = Sheet(file, scan(file, None), peek(file, ()))
        assert list(found.records()) == list(found.records()) == [(2, ["1", "Ann"])]


def test_records_abandoned_half_way_leave_the_file_open_for_the_next_pass(tmp_path):
    with SourceFile(put(tmp_path, "Id,Name\n" + "1,Ann\n" * 50)) as file:
        found = Sheet(file, scan(file, None), peek(file, ()))
        next(half := found.records())
        half.close()
        assert len(list(found.records())) == 50


CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_wrote_is_what_is_read(rows, delimiter, newline, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerows([["Id", "Name", "Phone"], *rows])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        names, records, _ = sheet(path, ["Id", "Name", "Phone"])
    assert names == ("Id", "Name", "Phone")
    assert records == rows
