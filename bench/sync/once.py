"""One contender, one job, in a process of its own; prints what it cost as JSON. run.py starts it.

python bench/sync/once.py raw|fanlight FOLDER-OF-CSV DATABASE [--complete]
"""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[2]))
import ours
import raw

from sync.database import Database


def server_seconds() -> float:
    """CPU the PostgreSQL servers of this machine used so far, with all processes they have or had."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*/stat"):
        for name, numbers in stat(process):
            if name in ("postgres", "postmaster"):
                ticks += sum(numbers)
    return ticks / os.sysconf("SC_CLK_TCK")


def stat(process: Path) -> Iterator[tuple[str, list[int]]]:
    """Name and CPU ticks (user, system, of children that ended) of a process."""
    try:
        text = process.read_text()
    except OSError:
        return
    name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
    yield name, [int(ticks) for ticks in rest[11:15]]


def main() -> None:
    """Do it, and tell."""
    told = argparse.ArgumentParser()
    told.add_argument("who", choices=("raw", "fanlight"))
    told.add_argument("folder", type=Path)
    told.add_argument("database")
    told.add_argument("--complete", action="store_true")
    asked = told.parse_args()
    found = {}
    folder, server = asked.folder.resolve(), asked.database.startswith("postgresql:")
    began, before = time.perf_counter(), server_seconds() if server else 0.0
    used = time.process_time()
    if asked.who == "fanlight":
        database = Database(asked.database if server else f"sqlite:{asked.database}", Path())
        found = ours.sync(database, folder, asked.complete)
        database.close()
    elif server:
        raw.postgres(asked.database, folder)
    else:
        raw.sqlite(Path(asked.database) / "mirror.db", folder)
    cpu, wall = time.process_time() - used, time.perf_counter() - began
    cpu += server_seconds() - before if server else 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak, "found": found}))


if __name__ == "__main__":
    main()
