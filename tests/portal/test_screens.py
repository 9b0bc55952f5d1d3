"""Every record type has a screen whose columns, filters and pages exist."""

import re
from pathlib import Path
from typing import Any

import pytest

from portal import screens, stages
from portal.screens import Screen
from sync.tables import TABLE

CELLS = (Path(stages.__file__).parent / "templates" / "parts" / "cells.html").read_text()
ALL = (screens.ORDERS, screens.INVOICES, screens.PAYMENTS, screens.TICKETS)


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.name)
def test_every_column_has_a_cell_and_a_place_on_the_card(screen: Screen) -> None:
    for column in screen.columns:
        assert f"macro {column.cell}(" in CELLS
        assert column.slot in ("title", "state", "date", "amount", "extra")
    assert screen.columns[0].slot == "title"


def test_no_cell_is_left_over() -> None:
    used = {column.cell for screen in ALL for column in screen.columns}
    assert set(re.findall(r"macro (\w+)\(", CELLS)) == used


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.name)
def test_every_order_is_a_column_that_is_never_empty(screen: Screen) -> None:
    for choice in screen.orders:
        assert not TABLE[screen.record].c[choice.key.removeprefix("-")].nullable


def test_every_stage_can_be_filtered_by() -> None:
    assert {choice.key for choice in screens.ORDERS.states} == {"open", *stages.WORDS}


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.name)
def test_every_filter_of_every_list_answers(house: Any, screen: Screen) -> None:
    browser = house.sign_in(house.ann)
    path = {"order": "/orders", "invoice": "/invoices", "payment": "/payments", "ticket": "/support"}[
        screen.name
    ]
    for state in screen.states:
        for order in screen.orders:
            answer = browser.get(f"{path}?{screen.state}={state.key}&sort={order.key}&q=x")
            assert answer.status_code == 200
            assert "left out" not in answer.text
