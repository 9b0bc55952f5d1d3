"""What stands around every page: ages and the contact."""

from datetime import UTC, datetime, timedelta
from typing import Any

from portal import frame
from portal.gateway import Found, Freshness
from sync.config import Help

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ALL = ("orders", "invoices", "support", "account")


def stream(
    record: str, source: str = "shop", *, age: timedelta | None = timedelta(0), **told: Any
) -> Freshness:
    as_of = None if age is None else NOW - age
    filled = {"stale_after": 3600, "first_completed_at": as_of, "next_run": None, **told}
    return Freshness(record=record, source=source, label=source.title(), as_of=as_of, **filled)


def test_a_stream_is_late_only_past_its_own_limit() -> None:
    at, past = stream("order", age=timedelta(hours=1)), stream("order", age=timedelta(hours=1, seconds=1))
    assert frame.ages([at], ["order"], ALL, NOW).late == []
    assert frame.ages([past], ["order"], ALL, NOW).late == [past]


def test_a_page_is_warned_of_what_it_shows_and_of_nothing_else() -> None:
    late = stream("invoice", "books", age=timedelta(days=2))
    judged = frame.ages([stream("order"), late], ["order"], ALL, NOW)
    assert judged.late == []
    assert judged.fine == ["Orders"]


def test_what_is_fine_names_only_sections_the_person_may_see() -> None:
    streams = [stream("order"), stream("ticket", "desk"), stream("invoice", "books", age=timedelta(days=2))]
    assert frame.ages(streams, ["invoice"], ("invoices", "support"), NOW).fine == ["Support"]


def test_a_page_of_several_streams_names_each_source_once_with_its_oldest_as_of() -> None:
    streams = [stream("account"), stream("contact", age=timedelta(minutes=5))]
    assert frame.ages(streams, ["account", "contact"], ALL, NOW).brief == [
        ("Shop", NOW - timedelta(minutes=5))
    ]


def test_absent_waiting_and_none_are_three_things() -> None:
    read, unread = stream("order"), stream("ticket", age=None, next_run=NOW)
    judged = frame.ages([read, unread], ["order"], ALL, NOW)
    assert [judged.nothing(name) for name in ("order", "ticket", "invoice")] == ["none", "waiting", "absent"]
    assert judged.planned("ticket") == NOW


def test_a_source_never_read_may_still_bring_anything() -> None:
    judged = frame.ages([stream("", age=None, next_run=NOW)], ["order"], ALL, NOW)
    assert judged.nothing("order") == "waiting"
    assert judged.planned("order") == NOW


def test_the_first_account_that_names_an_owner_wins() -> None:
    def account(**told: str) -> Found:
        return Found("account", {"owner_name": "", "owner_email": "", "owner_phone": "", **told}, NOW, "CRM")

    own = Help(name="Desk", email="desk@example.com", phone="1", whatsapp="2")
    named = account(owner_name="Jana", owner_phone="3")
    called = frame.caller([account(), named], own)
    assert called.help == Help(name="Jana", email="desk@example.com", phone="3", whatsapp="2")
    assert called.found is named
    assert frame.caller([account()], own) == frame.Caller(own)
