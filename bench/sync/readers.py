"""Customers read while a sync writes: 20 requests a second on the order list, alone and beside a first load.

    python bench/sync/readers.py FOLDER [--orders 100000] [--seconds 30] [--rate 20]

Open loop: a request is due every 50 ms whether or not the one before is answered, and its time counts from when
it was due. The pages are asked of the application in one process, the sync runs in another, into the same
SQLite mirror. FOLDER keeps what was filled; each run adds a source of its own to it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

HERE = Path(__file__).absolute().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "portal")]

import run as pages  # of bench/portal
import workload

from portal import create_app


def asked(ask: Callable[[], bytes], rate: float, going: Callable[[float], bool]) -> list[float]:
    """Milliseconds of each request from when it was due."""
    times, begun = list[float](), time.perf_counter()
    while going(time.perf_counter() - begun):
        due = begun + len(times) / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        ask()
        times.append((time.perf_counter() - due) * 1000)
    return times


def told(name: str, times: list[float]) -> float:
    """Print the median, p95 and the worst; the p95."""
    cuts = quantiles(times, n=100)
    line = f"{name:12} {len(times):6} requests   median {cuts[49]:7.1f} ms"
    print(f"{line}   p95 {cuts[94]:7.1f}   p99 {cuts[98]:7.1f}   worst {max(times):7.1f}")
    return cuts[94]


def main() -> None:
    """Ask alone, then beside a sync, then alone again."""
    asking = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asking.add_argument("folder", type=Path)
    asking.add_argument("--orders", type=int, default=100_000)
    asking.add_argument("--seconds", type=float, default=30)
    asking.add_argument("--rate", type=float, default=20)
    args = asking.parse_args()
    space = pages.space(args.folder, 10_000, 300)
    app = create_app(space.config, space.database, lambda: pages.world.NOW, POSTMAN_THREAD=False)
    ask = pages.asking(app, "/orders", pages.cookie_of(app, space), "SO-")
    data = workload.prepared(args.orders)
    alone = asked(ask, args.rate, lambda gone: gone < args.seconds)
    job = [sys.executable, str(HERE / "once.py"), "fanlight", str(data / "v1")]
    target = [str(args.folder / "ours-10000-300" / "var"), "--source", f"bulk-{os.getpid()}"]
    sync = subprocess.Popen([*job, *target], stdout=subprocess.PIPE, text=True)
    beside = asked(ask, args.rate, lambda _: sync.poll() is None)
    if sync.returncode:
        raise SystemExit("the sync failed")
    before = told("alone", alone)
    print(f"p95 beside the sync of {args.orders:,} orders / alone: {told('beside', beside) / before:.2f}")


if __name__ == "__main__":
    main()
