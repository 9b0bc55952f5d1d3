"""Every record type has a screen whose columns, filters and pages exist."""

import re
from pathlib import Path
from typing import Any

import pytest

from portal import frame, screens, stages
from portal.screens import Screen
from sync.tables import TABLE

ROWS = Path(stages.__file__).parent / "templates" / "parts" / "rows"
ALL = (screens.ORDERS, screens.INVOICES, screens.QUOTES, screens.PAYMENTS, screens.TICKETS)


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.name)
def test_every_row_has_a_cell_for_every_column_in_its_place(screen: Screen) -> None:
    cells = re.findall(r'<td role="cell" class="(\w+)">', (ROWS / f"{screen.name}.html").read_text())
    assert cells == [column.slot for column in screen.columns]
    assert set(cells) <= {"title", "ref", "state", "date", "amount", "extra"}
    assert cells[0] == "title"


def test_no_rows_are_left_over() -> None:
    assert {path.stem for path in ROWS.iterdir()} == {screen.name for screen in ALL}


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.name)
def test_every_order_is_a_column_that_is_never_empty(screen: Screen) -> None:
    for choice in screen.orders:
        assert not TABLE[screen.record].c[choice.key.removeprefix("-")].nullable


def test_every_stage_can_be_filtered_by() -> None:
    assert {choice.key for choice in screens.ORDERS.states} == {"open", *stages.WORDS}


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.name)
def test_every_filter_of_every_list_answers(open_house: Any, config: Any, screen: Screen) -> None:
    whole = open_house(config(portal={"sections": [*frame.SECTIONS]}))
    browser = whole.sign_in(whole.ann)
    path = "/support" if screen is screens.TICKETS else f"/{screen.name}s"
    for state in screen.states:
        for order in screen.orders:
            answer = browser.get(f"{path}?{screen.state}={state.key}&sort={order.key}&q=x")
            assert answer.status_code == 200
            assert "left out" not in answer.text
