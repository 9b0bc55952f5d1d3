"""The rights of each role, held against the schema and tried on both engines."""

import re
from itertools import product

import pytest
import sqlalchemy as sa

from sync.database import rights
from sync.tables import MIRROR, OWNED, PORTAL, section

VERBS = ("select", "insert", "update", "delete")
ROLES = ("web", "staff", "owners", "sync")


def tried(database, role, statement):
    """Whether the database lets a role run a statement; nothing is kept."""
    opened = {"web": lambda: database.web(write=True), "staff": lambda: database.staff(write=True)}

    class Undo(Exception):
        pass

    try:
        with opened.get(role, getattr(database, role))() as connection:
            connection.execute(statement)
            raise Undo
    except (Undo, sa.exc.IntegrityError):
        return True
    except (sa.exc.DBAPIError, sa.exc.InvalidRequestError):
        return False


def statement(verb, table):
    column = next(iter(table.c))
    readable = (
        rights.SHARED.get(table.name, [c.name for c in table.c])
        if table.schema == "mirror"
        else [column.name]
    )
    return {
        "select": sa.select(*(table.c[name] for name in readable)),
        "insert": table.insert().inline().values({c.name: sa.null() for c in table.c}),
        "update": table.update().values({column.name: sa.null()}),
        "delete": table.delete(),
    }[verb]


def may(dialect, role, schema, table, verb):
    held = rights.MIRROR_RIGHTS if schema == "mirror" else rights.PORTAL_RIGHTS
    roles = [role]
    if dialect == "postgresql" and role in ("owners", "sync"):
        roles = ["owners", "sync"]  # one role there
    return any(verb in held[one].get(table, ()) for one in roles)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_do_what_its_rights_say_and_nothing_else(database, role):
    for table, verb in product([*MIRROR.values(), *PORTAL.values()], VERBS):
        if (role, str(table)) == ("web", "mirror.meta") and database.dialect == "sqlite":
            continue  # the web needs its pairing only, which is a view of its own there
        if (role, table.name, verb) == ("web", "visits", "insert"):
            continue  # only in a scope: tried below
        expected = may(database.dialect, role, table.schema, table.name, verb)
        assert tried(database, role, statement(verb, table)) is expected, (role, verb, str(table))


def test_the_web_reads_no_more_columns_of_shared_tables_than_customers_may_see(database):
    for name, columns in rights.SHARED.items():
        for column in MIRROR[name].c:
            expected = column.name in columns
            assert tried(database, "web", sa.select(column)) is expected, (name, column.name)


def test_no_role_creates_changes_or_drops_tables(database):
    for role, ddl in product(
        ROLES,
        ["create table x (a text)", "create table mirror.x (a text)", "create view x as select 1",
         "create temp view x as select 1", "create schema x", "drop table mirror.orders",
         "drop table portal.users",
         "alter table mirror.orders add column x text", "alter table portal.users add column x text",
         "create index x on mirror.orders (source)", "truncate mirror.orders", "vacuum",
         "reindex"],
    ):  # fmt: skip
        assert not tried(database, role, sa.text(ddl)), (role, ddl)


def test_reading_transactions_write_nothing(database, two_organisations):
    for role, verb in product(("web", "staff"), ("insert", "update", "delete")):
        with pytest.raises(sa.exc.DBAPIError), getattr(database, role)() as connection:
            connection.execute(statement(verb, PORTAL["throttle"]))


def test_every_table_with_an_org_id_is_scoped_or_out_of_the_webs_reach():
    """Adding an organisation-owned table means deciding here how the web sees it."""
    owned = {
        f"{schema}.{name}"
        for schema in ("mirror", "portal")
        for name, body in re.findall(r"create table (\w+) \((.*?)\n\);", section(schema), flags=re.DOTALL)
        if re.search(r"\borg_id\b", body) or name == "organisations"
    }
    scoped = {f"mirror.{name}" for name in OWNED} | {f"portal.{name}" for name in rights.SCOPED_IN_PORTAL}
    unread = {f"portal.{name}" for name in PORTAL if "select" not in rights.WEB.get(name, ())}
    found_by_hash = {"portal.sign_ins", "portal.sessions"}
    assert owned - scoped - unread == found_by_hash


def test_no_scoped_portal_table_shares_its_name_with_a_mirrored_one():
    """On SQLite both are views in the same temp schema."""
    assert not set(rights.SCOPED_IN_PORTAL) & set(MIRROR)


def test_a_visit_is_written_for_the_bound_organisation_only(database, two_organisations, now):
    world = two_organisations
    visit = {"user_id": 1, "at": now, "page": "dashboard.home"}

    def visits(bound, written):
        with database.web(write=True) as connection:
            database.bind(connection, organisation=bound)
            connection.execute(PORTAL["visits"].insert().values(id=written, org_id=written, **visit))

    visits(world.a.id, world.a.id)
    with pytest.raises(sa.exc.DBAPIError):
        visits(world.a.id, world.b.id)
    with database.staff() as connection:
        assert connection.execute(sa.select(PORTAL["visits"].c.org_id)).scalars().all() == [world.a.id]
