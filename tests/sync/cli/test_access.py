"""What the commands say of sources with an API: quota, token, how far back they tell, a pause they want."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import plugin

from sync import mirror
from sync.cli.explaining import explain
from sync.cli.running import sync
from sync.cli.sources import check_sources, purge
from sync.cli.status import status
from sync.database import sealed

SOURCE = '\n[[sources]]\nid = "books"\nlabel = "Books"\nkind = "fake"\nworld = "{world}"\n'


@pytest.fixture
def live(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The desk with a source that has an API, and a way to say what it holds."""
    plugin.install(tmp_path / "packages", monkeypatch)
    path = desk.folder / "fanlight.toml"
    path.write_text(path.read_text() + SOURCE.format(world=desk.folder / "books.json"))

    def holds(**told: Any) -> None:
        (desk.folder / "books.json").write_text(json.dumps(told))

    desk.__dict__["holds"] = holds
    holds(order=[{"source_id": "1", "number": "N-1"}])
    return desk


def token(desk: Any, expires: datetime | None) -> None:
    """Keep a token of books."""
    with desk.database.owners() as connection:
        sealed.put(connection, sealed.Token("books", "abcd", "sealed", desk.now, expires))


def told(desk: Any, *words: str) -> str:
    text: str = desk.run(status, *words).stdout
    return text


def test_the_status_tells_what_is_left_to_ask_for_and_how_far_back_the_source_goes(live: Any) -> None:
    live.holds(
        order=[{"source_id": "1", "number": "N-1"}], quota=[4100, 5000], since="2026-09-24T00:00:00+00:00"
    )
    live.sync("books")
    assert "quota: 4,100 of 5,000 calls left, as told 10:30, just now" in told(live)
    assert "orders since 24 Sep 2026; older ones are unknown, those mirrored before stay" in told(live)
    (books,) = [each for each in live.json(status)["sources"] if each["source"] == "books"]
    assert (books["quota_left"], books["streams"][0]["covers_from"][:10]) == (4100, "2026-09-24")


def test_the_status_tells_when_all_ids_were_compared(live: Any) -> None:
    live.sync("books", "--full")
    assert "compared with all ids 10:30, just now" in told(live)


def test_a_token_that_lasts_is_told_and_asks_nobody_for_anything(live: Any) -> None:
    live.sync()
    token(live, live.now + timedelta(days=60))
    said = live.run(status)
    assert said.exit_code == 0
    assert "connected, token renewed 10:30, just now, good until 22 Jan 2027" in said.stdout


@pytest.mark.parametrize(("days", "word"), [(5, "expires"), (-1, "expired")])
def test_a_token_that_nobody_renews_is_warned_of_ahead(live: Any, days: int, word: str) -> None:
    live.sync()
    token(live, live.now + timedelta(days=days))
    said = live.run(status)
    assert said.exit_code == 1
    assert "books (Books, fake): needs a person" in said.stdout
    assert f"needs a person: the token {word}" in said.stdout
    assert "connect again: fanlight auth books" in said.stdout


def test_one_alert_stands_for_a_source_that_lets_us_in_no_more(live: Any) -> None:
    records = {"order": [], "invoice": [], "account": []}
    live.holds(**records)
    live.sync("books")
    live.holds(**records, fails={"account": ["Disconnected", "the token was revoked: fanlight auth books"]})
    said = live.run(sync, "books")
    assert said.exit_code == 1
    assert "books orders, invoices: not asked in this run" in said.stdout
    assert told(live).count("the token was revoked") == 1


def test_a_source_that_asked_for_a_pause_is_asked_only_by_who_insists(live: Any) -> None:
    live.holds(order=[], fails={"order": ["Unavailable", "too many questions", 1200]})
    assert "will try again at 10:50, in 20 min" in live.run(sync, "books").stdout
    live.holds(order=[])
    said = live.run(sync, "books")
    assert said.exit_code == 75
    assert (
        "books asked to be left alone until 10:50, in 20 min. To ask it now: fanlight sync books --now"
        in said.stdout
    )
    assert live.json(sync, "books")["busy"] == ["books"]
    assert live.run(sync, "books", "--now").exit_code == 0
    assert live.run(sync, "books").exit_code == 0


def test_a_rehearsal_of_one_record_of_a_live_source_tells_what_would_change(live: Any) -> None:
    live.sync("books")
    live.holds(
        order=[{"source_id": "1", "number": "N-1", "status": "sent"}, {"source_id": "2", "number": "N-2"}]
    )
    said = live.run(sync, "books", "--record", "order", "--full", "--dry-run").stdout
    assert 'order "1" changed (status nothing → "sent")' in said
    assert 'order "2" new' in said
    assert live.run(sync, "books", "--record", "order").stdout.count("1 new") == 1


def test_every_source_is_checked_with_what_is_left_to_ask_for(live: Any) -> None:
    live.holds(order=[], quota=[4100, 5000])
    assert "books: can be read; 4,100 calls left to ask with" in live.run(check_sources, "books").stdout
    (books,) = live.json(check_sources, "books")
    assert (books["readable"], books["quota"]["left"]) == (True, 4100)
    live.holds(order=[], fails={"check": ["Refused", "no right to read"]})
    said = live.run(check_sources, "books")
    assert (said.exit_code, "books: no right to read" in said.stdout) == (1, True)


def test_a_source_whose_token_is_in_use_is_not_checked_meanwhile(live: Any) -> None:
    path = live.folder / "fanlight.toml"
    path.write_text(path.read_text() + "consent = true\n")
    with live.database.sync() as connection:
        mirror.claim(connection, "books", live.now)
    said = live.run(check_sources, "books")
    assert (said.exit_code, "is being synced by" in said.stdout) == (75, True)


def test_what_was_taken_out_is_purged_with_its_token(live: Any) -> None:
    live.sync("books")
    token(live, None)
    path = live.folder / "fanlight.toml"
    path.write_text(path.read_text().partition('\n[[sources]]\nid = "books"')[0])
    assert live.run(purge, "books", "--json").exit_code == 2
    assert live.json(purge, "books", "--yes")["rows"] > 0
    with live.database.owners(write=False) as connection:
        assert sealed.kept(connection) == []


def test_a_record_is_explained_for_a_program_with_the_rule_that_shows_it(live: Any) -> None:
    live.sync()
    (order,) = live.json(explain, "order", "N-1")["mirrored"]
    assert (order["source"], order["visible_to"]) == ("books", None)
    assert "names no account" in order["because"]
    assert order["shown_by"] == "the default of fake; [sources.show.order] changes it"
    assert "shown by    the default of fake" in live.run(explain, "order", "N-1").stdout
