"""One contender, one job, in a process of its own; prints what it cost as JSON. run.py starts it.

python bench/sync/once.py raw|fanlight FOLDER-OF-CSV DATABASE [--complete]
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parents[2]))
import ours
import psycopg
import raw

from sync.database import Database


def server_seconds(url: str) -> float:
    """CPU a PostgreSQL server of this machine used so far, with all processes it has or had."""
    with psycopg.connect(url) as connection:
        server = numbers(connection.info.backend_pid)[1]
    children = [numbers(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")]
    ticks = sum(numbers(server)[11:15]) + sum(sum(one[11:13]) for one in children if one[1:2] == [server])
    return ticks / os.sysconf("SC_CLK_TCK")


def numbers(process: int) -> list[int]:
    """What the kernel tells of a process behind its name: [1] its parent, [11:15] ticks, own and of children
    that ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    return [0, *(int(number) for number in text[text.rindex(")") + 2 :].split()[1:17])]


def main() -> None:
    """Do it, and tell."""
    told = argparse.ArgumentParser()
    told.add_argument("who", choices=("raw", "fanlight"))
    told.add_argument("folder", type=Path)
    told.add_argument("database")
    told.add_argument("--complete", action="store_true")
    told.add_argument("--source", default="shop")
    asked = told.parse_args()
    found = {}
    folder, server = asked.folder.resolve(), asked.database.startswith("postgresql:")
    began, before = time.perf_counter(), server_seconds(asked.database) if server else 0.0
    used = time.process_time()
    if asked.who == "fanlight":
        database = Database(asked.database if server else f"sqlite:{asked.database}", Path())
        found = ours.sync(database, folder, asked.complete, asked.source)
        database.close()
    elif server:
        raw.postgres(asked.database, folder)
    else:
        raw.sqlite(Path(asked.database) / "mirror.db", folder)
    cpu, wall = time.process_time() - used, time.perf_counter() - began
    cpu += server_seconds(asked.database) - before if server else 0.0
    print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak(), "found": found}))


def peak() -> float:
    """MiB this process held at most. (What getrusage says begins with what the process before exec held.)"""
    told = Path("/proc/self/status").read_text()
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
