"""When sources are read: at once, each on its own, one at a time, and told to the portal."""

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent

from sync import mirror, owners
from sync.cli.report import line
from sync.config import Config, load
from sync.database import Database
from sync.mirror import state
from sync.owners import reading
from sync.scheduler import RESTAMP, Scheduler
from sync.tables import MIRROR

TOML = """\
[portal]
name = "Northgate"
base_url = "http://127.0.0.1:8000"
secret_key = { file = "secret.key" }
[organisations]
from = "crm"
[[sources]]
id = "crm"
label = "CRM"
kind = "exports"
every = "15m"
settle = 0
files = [{ path = "accounts.csv", complete = true }]
[[sources]]
id = "gone"
label = "Not there"
kind = "exports"
every = "1m"
files = [{ path = "nowhere.csv", profile = "shopify-orders" }]
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A source that can be read, and one that cannot."""
    (tmp_path / "fanlight.toml").write_text(TOML)
    (tmp_path / "secret.key").write_text("0123456789abcdef-fedcba9876543210-x")
    (tmp_path / "secret.key").chmod(0o600)
    (tmp_path / "accounts.csv").write_text("Id,Name,AccountNumber\n001Nw0000021sVQIAY,Brightwater Ltd,B\n")
    return load(tmp_path / "fanlight.toml")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def scheduler(config: Config, database: Database, now: datetime, said: list[str]) -> Scheduler:
    found = Scheduler(config, database, clock=lambda: now, say=said.append, report=line)
    with database.sync() as connection:
        mirror.register(connection, config.sources)
    return found


def next_run(database: Database, source: str) -> datetime | None:
    table = MIRROR["sources"].c
    with database.staff() as connection:
        return connection.scalar(sa.select(table.next_run).where(table.source == source))


def test_every_source_is_a_job_that_runs_first_at_the_start_and_never_twice_at_once(scheduler, now):
    jobs = {job.id: job for job in scheduler.jobs.get_jobs()}
    assert jobs.keys() == {"crm", "gone", RESTAMP}
    assert jobs["crm"].next_run_time == now
    assert jobs["crm"].trigger.interval == timedelta(minutes=15)
    assert 0 < jobs["crm"].trigger.jitter <= 30
    assert jobs["gone"].trigger.jitter == 6


def test_late_and_missed_turns_become_one(scheduler):
    for job in scheduler.jobs.get_jobs():
        assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)


def test_links_changed_elsewhere_are_stamped_within_5_seconds(scheduler):
    assert scheduler.jobs.get_job(RESTAMP).trigger.interval == timedelta(seconds=5)


def test_a_turn_reads_the_source_links_it_and_stamps_its_rows(scheduler, config, database, said):
    scheduler.read(config.sources[0])
    assert said == ["crm accounts: 1 row read = 1 in records; 1 new"]
    [brightwater] = reading.organisations(database)
    assert brightwater.records == {"account": 1}


def test_the_portal_is_told_when_a_source_is_read_next(scheduler, config, database, now):
    scheduler.read(config.sources[0])
    assert next_run(database, "crm") == now


def test_a_source_that_is_read_by_somebody_else_is_left_alone_without_a_word(
    scheduler, config, database, said, now
):
    with database.sync() as connection:
        mirror.claim(connection, "crm", now)
    scheduler.read(config.sources[0])
    assert said == []
    assert scheduler.at_work() == []


def test_a_source_that_cannot_be_read_is_told_and_keeps_its_turn(scheduler, config, database, said, now):
    scheduler.read(config.sources[1])
    assert said[0].startswith("gone orders: needs a person: no file matches nowhere.csv")
    assert next_run(database, "gone") == now


def test_a_source_that_cannot_even_say_what_it_holds_is_told_in_the_status(
    scheduler, config, database, said, now
):
    (config.folder / "accounts.csv").unlink()
    scheduler.read(config.sources[0])
    assert said[0].startswith("crm: no file matches accounts.csv")
    with database.staff() as connection:
        crm = next(each for each in state.sources(connection, now) if each.source == "crm")
    assert (crm.failure, crm.failed_at) == ("refused", now)


def test_a_link_made_before_a_crash_is_stamped_when_the_scheduler_looks(scheduler, config, database, now):
    scheduler.read(config.sources[0])
    [brightwater] = reading.organisations(database)
    owners.assign(database, ("crm", "001Nw0000021sVQIAY"), None, "staff:kim", now)
    scheduler.restamp()
    [brightwater] = reading.organisations(database)
    assert brightwater.records == {}


def test_a_failure_of_our_own_is_said_once_and_again_only_when_it_is_another(scheduler, said):
    for reason in ("disk full", "disk full", "no memory"):
        event = JobExecutionEvent(
            EVENT_JOB_ERROR, "crm", "default", None, exception=OSError(reason), traceback="…"
        )
        scheduler.jobs._dispatch_event(event)
    assert [sentence.split(". ")[0] for sentence in said] == [
        "crm failed unexpectedly: disk full",
        "crm failed unexpectedly: no memory",
    ]


def test_a_stop_before_the_start_is_not_lost(scheduler):
    scheduler.stop()
    assert scheduler.run()


def test_before_the_first_turn_the_portal_knows_when_it_is(scheduler, database, now):
    scheduler.stop()
    scheduler.run()
    assert next_run(database, "crm") == now


def test_all_sources_are_read_though_one_fails_and_stop_ends_it(config, sqlite_database, now, said):
    read, gone = threading.Event(), threading.Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        (read if sentence.startswith("crm") else gone).set()

    scheduler = Scheduler(
        config, sqlite_database, clock=lambda: datetime.now(now.tzinfo), say=say, report=line
    )
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(scheduler.run()))
    thread.start()
    try:
        assert read.wait(60), said
        assert gone.wait(60), said
    finally:
        scheduler.stop()
        thread.join(60)
    assert ended == [True]


def test_a_source_that_wants_a_pause_gets_it_from_the_timer(scheduler, config, database, said, now):
    later = now + timedelta(minutes=20)
    with database.sync() as connection:
        sources = MIRROR["sources"]
        wish = sa.update(sources).where(sources.c.source == "crm")
        connection.execute(wish.values(retry_at=later))
    scheduler.read(config.sources[0])
    assert said == []
    assert next_run(database, "crm") == later
    assert scheduler.jobs.get_job("crm").next_run_time == later


def test_the_same_failure_is_said_once_and_again_after_it_was_well(scheduler, config, said):
    source = config.sources[1]
    for _ in range(3):
        scheduler.read(source)
    assert len(said) == 1
    columns = "Name,Email,Created at,Fulfillment Status,Currency,Total,Lineitem quantity,Lineitem name"
    (config.folder / "nowhere.csv").write_text(columns + ",Lineitem price\n")
    os.utime(config.folder / "nowhere.csv", (1_700_000_000, 1_700_000_000))
    scheduler.read(source)
    (config.folder / "nowhere.csv").unlink()
    scheduler.read(source)
    assert [line.startswith("gone orders: needs a person: no file matches") for line in said].count(True) == 2


def test_the_link_rules_are_followed_when_what_they_look_at_changed_and_not_else(
    scheduler, config, database, monkeypatch
):
    followed = []
    link = owners.link
    monkeypatch.setattr(owners, "link", lambda *told: followed.append(link(*told)))
    for _ in range(4):
        scheduler.read(config.sources[0])
    assert len(followed) == 2, "once for the accounts, once more because that made links"
    path = config.folder / "accounts.csv"
    path.write_text(path.read_text().replace("Brightwater Ltd", "Brightwater plc"))
    scheduler.read(config.sources[0])
    assert len(followed) == 3
    assert [one.name for one in reading.organisations(database)] == ["Brightwater plc"]
