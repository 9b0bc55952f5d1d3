"""Fanlight's sync against the limit, alternated in one run.

    python bench/sync/run.py [--orders 100000] [--rounds 3] [--no-sqlite] [--postgres postgresql://ADMIN@HOST/postgres]

Every contender does every job in a process of its own, on a database of its own: the first load; the full export
again with 1 % changed; a file with the changes alone. A ratio is the median of the rounds' ratios in CPU seconds
(of the client and, on PostgreSQL, of the server): on a shared machine time by the wall says little.
"""

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).absolute().parent
sys.path.insert(0, str(HERE.parents[1]))
import psycopg
import truth
import workload
from sqlalchemy.engine import make_url

from sync.database import Database

WHO = ("raw", "fanlight")
JOBS = {"first load": "v1", "full again": "v2", "delta": "delta"}
CHANGES = "select record, source_id, kind, field, before, after from {}changes"
RECORDS = ("accounts", "contacts", "orders", "invoices")


class SQLite:
    """Databases as folders with two files."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fresh(self, who: str) -> str:
        """An empty database."""
        shutil.rmtree(self._folder / who, ignore_errors=True)
        database = Database(f"sqlite:{who}", self._folder)
        database.create()
        database.close()
        return str(self._folder / who)

    def copy(self, who: str, job: str) -> str:
        """A copy of it as it is now."""
        target = self._folder / f"{who}-{job.replace(' ', '-')}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self._folder / who, target)
        return str(target)

    def changes(self, database: str) -> list[tuple[Any, ...]]:
        """The change log."""
        with closing(sqlite3.connect(Path(database) / "mirror.db")) as connection:
            return connection.execute(CHANGES.format("")).fetchall()


class PostgreSQL:
    """Databases of one server, made by its administrator."""

    name = "PostgreSQL"

    def __init__(self, admin: str) -> None:
        self._admin = make_url(admin)

    def fresh(self, who: str) -> str:
        """An empty database."""
        url = self._made(f"fanlight_bench_{who}", "template0")
        Database(url, Path()).create(url)
        return url

    def copy(self, who: str, job: str) -> str:
        """A copy of it as it is now."""
        return self._made(f"fanlight_bench_{who}_{job.replace(' ', '_')}", f"fanlight_bench_{who}")

    def changes(self, database: str) -> list[tuple[Any, ...]]:
        """The change log."""
        with psycopg.connect(database) as connection:
            return connection.execute(CHANGES.format("mirror.")).fetchall()

    def _made(self, name: str, template: str) -> str:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)")
            connection.execute(f"create database {name} template {template}")
            connection.execute("checkpoint")
        return self._url(name)

    def _url(self, name: str) -> str:
        return self._admin.set(database=name).render_as_string(hide_password=False)


def once(who: str, folder: Path, database: str, complete: bool) -> dict[str, Any]:
    """One job of one contender."""
    told = [sys.executable, str(HERE / "once.py"), who, str(folder), database]
    told += ["--complete"] * complete
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{who} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def rounds(engine: SQLite | PostgreSQL, data: Path, number: int) -> Iterator[dict[tuple[str, str], Any]]:
    """What each contender's jobs cost, round by round; checks what Fanlight says it found."""
    expected = json.loads((data / "expected.json").read_text())
    for turn in range(number):
        cost: dict[tuple[str, str], Any] = {}
        databases = {who: engine.fresh(who) for who in WHO}
        for job, who in product(JOBS, WHO[:: -1 if turn % 2 else 1]):
            database = databases[who] if job == "first load" else engine.copy(who, job)
            cost[job, who] = once(who, data / JOBS[job], database, job != "delta")
            if who == "fanlight":
                check(job, cost[job, who]["found"], expected)
            if (job, who) == ("full again", "fanlight"):
                truth.check(data, engine.changes(database))
        yield cost


def check(job: str, found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Stop unless every record and every data row was counted as what it is."""
    for name in RECORDS:
        told, got = expected[name], found[name]
        first = told["unchanged"] + told["changed"] + told.get("gone", 0)
        want = {
            "first load": (first, 0, 0, 0),
            "full again": (told["new"], told["changed"], told["unchanged"], told.get("gone", 0)),
            "delta": (told["new"], told["changed"], 0, 0),
        }[job]
        counted = tuple(got[what] for what in ("new", "changed", "unchanged", "gone"))
        if counted != want or got["data_rows"] != told[f"{JOBS[job]}_rows"]:
            raise SystemExit(f"{job}, {name}: found {got}, expected {want}")


def report(engine: str, costs: list[dict[tuple[str, str], Any]], rows: dict[str, int]) -> None:
    """Print the medians."""
    print(
        f"\n{engine:12}{'raw CPU s':>10}{'ours':>7}{'ratio':>7}{'wall':>7}{'rows/s':>9}{'raw MB':>8}{'our MB':>8}"
    )
    for job in JOBS:
        raw, ours = ([cost[job, who] for cost in costs] for who in WHO)
        cpu, wall = (
            median(o[what] / r[what] for o, r in zip(ours, raw, strict=True)) for what in ("cpu", "wall")
        )
        used = median(o["cpu"] for o in ours)
        print(
            f"{job:12}{median(r['cpu'] for r in raw):10.2f}{used:7.2f}{cpu:7.2f}{wall:7.2f}{rows[job] / used:9,.0f}"
            f"{max(r['peak'] for r in raw):8.0f}{max(o['peak'] for o in ours):8.0f}"
        )


def main() -> None:
    """Measure, check, print."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--orders", type=int, default=100_000)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--no-sqlite", action="store_true")
    told.add_argument("--postgres", help="an administrator's URL; databases fanlight_bench_… are made there")
    asked = told.parse_args()
    data = workload.prepared(asked.orders)
    expected = json.loads((data / "expected.json").read_text())
    rows = {job: sum(told[f"{version}_rows"] for told in expected.values()) for job, version in JOBS.items()}
    with tempfile.TemporaryDirectory(prefix="fanlight-bench-") as folder:
        engines: list[SQLite | PostgreSQL] = [] if asked.no_sqlite else [SQLite(Path(folder))]
        if asked.postgres:
            engines.append(PostgreSQL(asked.postgres))
        for engine in engines:
            report(engine.name, list(rounds(engine, data, asked.rounds)), rows)


if __name__ == "__main__":
    main()
