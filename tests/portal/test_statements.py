"""How often a page asks the database, its gate and its visit included: the same for any number of rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from connectors import records as r

SCOPE = ("begin", "select set_config")
MOST = {
    "/orders": 5,
    "/orders?q=valve": 5,
    "/orders?stage=open&from=2020-01-01": 6,  # and which statuses there are
    "/orders/{order}": 6,
    "/": 8,
    "/invoices": 5,
    "/invoices/{invoice}": 6,
    "/support": 6,
    "/account": 7,
}


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements of this process, without those that begin a transaction or bind its scope."""
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.strip().lower().startswith(SCOPE):
            told.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def asked(browser: Any, path: str) -> list[str]:
    with counting() as told:
        answer = browser.get(path)
    assert answer.status_code == 200
    return told


@pytest.fixture
def more(mirrored: Callable[..., list[str]], now: datetime) -> Callable[[range], None]:
    """Mirror more of everything at A."""
    lines = tuple(r.Line(name="valve", quantity=Decimal(1), total=Decimal(1)) for _ in range(5))
    events = tuple(r.Event(at=now, what="moved") for _ in range(5))

    def put(numbers: range) -> None:
        for n in map(str, numbers):
            told = {"source_id": f"m{n}", "number": n}
            amounts = {"currency": "EUR", "total": Decimal(1)}
            mirrored(
                r.Order(
                    **told, **amounts, placed=now - timedelta(int(n)), status=n, lines=lines, events=events
                ),
                r.Invoice(**told, **amounts, due=Decimal(1), issued=now.date(), lines=lines),
                r.Ticket(**told, open=int(n) % 2 == 0),
                r.Contact(source_id=f"m{n}", name=n),
            )

    return put


def test_a_page_asks_as_often_for_fifty_rows_as_for_five(house: Any, more: Callable[[range], None]) -> None:
    browser, refs = house.sign_in(house.ann), house.world.a.refs
    counts = []
    for numbers in (range(5), range(5, 50)):
        more(numbers)
        counts.append({path: len(asked(browser, path.format(**refs))) for path in MOST})
    few, many = counts
    assert many == few | {"/": many["/"]}
    assert many["/"] - few["/"] <= 1, "open tickets are counted where there is more than one"
    assert {path: number for path, number in many.items() if number > MOST[path]} == {}
