"""A corpus of malformed files, made here: each is accepted, accepted with rows set aside, or refused with
a reason."""

from dataclasses import dataclass

import pytest

from connectors.base import Failure, Garbled, Refused
from connectors.records import Account, Order

ACCOUNTS = {
    "path": "file.csv",
    "record": "account",
    "complete": True,
    "map": {"id": "Id", "fields": {"name": "Name", "phone": "Phone"}},
}
ORDERS = {
    "path": "file.csv",
    "record": "order",
    "complete": True,
    "map": {
        "id": "No",
        "group": "No",
        "belongs_to": "Customer",
        "fields": {"number": "No", "placed_on": "Date", "currency": "Cur", "total": "Total"},
        "lines": {"name": "Article", "quantity": "Qty"},
    },
}
HEAD = "Id,Name,Phone\n"
HEADER = "No,Customer,Date,Cur,Total,Article,Qty\n"
ROW = "A1,c1,2026-01-31,EUR,10.50,Bolt,2\n"


@dataclass
class Case:
    """A file and what becomes of it: the ids of its records, of its quarantine, or the kind and words of a
    refusal."""

    name: str
    content: str | bytes
    records: list[str] | None = None
    aside: list[str | None] | None = None
    refused: type[Failure] | None = None
    says: str = ""
    note: str = ""
    told: dict | None = None


def accepted(name, content, records, *, aside=(), says="", note="", **told):
    """Records, and the ids (None: unknown) of what is quarantined."""
    return Case(name, content, records, list(aside), None, says, note, told)


def refused(name, content, kind, says, **told):
    """Nothing of it is taken."""
    return Case(name, content, None, None, kind, says, "", told)


BOM = "\ufeff"
ACCOUNT_CASES = [
    accepted("plain", HEAD + "1,Ann,5\n2,Bob,6\n", ["1", "2"]),
    accepted("no final newline", HEAD + "1,Ann,5\n2,Bob,6", ["1", "2"]),
    accepted("byte order mark", BOM + HEAD + "1,Ann,5\n", ["1"]),
    accepted("UTF-16 little endian", (BOM + HEAD + "1,Änn,5\n").encode("utf-16-le"), ["1"]),
    accepted("UTF-16 big endian", (BOM + HEAD + "1,Änn,5\n").encode("utf-16-be"), ["1"]),
    accepted("cp1252", (HEAD + "1,Änn Žižek €,5\n").encode("cp1252"), ["1"], note="read as cp1252"),
    accepted("cp1252, told", (HEAD + "1,Änn,5\n").encode("cp1252"), ["1"], encoding="cp1252"),
    refused(
        "UTF-8 with a few wrong bytes",
        HEAD.encode() + "1,Ännä Öß,5\n".encode() + b"2,\xfc,6\n",
        Garbled,
        "line 3: not UTF-8, though",
    ),
    refused("neither UTF-8 nor cp1252", HEAD.encode() + b"1,\x81\x8d,5\n", Refused, "tell encoding"),
    refused(
        "told encoding does not fit",
        HEAD.encode() + b"1,\xfc,5\n",
        Garbled,
        "line 2: not utf-8",
        encoding="utf-8",
    ),
    refused(
        "UTF-16 without a mark", (HEAD + "1,Ann,5\n").encode("utf-16-le"), Refused, 'encoding = "utf-16-le"'
    ),
    accepted(
        "UTF-16 without a mark, told", (HEAD + "1,Ann,5\n").encode("utf-16-le"), ["1"], encoding="utf-16-le"
    ),
    accepted("NUL bytes", HEAD + "1,A\0nn,5\n", ["1"], note="1 NUL bytes left out"),
    accepted("semicolons", HEAD.replace(",", ";") + "1;Ann, Bob;5\n", ["1"]),
    accepted("tabs", HEAD.replace(",", "\t") + "1\tAnn, Bob\t5\n", ["1"]),
    accepted("bars", HEAD.replace(",", "|") + "1|Ann|5\n", ["1"]),
    accepted("sep= line", "sep=;\r\n" + HEAD.replace(",", ";") + "1;Ann;5\r\n", ["1"]),
    accepted("quoted line breaks", HEAD + '1,"Ann\nand\r\nBob",5\n2,Bob,6\n', ["1", "2"]),
    accepted("carriage returns only", HEAD.replace("\n", "\r") + "1,Ann,5\r2,Bob,6\r", ["1", "2"]),
    accepted("doubled quotes", HEAD + '1,"Ann ""the"" Bolt",5\n', ["1"]),
    accepted("backslash quotes", HEAD + '1,"Ann \\"the\\" Bolt",5\n2,Bob,6\n', ["1", "2"]),
    accepted("a blank after the delimiter", HEAD + '1, "Ann, Bob", 5\n', ["1"]),
    accepted("a quote inside an unquoted cell", HEAD + '1,Pipe 5" long,5\n', ["1"]),
    accepted(
        "a stray quote in a quoted cell",
        HEAD + '1,"Pipe 5" long",5\n2,Bob,6\n',
        ["2"],
        aside=[None],
        says="quoting",
    ),
    refused(
        "a quote never closed",
        HEAD + '1,Ann,5\n2,"Bob,6\n3,Cy,7\n',
        Garbled,
        "begins at line 3 is never closed",
    ),
    accepted("titles above", "Customers of Northgate\n\nExported 2026-01-31,,\n" + HEAD + "1,Ann,5\n", ["1"]),
    accepted(
        "a note below",
        HEAD + "1,Ann,5\n\nExported by Excel\n",
        ["1"],
        note="1 rows below the table left out (line 4",
    ),
    accepted("a padded note below", HEAD + "1,Ann,5\n,,\n,2 customers,\n", ["1"], note="below the table"),
    accepted("empty lines between", HEAD + "1,Ann,5\n\n,,\n2,Bob,6\n", ["1", "2"]),
    accepted("the header again", HEAD + "1,Ann,5\n" + HEAD + "2,Bob,6\n", ["1", "2"]),
    accepted("the same row twice", HEAD + "1,Ann,5\n1,Ann,5\n", ["1"]),
    accepted("one id with two contents", HEAD + "1,Ann,5\n1,Bob,6\n", [], aside=["1"], says="twice"),
    accepted("a blank id", HEAD + "1,Ann,5\n,Bob,6\n2,Cy,7\n", ["1", "2"], aside=[None], says="is blank"),
    accepted("a null id", HEAD + "NULL,Bob,6\n2,Cy,7\n", ["2"], aside=[None], says="is blank"),
    accepted(
        "an id shortened by a spreadsheet",
        HEAD + "6.79848E+12,Ann,5\n2,Bob,6\n",
        ["2"],
        aside=[None],
        says="shortened",
    ),
    accepted("a blank name", HEAD + "1,,5\n2,Bob,6\n", ["2"], aside=["1"], says="is blank"),
    accepted("too short", HEAD + "1,Ann\n2,Bob,6\n", ["2"], aside=["1"], says="too short: 2 cells under 3"),
    accepted(
        "too long", HEAD + "1,Ann, Bob,5\n2,Bob,6\n", ["2"], aside=[None], says="too long: 4 cells under 3"
    ),
    accepted(
        "a stray quote that swallows a row",
        HEAD + '1,"Ann,5\n2,Bob,6"\n3,Cy,7\n',
        ["3"],
        aside=[None],
        says="too short: 2 cells under 3",
    ),
    accepted("blank surplus cells", HEAD + "1,Ann,5,,\n2,Bob,6\n", ["1", "2"]),
    accepted("surplus columns without a name", "Id,Name,,Phone,\n1,Ann,x,5,y\n", ["1"]),
    accepted("a header twice that nobody reads", "Id,Name,Tag,Tag\n1,Ann,a,b\n", ["1"]),
    refused("a header twice that is read", "Id,Name,Name\n1,Ann,Bob\n", Refused, "stands 2 times"),
    refused("a column missing", "Id,Nane\n1,Ann\n", Refused, "no column Name .* did you mean Nane"),
    accepted("headers in another spelling", "*ID, name ,PHONE\n1,Ann,5\n", ["1"]),
    accepted("a header alone", HEAD, []),
    refused("no byte at all", b"", Garbled, "is empty"),
    refused("blanks alone", "\n \r\n\n", Garbled, "is empty"),
    refused("a mark alone", BOM, Garbled, "is empty"),
    refused(
        "a login page", "<!DOCTYPE html>\n<html><title>Sign in, please</title></html>", Garbled, "web page"
    ),
    refused("a login page after blanks", "\r\n\r\n  <HTML><body>Id,Name,Phone", Garbled, "web page"),
    refused("an XML error", '<?xml version="1.0"?><Error>AccessDenied</Error>', Garbled, "web page"),
    refused("a JSON error", '{"error": "token expired", "Id": 1}', Garbled, "JSON"),
    refused("a spreadsheet under another name", b"PK\x03\x04" + b"\0" * 40, Refused, "spreadsheet"),
    refused("a compressed file", b"\x1f\x8b\x08" + b"\0" * 40, Refused, "compressed"),
    refused("cut off in a record", HEAD + "1,Ann,5\n2,Bo", Garbled, "stops in the middle"),
    refused("cut off in the first cell", HEAD + "1,Ann,5\n20", Garbled, "stops in the middle"),
    refused("a line of two megabytes", HEAD + "1," + "x" * 2_200_000 + ",5\n", Garbled, "longer than 1 MB"),
    accepted("an apostrophe guard", HEAD + "'0812,Ann,'+49 5\n", ["0812"]),
    accepted(
        "leading zeros and long ids",
        HEAD + "007,Ann,5\n2520018000000073144,Bob,6\n",
        ["007", "2520018000000073144"],
    ),
]
ORDER_CASES = [
    accepted("rows of an order", HEADER + ROW + ROW.replace("Bolt", "Nut"), ["A1"]),
    accepted(
        "one bad line keeps its whole order out",
        HEADER + ROW + ROW.replace(",2\n", ",two\n") + ROW.replace("A1", "A2"),
        ["A2"],
        aside=["A1"],
        says="'two' is not a number",
    ),
    accepted(
        "a line cut short keeps its whole order out",
        HEADER + ROW + "A1,c1,2026\n" + ROW.replace("A1", "A2"),
        ["A2"],
        aside=["A1"],
        says="too short",
    ),
    accepted(
        "a row that cannot be placed puts its neighbours in doubt",
        HEADER + ROW + ROW.replace("c1", "c,1") + ROW.replace("A1", "A3") + ROW.replace("A1", "A4"),
        ["A4"],
        aside=["A1", None, "A3"],
        says="next to it",
    ),
    accepted(
        "a row without its number puts its neighbours in doubt",
        HEADER + ROW + ROW.replace("A1", "") + ROW.replace("A1", "A3"),
        [],
        aside=["A1", None, "A3"],
    ),
    accepted(
        "an order that comes back is joined",
        HEADER + ROW + ROW.replace("A1", "A2") + ROW.replace("Bolt", "Nut"),
        ["A1", "A2"],
    ),
    accepted(
        "an order that comes back with other cells",
        HEADER + ROW + ROW.replace("A1", "A2") + ROW.replace("10.50", "11.50"),
        ["A2"],
        aside=["A1"],
        says="two versions",
    ),
    accepted(
        "rows of an order that disagree",
        HEADER + ROW + ROW.replace("10.50", "11.50") + ROW.replace("A1", "A2"),
        ["A2"],
        aside=["A1"],
        says="line 2 says '10.50', line 3 says '11.50'",
    ),
]


def names(case):
    """The case's name, for pytest."""
    return case.name.replace(" ", "-")


def outcome(folder, read, case, table, record):
    """Read a case's file."""
    folder.put("file.csv", case.content)
    source = folder.source({**table, **(case.told or {})})
    if case.refused:
        with pytest.raises(case.refused, match=case.says) as error:
            read(source, record)
        assert "file.csv" in str(error.value)
        return None
    return read(source, record)


def judged(case, told):
    """Compare what was told with what the case expects."""
    aside = {one.source_id for one in told.aside}
    assert sorted(set(told.records) - aside) == sorted(case.records)
    assert sorted(map(str, (one.source_id for one in told.aside))) == sorted(map(str, case.aside))
    assert case.says in " ".join(one.reason for one in told.aside)
    assert case.note in " ".join(told.notes)
    assert all("file.csv, record" in one.place and "(line" in one.place for one in told.aside)


@pytest.mark.parametrize("case", ACCOUNT_CASES, ids=names)
def test_a_malformed_file_is_read_set_aside_or_refused(folder, read, case):
    told = outcome(folder, read, case, ACCOUNTS, Account)
    if told:
        judged(case, told)


@pytest.mark.parametrize("case", ORDER_CASES, ids=names)
def test_a_malformed_file_of_several_rows_a_record_is_read_set_aside_or_refused(folder, read, case):
    told = outcome(folder, read, case, ORDERS, Order)
    if told:
        judged(case, told)


def test_the_corpus_is_large_enough():
    assert len(ACCOUNT_CASES) + len(ORDER_CASES) >= 40
