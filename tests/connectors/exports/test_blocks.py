"""Files are read a thousand rows at a time; nobody can tell where such a block ends."""

import pytest

from connectors.records import Order

ROWS = (
    2_400  # more than two blocks; a thousand is no multiple of three, so that orders lie across their borders
)
MAP = {"id": "No", "group": "No", "fields": {"number": "No", "note": "Note"}, "lines": {"name": "What"}}
ALONE = {"id": "No", "fields": {"number": "No", "note": "Note", "status": "What"}}


def rows(width=3):
    return [[f"N{n // width:05}", f"what {n}", "", "x", "y", "z"] for n in range(ROWS)]


@pytest.fixture
def told(folder, read):
    def told(mapping, table):
        head = "No,What,Note,A,B,C\n"
        folder.put("own.csv", head + "".join(",".join(cells) + "\n" for cells in table))
        return read(folder.source({"path": "own.csv", "record": "order", "map": mapping}), Order)

    return told


def test_an_order_that_lies_across_two_blocks_is_whole(told):
    found = told(MAP, rows())
    assert len(found.records) == ROWS // 3 and not found.aside
    for n, order in enumerate(found.records.values()):
        assert [line.name for line in order.lines] == [f"what {3 * n + line}" for line in range(3)]
    assert found.rows[-1].place == f"own.csv, record {ROWS - 2} (line {ROWS - 1})"


def test_rows_of_their_own_keep_their_order_and_places(told):
    found = told(ALONE, rows(1))
    assert [order.status for order in found.records.values()] == [f"what {n}" for n in range(ROWS)]
    assert [row.place for row in found.rows[998:1002]] == [
        f"own.csv, record {n} (line {n + 1})" for n in range(999, 1003)
    ]


@pytest.mark.parametrize("at", [3, 999, 1_000, 1_001, 2_399])
def test_one_odd_row_costs_its_own_order_and_no_other(told, at):
    table = rows()
    table[at] = table[at][:2]
    found = told(MAP, table)
    assert [skipped.source_id for skipped in found.aside] == [f"N{at // 3:05}"]
    assert (len(found.records), found.data_rows) == (ROWS // 3 - 1, ROWS)


@pytest.mark.parametrize("at", [998, 999, 1_000, 1_500])  # 998: the last of the first block
def test_a_row_without_its_key_puts_its_neighbours_in_doubt_wherever_it_stands(told, at):
    table = rows()
    table[at][0] = ""
    found = told(MAP, table)
    beside = {table[at - 1][0], table[at + 1][0]}
    assert {skipped.source_id for skipped in found.aside} == {None, *beside}
    assert found.data_rows == ROWS


def test_a_cell_of_several_lines_moves_the_numbers_of_all_lines_after_it(told):
    table = rows()
    table[5][2] = '"two\nlines"'
    table[3][2] = table[4][2] = table[5][2]
    found = told(MAP, table)
    assert found.rows[-1].place == f"own.csv, record {ROWS - 2} (line {ROWS - 1 + 3})"


def test_a_note_below_a_long_table_is_no_record(told):
    found = told(MAP, [*rows(), ["Total: 2400 rows"]])
    assert len(found.records) == ROWS // 3 and not found.aside
    assert any("below the table" in note for note in found.notes)


def test_a_second_header_inside_a_block_begins_another_part(told):
    table = [*rows()[:1_200], ["No", "What", "Note", "A", "B", "C"], *rows()[:3]]
    found = told(MAP, table)
    assert len(found.records) == 400 and found.data_rows == 1_203
