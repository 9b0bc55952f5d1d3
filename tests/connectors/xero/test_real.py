"""What Xero itself has sent: recorded traffic and the samples of its specification."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.records import Account, Contact, Invoice, Payment, Quote
from connectors.xero import MAP
from connectors.xero.consent import tenants
from connectors.xero.listings import LISTINGS, Listing, taken
from connectors.xero.people import people
from connectors.xero.shown import Shown
from sync.encoding import encode

SHARED = Path(__file__).parents[3] / ".." / "shared" / "vendor" / "xero"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"Xero's recordings are not at {SHARED}")


def decoded(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def recorded(name: str) -> Iterator[dict[str, Any]]:
    for exchange in json.loads((SHARED / "recorded" / f"{name}.json").read_text()):
        yield exchange["request"]["uri"], exchange["response"]


def rows(listing: Listing, told: Any) -> list[dict[str, Any]]:
    return [taken(one, listing.take) for one in told[listing.name]]


def recorded_invoices() -> list[dict[str, Any]]:
    (body,) = (
        r["body"] for uri, r in recorded("test_invoice_attachment_upload_and_download") if "page=1" in uri
    )
    return rows(LISTINGS[Invoice][0], decoded(body))


def shown(settings, record, listing, told):
    rules = Shown(settings, record)
    return [one for one in told if rules.gone(listing, one) is None]


def test_every_recorded_sales_invoice_becomes_a_row_of_the_mirror(books, now):
    listing, told = LISTINGS[Invoice][0], recorded_invoices()
    sales = shown(books.settings(), Invoice, listing, told)
    assert len(told) == 79 and 20 < len(sales) < 79
    for raw in sales:
        one = MAP[Invoice](raw)
        assert encode(one, now)["total"] is not None
        assert one.void or one.total == one.paid + one.credited + one.due
        assert one.issued and one.updated and one.belongs_to and one.lines


def test_no_recorded_bill_or_draft_is_shown(books):
    listing, told = LISTINGS[Invoice][0], recorded_invoices()
    for one in shown(books.settings(), Invoice, listing, told):
        assert one["Type"] == "ACCREC" and one["Status"] in ("AUTHORISED", "PAID", "VOIDED")
    assert {one["Type"] for one in told} == {"ACCREC", "ACCPAY"}


@pytest.mark.parametrize(
    ("sample", "record"),
    [
        ("getInvoices", Invoice), ("getInvoice", Invoice), ("getCreditNotes", Invoice),
        ("getPrepayments", Invoice), ("getOverpayments", Invoice), ("getQuotes", Quote),
        ("getPayments", Payment), ("getContacts", Account), ("getContact", Account),
    ],
)  # fmt: skip
def test_every_sample_of_the_specification_is_read(books, now, sample, record):
    told = decoded((SHARED / "samples" / f"{sample}.json").read_text())
    (listing,) = (one for one in LISTINGS[record] if one.name in told)
    found = shown(books.settings(), record, listing, rows(listing, told))
    assert found
    for raw in found:
        one = MAP[record](raw)
        assert one.belongs_to and one.updated and encode(one, now)


def test_the_people_of_the_samples_are_read(books):
    for sample in ("getContact", "getContacts"):
        told = decoded((SHARED / "samples" / f"{sample}.json").read_text())
        for raw in rows(LISTINGS[Contact][0], told):
            assert all(MAP[Contact](person).source_id == key for key, person in people(raw))


def test_the_recorded_connections_name_the_organisation():
    ((_, response),) = recorded("test_get_connections")
    assert [one.id for one in tenants(json.loads(response["body"]))] == [
        "a46fcb6f-2773-40c4-a119-8aa08bca1e8e"
    ]
