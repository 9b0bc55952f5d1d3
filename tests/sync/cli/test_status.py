"""fanlight status: each source by consequence, what waits for a person, what to do about it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from sync import mirror
from sync.cli.status import status
from sync.tables import MIRROR, PORTAL, new_id


def told(desk, *words: str) -> str:
    return desk.run(status, *words).stdout


def fail(desk, failure: str, message: str, **source: object) -> None:
    """The orders' last run failed, as sync.run leaves it."""
    streams, sources = MIRROR["streams"], MIRROR["sources"]
    values = {"failure": failure, "failure_message": message, "failed_at": desk.now}
    with desk.database.sync() as connection:
        connection.execute(sa.update(streams).where(streams.c.record == "order").values(**values))
        connection.execute(sa.update(sources).where(sources.c.source == "shop").values(**values, **source))


def test_before_the_first_sync_the_status_says_which_command_begins(desk):
    first = desk.run(status)
    assert first.exit_code == 1
    assert "shop: not synced yet: fanlight sync shop" in first.stdout


def test_a_source_that_is_well_says_how_old_its_records_are_and_that_its_counts_add_up(desk):
    desk.sync()
    well = desk.run(status)
    assert well.exit_code == 0
    assert "shop (Web shop, exports): well" in well.stdout
    assert "orders: as of 10:20, 10 min ago, 3 records, 1 of them visible to nobody" in well.stdout
    assert (
        "last run 10:30, just now: 3 rows read = 3 in records + 0 hidden + 0 quarantined; 3 new"
        in well.stdout
    )


def test_sources_stand_in_the_order_of_the_configuration(desk):
    desk.sync()
    assert told(desk).index("crm (CRM") < told(desk).index("shop (Web shop")


def test_an_old_export_read_again_and_again_is_as_old_as_the_export(desk):
    desk.write("orders.csv", (desk.folder / "orders.csv").read_text(), age=timedelta(days=21))
    desk.sync()
    stale = desk.run(status)
    assert stale.exit_code == 1
    assert "shop (Web shop, exports): stale" in stale.stdout
    assert "as of 2 Nov 2026 10:30, 21 days ago, STALE, may be 48 h old" in stale.stdout


def test_a_failed_run_moves_no_as_of(desk):
    desk.sync()
    (desk.folder / "orders.csv").unlink()
    desk.now += timedelta(hours=1)
    desk.sync()
    assert "orders: as of 10:20, 70 min ago" in told(desk)
    assert "needs a person: no file matches orders*.csv" in told(desk)
    assert desk.run(status).exit_code == 1


def test_a_source_that_does_not_answer_says_when_it_is_tried_again_and_is_nobodys_work(desk):
    desk.sync()
    fail(desk, "unavailable", "shop.example does not answer", retry_at=desk.now + timedelta(minutes=12))
    waiting = desk.run(status)
    assert waiting.exit_code == 0
    assert "shop (Web shop, exports): will retry" in waiting.stdout
    assert "will retry at 10:42, in 12 min: shop.example does not answer" in waiting.stdout


def test_garbled_data_is_told_as_data_kept_as_of(desk):
    desk.sync()
    fail(desk, "garbled", "orders.csv is a web page")
    assert "data kept as of 10:20, 10 min ago: orders.csv is a web page" in told(desk)


@pytest.mark.parametrize("failure", ["refused", "crashed"])
def test_what_needs_a_person_says_so_and_exits_with_1(desk, failure):
    desk.sync()
    fail(desk, failure, "the token was withdrawn; make a new one")
    person = desk.run(status)
    assert person.exit_code == 1
    assert "shop (Web shop, exports): needs a person" in person.stdout
    assert "needs a person: the token was withdrawn; make a new one" in person.stdout


def test_withheld_removals_need_a_person_and_name_the_command(desk):
    desk.orders(*(desk.order(f"#{n}") for n in range(10)))
    desk.sync()
    desk.orders(desk.order("#1"))
    desk.sync("shop")
    assert "needs a person: 9 orders would go" in told(desk)
    assert "--allow-shrink 9" in told(desk)
    assert desk.run(status).exit_code == 1


def test_the_next_run_and_who_reads_right_now_are_told(desk):
    desk.sync()
    with desk.database.sync() as connection:
        mirror.plan(connection, "shop", desk.now + timedelta(minutes=4))
        mirror.claim(connection, "shop", desk.now)
    assert "next run 10:34, in 4 min" in told(desk)
    assert "being read now, by " in told(desk)


def test_accounts_nobody_owns_come_with_the_line_that_gives_them_an_owner(desk):
    desk.sync()
    assert 'shop "stranger@x.example": 1 order' in told(desk)
    assert '[organisations] ids = { shop = { "stranger@x.example" = ' in told(desk)


def test_an_account_the_rules_cannot_place_is_told_with_what_to_do(desk):
    toml = (desk.folder / "fanlight.toml").read_text()
    desk.write("fanlight.toml", toml.replace('"001Nw0000021sVQIAY"', '"001Nw0000021sVXIAY"'))
    desk.sync()
    assert 'says it is "001Nw0000021sVXIAY" of crm, which has no such account; correct the line' in told(desk)


def test_a_turn_that_did_not_come_asks_for_the_scheduler(desk):
    desk.sync()
    with desk.database.sync() as connection:
        mirror.plan(connection, "shop", desk.now - timedelta(hours=3))
    assert "was due 07:30, 3 h ago: is fanlight serve or fanlight schedule running?" in told(desk)


def test_a_status_without_a_stage_comes_with_the_line_to_add(desk):
    desk.orders(desk.order("#1", status="ON_ICE"), desk.order("#2", status="Fulfilled"))
    desk.sync()
    assert '[stages.orders] "ON_ICE" = "dispatched"  # 1 order' in told(desk)
    assert '"Fulfilled"' not in told(desk)
    desk.write(
        "fanlight.toml",
        (desk.folder / "fanlight.toml").read_text() + '\n[stages.orders]\n"on ice" = "on_hold"\n',
    )
    assert "ON_ICE" not in told(desk)


def test_quarantined_rows_are_counted_and_listed_with_their_cures(desk):
    desk.orders(desk.order("#1"), desk.order("#2", total="x"))
    desk.sync()
    assert "1 row in quarantine: fanlight status --quarantine" in told(desk)
    listed = told(desk, "--quarantine")
    assert 'shop order "#2", orders.csv, record 2 (line 3): Subtotal: ' in listed
    assert listed.endswith("1 row in quarantine\n")


def test_blocked_sign_ins_of_the_last_day_are_counted(desk):
    desk.sync()
    old = desk.now - timedelta(days=2)
    with desk.database.owners() as connection:
        for at in (desk.now, desk.now, old):
            row = {"id": new_id(), "at": at, "actor": "sign-in", "what": "sign-in blocked", "detail": ""}
            connection.execute(sa.insert(PORTAL["audit"]), row)
    assert "2 sign-ins blocked in the last 24 h" in told(desk)


def test_text_from_a_source_cannot_command_the_terminal(desk):
    desk.orders(desk.order("#1", "\x1b]0;owned\x07@x.example", status="\x1b[2Jgone"))
    desk.sync()
    assert "\x1b" not in told(desk)


def test_the_status_is_told_to_programs_too(desk):
    desk.orders(desk.order("#1"), desk.order("#2", total="x"))
    desk.sync()
    found = desk.json(status, "--quarantine")
    assert found["well"] is True
    assert found["at"] == "2026-11-23T09:30:00+00:00"
    _, shop = found["sources"]
    assert (shop["source"], shop["verdict"], shop["busy"]) == ("shop", "well", None)
    [orders] = shop["streams"]
    assert orders["as_of"] == "2026-11-23T09:20:00+00:00"
    assert orders["last_run"]["data_rows"] == 2
    assert [row["source_id"] for row in found["quarantine"]] == ["#2"]
    assert found["unknown_statuses"] == []
