"""Salesforce objects as three kinds of tools write them; deleted rows, drafts and rows without an account."""

import pytest

from connectors.base import Refused
from connectors.records import Account, Contact, Order, Ticket

CASES = (
    "Id,IsDeleted,CaseNumber,AccountId,Subject,Status,Priority,Description,IsClosed,CreatedDate,ClosedDate,"
    "Comments\n"
)
CASE = (
    "500Ec000009YUY8,,00001014,001Ec00000GGw3h,Broken pump,Working,High,It leaks,,"
    "2024-01-23T13:26:08.000+0000,,SECRET\n"
)
ORDERS = "Id,AccountId,OrderNumber,Status,StatusCode,EffectiveDate,TotalAmount,CurrencyIsoCode\n"
ORDER = "8011G000000XFeO,0011G00000gY0y4,00005392,Activated,Activated,2019-11-11,27998.6,USD\n"


def snake_case(head):
    """IsDeleted → is_deleted, in a whole header."""
    spelt = "".join("_" + c.lower() if c.isupper() else c for c in head)
    return spelt.replace(",_", ",").lstrip("_")


@pytest.mark.parametrize("spelt", [str, str.upper, snake_case])
def test_headers_are_api_names_upper_case_or_snake_case(folder, read, spelt):
    folder.put(
        "Account.csv",
        spelt("Id,IsDeleted,Name,AccountNumber,ParentId,BillingStreet,BillingCity")
        + '\n001Ec00000GGw3h,,Walker,\'0042,001Ec00000GGw3i,"Line 1\nLine 2",Ulm\n',
    )
    account = read(folder.source("Account.csv"), Account).records["001Ec00000GGw3hIAD"]
    assert (account.name, account.number, account.parent) == ("Walker", "0042", "001Ec00000GGw3iIAD")
    assert (account.billing.lines, account.billing.city) == (("Line 1", "Line 2"), "Ulm")


def test_a_deleted_row_is_the_sources_word_that_the_record_is_gone(folder, read):
    folder.put(
        "Account.csv", "Id,IsDeleted,Name,OwnerId\n1,TRUE,Ann,x\n2,false,Bob,x\n3,,Cy,x\n4,perhaps,Dee,x\n"
    )
    told = read(folder.source("Account.csv"), Account)
    assert [(one.source_id, one.why) for one in told.gone] == [("1", "deleted")]
    assert list(told.records) == ["2", "3"]
    assert [(one.source_id, one.field) for one in told.skipped] == [("4", "IsDeleted")]


def test_a_case_is_a_ticket_with_the_customers_own_words(folder, read):
    folder.put(
        "Case.csv",
        CASES + CASE + CASE.replace("YUY8", "YUY9").replace("Working,High,It leaks,", "Closed,,,1"),
    )
    told = read(folder.source("Case.csv"), Ticket)
    ticket, closed = told.records.values()
    assert (ticket.source_id, ticket.belongs_to, ticket.number) == (
        "500Ec000009YUY8IAO",
        "001Ec00000GGw3hIAD",
        "00001014",
    )
    assert (ticket.open, ticket.status, ticket.priority, ticket.text) == (True, "Working", "High", "It leaks")
    assert not closed.open
    assert "SECRET" not in str(told.rows)


def test_a_case_salesforce_keeps_from_self_service_is_hidden_unless_the_toml_shows_it(folder, read):
    head, row = CASES.strip() + ",IsVisibleInSelfService\n", CASE.strip()
    cases = [row.replace("YUY8", f"YUY{n}") + f",{word}\n" for n, word in enumerate(("true", "0", ""))]
    folder.put("Case.csv", head + "".join(cases))
    told = read(folder.source("Case.csv"), Ticket)
    assert len(told.records) == 2
    assert [one.rule for one in told.gone] == ["show.ticket.IsVisibleInSelfService: 0 is not in the list"]
    shown = {"ticket": {"IsVisibleInSelfService": ("*",)}}
    assert len(read(folder.source("Case.csv", show=shown), Ticket).records) == 3


def test_a_case_without_an_account_belongs_to_nobody(folder, read):
    folder.put("Case.csv", CASES + CASE.replace("001Ec00000GGw3h", ""))
    assert [ticket.belongs_to for ticket in read(folder.source("Case.csv"), Ticket).records.values()] == [
        None
    ]


def test_cases_without_the_column_that_tells_open_from_closed_are_refused(folder, read):
    folder.put("Case.csv", "Id,CaseNumber,Status\n1,2,New\n")
    with pytest.raises(Refused, match="no column IsClosed"):
        read(folder.source("Case.csv"), Ticket)


def test_a_contact_is_called_by_its_names_or_its_address(folder, read):
    folder.put(
        "Contact.csv",
        "Id,AccountId,LastName,FirstName,Email,Phone,MobilePhone,Title\n1,A,Ash,Ann,a@x.example,,0171,Buyer\n2,A,,,b@x.example,,,\n",
    )
    ann, bob = read(folder.source("Contact.csv"), Contact).records.values()
    assert (ann.name, ann.email, ann.phone, ann.title, ann.active) == (
        "Ann Ash",
        "a@x.example",
        "0171",
        "Buyer",
        True,
    )
    assert bob.name == "b@x.example"


def test_a_draft_order_is_hidden_and_an_export_that_cannot_tell_is_refused(folder, read):
    folder.put(
        "Order.csv", ORDERS + ORDER + ORDER.replace("FeO", "FeP").replace(",Activated,2019", ",Draft,2019")
    )
    told = read(folder.source("Order.csv"), Order)
    assert [one.rule for one in told.gone] == ["show.order.StatusCode: Draft is not in the list"]
    folder.put(
        "Order.csv", (ORDERS + ORDER).replace("StatusCode,", "").replace("Activated,Activated", "Activated")
    )
    with pytest.raises(Refused, match="no column StatusCode"):
        read(folder.source("Order.csv"), Order)


def test_order_lines_stand_in_a_file_of_their_own(folder, read):
    folder.put("Order.csv", ORDERS + ORDER)
    folder.put(
        "OrderItem.csv",
        "Id,OrderId,Quantity,UnitPrice,TotalPrice,Description\n1,8011G000000XFeOQAW,2.0,10.5,21.0,Pump\n",
    )
    told = read(
        folder.source({"path": "Order.csv", "lines": {"file": "OrderItem.csv", "parent": "OrderId"}}), Order
    )
    order = told.records["8011G000000XFeOQAW"]
    assert [(line.name, line.quantity, line.total) for line in order.lines] == [("Pump", 2, 21)]
    assert told.data_rows == 2


def test_an_order_without_a_file_of_lines_has_none(folder, read):
    folder.put(
        "Order.csv",
        (ORDERS + ORDER)
        .replace("StatusCode", "StatusCode,Description")
        .replace(",Activated,2019", ",Activated,internal,2019"),
    )
    order = read(folder.source("Order.csv"), Order).records["8011G000000XFeOQAW"]
    assert order.lines == ()


def test_times_without_an_offset_ask_for_the_zone(folder, read):
    folder.put(
        "Order.csv", ORDERS.replace("\n", ",SystemModstamp\n") + ORDER.replace("\n", ",2019-11-11 17:23:34\n")
    )
    with pytest.raises(
        Refused, match=r'need a time zone: add timezone = "Europe/Berlin" under \[\[sources\]\] id = "src"'
    ):
        read(folder.source("Order.csv"), Order)
    order = read(folder.source("Order.csv", timezone="America/New_York"), Order).records["8011G000000XFeOQAW"]
    assert order.updated.isoformat() == "2019-11-11T22:23:34+00:00"
