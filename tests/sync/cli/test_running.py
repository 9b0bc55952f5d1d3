"""fanlight sync, from the command line to its last word."""

import os
import signal
from datetime import timedelta

import pytest

from sync import mirror
from sync.cli.running import sync
from sync.cli.status import status
from sync.cli.stopping import GRACE, SENTENCE, stopping
from sync.owners import reading


def test_a_sync_reads_every_source_and_its_counts_add_up(desk):
    done = desk.sync()
    assert done.exit_code == 0, done.output
    assert "crm accounts: 2 rows read = 2 in records; 2 new" in done.stdout
    assert "shop orders: 3 rows read = 3 in records; 3 new" in done.stdout
    assert "2 new organisations" in done.stdout


def test_rows_are_stamped_when_the_command_ends(desk):
    desk.sync()
    brightwater, _ = reading.organisations(desk.database)
    assert brightwater.records == {"account": 1, "order": 2}


def test_a_second_sync_changes_nothing(desk):
    desk.sync()
    again = desk.sync()
    assert "3 rows read = 3 in records; nothing changed" in again.stdout
    assert "organisation" not in again.stdout


def test_the_primary_source_is_read_first_wherever_it_stands(desk):
    toml = (desk.folder / "fanlight.toml").read_text()
    head, crm, shop = toml.split("[[sources]]\n")
    desk.write("fanlight.toml", "[[sources]]\n".join([head, shop, crm]))
    told = desk.sync().stdout
    assert told.index("crm accounts") < told.index("shop orders")


def test_a_source_and_a_record_may_be_chosen(desk):
    desk.sync("crm")
    chosen = desk.sync("shop", "--record", "order").stdout
    assert "shop orders" in chosen
    assert "crm" not in chosen


def test_an_unknown_source_is_wrong_use_and_the_known_ones_are_named(desk):
    wrong = desk.sync("shpo")
    assert wrong.exit_code == 2
    assert "it has: crm, shop" in wrong.stderr


def test_a_broken_configuration_is_wrong_use_and_nothing_is_done(desk):
    desk.write("fanlight.toml", "[portal]\nnmae = 1\n")
    wrong = desk.sync()
    assert wrong.exit_code == 2
    assert "fanlight.toml:2" in wrong.stderr
    assert reading.organisations(desk.database) == []


def test_quarantined_rows_are_shown_with_place_reason_and_cure(desk):
    desk.orders(desk.order("#1"), desk.order("#2", total="1O.00"))
    done = desk.sync("shop")
    assert done.exit_code == 3
    assert "2 rows read = 1 in records + 1 quarantined; 1 new" in done.stdout
    assert "orders.csv, record 2 (line 3): Subtotal: '1O.00' is not a number" in done.stdout


def test_only_the_first_few_quarantined_rows_are_shown_and_where_all_of_them_are(desk):
    desk.orders(*(desk.order(f"#{n}", total="x") for n in range(9)))
    done = desk.sync("shop")
    assert done.stdout.count("  quarantined: ") == 3
    assert "all of them: fanlight status --quarantine" in done.stdout


def test_removals_that_are_too_many_wait_and_the_command_that_lets_them_go_is_named(desk):
    desk.sync()
    desk.orders(desk.order("#1", "else@x.example", total="11.00"), name="orders.csv")
    desk.orders(*(desk.order(f"#{n}") for n in range(10, 20)), name="orders2.csv")
    desk.sync("shop", "--allow-shrink", "5")
    (desk.folder / "orders2.csv").unlink()
    held = desk.sync("shop")
    assert held.exit_code == 1
    assert "fanlight sync shop --record order --allow-shrink 10" in held.stdout
    assert "10 gone" in desk.sync("shop", "--record", "order", "--allow-shrink", "10").stdout


def test_a_source_that_is_being_read_is_busy_and_the_others_go_on(desk):
    with desk.database.sync() as connection:
        mirror.register(connection, desk.app.config.sources)
        mirror.claim(connection, "crm", desk.now)
    done = desk.sync()
    assert done.exit_code == 75
    assert "crm is being synced by" in done.stdout
    assert "shop orders: 3 rows read" in done.stdout


def test_a_missing_file_fails_that_source_only(desk):
    (desk.folder / "accounts.csv").unlink()
    done = desk.sync()
    assert done.exit_code == 1
    assert "no file matches accounts*.csv" in done.output
    assert "shop orders: 3 rows read" in done.stdout


def test_the_json_document_is_all_there_is_on_standard_output(desk):
    told = desk.json(sync)
    assert told["exit_code"] == 0
    assert [(o["source"], o["record"], o["data_rows"], o["new"]) for o in told["outcomes"]] == [
        ("crm", "account", 2, 2),
        ("shop", "order", 3, 3),
    ]
    assert told["links"]["organisations"] == 2
    assert {"busy", "problems", "stopped"} <= told.keys()


def test_a_rehearsal_says_row_by_row_what_would_happen_and_writes_nothing(desk):
    desk.sync()
    desk.orders(
        desk.order("#1"), desk.order("#2", status="fulfilled"), desk.order("#4"), desk.order("#5", total="x")
    )
    told = desk.sync("shop", "--dry-run").stdout
    assert 'record 1 (line 2): order "#1" unchanged' in told
    assert 'record 2 (line 3): order "#2" changed' in told
    assert 'status "pending" → "fulfilled"' in told
    assert 'record 3 (line 4): order "#4" new' in told
    assert 'order "#5" quarantined' in told
    assert "would be: shop orders: 4 rows read = 3 in records + 1 quarantined" in told
    assert "3 rows read = 3 in records" not in told
    desk.orders(desk.order("#1"), desk.order("#2"), desk.order("#3", "stranger@x.example"))
    assert "nothing changed" in desk.sync("shop").stdout


def test_a_rehearsal_is_told_to_programs_too(desk):
    told = desk.json(sync, "shop", "--dry-run")
    assert [finding["what"] for finding in told["findings"]] == ["new", "new", "new"]


def test_a_file_is_read_in_place_of_the_configured_ones_and_removes_nothing(desk):
    desk.sync()
    other = desk.orders(desk.order("#7"), name="elsewhere.csv")
    done = desk.sync("--file", str(other))
    assert "shop orders: 1 row read = 1 in records; 1 new" in done.stdout
    brightwater, _ = reading.organisations(desk.database)
    assert brightwater.records["order"] == 3


def test_a_file_read_by_hand_makes_nothing_look_newer_than_the_configured_files_are(desk):
    desk.sync()
    other = desk.orders(desk.order("#7"), name="elsewhere.csv")
    os.utime(other, (desk.now.timestamp(), desk.now.timestamp()))
    desk.sync("--file", str(other))
    assert "orders: as of 10:20, 10 min ago, 4 records" in desk.run(status).stdout


def test_a_file_may_be_rehearsed_before_anything_is_configured_right(desk):
    other = desk.orders(desk.order("#7"), desk.order("#8", total="x"), name="elsewhere.csv")
    told = desk.sync("--file", str(other), "--dry-run").stdout
    assert 'elsewhere.csv, record 1 (line 2): order "#7" new' in told
    assert 'order "#8" quarantined' in told


def test_a_file_nobody_knows_is_refused_with_the_columns_it_has(desk):
    stray = desk.write("stray.csv", "colour,size\nred,1\n")
    wrong = desk.sync("--file", str(stray))
    assert wrong.exit_code == 2
    assert "colour" in wrong.stderr


def test_a_file_of_a_source_that_is_not_configured_asks_for_the_source(desk):
    contacts = desk.write("contacts.csv", "Id,AccountId,LastName,Email\n003,001,Kim,kim@x.example\n")
    wrong = desk.sync("--file", str(contacts))
    assert wrong.exit_code == 2
    assert "say which: fanlight sync SOURCE --file" in wrong.stderr


def test_text_from_a_file_cannot_command_the_terminal(desk):
    desk.orders(desk.order("#1\x1b[2J\x07", total="x\x1b]0;owned\x07"))
    told = desk.sync("shop").stdout
    assert "\x1b" not in told
    assert "\\x1b" in told


def test_another_primary_source_is_refused(desk):
    desk.sync()
    toml = (desk.folder / "fanlight.toml").read_text().replace('from = "crm"', 'from = "shop"')
    desk.write(
        "fanlight.toml", toml.replace('ids = { shop = { "buyer@brightwater.example"', 'ids = { crm = { "x"')
    )
    refused = desk.sync()
    assert refused.exit_code == 2
    assert 'Write from = "crm" again' in refused.stderr


class Interrupted:
    """A clock that sends this process a signal when it is asked the time for the nth time."""

    def __init__(self, desk, at: int, number: signal.Signals) -> None:
        self.now, self.left, self.number = desk.now, at, number

    def __call__(self):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.number)
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", [1, 2, 4, 6, 9, 12])
def test_a_signal_ends_a_sync_cleanly_whenever_it_comes(desk, number, at):
    desk.clock = Interrupted(desk, at, number)
    stopped = desk.sync()
    desk.clock = None
    done = "shop orders: 3 rows read = 3 in records; 3 new" in stopped.stdout
    assert stopped.exit_code == (0 if done else 1)
    assert stopped.stdout.rstrip().endswith(SENTENCE) != done
    desk.now += timedelta(minutes=5)
    assert desk.sync().exit_code == 0
    assert sum(one.records.get("order", 0) for one in reading.organisations(desk.database)) == 2


def test_a_second_signal_or_a_long_page_ends_it_at_once():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), stopping() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop()
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= GRACE
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGTERM) is before
