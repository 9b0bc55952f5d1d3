"""Texts in export files that would command a terminal, or pass for lines of their own: every command spells
them out, and tells one event in one line."""

import json
import logging

import pytest

from sync.cli.explaining import explain
from sync.cli.logs import Plainly
from sync.cli.sources import check_sources
from sync.cli.status import status

FORGED = "2026-11-23 10:00:00 shop orders: all is well"
EVIL = (
    f"\x1b[2J\n{FORGED}", f"\x1b]0;owned\x07\r\n{FORGED}", f"\x9b31m\u2028{FORGED}",
    f"\u202e\x08\x0b\x0c\x1d{FORGED}",
)  # fmt: skip
IDS = ["cursor", "title", "eight-bit", "direction"]


def harmless(told: str) -> bool:
    """Whether nothing in it moves a terminal, and no line of it is the file's."""
    lines = told.split("\n")
    return (
        all(line.isprintable() and not line.startswith(FORGED) for line in lines)
        and "shop orders: all" in told
    )


@pytest.fixture(params=EVIL, ids=IDS)
def desk(desk, request):
    """A desk whose shop has sold to the devil: in ids, addresses, statuses and amounts."""
    desk.accounts(**{"001Nw0000021sVQIAY": f'"{request.param}"'})
    desk.orders(
        desk.order(f'"#1{request.param}"', buyer=f'"{request.param}"', status=f'"{request.param}"'),
        desk.order(f'"#2{request.param}"', total=f'"{request.param}"'),
    )
    desk.evil = request.param
    return desk


def test_a_sync_and_its_rehearsal_are_told_plainly(desk):
    assert harmless(desk.sync("--dry-run").output)
    told = desk.sync()
    assert told.exit_code == 3 and harmless(told.output)
    (line,) = [line for line in told.stdout.splitlines() if "is not a number" in line]
    assert line.startswith("  quarantined: ") and "correct it in the source" in line


def test_status_and_quarantine_are_told_plainly(desk):
    desk.sync()
    assert harmless(desk.run(status).output)
    rows = desk.run(status, "--quarantine").output
    assert harmless(rows) and rows.count("\n") == 2


def test_a_record_is_explained_plainly(desk):
    desk.sync()
    for number in ("#1", "#2"):
        told = desk.run(explain, "order", number + desk.evil)
        assert told.exit_code == 0 and harmless(told.output)
    nobody = desk.run(explain, "order", desk.evil)
    assert nobody.exit_code == 1 and harmless(nobody.output)


def test_accounts_are_listed_plainly(desk):
    desk.sync()
    assert harmless(desk.org("list").output) and harmless(desk.org("list", "--unlinked").output)
    assert harmless(desk.org("show", desk.evil).output)


@pytest.mark.parametrize("words", [["--quarantine", "--json"], ["--json"]])
def test_documents_for_programs_are_printable_and_say_the_very_text(desk, words):
    desk.sync()
    told = desk.run(status, *words).output
    assert harmless(told)
    assert desk.evil in str([json.loads(told)["unlinked"][0]["account"]].pop())


def test_a_header_nobody_knows_is_quoted_plainly(desk):
    stray = desk.write("stray.csv", f'Shoe,"{desk.evil}"\n1,red\n')
    refused = desk.sync("--file", str(stray))
    assert refused.exit_code == 2 and harmless(refused.stderr)
    assert refused.stderr.count("\n") == 1
    desk.write("orders.csv", f'Shoe,"{desk.evil}"\n1,red\n')
    assert harmless(desk.run(check_sources).output) and harmless(desk.sync().output)
    assert harmless(desk.run(status).output)


def test_a_file_is_named_plainly(desk):
    stray = desk.write(f"{desk.evil}.csv", "Id,AccountId,LastName,Email\n003,001,Kim,kim@x.example\n")
    refused = desk.sync("--file", str(stray))
    assert refused.exit_code == 2 and "say which" in refused.stderr and harmless(refused.stderr)


def test_a_failure_inside_is_logged_as_one_event_its_traceback_set_in(desk):
    try:
        raise ValueError(desk.evil)
    except ValueError as error:
        record = logging.makeLogRecord(
            {"name": "sync", "levelname": "ERROR", "msg": "%s failed", "args": (desk.evil,),
             "exc_info": (type(error), error, error.__traceback__)}
        )  # fmt: skip
    first, *more = Plainly("%(levelname)s %(message)s").format(record).split("\n")
    assert first.startswith("ERROR ") and all(line.startswith("  ") for line in more)
    assert all(line.isprintable() for line in (first, *more))
