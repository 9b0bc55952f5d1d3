"""The customer's door: what it shows, in which order, and what it refuses."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest

from connectors import records as r
from portal import gateway
from portal.gateway import BadCursor, Either, Gateway, Where
from sync import tables
from sync.encoding import encode
from sync.tables import TABLE

SHOP = ("shop",)


@pytest.fixture
def keep(database, two_organisations, now):
    """Mirror records of organisation A: ``keep(Order(…), status="x")`` sets columns too."""

    def write(*records, source="shop", **columns):
        for record in records:
            name = r.NAMES[type(record)]
            where = {"source": source, "source_id": record.source_id}
            where["ref"] = tables.ref(name, source, record.source_id)
            seen = {"fingerprint": 1, "data_rows": 1, "first_seen": now, "changed_at": now}
            row = {**where, **seen, "org_id": two_organisations.a.id, **encode(record, now), **columns}
            with database.sync() as connection:
                connection.execute(TABLE[type(record)].insert().values(row))

    return write


@pytest.fixture
def door(database, two_organisations):
    with Gateway(database, two_organisations.a.id, two_organisations.sources) as opened:
        yield opened


@pytest.fixture
def three_orders(keep, now):
    keep(*numbered(3, placed=now))


def numbered(count, **told):
    return [r.Order(source_id=f"n{n:03}", number=f"#{n:03}", **told) for n in range(count)]


def numbers(page):
    return [found.number for found in page.rows]


@pytest.mark.parametrize("record", r.NAMES)
def test_lists_counts_and_pages_show_ones_own_records_only(door, two_organisations, record):
    world = two_organisations
    shown = str(door.page(record).rows)
    assert world.a.canary in shown
    assert world.b.canary not in shown
    assert world.unowned.canary not in shown
    assert door.count(record) == len(door.page(record).rows) == (2 if record is r.Contact else 1)


@pytest.mark.parametrize("record", [r.Order, r.Invoice, r.Payment, r.Ticket, r.Account])
def test_a_foreign_record_and_an_absent_one_are_not_found_alike(door, two_organisations, record):
    world, name = two_organisations, r.NAMES[record]
    assert door.get(record, world.a.refs[name]).record == name
    for ref in (
        world.b.refs[name],
        world.unowned.refs[name],
        "aaaaaaaaaaaaaaaa",
        "",
        "\0",
        "\ud800",
        "%",
        "'",
    ):
        assert door.get(record, ref) is None


def test_a_record_page_has_its_details_and_a_list_does_not(door, two_organisations):
    world = two_organisations
    order = door.get(r.Order, world.a.refs["order"])
    assert order.lines[0]["name"] == f"{world.a.canary} name"
    assert order.ship_to["lines"] == [f"{world.a.canary} street"]
    assert order.placed == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert order.label == "Web shop"
    (listed,) = door.page(r.Order).rows
    assert (listed.reference, listed.total) == (order.reference, order.total)
    for name in ("lines", "ship_to", "note", "search_text", "org_id", "fingerprint", "no_such_column"):
        with pytest.raises(AttributeError, match=name):
            getattr(listed, name)


def test_an_account_lists_its_addresses(door):
    assert door.page(r.Account, order="source").rows[0].billing["country"].endswith("country")


def test_gone_records_are_not_shown_anywhere(database, two_organisations, keep, now):
    keep(r.Order(source_id="gone", number="#gone", status="lost"), gone_at=now, gone_why="deleted")
    with Gateway(database, two_organisations.a.id, SHOP) as door:
        assert "#gone" not in numbers(door.page(r.Order))
        assert door.count(r.Order) == 1
        assert door.get(r.Order, tables.ref("order", "shop", "gone")) is None
        assert "lost" not in door.statuses(r.Order)


def test_a_source_taken_out_of_the_configuration_is_hidden_at_once(database, two_organisations):
    world = two_organisations
    with Gateway(database, world.a.id, ("crm", "books")) as door:
        assert door.page(r.Order).rows == []
        assert door.get(r.Order, world.a.refs["order"]) is None
        assert door.count(r.Order) == 0
        assert {one.source for one in door.freshness()} == {"crm", "books"}
    assert gateway.people(database, world.both, ("shop",)).standings == []


def test_paging_shows_every_record_once_and_newest_first(database, two_organisations, keep, now):
    keep(*numbered(7, placed=now), *[r.Order(source_id="old", number="old", placed=now - timedelta(9))])
    with Gateway(database, two_organisations.a.id, SHOP) as door:
        seen, after = [], None
        for _ in range(5):
            page = door.page(r.Order, after=after, limit=2)
            assert len(page.rows) <= 2
            seen, after = seen + [(o.sort_at, o.ref) for o in page.rows], page.after
            if after is None:
                break
        assert len(seen) == 9
        assert seen == sorted(set(seen), reverse=True)
        assert set("+/=&?") & set(door.page(r.Order, limit=1).after) == set()


def test_a_record_that_arrives_between_two_pages_neither_repeats_nor_hides_another(
    database, two_organisations, keep, now
):
    world = two_organisations
    keep(*[r.Order(source_id=f"{n}", number=f"{n}", placed=now + timedelta(n)) for n in range(4)])
    with Gateway(database, world.a.id, SHOP) as door:
        first = door.page(r.Order, limit=2)
    keep(r.Order(source_id="late", number="late", placed=now + timedelta(99)))
    with Gateway(database, world.a.id, SHOP) as door:
        second = door.page(r.Order, limit=2, after=first.after)
    assert numbers(first) + numbers(second) == ["3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("record", "order"),
    [
        (r.Order, "-sort_at"),
        (r.Order, "number"),
        (r.Order, "-items"),
        (r.Invoice, "sort_due"),
        (r.Contact, "name"),
    ],
)
def test_every_order_pages_to_its_end(database, two_organisations, keep, record, order, now):
    some = r.Line(name="x")
    make = {
        r.Order: lambda n: r.Order(
            source_id=f"{n}", number=f"ä'%_{n % 3}", placed=now, lines=(some,) * (n % 2)
        ),
        r.Invoice: lambda n: r.Invoice(source_id=f"{n}", number="x", due_on=now.date() if n % 2 else None),
        r.Contact: lambda n: r.Contact(source_id=f"{n}", name=f"Ü {n % 2}"),
    }[record]
    keep(*map(make, range(7)))
    with Gateway(database, two_organisations.a.id, two_organisations.sources) as door:
        whole = [found.ref for found in door.page(record, order=order, limit=100).rows]
        seen, after = [], None
        for _ in whole:
            page = door.page(record, order=order, after=after, limit=1)
            seen, after = [*seen, page.rows[0].ref], page.after
        assert (seen, after) == (whole, None)


def test_a_marker_that_is_not_ours_is_refused(three_orders, door):
    marker = door.page(r.Order, limit=1).after
    made = [
        b"", b"x", b"[]", b"null", b'["-sort_at"]', b'["-sort_at","yesterday","a"]', b'["-sort_at",1,"a"]',
        b'["-sort_at","2026-01-01T00:00:00","a"]', b'["-sort_at","2026-01-01T00:00:00Z",1]',
        b'["-sort_at","2026-01-01T00:00:00Z","a\\u0000"]', b'["-sort_at","2026-01-01T00:00:00Z","\\ud800"]',
        b'["number","x","a"]', b'["-sort_at","2026-01-01T00:00:00Z","a","b"]', b"[" * 5000, b"\xff\xfe",
        b'["-sort_at","9999-12-31T23:59:59-12:00","a"]', b'["-sort_at","0001-01-01T00:00:00+12:00","a"]',
    ]  # fmt: skip
    for bad in [
        "%",
        "é",
        "a",
        "aaaaa",
        marker[:-3],
        marker + "!",
        *(urlsafe_b64encode(one).decode() for one in made),
    ]:
        if bad:
            with pytest.raises(BadCursor):
                door.page(r.Order, after=bad)
    with pytest.raises(BadCursor):
        door.page(r.Order, order="number", after=marker)
    with pytest.raises(BadCursor):
        door.page(
            r.Order, order="-items", after=urlsafe_b64encode(b'["-items",99999999999999999999,"a"]').decode()
        )


def test_a_list_is_never_longer_than_its_cap(door):
    assert len(door.page(r.Order, limit=10**9).rows) == 1
    assert len(door.page(r.Order, limit=-5).rows) == 1


def test_a_count_stops_at_its_cap(database, two_organisations, keep, now):
    keep(*numbered(5, placed=now))
    with Gateway(database, two_organisations.a.id, SHOP) as door:
        assert door.count(r.Order, cap=3) == 4
        assert door.count(r.Order) == 6


@pytest.mark.parametrize(("order", "first"), [("-sort_at", "#005"), ("number", "#001")])
def test_what_is_searched_or_filtered_is_counted_on_its_first_page_alone(
    database, two_organisations, keep, now, order, first
):
    keep(*(r.Order(source_id=f"{n}", number=f"#00{n}", placed=now + timedelta(n)) for n in range(1, 6)))
    keep(r.Order(source_id="6", number="other", placed=now + timedelta(6)))
    several = Where("number", "in", [f"#00{n}" for n in range(1, 6)])
    with Gateway(database, two_organisations.a.id, SHOP) as door:
        for where in ([Where("search_text", "contains", "#00")], [several]):
            page = door.page(
                r.Order, [*where, Where("cancelled", "eq", 0)], order=order, limit=3, counted=True
            )
            rest = door.page(r.Order, where, order=order, limit=3, counted=True, after=page.after)
            assert (page.total, rest.total, len(page.rows), len(rest.rows)) == (5, None, 3, 2)
            assert numbers(page)[0] == first
            assert sorted(numbers(page) + numbers(rest)) == several.value
        assert door.page(r.Order, [Where("search_text", "contains", "#009")], counted=True).total == 0


def test_two_searches_at_once_must_both_fit_and_a_text_may_be_asked_for_as_a_whole(
    database, two_organisations, keep
):
    keep(r.Order(source_id="1", number="one two"))
    one, two, three = (Where("search_text", "contains", text) for text in ("one", "two", "three"))
    part, whole = (Where("search_text", "eq", text) for text in ("one", "one two"))
    with Gateway(database, two_organisations.a.id, SHOP) as door:
        for where, found in (([one, two], 1), ([three, two], 0), ([part], 0), ([one, whole], 1)):
            assert len(door.page(r.Order, where, counted=True).rows) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("100%", 1), ("%", 1), ("_", 1), ("\\", 1), ("STRASSE", 1), ("ZÜRICH", 1), ("zurich", 1), ("'", 1),
     ("0%0", 0), ("x_x", 0), ("\0", 0), ("\ud800", 0), ("y" * 5000, 0), ("/", 0), ("", 2)],
)  # fmt: skip
def test_search_takes_its_text_literally(database, two_organisations, keep, text, found):
    keep(r.Order(source_id="1", number="100% a_b \\ Straße Zürich O'Neill"))
    with Gateway(database, two_organisations.a.id, SHOP) as door:
        assert door.count(r.Order, [Where("search_text", "contains", text)]) == found


def test_conditions(database, two_organisations, keep, now):
    keep(
        r.Order(source_id="1", number="1", status="a", expected=now.date()),
        r.Order(source_id="2", number="2", status="b"),
    )

    def ask(*where):
        with Gateway(database, two_organisations.a.id, SHOP) as door:
            page = door.page(r.Order, [*where, Where("number", "in", ["1", "2"])], order="number")
            assert door.count(r.Order, [*where, Where("number", "in", ["1", "2"])]) == len(page.rows)
            return numbers(page)

    today = now.date()
    assert ask(Where("status", "eq", "a")) == ["1"]
    assert ask(Where("status", "ne", "a")) == ["2"]
    assert ask(Where("expected", "ne", today)) == ["2"]
    assert ask(Where("expected", "not_in", [today])) == ["2"]
    assert ask(Where("expected", "le", today)) == ask(Where("expected", "ge", today)) == ["1"]
    assert ask(Where("expected", "lt", today)) == ask(Where("expected", "gt", today)) == []
    assert ask(Where("status", "in", [])) == []
    assert ask(Where("status", "not_in", ())) == ["1", "2"]
    assert ask(
        Either(((Where("status", "eq", "a"),), (Where("status", "eq", "b"), Where("number", "eq", "1"))))
    ) == ["1"]
    assert ask(Either(())) == []
    assert ask(Either(((),))) == ["1", "2"]
    assert ask(Where("total", "lt", 10**30)) == ask(Where("total", "gt", -(10**30))) == []
    assert ask(Where("status", "eq", "\0"), Where("status", "eq", "\ud800")) == []


@pytest.mark.parametrize("order", ["total", "-nothing", "org_id", "ref; drop table orders"])
def test_an_order_no_index_can_hold_is_a_programming_error(door, order):
    with pytest.raises(ValueError, match=r"column|empty"):
        door.page(r.Order, order=order)


def test_a_condition_on_no_column_is_a_programming_error(door):
    for where in (Where("nothing", "eq", 1), Where("number", "contains", "x")):
        with pytest.raises(ValueError, match=where.column):
            door.page(r.Order, [where])
