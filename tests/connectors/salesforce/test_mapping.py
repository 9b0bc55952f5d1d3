"""Rows → records, by hand and by recordings of live orgs."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.base import Unreadable
from connectors.salesforce.mapping import Raw, record_of
from connectors.salesforce.shapes import SHAPES
from connectors.salesforce.values import flat

VENDOR = Path(__file__).parents[4] / "shared" / "vendor" / "salesforce"
SYSTEM = {"Id": "801000000010001", "IsDeleted": False, "SystemModstamp": "2026-11-01T10:00:00.000+0000"}
recorded = pytest.mark.skipif(not VENDOR.is_dir(), reason="../shared/vendor is not here")


def order(**values):
    """An order of these fields."""
    row = {**SYSTEM, "OrderNumber": "1", "AccountId": "001000000010001", **values}
    return record_of(SHAPES["order"], Raw(row), "EUR")


def test_ids_have_eighteen_characters_whatever_came():
    made = order()
    assert made.source_id == "801000000010001AAA" and made.belongs_to == "001000000010001AAA"


def test_times_are_utc_and_dates_stay_where_they_are():
    made = order(EffectiveDate="2026-11-02", SystemModstamp="2026-11-01T23:30:00.000-0130")
    assert made.updated == datetime(2026, 11, 2, 1, tzinfo=UTC) and made.placed_on == date(2026, 11, 2)


def test_what_is_null_is_nothing():
    made = order(TotalAmount=None, Status=None, EffectiveDate=None, PoNumber=None)
    assert made.total is None and made.status == "" and made.placed_on is None


def test_a_status_nobody_knows_stays_a_text():
    assert order(Status="Sent to Mars").status == "Sent to Mars"


@pytest.mark.parametrize("state", ["Cancelled", "Canceled"])
def test_a_cancelled_order_says_so(state):
    assert order(StatusCode=state).cancelled and not order(StatusCode="Activated").cancelled


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("TotalAmount", float("nan"), "NaN"),
        ("TotalAmount", "a lot", "is not a number"),
        ("EffectiveDate", "tomorrow", "is not a date"),
        ("SystemModstamp", "soon", "is not a time"),
        ("Status", {"a": 1}, "an object where a text belongs"),
        ("OrderNumber", None, "is blank"),
    ],
)
def test_one_odd_value_makes_one_row_unreadable_and_names_the_field(field, value, reason):
    with pytest.raises(Unreadable, match=reason) as told:
        order(**{field: value})
    assert told.value.field == field


def test_an_invoice_comes_from_the_object_the_toml_names(settings):
    told = settings(
        records=["invoice"],
        show={"invoice": {"State__c": ["Posted"]}},
        invoice={
            "object": "Invoice__c",
            "belongs_to": "Account__c",
            "fields": {"number": "Name", "status": "State__c", "due_on": "Due__c", "total": "Total__c"},
            "lines": {"object": "InvoiceLine__c", "parent": "Invoice__c", "fields": {"name": "Text__c"}},
        },
    )
    row = {**SYSTEM, "Account__c": "001000000010001", "Name": "INV-1", "Due__c": "2026-12-01", "Total__c": 12}
    made = record_of(told.shape("invoice"), Raw(row, ({"Text__c": "Bolts"},)), "EUR")
    assert (made.number, made.due_on, made.total) == ("INV-1", date(2026, 12, 1), Decimal(12))
    assert [line.name for line in made.lines] == ["Bolts"]


@recorded
def test_real_accounts_of_a_live_org_become_accounts():
    told = json.loads((VENDOR / "recorded" / "query.json").read_text())
    found = json.loads(told["response"]["body"])["records"]
    stamp = "2021-04-13T11:33:05.000+0000"
    for row in found:
        real = {**flat(row), "Id": row["attributes"]["url"][-18:], "SystemModstamp": stamp}
        made = record_of(SHAPES["account"], Raw(real), "")
        assert made.name == row["Name"] and made.belongs_to == made.source_id


@recorded
def test_the_fields_we_ask_for_stand_in_real_descriptions():
    for name in ("account", "contact", "ticket"):
        shape = SHAPES[name]
        told = json.loads(gzip.decompress((VENDOR / "describe" / f"{shape.table}.json.gz").read_bytes()))
        known = {field["name"] for field in told["fields"]}
        wanted = {field for field in shape.wanted if "." not in field}
        assert wanted - known <= {"CurrencyIsoCode", "IsVisibleInSelfService"}
        related = {field["relationshipName"] for field in told["fields"]}
        assert {field.split(".")[0] for field in shape.wanted if "." in field} <= related
