"""Lines in a file of their own: joined side by side or through a temporary file, with the same outcome."""

import pytest

from connectors.base import Refused
from connectors.exports import lines as joining
from connectors.exports.groups import Segment
from connectors.records import Order

ORDERS = {
    "path": "orders.csv",
    "record": "order",
    "complete": True,
    "lines": {"file": "lines.csv", "parent": "Order"},
    "map": {
        "id": "No",
        "fields": {"number": "No", "status": "Status"},
        "lines": {"name": "Article", "quantity": "Qty"},
    },
}
HEAD, LINES = "No,Status\n", "Order,Article,Qty\n"


@pytest.fixture
def joined(folder, read):
    """Read orders and their lines from two files."""

    def joined(orders, lines):
        folder.put("orders.csv", HEAD + orders)
        folder.put("lines.csv", LINES + lines)
        told = read(folder.source(ORDERS), Order)
        return told, {ident: [line.name for line in one.lines] for ident, one in told.records.items()}

    return joined


@pytest.mark.parametrize(
    ("orders", "lines"),
    [
        ("9,a\n10,a\n11,a\n", "9,x,1\n9,y,1\n11,z,1\n"),  # both ascend as numbers
        ("A10,a\nA11,a\nA9,a\n", "A10,p,1\nA11,z,1\nA9,x,1\nA9,y,1\n"),  # both ascend as text
        ("11,a\n9,a\n10,a\n", "9,x,1\n11,z,1\n9,y,1\n"),  # neither
        ("9,a\n10,a\n11,a\n", "11,z,1\n9,x,1\n9,y,1\n"),  # only the orders
    ],
)
def test_lines_reach_their_orders_whatever_the_order_of_the_files(joined, orders, lines):
    told, found = joined(orders, lines)
    assert {ident[-1:]: names for ident, names in found.items()}["9"] == ["x", "y"]
    assert sorted(name for names in found.values() for name in names if name in "xyz") == ["x", "y", "z"]
    assert (len(told.records), told.aside) == (3, [])
    assert told.data_rows == orders.count("\n") + lines.count("\n")


def pieces(*keys):
    """Segments of a file of lines, one for each key."""
    return iter([Segment(key, key, (), [(key,)], 0, 0, n, n + 1) for n, key in enumerate(keys, 1)])


def test_side_by_side_no_line_is_read_before_its_order_asks_for_it():
    found = pieces("9", "10", "11", "12")
    beside = joining.Beside(found, as_numbers=True)
    assert [piece.key for piece in beside.of("9")] == ["9"]
    assert [piece.key for piece in found] == ["11", "12"]


@pytest.mark.parametrize("kind", [joining.Kept, lambda found: joining.Beside(found, as_numbers=True)])
def test_both_ways_of_joining_hand_out_each_line_once_and_then_the_orphans(kind):
    lines = kind(pieces("8", "9", "11", "13"))
    assert [[piece.key for piece in lines.of(ident)] for ident in ("9", "10", "11")] == [["9"], [], ["11"]]
    assert [piece.key for piece in lines.orphans()] == ["8", "13"]
    lines.close()


@pytest.mark.parametrize("lines", ["9,x,1\n12,lost,1\n12,lost too,1\n", "12,lost,1\n12,lost too,1\n9,x,1\n"])
def test_lines_of_an_order_in_no_file_are_quarantined_together(joined, lines):
    told, found = joined("9,a\n10,a\n", lines)
    assert found == {"9": ["x"], "10": []}
    assert [(one.source_id, one.data_rows) for one in told.skipped] == [("12", 2)]
    assert told.skipped[0].reason == "no order 12 stands in orders.csv"
    assert told.skipped[0].place.startswith("lines.csv, record ")
    assert told.data_rows == 5


@pytest.mark.parametrize("order", ["9,a\n10,a\n", "10,a\n9,a\n"])
def test_one_bad_line_keeps_its_whole_order_out(joined, order):
    told, found = joined(order, "9,x,1\n9,y,many\n10,z,1\n")
    assert found == {"10": ["z"]}
    assert [(one.source_id, one.data_rows) for one in told.unreadable] == [("9", 3)]


def test_a_line_cut_short_keeps_its_whole_order_out(joined):
    told, found = joined("9,a\n10,a\n", "9,x,1\n9,y\n10,z,1\n")
    assert found == {"10": ["z"]}
    assert [(one.source_id, one.data_rows) for one in told.skipped] == [("9", 3)]


def test_a_line_that_names_no_order_puts_its_neighbours_in_doubt(joined):
    told, found = joined("8,a\n9,a\n10,a\n", "8,x,1\n9,y,1\n,lost,1\n10,z,1\n")
    assert found == {"8": ["x"]}
    assert sorted(str(one.source_id) for one in told.skipped) == ["10", "9", "None"]
    assert told.data_rows == 7


def test_an_order_twice_in_its_file_takes_its_lines_once(joined):
    told, found = joined("9,a\n10,a\n9,a\n", "9,x,1\n10,z,1\n")
    assert found == {"10": ["z"], "9": ["x"]}
    assert told.data_rows == 5


def test_a_missing_file_of_lines_keeps_the_stream_as_it_is(folder, read):
    folder.put("orders.csv", HEAD + "9,a\n")
    with pytest.raises(Refused, match=r"no file matches lines\.csv"):
        read(folder.source(ORDERS), Order)


def test_a_file_of_lines_without_the_parent_column_is_refused(folder, read):
    folder.put("orders.csv", HEAD + "9,a\n")
    folder.put("lines.csv", "Ordr,Article,Qty\n9,x,1\n")
    with pytest.raises(Refused, match=r"lines\.csv, line 1: no column Order .*did you mean Ordr"):
        read(folder.source(ORDERS), Order)


def test_a_changed_line_changes_the_fingerprint_of_its_order_only(folder, joined):
    before, _ = joined("9,a\n10,a\n", "9,x,1\n10,z,1\n")
    after, _ = joined("9,a\n10,a\n", "9,x,2\n10,z,1\n")
    prints = [[row.fingerprint for row in told.rows] for told in (before, after)]
    assert prints[0][0] != prints[1][0]
    assert prints[0][1] == prints[1][1]


def test_the_file_of_lines_counts_for_the_age_of_the_stream(folder, read):
    folder.put("orders.csv", HEAD + "9,a\n", age=60)
    folder.put("lines.csv", LINES + "9,x,1\n", age=3600)
    told = read(folder.source(ORDERS), Order)
    assert told.pages[-1].as_of.timestamp() == folder.now - 3600


def test_lines_of_a_salesforce_order_find_it_by_the_short_id_too(folder, read):
    folder.put(
        "Order.csv",
        "Id,AccountId,OrderNumber,Status,StatusCode,EffectiveDate\n8011G000000XFeO,A,1,Activated,Activated,2019-11-11\n",
    )
    folder.put(
        "Item.csv", "OrderId,Description,Quantity\n8011G000000XFeOQAW,Pump,1\n8011G000000XFeO,Hose,2\n"
    )
    source = folder.source({"path": "Order.csv", "lines": {"file": "Item.csv", "parent": "OrderId"}})
    order = read(source, Order).records["8011G000000XFeOQAW"]
    assert [line.name for line in order.lines] == ["Pump", "Hose"]
