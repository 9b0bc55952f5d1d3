"""A corpus of malformed workbooks, made here cell by cell: each is accepted, accepted with rows set aside, or
refused with a reason."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

import pytest

from connectors.base import Failure, Garbled, Refused
from connectors.records import Account

TABLE = {"record": "account", "map": {"id": "Id", "fields": {"name": "Name", "phone": "Phone"}}}
HEAD = ("Id", "Name", "Phone")
ANN, BOB = ("1", "Ann", "5"), ("2", "Bob", "6")
ERROR = {
    "xlsx": '<c r="{at}" t="e"><v>#N/A</v></c>',
    "ods": '<table:table-cell calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>',
}
UNCALCULATED = {
    "xlsx": '<c r="{at}"><f>A1</f><v/></c>',
    "ods": '<table:table-cell table:formula="of:=[.A1]"/>',
}


@dataclass
class Case:
    """A workbook and what becomes of it, as an XLSX and as an ODS.
    A cell that is a table has its XML for each kind."""

    name: str
    sheets: dict
    records: list[str] | None = None
    aside: list[str | None] = field(default_factory=list)
    says: str = ""
    note: str = ""
    refused: type[Failure] | None = None
    hidden: tuple[str, ...] = ()
    told: dict = field(default_factory=dict)


def one(name, *rows, **expected):
    """A case of one sheet."""
    return Case(name, {"S": rows}, **expected)


CASES = [
    one("plain", HEAD, ANN, BOB, records=["1", "2"]),
    one("a header alone", HEAD, records=[]),
    one("nothing at all", refused=Garbled, says="is empty"),
    one("blank cells alone", ("", " "), ("",), refused=Garbled, says="is empty"),
    one("a title alone", ("Customers of Northgate",), refused=Refused, says="no column"),
    one("titles above", ("Customers",), ("of Northgate", "2026"), (), HEAD, ANN, records=["1"]),
    one("sixty rows of titles", *[(f"remark {n}",) for n in range(58)], HEAD, ANN, records=["1"]),
    one("a blank column before", ("", *HEAD), ("", *ANN), records=["1"]),
    one("blank rows between", HEAD, ANN, (), (), BOB, records=["1", "2"]),
    one(
        "a note below", HEAD, ANN, (), ("2 customers",), records=["1"], note="1 rows below the table left out"
    ),
    one("remarks beside the table", HEAD, (*ANN, "", "call him"), BOB, records=["1", "2"]),
    one("the header again", HEAD, ANN, HEAD, BOB, records=["1", "2"]),
    one("headers in another spelling", ("*ID", " name ", "PHONE"), ANN, records=["1"]),
    one("a header twice that is read", ("Id", "Name", "Name"), ANN, refused=Refused, says="stands 2 times"),
    one("a column missing", ("Id", "Nane"), ANN, refused=Refused, says="did you mean Nane"),
    one("a header that is a number", ("Id", "Name", "Phone", 2026), (*ANN, 5), records=["1"]),
    one("a header that is a date", ("Id", "Name", "Phone", date(2026, 1, 31)), (*ANN, 5), records=["1"]),
    one("a blank id", HEAD, ("", "Bob", "6"), ANN, records=["1"], aside=[None], says="is blank"),
    one("a blank name", HEAD, ("1", "", "5"), BOB, records=["2"], aside=["1"], says="is blank"),
    one("the same row twice", HEAD, ANN, ANN, records=["1"]),
    one("one id twice", HEAD, ANN, ("1", "Bob", "5"), records=[], aside=["1"], says="stands twice"),
    one("a text id and a numeric one", HEAD, ANN, (1, "Ann", "5"), records=["1"]),
    one("an id with leading zeros", HEAD, ("007", "Ann", "5"), records=["007"]),
    one("an apostrophe that guards", HEAD, ("'0812", "Ann", "'+49 5"), records=["0812"]),
    one(
        "an id of nineteen digits as text",
        HEAD,
        ("2520018000000073144", "Z", "5"),
        records=["2520018000000073144"],
    ),
    one(
        "one as a number",
        HEAD,
        (2520018000000073144, "Z", "5"),
        ANN,
        records=["1"],
        aside=[None],
        says="shortened",
    ),
    one("an id with a fraction", HEAD, (1.5, "Ann", "5"), records=["1.5"]),
    one("an id that is a date", HEAD, (datetime(2026, 1, 31), "Ann", "5"), records=["2026-01-31"]),  # noqa: DTZ001
    one("an id that is a truth", HEAD, (True, "Ann", "5"), records=["TRUE"]),
    one("line breaks in a cell", HEAD, ("1", "Ann\nand Bob", "5"), BOB, records=["1", "2"]),
    one("delimiters and quotes in a cell", HEAD, ("1", 'Ann; "the", Bolt\t|', "5"), records=["1"]),
    one("markup in a cell", HEAD, ("1", "<b>Ann</b> & ]]>", "5"), records=["1"]),
    one("letters of many scripts", HEAD, ("ä1", "Ω 中文 عربى 🙂", "5"), records=["ä1"]),
    one("an error nobody reads", (*HEAD, "X"), (*ANN, ERROR), BOB, records=["1", "2"]),
    one(
        "an error in a name", HEAD, ("1", ERROR, "5"), BOB, records=["2"], aside=["1"], says="Name: .* error"
    ),
    one(
        "an error in an id", HEAD, (ERROR, "Ann", "5"), BOB, records=["2"], aside=[None], says="Id: .* error"
    ),
    one("a row of errors", HEAD, (ERROR, ERROR, ERROR), BOB, records=["2"], aside=[None], says="error"),
    one(
        "a formula not calculated", HEAD, ("1", UNCALCULATED, "5"), records=[], aside=["1"], says="never calc"
    ),
    Case("a sheet of notes before", {"Read me": [("Hello",)], "S": [HEAD, ANN]}, records=["1"]),
    Case("a blank sheet before", {"Sheet1": [], "S": [HEAD, ANN]}, records=["1"]),
    Case("two that fit", {"A": [HEAD, ANN], "B": [HEAD, BOB]}, refused=Refused, says=r"fit \(A, B\)"),
    Case("one of two, named", {"A": [HEAD, ANN], "B": [HEAD, BOB]}, records=["2"], told={"sheet": "B"}),
    Case("a name nobody has", {"A": [HEAD, ANN]}, refused=Refused, says="no sheet 'B'", told={"sheet": "B"}),
    Case(
        "a blank sheet, named",
        {"A": [], "B": [HEAD, ANN]},
        refused=Garbled,
        says="A is empty",
        told={"sheet": "A"},
    ),
    Case(
        "one hidden", {"A": [HEAD, ANN], "B": [HEAD, BOB]}, records=["1"], hidden=("B",), note="left out: B"
    ),
    Case(
        "one hidden, named",
        {"A": [HEAD, ANN], "B": [HEAD, BOB]},
        records=["2"],
        hidden=("B",),
        told={"sheet": "B"},
    ),
    Case("all hidden", {"A": [HEAD, ANN]}, refused=Refused, says="are hidden .A.; add sheet", hidden=("A",)),
    Case("a sheet's name with markup", {"A & B <c>": [HEAD, ANN]}, records=["1"]),
]


def made(books, kind, case):
    """The bytes of a case."""

    def cell(value):
        return books.Xml(value[kind]) if isinstance(value, dict) else value

    sheets = {name: [tuple(map(cell, row)) for row in rows] for name, rows in case.sheets.items()}
    return books.zipped(getattr(books, f"{kind}_parts")(sheets, hidden=case.hidden))


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_malformed_workbook_is_read_set_aside_or_refused(folder, read, books, kind, case):
    file = f"file.{kind}"
    folder.put(file, made(books, kind, case))
    source = folder.source({"path": file, **TABLE, **case.told})
    if case.refused:
        with pytest.raises(case.refused, match=case.says) as error:
            read(source, Account)
        assert file in str(error.value)
        return
    told = read(source, Account)
    aside = [one.source_id for one in told.aside]
    assert sorted(set(told.records) - set(aside)) == sorted(case.records)
    assert aside == case.aside
    assert re.search(case.says, " ".join(one.reason for one in told.aside))
    assert case.note in " ".join(told.notes)


def test_the_corpus_is_large_enough():
    assert len(CASES) >= 40
