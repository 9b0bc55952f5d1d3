"""What a customer's questions cost: those of a big one are answered from the index of its organisation."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from connectors.records import Invoice, Order
from portal.gateway import Either, Gateway, Where
from sync.database import Database
from sync.tables import MIRROR, ref

SOURCES = ("crm", "shop", "books")
OWN, OTHERS, COMPANIES = 3_000, 6_000, 300
TODAY = date(2026, 11, 23)
TABLES = ("orders", "invoices")


@pytest.fixture
def crowded(database: Database, two_organisations: Any) -> Gateway:
    """A has thousands of orders and invoices, and hundreds of others have some."""
    with database.sync() as connection:
        for name in TABLES:
            table = MIRROR[name]
            like = dict(connection.execute(table.select().limit(1)).mappings().one())
            rows = [
                {
                    **like, "source_id": f"n{n}", "ref": ref(name, "x", str(n)), "number": f"N-{n}",
                    "sort_at": like["sort_at"] - timedelta(minutes=n),
                    "org_id": two_organisations.a.id if n < OWN else n % COMPANIES + 1,
                }
                for n in range(OWN + OTHERS)
            ]  # fmt: skip
            connection.execute(table.insert(), rows)
    return Gateway(database, two_organisations.a.id, SOURCES)


@pytest.fixture
def analysed(crowded: Gateway, database: Database, request: pytest.FixtureRequest) -> Gateway:
    """The same, with what PostgreSQL's autovacuum would know of it by now."""
    if database.dialect == "postgresql":
        with database.staff() as connection:
            name = connection.exec_driver_sql("select current_database()").scalar_one()
        with psycopg.connect(request.getfixturevalue("postgres").at(name), autocommit=True) as administrator:
            for table in TABLES:
                administrator.execute(f"analyze mirror.{table}")
    return crowded


def ask(door: Gateway) -> None:
    """Everything the lists, the start page and a record's own page ask of orders and invoices."""
    newest = door.page(Invoice, counted=True)
    assert newest.after
    door.page(Invoice, after=newest.after)
    door.page(Invoice, order="sort_due", counted=True)
    door.page(Invoice, [Where("void", "eq", 0), Where("due", "gt", 0)], counted=True)
    door.page(Invoice, [Where("search_text", "contains", "nothing")], counted=True)
    door.page(Invoice, [Where("order_number", "eq", "N-7")], order="number")
    door.get(Invoice, newest.rows[0].ref)
    door.dues(TODAY)
    stage = Either([(Where("cancelled", "eq", 0), Where("dispatch", "eq", ""), Where("status", "in", ["x"]))])
    orders = door.page(Order, counted=True)
    door.page(Order, [stage], counted=True)
    door.page(Order, [Where("number", "eq", "N-7")], order="source")
    door.trace(Order, orders.rows[0].ref)
    door.statuses(Order)


@contextmanager
def explained() -> Iterator[dict[str, str]]:
    """The plan of each statement about orders or invoices, from the connection that runs it."""
    plans: dict[str, str] = {}

    def plan(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if any(f"{name} AS" in statement for name in (*TABLES, "accounts")):
            driver = connection.connection.driver_connection
            plans[statement] = _postgres(driver, statement, parameters)

    def _postgres(driver: Any, statement: str, parameters: Any) -> str:
        if isinstance(driver, psycopg.Connection):
            rows = driver.execute(f"explain {statement}", parameters).fetchall()  # type: ignore[arg-type]
            return "\n".join(str(row[0]) for row in rows)
        driver.set_authorizer(None)  # it hides plans from the web
        rows = driver.execute(f"explain query plan {statement}", parameters).fetchall()
        return "\n".join(str(row[3]) for row in rows)

    event.listen(Engine, "after_cursor_execute", plan)
    try:
        yield plans
    finally:
        event.remove(Engine, "after_cursor_execute", plan)


def test_every_question_about_a_big_customer_is_answered_from_its_organisations_index(
    analysed: Gateway,
) -> None:
    with analysed as door, explained() as plans:
        ask(door)
    assert len(plans) >= 12
    for statement, plan in plans.items():
        for table in TABLES:
            assert f"Seq Scan on {table}" not in plan, f"{statement}\n{plan}"
            assert f"SCAN mirror.{table}" not in plan, f"{statement}\n{plan}"
        assert "(org_id = " in plan or "(org_id=?" in plan, f"{statement}\n{plan}"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_counts_and_stages_are_answered_from_the_lists_index_alone(crowded: Gateway) -> None:
    with crowded as door, explained() as plans:
        door.statuses(Order)
        door.count(Order, [Where("status", "eq", "x"), Where("cancelled", "eq", 0)])
    assert len(plans) == 2
    for plan in plans.values():
        assert "orders USING INDEX orders_by_org (org_id=?" in plan, plan


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_pages_of_orders_and_invoices_find_each_other_in_an_index(house: Any) -> None:
    browser, refs = house.sign_in(house.ann), house.world.a.refs
    for page, index in (
        (f"/orders/{refs['order']}", "invoices_by_order (org_id=? AND order_number=?)"),
        (f"/invoices/{refs['invoice']}", "orders_by_number (org_id=? AND number=?)"),
    ):
        with explained() as plans:
            assert browser.get(page).status_code == 200
        assert any(index in plan for plan in plans.values()), plans


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_search_goes_through_a_customers_orders_once_for_its_page_and_its_count(crowded: Gateway) -> None:
    with crowded as door, explained() as plans:
        page = door.page(Order, [Where("search_text", "contains", "a")], counted=True)
    (plan,) = plans.values()
    assert page.total == 1001
    assert len(page.rows) == 20
    assert plan.count("orders USING INDEX") == 2, plan
    assert "orders USING INDEX orders_by_ref (org_id=? AND ref=?)" in plan, "the rows of the page"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_opening_the_door_walks_through_nobodys_accounts_but_the_customers(crowded: Gateway) -> None:
    with explained() as plans, crowded as door:
        assert door.carers() is not None
    (plan,) = plans.values()
    asked = plan.count("mirror.accounts")
    assert asked == plan.count("mirror.accounts USING INDEX accounts_by_ref (org_id=?") > 0, plan
    assert "accounts_by_ref (org_id=? AND ref=?)" in plan, plan
