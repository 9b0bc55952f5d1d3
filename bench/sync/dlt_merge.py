"""A contender: dlt's merge of the same files into SQLite, as dicts or as arrow tables. It runs in an environment
of its own, which ``run.py --dlt`` makes; nothing of ours is imported.

    python bench/sync/dlt_merge.py rows|arrow FOLDER-OF-CSV TARGET-FOLDER
"""

import csv
import json
import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import dlt
from pyarrow import csv as arrow

TABLES = ("accounts", "contacts", "orders", "lines", "invoices")
CHUNK = 10_000  # rows handed over together, as its documentation advises


def rows(path: Path) -> Iterator[list[dict[str, str]]]:
    """The rows of a file as dicts, many at a time."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        while some := list(islice(reader, CHUNK)):
            yield some


def table(path: Path) -> Iterator[Any]:
    """A file as arrow tables."""
    yield arrow.read_csv(path, parse_options=arrow.ParseOptions(newlines_in_values=True))


def main(how: str, folder: Path, target: Path) -> None:
    """Merge every file by its id, and tell what it cost."""
    target.mkdir(parents=True, exist_ok=True)
    begun, used = time.perf_counter(), time.process_time()
    read = rows if how == "rows" else table
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(target / "pipelines"),
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{target / 'dlt.db'}"),
        dataset_name="main",
    )
    merged = {"write_disposition": "merge", "primary_key": "id"}
    pipeline.run([dlt.resource(read(folder / f"{name}.csv"), name=name, **merged) for name in TABLES])
    with pipeline.sql_client() as client:
        found = {name: client.execute_sql(f"select count(*) from {name}")[0][0] for name in TABLES}
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = time.process_time() - used + children.ru_utime + children.ru_stime
    told = {"cpu": cpu, "wall": time.perf_counter() - begun, "peak": own.ru_maxrss / 1024, "found": found}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
