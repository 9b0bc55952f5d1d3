"""What a file proves is written down; what it does not prove is asked, never decided."""

import pytest

HEAD = "Invoice No,Customer No,Invoice date,Due date,Total\n"


def setting(found, key):
    """The setting of this key, as (value, open); None where there is none."""
    return next(((one.value, one.open) for one in found.trial.settings if one.key == key), None)


@pytest.mark.parametrize(
    ("dates", "wanted"),
    [
        (("03/04/2026", "05/06/2026"), ("dmy", True)),
        (("03/04/2026", "13/06/2026"), ("dmy", False)),
        (("03/04/2026", "05/13/2026"), ("mdy", False)),
        (("13/04/2026", "05/13/2026"), ("dmy", True)),
        (("2026-04-03", "2026-06-05"), None),
        (("3 Apr 2026", "5 Jun 2026"), None),
        (("04/04/2026", "05/05/2026"), None),
    ],
)
def test_day_or_month_first_is_said_only_where_a_date_beyond_the_twelfth_proves_it(guessed, dates, wanted):
    found = guessed(HEAD + "".join(f"{n},C1,{day},{day},1.50\n" for n, day in enumerate(dates)))
    assert setting(found, "date_order") == wanted


def test_the_proof_may_stand_in_the_last_row_of_a_long_file(guessed):
    rows = "".join(f"{n},C{n % 7},01/02/2026,03/04/2026,1.50\n" for n in range(25_000))
    assert setting(guessed(HEAD + rows), "date_order") == ("dmy", True)
    found = guessed(HEAD + rows + "99999,C1,01/02/2026,31/04/2026,1.50\n".replace("31/04", "30/04"))
    assert setting(found, "date_order") == ("dmy", False)
    assert (found.more, found.trial.data_rows) == (True, 25_001)


@pytest.mark.parametrize(
    ("amounts", "wanted"),
    [
        (("1.50", "2.00"), (".", False)),
        (('"1,50"', '"2,00"'), (",", False)),
        (('"1,500"', '"2,000"'), (".", True)),
        (('"1,500.00"', "2.00"), (".", False)),
        (("1.50", '"2,00"'), (".", True)),
        (("1", "2"), None),
    ],
)
def test_the_decimal_sign_is_said_only_where_an_amount_proves_it(guessed, amounts, wanted):
    rows = "".join(f"{n},C1,2026-01-01,2026-02-01,{amount}\n" for n, amount in enumerate(amounts))
    assert setting(guessed(HEAD + rows), "decimal") == wanted


@pytest.mark.parametrize(
    ("total", "cell", "wanted"),
    [
        ("Total", "1.50", ("EUR", True)),
        ("Total (GBP)", "1.50", ("GBP", False)),
        ("Total in €", "1.50", ("EUR", False)),
        ("Total", "£1.50", ("GBP", False)),
        ("Total", "$1.50", ("EUR", True)),
    ],
)
def test_the_currency_is_said_by_a_column_its_name_or_a_sign_else_asked(guessed, total, cell, wanted):
    rows = f"1,C1,2026-01-01,2026-02-01,{cell}\n"
    assert setting(guessed(HEAD.replace("Total", total) + rows), "currency") == wanted
    with_column = HEAD.replace("Total", "Total,Currency") + "1,C1,2026-01-01,2026-02-01,1.50,CHF\n"
    found = guessed(with_column)
    assert setting(found, "currency") is None
    assert found.draft.table["fields"]["currency"] == "Currency"


def test_a_sign_of_two_currencies_in_one_column_is_a_question(guessed):
    found = guessed(HEAD + "1,C1,2026-01-01,2026-02-01,£1.50\n2,C1,2026-01-01,2026-02-01,€1.50\n")
    assert setting(found, "currency") == ("EUR", True)


def test_times_without_an_offset_ask_whose_clock_it_is(guessed):
    head = "Order No,Customer No,Order date,Total\n"
    assert setting(guessed(head + "1,C1,2026-01-01 10:00,1.50\n"), "timezone") == ("Europe/Berlin", True)
    assert setting(guessed(head + "1,C1,2026-01-01T10:00:00Z,1.50\n"), "timezone") is None
    utc = head.replace("Order date", "Order date (UTC)")
    assert setting(guessed(utc + "1,C1,2026-01-01 10:00,1.50\n"), "timezone") == ("UTC", False)


def test_lines_with_a_tax_of_their_own_and_no_total_ask_whether_prices_include_it(guessed):
    head = "Invoice No,Customer No,Invoice date,Item,Qty,Unit price,Item tax,Item total\n"
    found = guessed(head + "1,C1,2026-01-01,Bolt,2,5.00,2.00,10.00\n1,C1,2026-01-01,Nut,1,5.00,1.00,5.00\n")
    assert setting(found, "tax") == ("excluded", True)
    assert found.draft.table["fields"]["total"] == {"sum": "total", "tax": "tax"}


def test_what_is_told_is_written_as_told(guessed):
    rows = HEAD + '1,C1,03/04/2026,03/04/2026,"1,500"\n'
    told = {"date_order": "mdy", "decimal": ",", "currency": "USD"}
    found = guessed(rows, **told)
    assert {one.key: one.value for one in found.trial.settings} == told
    assert (found.trial.records[0].issued.isoformat(), str(found.trial.records[0].total)) == (
        "2026-03-04",
        "1.500",
    )
