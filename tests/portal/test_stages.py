"""Where orders, invoices and tickets stand, in the customer's words."""

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateway import Found
from portal.stages import OrderStages, invoice_pill, invoice_where, ticket_pill
from sync.config import Stages

TODAY = date(2026, 11, 23)
OWN = Stages.model_validate(
    {
        "orders": {
            "In Process": {"stage": "in_production", "say": "Being made"},
            "SHIPPED": {"stage": "dispatched"},
            "waiting": {"stage": "on_hold"},
        },
        "tickets": {"Working": "We are on it"},
    }
)


def order(status: str = "In Process", **values: Any) -> Found:
    return Found("order", {"status": status, "cancelled": 0, "dispatch": "", **values}, None, "Web shop")


def invoice(**values: Any) -> Found:
    told = {
        "kind": "invoice",
        "void": 0,
        "status": "",
        "due_on": None,
        "total": 100,
        "paid": 0,
        "credited": 0,
    }
    return Found("invoice", {**told, **values}, None, "Books")


def test_the_portals_own_wording_comes_first_whatever_the_case() -> None:
    assert OrderStages(OWN).pill(order("IN_PROCESS")).say == "Being made"


def test_a_status_nobody_mapped_keeps_the_sources_words_and_has_no_bar() -> None:
    stages = OrderStages(OWN)
    assert stages.pill(order("DISPUTED_BY_CUSTOMER")).say == "Disputed by customer"
    assert stages.bar(order("DISPUTED_BY_CUSTOMER")) == []


def test_an_order_without_any_status_says_so() -> None:
    assert OrderStages(OWN).pill(order("")).say == "No status given"


@pytest.mark.parametrize(
    ("status", "dispatch", "stage"),
    [
        ("SHIPPED", "part", "part_dispatched"),
        ("SHIPPED", "none", "received"),
        ("SHIPPED", "", "dispatched"),
        ("In Process", "part", "part_dispatched"),
        ("In Process", "all", "dispatched"),
        ("delivered", "part", "part_dispatched"),
        ("delivered", "all", "delivered"),
        ("waiting", "part", "on_hold"),
    ],
)
def test_an_order_is_dispatched_only_when_every_line_has_left(status: str, dispatch: str, stage: str) -> None:
    assert OrderStages(OWN).pill(order(status, dispatch=dispatch)).key == stage


def test_a_cancelled_order_is_cancelled_whatever_its_status() -> None:
    assert OrderStages(OWN).pill(order("SHIPPED", cancelled=1, dispatch="all")).say == "Cancelled"


def test_the_bar_leaves_out_stages_the_sources_do_not_know() -> None:
    steps = OrderStages(OWN).bar(order("SHIPPED", dispatch="part"))
    assert [(step.say, step.state) for step in steps] == [
        ("Received", "done"),
        ("In production", "done"),
        ("Part dispatched", "now"),
    ]


def test_the_bar_ends_done_when_the_last_stage_is_reached() -> None:
    steps = OrderStages(OWN).bar(order("SHIPPED", dispatch="all"))
    assert [step.state for step in steps] == ["done", "done", "done"]
    assert [step.here for step in steps] == [False, False, True]


@given(
    st.sampled_from(
        ["In Process", "shipped", "Delivered", "waiting", "cancelled", "something else", "Pending"]
    ),
    st.sampled_from([0, 1]),
    st.sampled_from(["", "none", "part", "all"]),
)
def test_every_stage_filter_finds_just_the_orders_that_show_that_stage(
    status: str, cancelled: int, dispatch: str
) -> None:
    stages = OrderStages(OWN)
    shown = stages.pill(order(status, cancelled=cancelled, dispatch=dispatch)).key
    row = {"status": status, "cancelled": cancelled, "dispatch": dispatch}
    for wanted in (
        "received",
        "in_production",
        "part_dispatched",
        "dispatched",
        "delivered",
        "on_hold",
        "cancelled",
    ):
        options = stages.where(wanted, [status, "another"]).options
        found = any(
            all(row[w.column] == w.value if w.op == "eq" else row[w.column] in w.value for w in option)
            for option in options
        )
        assert found == (shown == wanted)


@pytest.mark.parametrize(
    ("values", "say"),
    [
        ({"due": 100, "due_on": TODAY}, "Open"),
        ({"due": 100, "due_on": date(2026, 11, 22)}, "Overdue"),
        ({"due": 60, "paid": 40, "due_on": date(2026, 12, 1)}, "Part paid"),
        ({"due": 60, "paid": 40, "due_on": date(2026, 11, 1)}, "Overdue"),
        ({"due": 100}, "Open"),
        ({"due": 0, "paid": 100}, "Paid"),
        ({"due": 0, "credited": 100}, "Credited"),
        ({"due": 100, "due_on": date(2026, 1, 1), "void": 1}, "Void"),
        ({"due": -40, "total": -40, "kind": "credit note"}, "Credit to use"),
        ({"due": 0, "total": -40, "kind": "credit note"}, "Credit used"),
        ({"due": None, "status": "ON_ACCOUNT"}, "On account"),
        ({"due": None, "status": ""}, "Not known"),
    ],
)
def test_the_state_of_an_invoice_comes_from_its_amounts_and_due_date(
    values: dict[str, Any], say: str
) -> None:
    assert invoice_pill(invoice(**values), TODAY).say == say


def test_invoice_filters_agree_with_the_states_shown() -> None:
    wanted = {"overdue": {"overdue"}, "open": {"open", "overdue", "part_paid"}, "paid": {"paid", "credited"}}
    dues, days = (0, 50, 100), (None, date(2026, 11, 1), date(2026, 12, 1))
    for due, day, void in product(dues, days, (0, 1)):
        found = invoice(due=due, paid=100 - due, due_on=day, void=void)
        for state, keys in wanted.items():
            fits = all(_holds(found, condition) for condition in invoice_where(state, TODAY))
            assert fits == (invoice_pill(found, TODAY).key in keys), (state, due, day, void)


def _holds(found: Found, condition: Any) -> bool:
    value = found.values[condition.column]
    if condition.op == "eq":
        return bool(value == condition.value)
    return value is not None and bool(
        value > condition.value if condition.op == "gt" else value < condition.value
    )


def test_a_ticket_shows_the_portals_wording_else_the_sources() -> None:
    told = {"status": "working", "open": 1}
    assert ticket_pill(Found("ticket", told, None, "Desk"), OWN.tickets).say == "We are on it"
    told = {"status": "", "open": 0}
    assert ticket_pill(Found("ticket", told, None, "Desk"), OWN.tickets).say == "Resolved"
