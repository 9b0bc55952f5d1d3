"""A disk that fills up in the middle of a sync: a sentence, no traceback, nothing half-applied."""

import subprocess
import sys

import pytest
import sqlalchemy as sa

from sync.tables import MIRROR

SMALL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000))
from portal.cli import main
main()
"""


def test_a_disk_that_fills_up_is_a_sentence_and_the_next_sync_goes_on(desk):
    if desk.database.dialect != "sqlite":
        pytest.skip("the server's own disk cannot be filled here")
    desk.orders(*(desk.order(f"#{n}", total=f"{n}.00") for n in range(1, 4000)))
    command = [sys.executable, "-c", SMALL, "--config", str(desk.folder / "fanlight.toml"), "sync", "shop"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert said.returncode == 1, said
    assert "Traceback" not in said.stderr
    assert said.stderr.startswith("Error: the database cannot be used now")
    assert "room on its disk" in said.stderr
    assert desk.sync("shop").exit_code == 0
    with desk.database.staff() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(MIRROR["orders"])) == 3999
