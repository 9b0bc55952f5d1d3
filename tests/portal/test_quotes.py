"""Quotes: a section portals choose, what a quote says of itself; credits of every kind beside invoices."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shown import text

from connectors.records import Invoice, Line, Order, Quote
from portal.quotes import QuoteStates
from sync.config import QUOTES, Stages

ALL = ["orders", "invoices", "quotes", "support", "account"]
STATES = ("open", "accepted", "declined", "invoiced", "expired")


def quote(number: str, status: str = "SENT", **told: Any) -> Quote:
    filled = {"currency": "EUR", "total": Decimal(100)}
    return Quote(source_id=number, belongs_to="a0017", number=number, status=status, **{**filled, **told})


@pytest.fixture
def quoting(open_house: Any, config: Any) -> Any:
    """A portal that shows quotes."""
    return open_house(config(portal={"sections": ALL}))


def test_quotes_are_shown_where_the_portal_chose_them_and_nowhere_else(house: Any, quoting: Any) -> None:
    ref = house.world.a.refs["quote"]
    plain, chosen = house.sign_in(house.ann), quoting.sign_in(house.ann)
    assert [plain.get(path).status_code for path in ("/quotes", f"/quotes/{ref}")] == [404, 404]
    assert "/quotes" not in text(plain.get("/"))
    assert house.world.a.canary in text(chosen.get("/quotes"))
    assert f"/quotes/{ref}" in text(chosen.get("/quotes"))


def test_a_quote_tells_what_it_offers_and_until_when(quoting: Any, mirrored: Any) -> None:
    (ref,) = mirrored(
        quote(
            "QU-7", title="New pumps", reference="RFQ 12", issued=date(2026, 11, 20),
            valid_until=date(2026, 12, 4), subtotal=Decimal(90), tax=Decimal(10), discount=Decimal(5),
            note="Delivery within two weeks", lines=(Line(name="Pump", quantity=Decimal(2)),),
        )
    )  # fmt: skip
    page = text(quoting.sign_in(quoting.ann).get(f"/quotes/{ref}"))
    for words in (
        "QU-7",
        "New pumps",
        "RFQ 12",
        "Waiting for you",
        "Good until",
        "Pump",
        "two weeks",
    ):
        assert words in page
    assert "€100.00" in page


@pytest.mark.parametrize(
    ("status", "days", "say"),
    [
        ("SENT", 0, "Waiting for you"), ("SENT", -1, "Expired"), ("Sent", None, "Waiting for you"),
        ("ACCEPTED", -1, "Accepted"), ("DECLINED", 3, "Declined"), ("INVOICED", -9, "Invoiced"),
        ("Presented", 3, "Waiting for you"), ("IN_LIMBO", 3, "In limbo"), ("", 3, "Not known"),
    ],
)  # fmt: skip
def test_the_state_of_a_quote_comes_from_its_status_and_last_day(
    quoting: Any, mirrored: Any, status: str, days: int | None, say: str
) -> None:
    until = None if days is None else quoting.clock().date() + timedelta(days=days)
    (ref,) = mirrored(quote("QU-7", status, valid_until=until))
    assert f">{say}<" in text(quoting.sign_in(quoting.ann).get(f"/quotes/{ref}"))


def test_every_filter_finds_the_quotes_that_show_its_state(quoting: Any, mirrored: Any) -> None:
    today = quoting.clock().date()
    mirrored(
        quote("Q-open", valid_until=today), quote("Q-undated"),
        quote("Q-over", valid_until=today - timedelta(1)), quote("Q-expired", "EXPIRED"),
        quote("Q-yes", "Accepted"), quote("Q-no", "rejected"), quote("Q-invoiced", "INVOICED"),
    )  # fmt: skip
    browser = quoting.sign_in(quoting.ann)
    found = {
        state: {n for n in ("open", "undated", "over", "expired", "yes", "no", "invoiced")
                if f">Q-{n}<" in browser.get(f"/quotes?state={state}").text}
        for state in STATES
    }  # fmt: skip
    assert found == {
        "open": {"open", "undated"},
        "expired": {"over", "expired"},
        "accepted": {"yes"},
        "declined": {"no"},
        "invoiced": {"invoiced"},
    }


def test_quotes_are_searched_by_number_title_and_product(quoting: Any, mirrored: Any) -> None:
    mirrored(quote("Q-1", title="New pumps"), quote("Q-2", lines=(Line(name="Valve", sku="V-9"),)))
    browser = quoting.sign_in(quoting.ann)
    for words, number in (("q-1", "Q-1"), ("PUMPS", "Q-1"), ("v-9", "Q-2")):
        page = browser.get("/quotes", query_string={"q": words}).text
        assert [n for n in ("Q-1", "Q-2") if f">{n}<" in page] == [number]


def test_the_portal_s_own_words_for_a_status_go_first() -> None:
    states = QuoteStates(Stages(quotes={"Approved": "accepted", "sent": "declined"}))
    assert [states.state(s) for s in ("approved", "SENT", "open", "limbo")] == [
        "accepted",
        "declined",
        "open",
        None,
    ]
    assert set(QUOTES.values()) == set(STATES)


def invoice(number: str, **told: Any) -> Invoice:
    return Invoice(source_id=number, belongs_to="a0017", number=number, currency="EUR", **told)


@pytest.mark.parametrize("kind", ["credit note", "prepayment", "overpayment"])
def test_every_kind_of_credit_is_named_and_counts_against_what_is_due_once(
    house: Any, mirrored: Any, kind: str
) -> None:
    owed = Decimal(100)  # A's own invoice of the test world
    (ref,) = mirrored(invoice("CR-1", kind=kind, total=Decimal(-40), credited=Decimal(-10), due=Decimal(-30)))
    browser = house.sign_in(house.ann)
    page = text(browser.get(f"/invoices/{ref}"))
    assert f"{kind.capitalize()} <span" in page
    assert "Credit to use" in page and "€30.00" in page
    assert kind.capitalize() in text(browser.get("/invoices?state=credit"))
    assert ">CR-1<" not in browser.get("/invoices?state=paid").text
    assert f"€{owed - 30:.2f}" in text(browser.get("/"))


def test_an_invoice_that_is_due_can_be_paid_where_the_source_says_and_only_there(
    house: Any, mirrored: Any
) -> None:
    page = "https://pay.example/abc"
    refs = mirrored(
        invoice("P-1", total=Decimal(10), due=Decimal(10), pay_url=page),
        invoice("P-2", total=Decimal(10), due=Decimal(0), pay_url=page),
        invoice("P-3", total=Decimal(10), due=Decimal(10), pay_url=page, void=True),
        invoice("P-4", total=Decimal(10), due=Decimal(10), pay_url="http://pay.example/abc"),
        invoice("P-5", total=Decimal(10), due=Decimal(10), pay_url="javascript:alert(1)"),
        invoice("P-6", total=Decimal(10), due=Decimal(10), pay_url="https://:pay.example@evil.example/"),
    )
    browser = house.sign_in(house.ann)
    shown = ["Pay online" in browser.get(f"/invoices/{ref}").text for ref in refs]
    assert shown == [True, False, False, False, False, False]


def test_an_order_says_when_what_is_outstanding_is_to_be_paid(house: Any, mirrored: Any) -> None:
    (ref,) = mirrored(
        Order(
            source_id="T-1", belongs_to="a0017", number="T-1", currency="EUR", total=Decimal(10),
            outstanding=Decimal(10), payment_due=date(2026, 12, 4),
        )
    )  # fmt: skip
    page = text(house.sign_in(house.ann).get(f"/orders/{ref}"))
    assert "To be paid by 4 Dec 2026" in re.sub("<[^>]+>", "", page)
