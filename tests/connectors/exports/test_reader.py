"""Bytes become records of cells. (test_dirty_files reads what others made to break CSV readers.)"""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from connectors.exports.encoding import scan
from connectors.exports.files import SourceFile
from connectors.exports.reader import Sheet, peek, with_escape


def sheet(path, wanted=()):
    """The header, the records and the notes of a file."""
    with SourceFile(path) as file:
        contents = scan(file, None)
        found = with_escape(Sheet(file, contents, peek(file, wanted)))
        return found.header.names, [cells for _, cells in found.records()], contents.notes


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
