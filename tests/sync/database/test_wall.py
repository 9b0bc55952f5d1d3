"""Attacks on the web's connection, with SQL of every kind: it shows its own scope or nothing."""

from itertools import product

import pytest
import sqlalchemy as sa

from sync.database import Database
from sync.tables import MIRROR, OWNED, PORTAL, TYPES

READS = [
    "select * from mirror.{t}",
    "select * from {t}",
    "select * from temp.{t}",
    "with x as (select * from mirror.{t}) select * from x",
    "with {t} as (select * from mirror.{t}) select * from {t}",
    "with x as (select * from {t}), y as (select * from x) select * from y",
    "with recursive x as (select * from mirror.{t} union select * from x) select * from x",
    "select * from (select * from mirror.{t}) as x",
    "select a.* from mirror.{t} a join mirror.{t} b on true",
    "select * from mirror.{t} where false union all select * from mirror.{t}",
    "select (select group_concat(a.source) from mirror.{t} a)",
    "select (select string_agg(a::text, ' ') from mirror.{t} a)",
    "select * from mirror.{t} where exists (select 1 from mirror.{t})",
    "select row_to_json(a) from mirror.{t} a",
    "values ((select min(source) from mirror.{t}))",
    "explain select * from mirror.{t}",
    "explain (analyze, verbose) select * from mirror.{t}",
    "/* x */ explain query plan select * from mirror.{t}",
    "copy mirror.{t} to stdout",
    "table mirror.{t}",
]
KINDS = {kind: name for name, kind in TYPES.items()}
BEHIND = ("quarantine", "hidden", "runs", "leases")


def answer(database: Database, statement: str, organisation: int | None = None) -> str:
    """Everything a statement tells, its error message included."""
    try:
        with database.web() as connection:
            if organisation is not None:
                database.bind(connection, organisation=organisation)
            return str(connection.exec_driver_sql(statement).all())
    except sa.exc.SQLAlchemyError as error:
        return str(error).partition("[SQL:")[0]


@pytest.fixture
def canaries(database, two_organisations, now):
    """The world with a canary in every table that is for staff only."""
    with database.sync() as connection:
        given = {"text": "canary-q", "integer": 1, "bigint": 1, "timestamp": now}
        for name in BEHIND:
            row = {column.name: given[KINDS[type(column.type)]] for column in MIRROR[name].c}
            connection.execute(MIRROR[name].insert().values(row))
    return two_organisations


def test_no_statement_shows_another_organisation(database, canaries):
    for read, table in product(READS, OWNED):
        told = answer(database, read.format(t=table), canaries.a.id)
        assert canaries.b.canary not in told, (read, table)
        assert str(canaries.b.id) not in told, (read, table)
        assert canaries.unowned.canary not in told, (read, table)


def test_nothing_is_visible_until_a_scope_is_bound(database, canaries):
    scoped = [*(f"mirror.{name}" for name in OWNED), "portal.organisations", "portal.members"]
    for read, table in product(READS, [*scoped, "main.organisations", "main.members"]):
        told = answer(database, read.replace("mirror.{t}", table).format(t=table.partition(".")[2]))
        for company in (canaries.a, canaries.b, canaries.unowned):
            assert company.canary not in told, (read, table)
            assert company.name not in told, (read, table)
            assert company.id == 0 or str(company.id) not in told, (read, table)


def test_what_stands_behind_the_counter_is_never_visible(database, canaries):
    for read, table in product(READS, BEHIND):
        assert "canary-q" not in answer(database, read.format(t=table), canaries.a.id), (read, table)


def test_the_plain_statement_shows_a_scope_its_own(database, canaries):
    """The attacks above would pass on a wall that shows nothing at all."""
    for name in OWNED:
        with database.web() as connection:
            database.bind(connection, organisation=canaries.a.id)
            rows = connection.execute(sa.select(MIRROR[name])).all()
            assert rows, name
            assert {row.org_id for row in rows} == {canaries.a.id}


def test_counting_counts_its_own_only(database, canaries):
    columns = ("count(*)", "count(1)", "max(org_id)", "count(distinct org_id)")
    with database.web() as connection:
        database.bind(connection, organisation=canaries.a.id)
        for name, column in product(OWNED, columns):
            own = connection.execute(sa.select(MIRROR[name].c.org_id)).scalars().all()
            told = connection.execute(sa.select(sa.text(column)).select_from(MIRROR[name])).scalar()
            assert told == dict(zip(columns, (len(own), len(own), canaries.a.id, 1), strict=True))[column], (
                name
            )


def test_links_are_not_for_the_web(database, canaries):
    for statement in ("select * from portal.links", "select * from links", "select * from main.links",
                      "with x as (select org_id from main.links) select * from x",
                      "with x as (select org_id from portal.links) select * from x",
                      "select count(*) from main.links", "select count(*) from links"):  # fmt: skip
        assert not answer(database, statement, canaries.a.id).startswith("["), statement


def test_a_person_sees_contacts_and_organisations_of_one_address_only(database, canaries):
    with database.web() as connection:
        database.bind(connection, person="BOTH@both.example ")
        contacts = connection.execute(sa.select(MIRROR["contacts"])).all()
        assert {row.email for row in contacts} == {canaries.both}
        assert {row.org_id for row in contacts} == {canaries.a.id, canaries.b.id, None}
        names = connection.execute(sa.select(PORTAL["organisations"].c.name)).scalars().all()
        assert sorted(names) == sorted([canaries.a.name, canaries.b.name])
        for name in set(OWNED) - {"contacts"}:
            assert not connection.execute(sa.select(MIRROR[name])).all(), name


def test_a_member_without_a_contact_sees_the_memberships_of_that_address_only(database, canaries, now):
    with database.staff(write=True) as connection:
        user = connection.execute(
            sa.select(PORTAL["users"].c.id).where(PORTAL["users"].c.email_key == canaries.invited_nowhere)
        ).scalar_one()
        seat = {"org_id": canaries.b.id, "roles": "orders", "invited_at": now, "invited_by": "test"}
        connection.execute(PORTAL["members"].insert().values(user_id=user, **seat))
    with database.web() as connection:
        database.bind(connection, person=canaries.invited_nowhere)
        members = connection.execute(sa.select(PORTAL["members"])).all()
        assert [(row.user_id, row.org_id) for row in members] == [(user, canaries.b.id)]
        assert connection.execute(sa.select(PORTAL["organisations"].c.id)).scalars().all() == [canaries.b.id]


def test_an_organisation_sees_its_own_members_only(database, canaries):
    with database.web() as connection:
        database.bind(connection, organisation=canaries.a.id)
        members = connection.execute(sa.select(PORTAL["members"].c.org_id)).scalars().all()
        assert set(members) == {canaries.a.id}
        assert connection.execute(sa.select(PORTAL["organisations"].c.id)).scalars().all() == [canaries.a.id]


def test_a_row_without_an_organisation_is_visible_in_no_scope(database, canaries):
    for organisation in (0, -1, canaries.unowned.id):
        with database.web() as connection:
            database.bind(connection, organisation=organisation)
            for name in OWNED:
                assert not connection.execute(sa.select(MIRROR[name])).all(), name


def test_a_transaction_is_bound_once(database, canaries):
    with database.web() as connection:
        database.bind(connection, organisation=canaries.a.id)
        with pytest.raises(ValueError, match="bound already"):
            database.bind(connection, organisation=canaries.b.id)


@pytest.mark.parametrize("scope", [{}, {"organisation": 1, "person": "x@example.com"}])
def test_a_scope_is_one_organisation_or_one_person(database, scope):
    with database.web() as connection, pytest.raises(ValueError, match="either"):
        database.bind(connection, **scope)


def test_only_web_connections_are_bound(database):
    for role in (database.staff, database.sync, database.owners):
        with role() as connection, pytest.raises(ValueError, match="only the web"):
            database.bind(connection, organisation=1)


def test_a_scope_ends_with_its_transaction(database, canaries):
    for _ in range(3):
        with database.web() as connection:
            assert not connection.execute(sa.select(MIRROR["orders"])).all()
            database.bind(connection, organisation=canaries.a.id)
            assert connection.execute(sa.select(MIRROR["orders"])).all()


def test_a_scope_ends_with_an_exception_too(database, canaries):
    with pytest.raises(ZeroDivisionError), database.web() as connection:
        database.bind(connection, organisation=canaries.a.id)
        raise ZeroDivisionError
    with database.web() as connection:
        assert not connection.execute(sa.select(MIRROR["orders"])).all()


def test_an_error_does_not_tell_what_stands_in_a_row_out_of_sight(database, canaries):
    """A condition that fails on a row's value must never meet another organisation's row."""
    number = f"{canaries.b.canary} number"
    with database.staff() as connection:
        found = sa.select(MIRROR["orders"].c.source_id).where(MIRROR["orders"].c.number == number)
        key = connection.execute(found).scalar_one()
    schema = "mirror" if database.dialect == "postgresql" else "temp"
    for failing in (
        f"1 / (case when number = '{number}' then 0 else 1 end) = 1",
        f"abs(case when number = '{number}' then -9223372036854775807 - 1 else 1 end) = 1",
        "cast(number as integer) = 1",
        "json(number) = '1'",
    ):
        asked = f"select 1 from {schema}.orders where source = 'shop' and source_id = '%s' and {failing}"
        there, absent = (answer(database, asked % id_, canaries.a.id) for id_ in (key, "no such order"))
        assert there.splitlines()[0] == absent.splitlines()[0], failing


INDEXED = [
    ("accounts", "number"),
    ("accounts", "tax_number"),
    ("contacts", "email_key"),
    ("orders", "source_id"),
]
SHAPES = [
    "select 1 from {t} x where x.{c} >= '' and {failing}",
    "select 1 from {t} x where x.source >= '' and {failing}",
    "select 1 from {t} y left join {t} x on x.{c} = '{v}' and {failing}",
]


@pytest.mark.parametrize(
    "failing",
    [
        "'x' like 'y' escape (case when x.{c} = '{v}' then 'ab' else 'a' end)",
        f"'x' like (case when x.{{c}} = '{{v}}' then '{'a' * 50_001}' else 'a' end)",
        "(select sum(n) from (select 9223372036854775807 as n union all "
        "select case when x.{c} = '{v}' then 1 else 0 end) s) > 0",
    ],
    ids=["escape", "long pattern", "sum"],
)
@pytest.mark.parametrize(("table", "column"), INDEXED)
def test_a_condition_on_an_indexed_column_fails_for_no_row_out_of_sight(
    database, canaries, table, column, failing
):
    """Where an index has the column, SQLite asks such a condition before it reads whose row this is."""
    with database.staff() as connection:
        theirs = MIRROR[table].c.org_id == canaries.b.id
        value = connection.execute(sa.select(MIRROR[table].c[column]).where(theirs)).scalars().first()
    told = {"t": f"{'mirror' if database.dialect == 'postgresql' else 'temp'}.{table}", "c": column}
    for shape in SHAPES:
        there, absent = (
            answer(
                database,
                shape.format(v=v, failing=failing.format(v=v, **told), **told).replace("%", "%%"),
                canaries.a.id,
            )
            for v in (value, "no such value")
        )
        assert there.splitlines()[:1] == absent.splitlines()[:1], shape
