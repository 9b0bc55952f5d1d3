"""Opening, creating, upgrading and pairing; many at once; forks."""

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from sync.config import Passwords
from sync.database import Database, Migration, WrongDatabase
from sync.database.pairing import paired
from sync.tables import MIRROR, PORTAL, SCHEMA_VERSION

META = {"mirror": MIRROR["meta"], "portal": PORTAL["meta"]}
THROTTLE = PORTAL["throttle"]


def value(database, schema, name):
    meta = META[schema].c
    with database.staff() as connection:
        return connection.execute(sa.select(meta.value).where(meta.name == name)).scalar_one()


@pytest.fixture
def admin(request, database):
    """The administrator's URL; SQLite needs none."""
    if database.dialect == "sqlite":
        return None
    with database.staff() as connection:
        name = connection.exec_driver_sql("select current_database()").scalar()
    return request.getfixturevalue("postgres").at(name)


@pytest.fixture
def set_meta(database, admin, tmp_path):
    """Write a meta row as nobody but a restore or an older program does."""

    def write(schema, name, told):
        url = (
            admin.replace("postgresql:", "postgresql+psycopg:")
            if admin
            else f"sqlite:///{tmp_path}/var/{schema}.db"
        )
        table = f"{schema}.meta" if admin else "meta"
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            statement = sa.text(f"update {table} set value = :value where name = :name")
            connection.execute(statement, {"value": told, "name": name})

    return write


def test_creating_again_changes_nothing(database, admin, two_organisations):
    before = [value(database, schema, "pairing") for schema in META], value(database, "mirror", "epoch")
    database.create(admin)
    assert (
        [value(database, schema, "pairing") for schema in META],
        value(database, "mirror", "epoch"),
    ) == before
    with database.staff() as connection:
        assert connection.execute(sa.select(MIRROR["orders"])).all()


def test_a_new_database_is_a_pair_and_of_this_version(database):
    database.check()
    assert database.exists()
    assert value(database, "mirror", "pairing") == value(database, "portal", "pairing")
    assert {value(database, schema, "schema_version") for schema in META} == {str(SCHEMA_VERSION)}
    with database.web() as connection:
        assert connection.scalar(sa.select(paired()))


@pytest.mark.parametrize("schema", ["mirror", "portal"])
def test_an_older_database_is_refused_with_the_command_that_upgrades_it(database, set_meta, schema):
    set_meta(schema, "schema_version", str(SCHEMA_VERSION - 1))
    with pytest.raises(
        WrongDatabase, match=f"{schema}.* version {SCHEMA_VERSION - 1} .*run `fanlight upgrade`"
    ):
        database.check()


@pytest.mark.parametrize("schema", ["mirror", "portal"])
def test_a_newer_database_is_refused_with_what_to_install(database, set_meta, schema):
    set_meta(schema, "schema_version", str(SCHEMA_VERSION + 1))
    with pytest.raises(WrongDatabase, match=f"{schema}.* install a newer Fanlight"):
        database.check()


@pytest.mark.parametrize("told", ["", "one", "-1"])
def test_a_version_that_is_no_number_is_refused(database, set_meta, told):
    set_meta("portal", "schema_version", told)
    with pytest.raises(WrongDatabase, match="no Fanlight version"):
        database.check()


STEPS = (
    Migration(
        SCHEMA_VERSION,
        mirror="alter table orders add column colour text;",
        portal="create table notes (a text);",
    ),
    Migration(SCHEMA_VERSION - 1, mirror="alter table tickets add column mood text;"),
)


def test_an_upgrade_runs_each_migration_once_and_in_order(database, set_meta, admin):
    for schema in META:
        set_meta(schema, "schema_version", str(SCHEMA_VERSION - 2))
    for _ in range(2):
        database.upgrade(admin, STEPS)
    database.check()
    with database.staff() as connection:
        assert connection.execute(sa.select(sa.column("colour")).select_from(MIRROR["orders"])).all() == []
        assert connection.execute(sa.select(sa.column("mood")).select_from(MIRROR["tickets"])).all() == []


def test_a_migration_that_fails_leaves_the_version_before_it(database, set_meta, admin):
    before = str(SCHEMA_VERSION - 1)
    broken = Migration(
        SCHEMA_VERSION,
        mirror="alter table orders add column colour text; alter table nowhere add column x text;",
    )
    for schema in META:
        set_meta(schema, "schema_version", before)
    with pytest.raises(Exception, match="nowhere"):
        database.upgrade(admin, [broken])
    assert value(database, "mirror", "schema_version") == before
    database.upgrade(admin, STEPS)
    database.check()


def test_a_mirror_made_anew_is_no_pair_until_it_was_restamped(sqlite_database, tmp_path):
    database, old = sqlite_database, value(sqlite_database, "mirror", "epoch")
    database.close()
    for path in (tmp_path / "var").glob("mirror.db*"):
        path.unlink()
    with pytest.raises(WrongDatabase, match=r"no mirror\.db .*fanlight init"):
        database.check()
    database.create()
    database.check()
    assert value(database, "mirror", "epoch") != old
    with database.web() as connection:
        assert not connection.scalar(sa.select(paired()))
    with database.sync() as connection:
        database.pair(connection)
    with database.web() as connection:
        assert connection.scalar(sa.select(paired()))


def test_a_restored_schema_is_told_apart(database, set_meta):
    set_meta("portal", "pairing", "of another time")
    database.check()
    with database.web() as connection:
        assert not connection.scalar(sa.select(paired()))
    with database.sync() as connection:
        database.pair(connection)
    with database.web() as connection:
        assert connection.scalar(sa.select(paired()))


def test_an_exception_undoes_the_transaction(database, now):
    with pytest.raises(ZeroDivisionError), database.web(write=True) as connection:
        connection.execute(THROTTLE.insert().values(bucket="a", slot=1, hits=1))
        raise ZeroDivisionError
    with database.web() as connection:
        assert connection.execute(sa.select(THROTTLE)).all() == []


@pytest.mark.parametrize("role", ["web", "staff", "sync"])
def test_an_error_tells_no_values_of_its_statement(database, role):
    with pytest.raises(sa.exc.DBAPIError) as told, getattr(database, role)() as connection:
        connection.execute(sa.text("select * from nowhere where address = :who"), {"who": "ann@a.example"})
    assert "ann@a.example" not in str(told.value)


def test_a_reader_keeps_one_view_while_a_sync_commits(database, two_organisations):
    orders = MIRROR["orders"]
    with database.web() as reader:
        database.bind(reader, organisation=two_organisations.a.id)
        before = reader.execute(sa.select(orders.c.status)).all()
        with database.sync() as writer:
            writer.execute(orders.update().values(status="moved"))
            assert reader.execute(sa.select(orders.c.status)).all() == before
        assert reader.execute(sa.select(orders.c.status)).all() == before
    with database.web() as reader:
        database.bind(reader, organisation=two_organisations.a.id)
        assert reader.execute(sa.select(orders.c.status)).all() == [("moved",)]


def test_writers_that_read_first_wait_for_each_other(database):
    with database.web(write=True) as connection:
        connection.execute(THROTTLE.insert().values(bucket="a", slot=1, hits=0))

    def hit(_):
        with database.web(write=True) as connection:
            connection.execute(sa.select(THROTTLE)).all()
            connection.execute(THROTTLE.update().values(hits=THROTTLE.c.hits + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(hit, range(200)))
    with database.web() as connection:
        assert connection.execute(sa.select(THROTTLE.c.hits)).scalar_one() == 200


def test_a_pooled_connection_never_carries_a_scope_to_the_next_user(database, two_organisations, tmp_path):
    """2,000 transactions of 8 threads over 2 connections, one in five broken off by an exception."""
    world, url = two_organisations, "sqlite:var"
    if database.dialect == "postgresql":
        with database.staff() as connection:
            url = connection.engine.url.set(drivername="postgresql").render_as_string()
    small = Database(url, tmp_path, Passwords(), connections=2)
    wrong: list[str] = []
    turn = threading.local()

    def visit(number):
        company = (world.a, world.b, None)[number % 3]
        expected = {company.id} if company else set()
        with small.web(write=number % 7 == 0) as connection:
            if company:
                small.bind(connection, organisation=company.id)
            seen = set(connection.execute(sa.select(MIRROR["orders"].c.org_id)).scalars())
            if seen != expected:
                wrong.append(f"{number} on {turn}: {seen}")
            if number % 5 == 0:
                raise ZeroDivisionError

    def visit_anyway(number):
        try:
            visit(number)
        except ZeroDivisionError:
            return 1
        return 0

    with ThreadPoolExecutor(8) as threads:
        broken = sum(threads.map(visit_anyway, range(2000)))
    small.close()
    assert broken == 400
    assert wrong == []


def test_a_forked_process_opens_connections_of_its_own(database, two_organisations):
    with database.staff() as connection:
        connection.execute(sa.select(MIRROR["orders"])).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside xdist's threads
        child = os.fork()
    if child == 0:
        failed = 1
        try:
            with database.staff() as connection:
                failed = len(connection.execute(sa.select(MIRROR["orders"])).all()) != 3
            database.close()
        finally:
            os._exit(failed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with database.staff() as connection:
        assert len(connection.execute(sa.select(MIRROR["orders"])).all()) == 3


def test_an_unknown_kind_of_database_is_refused(tmp_path):
    with pytest.raises(WrongDatabase, match=r"'mysql' .* sqlite:FOLDER or postgresql"):
        Database("mysql://x", tmp_path)


def test_opening_by_the_configuration_takes_its_folder(config, tmp_path):
    from sync.database import open_database

    database = open_database(config(portal={"database": "sqlite:data"}))
    database.create()
    assert (tmp_path / "data" / "mirror.db").is_file()
    database.close()
