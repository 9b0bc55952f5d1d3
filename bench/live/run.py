"""Reading live sources against the fakes' own time: python bench/live/run.py [share] [requests] [memory]

share     CPU of mapping and writing a page of 250 orders, by what the fake needs to serve it at 50 ms latency
requests  how many a first sync of 320 orders takes, and an idle run
memory    what a process that reads 10,000 orders holds at most, and one that reads 100,000
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

HERE = Path(__file__).absolute().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[1] / "tests"), str(HERE)]
import worlds
from fakes import salesforce_source, shopify_source
from fakes.vendor import Vendor

from connectors.base import Connector
from connectors.records import Invoice, Order
from sync.database import Database
from sync.run import Outcome, run_source

KINDS = {"shopify": worlds.shop, "salesforce": worlds.org, "xero": worlds.books}
ENDLESS = {"shopify": worlds.EndlessShop, "salesforce": worlds.EndlessOrg}
PAGES, ROUNDS = 8, 3


def synced(folder: str, source: Connector, vendor: Vendor, *, large: bool = False) -> list[Outcome]:
    """One run; of a large source its orders (or invoices) only."""
    database = Database("sqlite:var", Path(folder))
    if not (Path(folder) / "var").exists():
        database.create()
    records = [cls for cls in (Order, Invoice) if cls in source.reads] if large else None
    try:
        return run_source(database, source, clock=vendor.clock, records=records)
    finally:
        database.close()


def share() -> None:
    """CPU a page of mapping and writing (a sync less the reading alone), and of all of it, by the fake's time."""
    for name, world in KINDS.items():
        vendor, source = world(250 * PAGES)
        watch, rounds = worlds.Watch(vendor), list[tuple[float, float, float]]()
        with vendor.listening():
            for _ in range(ROUNDS):
                reading = cpu(lambda: read_only(source()))
                with tempfile.TemporaryDirectory() as folder:
                    Database("sqlite:var", Path(folder)).create()
                    watch.forget()
                    whole = cpu(lambda: synced(folder, source(), vendor, large=True))
                rounds.append((whole - reading, whole, watch.served))
        kept, whole, served = (median(one[at] for one in rounds) for at in range(3))
        print(
            f"{name:11} mapped and written {kept / PAGES * 1000:5.1f} ms a page, all of ours "
            f"{whole / PAGES * 1000:5.1f} ms, the fake {served / PAGES * 1000:6.1f} ms ({watch.requests / PAGES:.1f} "
            f"requests): {median(one[0] / one[2] for one in rounds):.0%}, {median(one[1] / one[2] for one in rounds):.0%}"
        )


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU this thread needs for it."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def read_only(source: Connector) -> None:
    """Pull all orders (or invoices), and let them go."""
    (record,) = (cls for cls in (Order, Invoice) if cls in source.reads)
    found = sum(len(page.rows) for page in source.pull(record, None))
    assert found == 250 * PAGES, found


def requests() -> None:
    """Requests of a first sync of 320 orders, of one days later that hears all ids, and of an idle one."""
    for name, world in KINDS.items():
        vendor, source = world(320)
        if name == "salesforce":
            vendor.batch = 2000  # type: ignore[attr-defined]
        with vendor.listening(), tempfile.TemporaryDirectory() as folder:
            told = {}
            for run, hours in (("first", 72), ("swept", 1), ("an hour later", 1), ("idle", 0)):
                vendor.forget()
                synced(folder, source(), vendor)
                told[run] = len(vendor.requests)
                vendor.pass_(hours=hours)
            streams = len(source().reads)
            paths = Counter(one.path.rsplit("/", 1)[-1] for one in vendor.requests)
        print(f"{name:11} {streams} streams; {told}; idle: {dict(paths)}")


def memory() -> None:
    """Peak memory of a process that reads, by how much there is."""
    for name, kind in ENDLESS.items():
        found = {}
        for orders in (10_000, 100_000):
            vendor = kind(orders)
            with vendor.listening():
                told = [sys.executable, str(HERE / "run.py"), "--read", name, vendor.url, str(orders)]
                found[orders] = int(subprocess.run(told, check=True, capture_output=True, text=True).stdout)
        print(f"{name:11} {found[10_000]} MB at 10,000 orders, {found[100_000]} MB at 100,000")


def read(name: str, url: str, orders: str) -> None:
    """Read a fake of another process; print the most memory held, in MB."""

    class There(Vendor):
        url = ""

    vendor = There()
    There.url = url
    made = {"shopify": (shopify_source, {"page_size": 250}), "salesforce": (salesforce_source, {})}
    module, more = made[name]
    vendor.client_id = ""  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        Database("sqlite:var", Path(folder)).create()
        (outcome,) = synced(folder, module.source(vendor, **more), vendor, large=True)
    assert outcome.new == int(orders), outcome
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def main(words: Sequence[str]) -> None:
    """Run what is named, else everything."""
    if words[:1] == ["--read"]:
        read(*words[1:])
        return
    jobs = {"share": share, "requests": requests, "memory": memory}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("job", nargs="*", choices=[*jobs, []], help="share, requests, memory; default: all")
    for job in parser.parse_args(words).job or jobs:
        print(f"\n{job}")
        jobs[job]()


if __name__ == "__main__":
    main(sys.argv[1:])
