"""Texts made to fill the memory or to take forever: each is refused, in a process of limited size."""

import pytest

from connectors.base import Refused
from connectors.records import Order

TEXTS = {
    "a quoted field of 100 MB": (
        lambda: b'Id,Name\n1,"' + b"long\n" * (20 << 20) + b'"\n',
        "begins at line 2 is never closed",
    ),
    "a field of 100 MB": (lambda: b"Id,Name\n1," + b"x" * (100 << 20), "a line longer than 1 MB"),
    "a field of 100 MB of quotes": (
        lambda: b'Id,Name\n1,"' + b'""' * (50 << 20) + b'"\n',
        "longer than 1 MB",
    ),
    "a header of a million columns": (lambda: b"Id,Name" + b",c" * 300_000 + b"\n", "longer than 64 KB"),
    "a header without an end": (lambda: b'Id,"' + b"Name\n" * (20 << 20), "no column Id"),
    "a million rows of one id": (lambda: b"Id,Name\n" + b"1,Ann\n2,Bob\n" * 500_000, "have one Id"),
}


@pytest.mark.parametrize("bomb", TEXTS, ids=lambda name: name.replace(" ", "-"))
def test_a_text_made_to_fill_the_memory_is_refused_within_its_limits(opened, bomb):
    made, says = TEXTS[bomb]
    kind, said = opened("a.csv", made())
    assert kind in ("Refused", "Garbled")
    assert "a.csv" in said and says in said


@pytest.mark.slow
def test_a_million_notes_below_a_table_cost_nothing(opened):
    blanks = b"," * 80
    rows = b"Id,Name" + blanks + b"\n1,Ann" + blanks + b"\n" + (b"note," + blanks + b"\n") * 1_000_000
    assert opened("a.csv", rows) == ["read", "1"]


def test_an_order_of_more_rows_than_any_order_has_asks_whether_that_is_its_id(folder, read):
    mapped = {"id": "No", "group": "No", "fields": {"number": "No"}, "lines": {"name": "Article"}}
    source = folder.source({"path": "o.csv", "record": "order", "map": mapped})
    folder.put("o.csv", "No,Article\n1,Bolt\n" + "2,Nut\n" * 100_000)
    assert len(read(source, Order).records["2"].lines) == 100_000
    folder.put("o.csv", "No,Article\n1,Bolt\n" + "2,Nut\n" * 100_001 + "3,Pin\n")
    with pytest.raises(Refused, match=r"o\.csv: more than 100,000 rows have one No: is that the id\?"):
        read(source, Order)
