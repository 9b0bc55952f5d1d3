"""A database of an older version becomes one of this version, with what it held, on both engines."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from sync.database import Database, WrongDatabase
from sync.database.versions import statements
from sync.tables import MIRROR, PORTAL, schema_text

FIRST = Path(__file__).with_name("schema-1.sql").read_text("utf-8")
ORDER = (
    "insert into orders (source, source_id, ref, fingerprint, data_rows, first_seen, changed_at, sort_at, "
    "number, reference, status, payment_status, cancelled, dispatch, tracking, items, currency, note, lines, "
    "shipments, events, search_text) values ('shop', '1', 'r', 1, 1, '2026-01-01', '2026-01-01', "
    "'2026-01-01', 'N-1', '', '', '', 0, '', '', 0, '', '', '[]', '[]', '[]', '')"
)
META = "insert into meta (name, value) values ('schema_version', '1'), ('pairing', 'p'), ('epoch', 'e')"


def section(text, name):
    parts = re.split(r"^-- section: (\w+).*$", text, flags=re.MULTILINE)
    return parts[parts.index(name) + 1]


@pytest.fixture
def old_files(tmp_path):
    """Version 1 in two SQLite files, with one order."""
    folder = tmp_path / "var"
    folder.mkdir()
    for name in ("mirror", "portal"):
        connection = sqlite3.connect(folder / f"{name}.db")
        connection.executescript(section(FIRST, name))
        connection.execute(META)
        if name == "mirror":
            connection.execute(ORDER)
        connection.commit()
        connection.close()
    database = Database("sqlite:var", tmp_path)
    yield database, None
    database.close()


@pytest.fixture
def old_server(tmp_path, postgres):
    """Version 1 in a PostgreSQL database, with one order and the roles there are."""
    name = postgres.fresh()
    roles = section(schema_text("roles.sql"), "roles")
    with psycopg.connect(postgres.at(name)) as connection:
        connection.execute(roles)
        connection.execute("set local role portal_owner")
        for schema in ("mirror", "portal"):
            connection.execute("select set_config('search_path', %s, true)", (schema,))
            connection.execute(section(FIRST, schema))
            connection.execute(META)
        connection.execute(ORDER.replace("into orders", "into mirror.orders"))
    database = Database(postgres.at(name), tmp_path)
    yield database, postgres.at(name)
    database.close()
    postgres.drop(name)


@pytest.fixture(params=["old_files", "old_server"])
def old(request):
    """A database of version 1, on each engine, and its administrator."""
    return request.getfixturevalue(request.param)


def made_of(database, admin):
    """Every column and index the database has, in the engine's own words."""
    if admin is None:
        return {name: _file(database, name) for name in ("mirror", "portal")}
    asked = (
        "select table_schema, table_name, column_name, data_type, is_nullable "
        "from information_schema.columns "
        "where table_schema in ('mirror', 'portal')",
        "select schemaname, tablename, indexname, indexdef, null from pg_indexes "
        "where schemaname in ('mirror', 'portal')",
    )
    with psycopg.connect(admin) as connection:
        return {row for statement in asked for row in connection.execute(statement).fetchall()}


def _file(database, name):
    tables = MIRROR if name == "mirror" else PORTAL
    with closing(sqlite3.connect(database._store.path(name))) as connection:
        columns = {
            (table, column[1], column[2].lower(), column[3])
            for table in tables
            for column in connection.execute(f"pragma table_info({table})")
        }
        found = connection.execute(
            "select name, sql from sqlite_master where type = 'index' and sql is not null"
        )
        return columns | set(found.fetchall())


def test_an_old_database_is_refused_until_it_is_upgraded_and_keeps_what_it_holds(old):
    database, admin = old
    if admin is None:  # on a server the old roles may not even look
        with pytest.raises(WrongDatabase, match="run `fanlight upgrade`"):
            database.check()
    for _ in range(2):
        database.upgrade(admin)
    database.check()
    orders, invoices, quotes = (MIRROR[name] for name in ("orders", "invoices", "quotes"))
    with database.staff() as connection:
        assert connection.execute(sa.select(orders.c.number, orders.c.payment_due)).all() == [("N-1", None)]
        assert connection.execute(sa.select(invoices.c.attachments)).all() == []
        assert connection.execute(sa.select(quotes)).all() == []
    with database.owners() as connection:
        assert connection.execute(sa.select(PORTAL["credentials"])).all() == []


def test_an_upgraded_database_is_made_like_a_new_one(old, tmp_path, request):
    upgraded, admin = old
    upgraded.upgrade(admin)
    if admin is None:
        new, new_admin = Database("sqlite:new", tmp_path), None
    else:
        postgres = request.getfixturevalue("postgres")
        new_admin = postgres.at(postgres.fresh())
        new = Database(new_admin, tmp_path)
    new.create(new_admin)
    assert made_of(upgraded, admin) == made_of(new, new_admin)


def test_the_statements_of_a_migration_are_told_apart():
    assert [s.strip() for s in statements("create table a (b text);\nalter table a add column c text;")] == [
        "create table a (b text);",
        "alter table a add column c text;",
    ]
