"""A sign-in that nobody answers: asked for once in a run, not once for each stream."""

import pytest
from fakes.vendor import told

from connectors.base import Unavailable
from connectors.records import Account
from sync.run import run_source

DOWN = dict.fromkeys(range(1, 100), "503")


def test_a_sign_in_that_nobody_answers_is_not_tried_again_for_each_stream(
    business, source, vendor, sqlite_database
):
    vendor.plan(DOWN)
    outcomes = run_source(sqlite_database, source(), clock=vendor.clock)
    assert [one.outcome for one in outcomes] == ["unavailable", "unasked", "unasked", "unasked"]
    assert vendor.count("oauth2/token") == len(vendor.requests) == 1
    vendor.forget()
    assert {one.outcome for one in run_source(sqlite_database, source(), clock=vendor.clock)} == {"done"}


def test_a_host_that_cannot_be_reached_is_told_once(business, source, vendor, sqlite_database):
    nowhere = source(token_url="http://127.0.0.1:9/token")
    first, *others = run_source(sqlite_database, nowhere, clock=vendor.clock)
    assert first.outcome == "unavailable" and {one.outcome for one in others} == {"unasked"}
    assert "127.0.0.1:9" in first.message and len(vendor.slept) == 4  # five tries, and not five for each


def test_a_wait_that_the_sign_in_asks_for_is_kept(business, source, vendor, monkeypatch):
    monkeypatch.setattr(vendor, "answer", lambda _: told({}, 503, **{"Retry-After": "900"}))
    with pytest.raises(Unavailable, match="stay away") as failure:
        list(source().pull(Account, None))
    assert failure.value.retry_after == 900


def test_an_org_that_signs_nobody_in_just_now_is_left_alone_for_a_while(
    business, source, vendor, monkeypatch
):
    monkeypatch.setattr(vendor, "answer", lambda _: told({"error": "unknown_error"}, 400))
    with pytest.raises(Unavailable, match="cannot sign anybody in just now") as failure:
        list(source().pull(Account, None))
    assert failure.value.retry_after == 300


def test_a_stream_that_is_not_answered_does_not_stop_the_others(business, source, vendor, sqlite_database):
    vendor.plan(dict.fromkeys(range(2, 7), "503"))
    outcomes = run_source(sqlite_database, source(), clock=vendor.clock)
    assert [one.outcome for one in outcomes] == ["unavailable", "done", "done", "done"]
