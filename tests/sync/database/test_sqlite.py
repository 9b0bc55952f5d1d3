"""What only SQLite can be attacked with; and the two files."""

import os
import sqlite3
import stat
from contextlib import closing
from itertools import product

import pytest
import sqlalchemy as sa

from sync.database import Database, WrongDatabase
from sync.tables import MIRROR


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


REFUSALS = (sa.exc.DBAPIError, sa.exc.InvalidRequestError)
ATTACKS = [
    "select * from sqlite_master", "select * from sqlite_schema", "select * from sqlite_temp_master",
    "select * from sqlite_temp_schema", "select * from temp.sqlite_master",
    "select * from mirror.sqlite_master",
    "select count(*) from sqlite_temp_master",
    "with x as (select sql from sqlite_temp_master) select * from x",
    "select * from pragma_table_list", "select * from pragma_database_list",
    "select * from pragma_table_info('orders')",
    "select * from sqlite_stmt", "select * from dbstat", "select * from sqlite_dbpage",
    "select * from bytecode('select 1')",
    "select * from json_each('[1]')", "select * from json_tree('[1]')", "select * from generate_series(1, 2)",
    "explain select * from orders", "explain query plan select * from orders", "-- x\nselect 1",
    "attach ':memory:' as x", "attach 'mirror.db' as x", "detach mirror", "vacuum into 'x.db'",
    "pragma writable_schema = on", "pragma query_only", "pragma database_list", "pragma table_info(orders)",
    "pragma read_uncommitted = on", "pragma trusted_schema", "pragma main.user_version = 9",
    "create temp view v as select * from mirror.orders", "create temp table t as select * from mirror.orders",
    "create temp trigger t after insert on throttle begin select 1; end",
    "create virtual table t using fts5(a)",
    "drop view orders", "drop trigger x", "alter table users rename to x", "reindex", "analyze",
    "insert into orders select * from orders", "update orders set org_id = 1", "delete from orders",
    "insert into mirror.orders select * from mirror.orders", "update mirror.orders set org_id = 1",
    "delete from mirror.orders", "update main.organisations set name = 'x'",
    "insert into main.links values (1)",
    "select load_extension('x')", "select readfile('mirror.db')", "select writefile('x', 'y')",
    "select edit('x')",
    "select fts3_tokenizer('simple')", "select randomblob(10)", "select zeroblob(1000000000)",
    "select printf('%1000000d', 1)", "select hex(zeroblob(10))", "select sqlite_compileoption_get(1)",
    "select bound_organisation()", "select bound_person()", "select json_extract('{}', '$.a')",
    "with recursive x(n) as (select 1 union all select n + 1 from x) select count(*) from x",
]  # fmt: skip


def test_the_web_is_refused_everything_but_plain_statements(database):
    for attack in ATTACKS:
        with pytest.raises(REFUSALS), database.web(write=True) as connection:
            database.bind(connection, organisation=1)
            connection.exec_driver_sql(attack).all()
            pytest.fail(attack)


def test_the_roles_behind_the_counter_cannot_reach_other_files_either(database):
    attacks = ["attach ':memory:' as x", "detach mirror", "pragma writable_schema = on", "vacuum into 'x'"]
    attacks += ["select load_extension('x')", "create temp table t (a)", "select * from sqlite_master"]
    for role, attack in product((database.staff, database.owners, database.sync), attacks):
        with pytest.raises(sa.exc.DBAPIError), role() as connection:
            connection.exec_driver_sql(attack)
            pytest.fail(attack)


def unwalled(connection):
    """The connection below SQLAlchemy, without its authorizer: what the library itself knows."""
    driver = connection.connection.driver_connection
    driver.set_authorizer(None)
    return driver


def base_view(connection):
    named = "select name from sqlite_temp_master where name like 'orders_%'"
    return unwalled(connection).execute(named).fetchone()[0]


def test_every_connection_has_base_views_of_its_own_names(database):
    with database.web() as one, database.web() as other:
        assert base_view(one) != base_view(other)
        assert len(base_view(one)) == len("orders_") + 32


def test_a_base_view_shows_the_scope_only_even_to_who_knows_its_name(database, two_organisations):
    with database.web() as connection:
        name = base_view(connection)
        database.bind(connection, organisation=two_organisations.a.id)
        rows = unwalled(connection).execute(f'select org_id from temp."{name}"').fetchall()
        assert rows == [(two_organisations.a.id,)]


def test_lists_find_their_rows_by_organisation_in_an_index(database):
    some = "gone_at is null and source in ('a', 'b')"
    asked = {
        "orders": f"select number from temp.orders where {some} order by sort_at desc, ref desc",
        "invoices": f"select number from temp.invoices where {some} order by sort_due, ref",
        "tickets": f"select number from temp.tickets where {some} and open = 1 order by sort_at desc",
        "payments": f"select number from temp.payments where {some} order by sort_at desc, ref desc",
        "accounts": f"select name from temp.accounts where {some} order by source, ref",
        "contacts": f"select phone from temp.contacts where {some} order by name, ref",
        "changes": "select at from temp.changes where record = '' and source = '' and source_id = ''",
    }
    with database.web() as connection:
        driver = unwalled(connection)
        for table, select in asked.items():
            plan = " / ".join(row[3] for row in driver.execute(f"explain query plan {select}"))
            assert f"SEARCH mirror.{table} USING INDEX {table}_" in plan, plan
            assert "(org_id=?" in plan, plan
            assert "SCAN mirror." not in plan, plan
            assert "TEMP B-TREE" not in plan or table in ("accounts", "contacts"), plan


def test_what_an_address_is_is_found_in_an_index(database):
    people = "select name from temp.contacts where email_key = 'a' and source in ('a')"
    with database.web() as connection:
        for select in (people, "select name from temp.organisations"):
            plan = " / ".join(row[3] for row in unwalled(connection).execute(f"explain query plan {select}"))
            assert "contacts_by_email (email_key=?)" in plan, plan
            assert "SCAN mirror." not in plan, plan


def in_the_file_itself(tmp_path):
    """The organisations stamped in mirror.db as it is without its log."""
    uri = f"{(tmp_path / 'var' / 'mirror.db').as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return [org for (org,) in connection.execute("select org_id from stamps order by org_id")]


def test_what_was_written_is_put_into_the_mirrors_file_as_soon_as_nobody_reads_older_rows(database, tmp_path):
    def write(org):
        with database.sync() as connection:
            connection.execute(MIRROR["stamps"].insert().values(org_id=org, version=1))

    write(1)
    assert in_the_file_itself(tmp_path) == []
    with database.staff() as reader:
        assert reader.execute(sa.select(sa.func.count()).select_from(MIRROR["stamps"])).scalar_one() == 1
        write(2)
        database.settle()
        assert 2 not in in_the_file_itself(tmp_path)
    database.settle()
    assert in_the_file_itself(tmp_path) == [1, 2]


def test_a_mirror_that_cannot_be_put_in_order_spoils_no_run(database, tmp_path):
    database.close()
    (tmp_path / "var" / "mirror.db").unlink()
    database.settle()
    assert not (tmp_path / "var" / "mirror.db").exists()


def test_the_files_are_for_their_owner_only(database, tmp_path):
    for path in (tmp_path / "var").iterdir():
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert not stat.S_IMODE((tmp_path / "var").stat().st_mode) & 0o077


def test_a_folder_with_odd_characters_in_its_name_is_opened(tmp_path):
    folder = tmp_path / "a b?c#d%20é"
    made = Database("sqlite:var", folder)
    made.create()
    made.check()
    with made.sync() as connection:
        assert connection.execute(sa.select(MIRROR["orders"])).all() == []
    made.close()


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path):
    (tmp_path / "var").mkdir()
    for name in ("mirror", "portal"):
        (tmp_path / "var" / f"{name}.db").write_text("not a database " * 100)
    with pytest.raises(WrongDatabase, match=r"mirror\.db cannot be read .* restore a backup"):
        Database("sqlite:var", tmp_path).check()


def test_another_programs_database_is_refused(tmp_path):
    (tmp_path / "var").mkdir()
    for name in ("mirror", "portal"):
        with sqlite3.connect(tmp_path / "var" / f"{name}.db") as connection:
            connection.execute("create table meta (name text, value text)")
        connection.close()
    with pytest.raises(WrongDatabase, match="another program"):
        Database("sqlite:var", tmp_path).check()


def test_opening_what_was_never_made_says_how_to_make_it(tmp_path):
    made = Database("sqlite:var", tmp_path)
    with pytest.raises(WrongDatabase, match="fanlight init"), made.web():
        pass
    assert not os.path.exists(tmp_path / "var" / "mirror.db")


def test_files_that_may_not_be_opened_are_not_taken_for_broken_ones(sqlite_database, tmp_path):
    sqlite_database.close()
    for name in ("mirror.db-wal", "mirror.db-shm"):
        (tmp_path / "var" / name).unlink(missing_ok=True)
        (tmp_path / "var" / name).mkdir()  # what cannot be opened, also by who may open everything
    with pytest.raises(WrongDatabase, match="may this user read and write") as refused:
        sqlite_database.check()
    assert "backup" not in str(refused.value)
