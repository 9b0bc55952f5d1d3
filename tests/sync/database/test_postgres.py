"""What only PostgreSQL can be attacked with; its roles, and how it is made."""

import psycopg
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from sync.config import Passwords
from sync.database import Database, WrongDatabase
from sync.tables import MIRROR, OWNED, schema_text


@pytest.fixture
def database(postgres_database):
    return postgres_database


ATTACKS = [
    "set role portal_owner", "set role portal_sync", "set role postgres",
    "set session authorization portal_staff",
    "alter role portal_web bypassrls", "alter role portal_web superuser", "grant portal_sync to portal_web",
    "alter table mirror.orders disable row level security",
    "alter table mirror.orders no force row level security",
    "drop policy own on mirror.orders", "create policy x on mirror.orders using (true)",
    "copy mirror.orders from program 'true'", "copy (select 1) to program 'true'",
    "copy mirror.orders from '/etc/passwd'",
    "select pg_read_file('/etc/passwd')", "select pg_ls_dir('.')", "select lo_import('/etc/passwd')",
    "select * from pg_authid", "select * from pg_shadow",
    "create function f() returns int language sql security definer as 'select 1'",
    "do $$ begin execute 'set role portal_sync'; end $$", "create extension vector",
    "set row_security = off; select * from mirror.orders",
    "create temp table t as select * from mirror.orders",
    "create view public.v as select * from mirror.orders",
    "create table public.t (a int)", "lock table mirror.orders in exclusive mode",
    "create rule r as on select to mirror.orders do instead select 1",
    "select setting from pg_file_settings", "alter system set fsync = on",
    "notify x; listen x; select * from portal.links",
    "insert into mirror.stamps values (1, 1)", "update mirror.orders set org_id = 1",
    "delete from mirror.orders",
]  # fmt: skip


def test_the_web_role_cannot_leave_its_place(database):
    for attack in ATTACKS:
        with pytest.raises(sa.exc.DBAPIError), database.web(write=True) as connection:
            database.bind(connection, organisation=1)
            connection.exec_driver_sql(attack.replace("%", "%%"))
            pytest.fail(attack)


@pytest.mark.parametrize("value", ["", " ", "abc", "1 or 1=1", "1; drop table mirror.orders", "9" * 40])
def test_a_scope_that_is_no_organisation_shows_nothing(database, two_organisations, value):
    world = two_organisations
    told = ""
    try:
        with database.web() as connection:
            connection.exec_driver_sql("select set_config('app.org_id', %s, true)", (value,))
            told = str(connection.execute(sa.select(MIRROR["orders"])).all())
    except sa.exc.DBAPIError as error:
        told = str(error)
    assert world.a.canary not in told
    assert world.b.canary not in told


def test_a_scope_set_for_a_session_does_not_outlive_its_transaction(database, two_organisations):
    """The web role can name a scope in SQL of its own (policies are against forgotten filters, not against an
    attacker's SQL); even so the next transaction on that connection begins with nobody's scope."""
    world = two_organisations
    with database.web(write=True) as connection:
        connection.exec_driver_sql(f"set app.org_id = '{world.b.id}'")
        connection.exec_driver_sql("set app.person = 'both@both.example'")
    for _ in range(3):
        with database.web(write=True) as connection:
            for name in OWNED:
                assert not connection.execute(sa.select(MIRROR[name])).all(), name


def test_every_table_with_an_org_id_forces_its_policies(postgres, database):
    tables = """
        select c.oid::regclass::text, relrowsecurity and relforcerowsecurity, pg_get_userbyid(relowner),
            exists (select from pg_policy where polrelid = c.oid and polqual is not null)
        from pg_class c join pg_namespace n on n.oid = relnamespace
        where nspname in ('mirror', 'portal') and relkind = 'r' and (relname = 'organisations'
            or exists (select from pg_attribute where attrelid = c.oid and attname = 'org_id'))
    """
    with psycopg.connect(administrators(postgres, database)) as connection:
        found = connection.execute(tables).fetchall()
    assert {name for name, *_ in found} >= {f"mirror.{name}" for name in OWNED} | {"portal.organisations"}
    for name, *rest in found:
        assert rest == [True, "portal_owner", True], name


def test_even_the_owner_is_held_by_the_policies(postgres, database, two_organisations):
    with psycopg.connect(administrators(postgres, database)) as connection:
        connection.execute("set role portal_owner")
        assert connection.execute("select count(*) from mirror.orders").fetchone() == (0,)


HOLES = {
    "alter table mirror.orders no force row level security": "rows of mirror.orders are not held",
    "alter table mirror.tickets disable row level security": "rows of mirror.tickets are not held",
    "alter table portal.members no force row level security": "rows of portal.members are not held",
    "alter table mirror.orders owner to portal_web": "mirror.orders is owned by portal_web",
    "grant select on portal.links to portal_web": "portal_web may select portal.links",
    "grant select on portal.credentials to portal_web": "portal_web may select portal.credentials",
    "grant select on portal.credentials to portal_staff": "portal_staff may select portal.credentials",
    "grant select (source) on portal.credentials to portal_web": "portal_web may select portal.credentials",
    "grant update on portal.credentials to portal_staff": "portal_staff may update portal.credentials",
    "create table mirror.later (org_id bigint)": "mirror.later",
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_database_that_does_not_keep_organisations_apart_is_refused(postgres, database, hole):
    with psycopg.connect(administrators(postgres, database)) as connection:
        connection.execute(hole)
    with pytest.raises(WrongDatabase, match=HOLES[hole]):
        database.check()


def test_running_the_grants_again_mends_them(postgres, database):
    administrator = administrators(postgres, database)
    with psycopg.connect(administrator) as connection:
        connection.execute("alter table mirror.orders no force row level security")
        connection.execute("grant select on portal.links to portal_web")
        connection.execute("create policy x on mirror.orders to portal_web using (true)")
    database.create(administrator)
    database.check()
    with psycopg.connect(administrator) as connection:
        assert not connection.execute("select from pg_policy where polname = 'x'").fetchall()


def test_making_it_needs_an_administrator(database):
    with pytest.raises(WrongDatabase, match="fanlight init --admin"):
        database.create()


def test_an_empty_database_says_how_to_fill_it(postgres, tmp_path):
    name = postgres.fresh()
    made = Database(postgres.at(name), tmp_path)
    assert not made.exists()
    with pytest.raises(WrongDatabase, match="fanlight init"):
        made.check()
    postgres.drop(name)


def test_a_database_that_is_not_there_is_named(postgres, tmp_path):
    made = Database(postgres.at("fanlight_nowhere"), tmp_path)
    assert not made.exists()
    with pytest.raises(WrongDatabase, match="fanlight_nowhere"):
        made.check()


def test_the_administrators_url_needs_no_database(postgres, tmp_path):
    name = postgres.fresh()
    made = Database(postgres.at(name), tmp_path)
    made.create(postgres.at(""))
    made.check()
    made.close()
    postgres.drop(name)


def test_passwords_are_set_and_stand_in_no_message(postgres, database, tmp_path):
    passwords = Passwords(
        web=SecretStr("correct horse"), staff=SecretStr("battery"), sync=SecretStr("staple")
    )
    made = Database(administrators(postgres, database), tmp_path, passwords)
    made.create(administrators(postgres, database))
    stored = postgres.run("select rolpassword from pg_authid where rolname = 'portal_web'")
    assert str(stored[0][0]).startswith("SCRAM-SHA-256$")
    assert "correct horse" not in repr(made)
    made.check()
    made.close()


def test_no_statement_of_the_schemas_opens_future_tables():
    assert "alter default privileges grant" not in schema_text("roles.sql").lower()


def administrators(postgres, database):
    with database.staff() as connection:
        return postgres.at(str(connection.exec_driver_sql("select current_database()").scalar()))
