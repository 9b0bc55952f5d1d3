"""Invoices, credits, quotes and payments out of Xero's JSON."""

from datetime import date
from decimal import Decimal

import pytest
from fakes.xero import credit, guid, invoice, quoted, received

from connectors.base import Unreadable
from connectors.records import Allocation, Invoice, InvoicePayment, Line
from connectors.xero.documents import document, payment, quote


def told(number: str = "INV-1", **more):
    return {"InvoiceID": guid(number), **received(invoice(number, "Kea Cafe")), **more}


def test_an_invoice_has_its_sums_dates_lines_and_customer():
    one = document(told(Reference="PO 7", HasAttachments=True))
    assert (one.kind, one.number, one.reference, one.order_number) == ("invoice", "INV-1", "PO 7", "PO 7")
    assert one.belongs_to == guid("Kea Cafe") and one.bill_to.name == "Kea Cafe"
    assert (one.issued, one.due_on) == (date(2026, 11, 2), date(2026, 12, 2))
    assert (one.subtotal, one.tax, one.total, one.due, one.currency) == (100, 15, 115, 115, "NZD")
    assert one.attachments and not one.void and one.status == "AUTHORISED"
    assert one.lines == (
        Line(name="Coffee", sku="COF", quantity=2, unit_price=50, tax=15, total=100),
    )  # fmt: skip


def test_a_payment_and_a_credit_of_an_invoice_are_listed_by_their_dates():
    one = document(
        told(
            Payments=[{"Date": "/Date(1543449600000+0000)/", "Amount": Decimal("46.00"), "Reference": "tx"}],
            CreditNotes=[{"CreditNoteNumber": "CN-5", "AppliedAmount": Decimal(2), "Date": "2026-11-09T0"}],
            Overpayments=[{"AppliedAmount": Decimal(1), "DateString": "2026-11-05T00:00:00"}],
        )
    )
    assert one.payments == (InvoicePayment(on=date(2018, 11, 29), amount=Decimal(46), reference="tx"),)
    assert [(a.number, a.amount) for a in one.allocations] == [("Overpayment", 1), ("CN-5", 2)]


def test_a_deleted_payment_inside_an_invoice_is_no_payment():
    assert document(told(Payments=[{"Amount": Decimal(4), "Status": "DELETED"}])).payments == ()


def test_a_voided_invoice_is_void():
    assert document(told(Status="VOIDED")).void


def test_a_discount_by_rate_is_what_the_line_lost():
    line = {"Description": "Fish", "Quantity": Decimal(1), "UnitAmount": Decimal("19.95"), "DiscountRate": 10}
    one = document(told(LineItems=[{**line, "LineAmount": Decimal("17.96")}]))
    assert one.lines[0].discount == Decimal("1.99")


def test_a_line_that_is_only_text_has_no_amounts():
    assert document(told(LineItems=[{"Description": "Thank you"}])).lines == (Line(name="Thank you"),)


def test_unit_prices_keep_four_places():
    line = {"Description": "Screw", "UnitAmount": Decimal("0.0125"), "Quantity": Decimal(400)}
    assert document(told(LineItems=[line])).lines[0].unit_price == Decimal("0.0125")


def test_an_unknown_currency_or_status_is_kept_as_it_is_written():
    one = document(told(CurrencyCode="XBT", Status="ON HOLD"))
    assert (one.currency, one.status) == ("XBT", "ON HOLD")


def test_missing_dates_are_no_dates():
    one = document(told(Date=None, DateString=None, DueDate=None, DueDateString=None))
    assert (one.issued, one.due_on) == (None, None)


@pytest.mark.parametrize(
    ("listing", "id", "kind"),
    [
        ("CreditNotes", "CreditNoteID", "credit note"),
        ("Prepayments", "PrepaymentID", "prepayment"),
        ("Overpayments", "OverpaymentID", "overpayment"),
    ],
)
def test_credits_are_negative_and_say_what_is_left(listing, id, kind):
    used = [{"Amount": Decimal("10"), "Date": "2026-11-04T00:00:00", "Invoice": {"InvoiceNumber": "INV-1"}}]
    raw = {id: guid("c"), **received(credit(listing, "CN-1", "Kea Cafe")), "Allocations": used}
    one = document({**raw, "RemainingCredit": Decimal("22.5"), "Total": Decimal("34.5")})
    assert (one.kind, one.number) == (kind, "CN-1")
    assert (one.total, one.credited, one.due, one.paid) == (
        Decimal("-34.5"), Decimal(-10), Decimal("-22.5"), Decimal("-2.0"),
    )  # fmt: skip
    assert one.total == one.paid + one.credited + one.due
    assert one.allocations == (Allocation(number="INV-1", amount=Decimal(10), on=date(2026, 11, 4)),)


def test_of_a_void_credit_nobody_says_what_was_used():
    raw = {
        "CreditNoteID": guid("c"),
        **received(credit("CreditNotes", "CN-1", "Kea")),
        "RemainingCredit": Decimal(0),
    }
    one = document({**raw, "Status": "VOIDED"})
    assert one.void and one.paid is None and one.credited is None


def test_an_overpayment_without_a_reference_is_called_by_its_day():
    raw = {"OverpaymentID": guid("o"), **received(credit("Overpayments", "", "Kea Cafe"))}
    assert document(raw).number == "Overpayment 2026-11-03"


def test_an_invoice_without_a_number_is_set_aside_with_a_cure():
    with pytest.raises(Unreadable) as e:
        document(told(InvoiceNumber=None))
    assert (e.value.field, e.value.cure) == ("InvoiceNumber", "give it one in Xero")


@pytest.mark.parametrize(
    ("field", "odd"),
    [("Total", "a lot"), ("LineItems", "none"), ("Contact", []), ("DueDate", "soon"), ("Status", {})],
)
def test_one_odd_value_is_named(field, odd):
    raw = told()
    raw.pop(f"{field}String", None)
    with pytest.raises(Unreadable) as e:
        document({**raw, field: odd})
    assert e.value.field == field


def test_a_quote_has_its_validity_and_terms():
    one = quote({"QuoteID": guid("q"), **received(quoted("QU-1", "Kea Cafe")), "Reference": "R"})
    assert (one.number, one.title, one.status, one.note) == (
        "QU-1", "Offer", "SENT", "As discussed\n\n30 days",
    )  # fmt: skip
    assert (one.issued, one.valid_until) == (date(2026, 11, 4), date(2026, 12, 4))
    assert one.belongs_to == guid("Kea Cafe") and one.discount is None


def test_a_refund_is_money_that_went_back():
    paid_for = {"InvoiceNumber": "CN-1", "CurrencyCode": "NZD", "Contact": {"ContactID": "C"}}
    raw = {"PaymentID": "P", "PaymentType": "ARCREDITPAYMENT", "Amount": Decimal(2), "Invoice": paid_for}
    one = payment(raw)
    assert (one.amount, one.invoice_number, one.belongs_to, one.currency) == (-2, "CN-1", "c", "NZD")
    assert payment({**raw, "PaymentType": "ACCRECPAYMENT"}).amount == 2


def test_a_payment_without_an_amount_is_set_aside():
    with pytest.raises(Unreadable):
        payment({"PaymentID": "P", "PaymentType": "ACCRECPAYMENT", "Amount": None})


def test_nothing_but_what_is_listed_reaches_a_record():
    one = document(told())
    assert isinstance(one, Invoice)
    assert "200" not in repr(one) and "margin" not in repr(one)
