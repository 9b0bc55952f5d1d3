"""fanlight check sources, purge and schedule."""

import os
import signal
import subprocess
import sys

from sync import mirror
from sync.cli.sources import check_sources, purge
from sync.cli.status import status


def without_shop(desk) -> None:
    head, crm, _ = (desk.folder / "fanlight.toml").read_text().split("[[sources]]\n")
    desk.write("fanlight.toml", "[[sources]]\n".join([head.partition("ids =")[0], crm]))


def test_every_source_is_asked_and_every_problem_told(desk):
    assert desk.run(check_sources).stdout == "crm: can be read\nshop: can be read\n"
    (desk.folder / "accounts.csv").unlink()
    told = desk.run(check_sources)
    assert told.exit_code == 1
    assert "crm: no file matches accounts*.csv" in told.stdout
    assert "shop: can be read" in told.stdout


def test_a_configured_source_is_not_purged(desk):
    desk.sync()
    refused = desk.run(purge, "shop", "--yes")
    assert refused.exit_code == 2
    assert "is still in" in refused.stderr


def test_a_source_taken_out_is_hidden_first_and_purged_only_when_told(desk):
    desk.sync()
    without_shop(desk)
    desk.sync()
    assert "shop (Web shop, exports): taken out" in desk.run(status).stdout
    assert desk.run(purge, "shop", input="n\n").exit_code == 1
    done = desk.run(purge, "shop", input="y\n")
    assert "Delete 3 records of shop and their history for good?" in done.stdout
    assert "rows deleted" in done.stdout
    assert desk.run(purge, "shop", input="y\n").exit_code == 0


def test_a_source_nobody_ever_mirrored_is_not_purged(desk):
    desk.sync()
    refused = desk.run(purge, "shpo", "--yes")
    assert refused.exit_code == 2
    assert "nothing was ever mirrored from shpo" in refused.stderr


def test_a_source_that_is_being_read_is_not_purged(desk):
    desk.sync()
    without_shop(desk)
    with desk.database.sync() as connection:
        mirror.claim(connection, "shop", desk.now)
    assert desk.run(purge, "shop", "--yes").exit_code == 75


def test_the_scheduler_reads_at_once_and_ends_cleanly_on_sigterm(sqlite_desk):
    command = [
        sys.executable,
        "-m",
        "portal.cli",
        "schedule",
        "--config",
        str(sqlite_desk.folder / "fanlight.toml"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        while not any("shop orders: 3 rows read" in line for line in said):
            said.append(process.stdout.readline())
            assert said[-1], said
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(timeout=20) == 0, rest
    assert "ended" in rest
    assert "Traceback" not in rest
