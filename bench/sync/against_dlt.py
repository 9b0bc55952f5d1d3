"""Our first load against dlt's merge of the same rows, as dicts and as arrow tables; SQLite, alternated.

    python bench/sync/against_dlt.py [--orders 100000] [--rounds 3]

dlt is installed, pinned, into an environment of its own in the temporary folder: nothing of it comes near ours.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).absolute().parent
sys.path.insert(0, str(HERE.parents[1]))
import run
import workload

PINNED = ("dlt[sqlalchemy,parquet]==1.31.0", "pyarrow==26.0.1", "sqlalchemy==2.1.9")
HOW = ("rows", "arrow")


def python() -> Path:
    """The interpreter of dlt's environment, made where it is not there yet."""
    home = Path(tempfile.gettempdir()) / "fanlight-bench-dlt"
    found = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([found, "-m", "pip", "install", "--quiet", *PINNED], check=True)
        (home / "ready").touch()
    return found


def merged(how: str, data: Path, target: Path) -> dict[str, Any]:
    """What dlt's merge of the first export cost; stops when rows are missing."""
    job = [python(), HERE / "dlt_merge.py", how, data / "v1", target]
    done = subprocess.run(list(map(str, job)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"dlt failed:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    expected = json.loads((data / "expected.json").read_text())
    for name, found in expected.items():
        records = sum(found.get(fate, 0) for fate in ("unchanged", "changed", "gone"))
        if told["found"][name] != records:
            raise SystemExit(f"dlt, {name}: {told['found'][name]} records, expected {records}")
    return told


def main() -> None:
    """Measure in turn, print medians."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--orders", type=int, default=100_000)
    told.add_argument("--rounds", type=int, default=3)
    asked = told.parse_args()
    data = workload.prepared(asked.orders)
    costs: list[dict[str, Any]] = []
    for turn in range(asked.rounds):
        with tempfile.TemporaryDirectory(prefix="fanlight-bench-") as folder:
            cost = {how: merged(how, data, Path(folder) / how) for how in HOW[:: -1 if turn % 2 else 1]}
            cost["ours"] = run.once("fanlight", data / "v1", run.SQLite(Path(folder)).fresh("ours"), True)
            costs.append(cost)
    ours = [cost["ours"] for cost in costs]
    print(
        f"ours        {median(one['cpu'] for one in ours):8.2f} CPU s {max(one['peak'] for one in ours):6.0f} MB"
    )
    for how in HOW:
        dlt = [cost[how] for cost in costs]
        ratio = median(one["cpu"] / other["cpu"] for one, other in zip(dlt, ours, strict=True))
        cpu, peak = median(one["cpu"] for one in dlt), max(one["peak"] for one in dlt)
        print(f"dlt, {how:6} {cpu:8.2f} CPU s {peak:6.0f} MB   {ratio:5.2f} times ours")


if __name__ == "__main__":
    main()
