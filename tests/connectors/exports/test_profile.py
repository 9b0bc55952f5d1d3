"""The profile language: what a mapping may say, and what is wrong with one that says something else."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from connectors.base import Refused
from connectors.exports.profile import Profile, shipped
from connectors.records import Account, Invoice, Order


def profile(record="order", **more):
    """A profile with the least it needs."""
    return Profile.model_validate({"record": record, "id": "No", "fields": {"number": "No"}, **more})


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"fields": {"nubmer": "No", "number": "No"}}, "a order has no such field; did you mean number"),
        ({"fields": {"status": "No"}}, "number must be mapped in every order"),
        ({"fields": {"number": "No", "source_id": "No"}}, "no such field"),
        ({"lines": {"quantity": "Qty"}}, "name must be mapped in every line"),
        ({"lines": {"name": "A", "price": "B"}}, "a line has no such field"),
        ({"events": [{"at": "A", "waht": "B"}]}, "did you mean what"),
        ({"fields": {"number": {"colum": "No"}}}, "colum"),
        ({"fields": {"number": {"column": "No", "constant": "1"}}}, "exactly one of"),
        ({"fields": {"number": {"column": "No", "find": {"by": "A", "take": "B"}}}}, "either file or record"),
        ({"fields": {"number": "No", "total": {"of": "quantity"}}}, "belong together"),
        ({"group_by": "No"}, "group_by"),
        ({"decimal": ";"}, "decimal"),
    ],
)
def test_a_profile_that_says_something_unknown_is_refused(said, complaint):
    with pytest.raises(ValidationError, match=complaint):
        profile(**said)


def test_every_shipped_profile_is_valid_and_recognises_itself(folder):
    for name, one in shipped().items():
        if not one.recognise:
            continue  # only ever named by hand
        columns = dict.fromkeys(
            (*one.recognise, *one.some[:1], *one.required, *one.id.cells(), *one.only, *one.show)
        )
        folder.put(f"{name}.csv", ",".join(columns) + "\n")
        assert list(folder.source(f"{name}.csv").reads) == [one.cls], name


def test_the_digest_moves_with_anything_the_profile_says():
    assert profile().digest() == profile().digest() != profile(title="other").digest()


def own(record, fields, head, *rows, **more):
    """A mapping of one's own, and its file."""
    table = {"path": "own.csv", "record": record, "map": {"id": "No", "fields": fields, **more}}
    return table, head + "\n" + "".join(row + "\n" for row in rows)


@pytest.fixture
def mapped(folder, read):
    """Read a file through a mapping of one's own; the records by id."""

    def mapped(cls, record, fields, head, *rows, told=(), **more):
        table, text = own(record, fields, head, *rows, **more)
        folder.put("own.csv", text)
        return read(folder.source(table, **dict(told)), cls).records

    return mapped


def test_a_list_takes_the_first_filled_cell_and_a_join_the_filled_ones(mapped):
    fields = {"number": "No", "name": ["Company", {"join": ["First", "Last"]}, "Mail"]}
    found = mapped(
        Account, "account", fields, "No,Company,First,Last,Mail", "1,,Ann,,a@x", "2,,,,b@x", "3,Co,Cy,C,c@x"
    )
    assert [account.name for account in found.values()] == ["Ann", "b@x", "Co"]


def test_other_words_a_default_and_a_constant(mapped):
    status = {"column": "Status", "values": {"OFFEN": "open"}, "default": "new"}
    fields = {"number": "No", "status": status, "currency": {"constant": "eur"}, "total": "Total"}
    found = mapped(Order, "order", fields, "No,Status,Total", "1,offen,1.5", "2,,2", "3,Zu,3")
    assert [(order.status, order.currency) for order in found.values()] == [
        ("open", "EUR"),
        ("new", "EUR"),
        ("Zu", "EUR"),
    ]


def test_yes_and_no_by_words_by_their_opposite_and_by_being_filled(mapped):
    for formula, expected in (
        ({"column": "X", "is": ["storniert"]}, [True, False, False]),
        ({"column": "X", "is_not": ["storniert"]}, [False, True, True]),
        ({"column": "X", "filled": True}, [True, True, False]),
        ({"column": "X", "filled": False}, [False, False, True]),
    ):
        found = mapped(
            Order, "order", {"number": "No", "cancelled": formula}, "No,X", "1,Storniert", "2,nein", "3,"
        )
        assert [order.cancelled for order in found.values()] == expected


def test_a_total_is_summed_from_lines_only_where_the_profile_says_so(mapped):
    more = {
        "group": "No",
        "lines": {
            "name": "A",
            "quantity": "Q",
            "unit_price": "P",
            "total": {"product": ["quantity", "unit_price"]},
        },
    }
    rows = ("No,A,Q,P", "1,x,2,1.25", "1,y,3,0.10", "2,z,,1.00")
    fields = {"number": "No", "total": {"sum": "total"}}
    found = mapped(Order, "order", fields, *rows, told={"currency": "EUR"}, **more)
    assert [order.total for order in found.values()] == [Decimal("2.80"), None]
    assert mapped(Order, "order", {"number": "No"}, *rows, **more)["1"].total is None


def test_prices_that_may_include_tax_ask_and_then_add_it_only_where_it_is_excluded(mapped):
    more = {"group": "No", "lines": {"name": "A", "total": "T", "tax": "X"}}
    fields = {"number": "No", "total": {"sum": "total", "tax": "tax"}}
    rows = ("No,A,T,X", "1,x,10.00,1.90", "1,y,5.00,")
    with pytest.raises(Refused, match='whether its prices include tax: add tax = "included"'):
        mapped(Invoice, "invoice", fields, *rows, **more)
    for tax, total in (("included", "15.00"), ("excluded", "16.90")):
        assert mapped(Invoice, "invoice", fields, *rows, told={"tax": tax}, **more)["1"].total == Decimal(
            total
        )


def test_an_id_of_several_columns_needs_all_of_them(folder, read):
    table, text = own("account", {"name": "Name"}, "No,Sub,Name", "1,a,Ann", "1,,Bob", "1,b,Cy")
    table["map"]["id"] = {"join": ["No", "Sub"], "by": "/"}
    folder.put("own.csv", text)
    source = folder.source(table)
    told = read(source, Account)
    assert list(told.records) == ["1/a", "1/b"]
    assert [one.source_id for one in told.skipped] == [None]
    assert source.id_rule(Account) == "No/Sub"


def test_a_value_is_looked_up_in_another_file(folder, read):
    folder.put("products.csv", "CODE;NAME\nA;Bolt; long\nB;Nut\n")
    folder.put("products.csv", 'CODE;NAME\nA;"Bolt; long"\nB;Nut\n')
    find = {"file": "products.csv", "by": "CODE", "take": "NAME"}
    for keep, expected in ((True, ["Bolt; long", "C"]), (False, ["Bolt; long", ""])):
        lines = {"name": {"column": "Code", "find": {**find, "keep": keep}}}
        table, text = own("order", {"number": "No"}, "No,Code", "1,A", "1,C", group="No", lines=lines)
        folder.put("own.csv", text)
        assert [line.name for line in read(folder.source(table), Order).records["1"].lines] == expected


def test_a_look_up_in_a_missing_file_or_column_is_refused(folder, read):
    name = {"column": "Code", "find": {"file": "products.csv", "by": "CODE", "take": "NAME"}}
    table, text = own("order", {"number": "No", "status": name}, "No,Code", "1,A")
    folder.put("own.csv", text)
    with pytest.raises(Refused, match=r"no file matches products\.csv"):
        folder.source(table).check()
    folder.put("products.csv", "CODE,TITLE\nA,Bolt\n")
    with pytest.raises(Refused, match=r"products\.csv, line 1: no column NAME, which a look-up needs"):
        folder.source(table).check()


def test_a_currency_is_told_only_where_the_file_has_no_column_for_it(mapped):
    fields = {"number": "No", "total": "Total", "currency": "Cur"}
    told = {"currency": "EUR"}
    assert mapped(Order, "order", fields, "No,Total", "1,5", told=told)["1"].currency == "EUR"
    found = mapped(Order, "order", fields, "No,Total,Cur", "1,5,chf", "2,5,", told=told)
    assert [order.currency for order in found.values()] == ["CHF", ""]


def test_what_is_told_for_one_set_of_files_wins_over_the_source(folder, read):
    table, text = own("order", {"number": "No", "placed_on": "On"}, "No,On", "1,03/04/2026")
    folder.put("own.csv", text)
    source = folder.source({**table, "date_order": "mdy"}, date_order="dmy")
    assert read(source, Order).records["1"].placed_on.isoformat() == "2026-03-04"


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"path": "a.csv", "profile": "shopify"}, "unknown profile 'shopify'; there are"),
        ({"path": "a.csv", "map": {"id": "No", "fields": {"number": "No"}}}, 'needs record = "order"'),
        ({"path": "a.csv", "profile": "shopify-orders", "record": "order", "map": {}}, "exclude each other"),
        ({"path": "a.csv", "encoding": "latin-9000"}, "unknown encoding"),
        ({"path": "a.csv", "timezone": "Berlin"}, "time zone"),
        ({"path": "a.csv", "currency": "Euro"}, "currency"),
        ({"path": "a.csv", "delimiter": ":"}, "delimiter"),
        ({"path": "a.csv", "compleet": True}, "compleet"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(folder, table, complaint):
    with pytest.raises(ValidationError, match=complaint):
        folder.source(table)
