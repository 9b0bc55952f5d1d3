"""What the doors tell beside lists: dues, history, freshness, people, staff; and when they stay shut."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors import records as r
from portal import gateway
from portal.gateway import Dues, Gateway, Restamping, StaffGateway
from sync import tables
from sync.encoding import encode
from sync.tables import MIRROR, PORTAL

TODAY = date(2026, 11, 23)


@pytest.fixture
def door(database, two_organisations):
    with Gateway(database, two_organisations.a.id, two_organisations.sources) as opened:
        yield opened


@pytest.fixture
def invoice(database, two_organisations, now):
    """Mirror an invoice of organisation A: ``invoice("1", due="10.00", due_on=…)``."""

    def write(number, due, *, currency="EUR", due_on=None, organisation=None, **told):
        amount = None if due is None else Decimal(due)
        record = r.Invoice(
            source_id=number, number=number, currency=currency, due=amount, due_on=due_on, **told
        )
        where = {"source": "books", "source_id": number, "ref": tables.ref("invoice", "books", number)}
        seen = {"fingerprint": 1, "data_rows": 1, "first_seen": now, "changed_at": now}
        owner = organisation or two_organisations.a.id
        row = {**where, **seen, "org_id": owner, **encode(record, now)}
        with database.sync() as connection:
            connection.execute(MIRROR["invoices"].insert().values(row))

    return write


def dues(database, world):
    with Gateway(database, world.a.id, ("books",)) as door:
        return door.dues(TODAY)


def test_what_is_owed_is_told_for_each_currency_apart(database, two_organisations, invoice):
    invoice("1", "50.00", due_on=TODAY)
    invoice("2", "20.00", due_on=TODAY + timedelta(5))
    invoice("3", "1000", currency="JPY", due_on=TODAY - timedelta(1))
    invoice("4", "0.001", currency="KWD")
    assert dues(database, two_organisations) == [
        Dues("EUR", due=17000, overdue=10000, open_count=3, overdue_count=1, next_due_on=TODAY),
        Dues("JPY", due=1000, overdue=1000, open_count=1, overdue_count=1, next_due_on=None),
        Dues("KWD", due=1, overdue=0, open_count=1, overdue_count=0, next_due_on=None),
    ]


def test_void_paid_unknown_gone_and_foreign_invoices_are_not_owed(database, two_organisations, invoice):
    invoice("1", "50.00", void=True)
    invoice("2", "0")
    invoice("3", None)
    invoice("4", "70.00", organisation=two_organisations.b.id)
    (euros,) = dues(database, two_organisations)
    assert (euros.due, euros.open_count) == (10000, 1)


def test_a_credit_note_counts_against_what_is_owed_and_is_never_overdue(database, two_organisations, invoice):
    invoice("1", "-30.00", kind="credit note", due_on=TODAY - timedelta(30))
    (euros,) = dues(database, two_organisations)
    assert (euros.due, euros.overdue, euros.open_count, euros.overdue_count) == (7000, 10000, 1, 1)


def test_sums_are_exact_beyond_what_a_float_holds(database, two_organisations, invoice):
    for number in range(3):
        invoice(str(number), "90071992547409.93", currency="USD")
    assert dues(database, two_organisations)[0].due == 3 * 9007199254740993


def test_history_is_told_oldest_first_and_for_one_record(database, two_organisations, now):
    world = two_organisations
    with database.sync() as connection:
        connection.execute(MIRROR["changes"].delete())
        for seq, (company, before, after) in enumerate(
            [(world.a, "new", "paid"), (world.b, "secret", "secret"), (world.a, "paid", "sent")]
        ):
            key = f"{company.name[0].lower()}0017"
            row = {
                "source": "shop",
                "source_id": key,
                "record": "order",
                "org_id": company.id,
                "kind": "changed",
            }
            moved = {
                "seq": seq,
                "at": now + timedelta(seq),
                "field": "status",
                "before": before,
                "after": after,
            }
            connection.execute(MIRROR["changes"].insert().values(**row, **moved))
    with Gateway(database, world.a.id, world.sources) as door:
        traced = door.trace(r.Order, world.a.refs["order"])
        assert traced.found == door.get(r.Order, world.a.refs["order"])
        assert door.trace(r.Order, world.b.refs["order"]) is None
    assert [(change.before, change.after, change.at) for change in traced.changes] == [
        ("new", "paid", now),
        ("paid", "sent", now + timedelta(2)),
    ]


def test_freshness_is_told_by_stream_in_the_customers_words(database, two_organisations, now):
    with database.sync() as connection:
        new = {"source": "crm2", "label": "New desk", "kind": "exports", "configured": 1, "stale_after": 60}
        connection.execute(MIRROR["sources"].insert().values(**new, change_seq=0, next_run=now))
    with Gateway(database, two_organisations.a.id, (*two_organisations.sources, "crm2")) as door:
        told = {(one.label, one.record): one for one in door.freshness()}
    assert told["Web shop", "order"].as_of == now
    assert told["Web shop", "order"].stale_after == 7200
    assert (told["New desk", ""].as_of, told["New desk", ""].next_run) == (None, now)
    assert len(told) == 8


def test_a_record_frozen_at_an_earlier_time_says_so(database, two_organisations, now):
    with database.sync() as connection:
        connection.execute(MIRROR["orders"].update().values(as_of=now - timedelta(7)))
    with Gateway(database, two_organisations.a.id, two_organisations.sources) as door:
        assert door.page(r.Order).rows[0].as_of == now - timedelta(7)
        assert door.page(r.Invoice).rows[0].as_of == now


def open_door(database, world):
    with Gateway(database, world.a.id, world.sources) as door:
        return door.count(r.Order)


def set_versions(database, world, **versions):
    organisations = PORTAL["organisations"]
    with database.owners() as connection:
        connection.execute(organisations.update().where(organisations.c.id == world.a.id).values(**versions))


def test_nothing_is_shown_between_the_removal_of_a_link_and_the_restamp(database, two_organisations):
    world = two_organisations
    set_versions(database, world, links_version=2, removed_version=2)
    with pytest.raises(Restamping):
        open_door(database, world)
    with Gateway(database, world.b.id, world.sources) as door:
        assert door.count(r.Order) == 1
    with database.sync() as connection:
        connection.execute(MIRROR["stamps"].update().values(version=2))
    assert open_door(database, world) == 1


def test_an_added_link_shows_what_is_stamped_already(database, two_organisations):
    set_versions(database, two_organisations, links_version=2)
    assert open_door(database, two_organisations) == 1


def test_an_organisation_without_a_stamp_is_open_while_it_never_lost_a_link(database, two_organisations):
    with database.sync() as connection:
        connection.execute(MIRROR["stamps"].delete())
    assert open_door(database, two_organisations) == 1
    set_versions(database, two_organisations, removed_version=1)
    with pytest.raises(Restamping):
        open_door(database, two_organisations)


def test_a_portal_restored_from_before_the_last_stamp_shows_nothing(database, two_organisations):
    with database.sync() as connection:
        connection.execute(MIRROR["stamps"].update().values(version=9))
    with pytest.raises(Restamping):
        open_door(database, two_organisations)


def test_whom_to_call_is_the_first_current_account_that_names_somebody(
    database, two_organisations, mirrored, now
):
    world = two_organisations
    accounts = MIRROR["accounts"]
    with database.sync() as connection:
        connection.execute(accounts.delete())
    nobody, gone, here = (
        r.Account(source_id=n, name=n, owner_name=o) for n, o in (("1", ""), ("2", "X"), ("3", "Y"))
    )
    mirrored(nobody, here)
    mirrored(gone, gone_at=now)
    mirrored(r.Account(source_id="4", name="4", owner_name="B's own"), org_id=world.b.id)
    with Gateway(database, world.a.id, world.sources) as door:
        assert [(one.owner_name, one.label) for one in door.carers()] == [("Y", "Customer desk")]
        assert len(door.freshness()) == 7


def test_an_organisation_the_portal_does_not_know_shows_nothing(database, two_organisations):
    with pytest.raises(Restamping), Gateway(database, 12345, two_organisations.sources):
        pass


def test_databases_that_are_no_pair_show_nothing_and_know_nobody(database, two_organisations):
    world = two_organisations
    with database.sync() as connection:
        meta = MIRROR["meta"]
        connection.execute(meta.update().where(meta.c.name == "pairing").values(value="another"))
    with pytest.raises(Restamping):
        open_door(database, world)
    with pytest.raises(Restamping):
        gateway.people(database, world.both, world.sources)
    with database.sync() as connection:
        database.pair(connection)
    assert open_door(database, world) == 1


def test_a_door_that_stays_shut_gives_its_connection_back(database, two_organisations):
    set_versions(database, two_organisations, links_version=2, removed_version=2)
    for _ in range(40):
        with pytest.raises(Restamping):
            open_door(database, two_organisations)


@pytest.mark.parametrize("written", ["both@both.example", " Both@BOTH.example\n"])
def test_an_address_is_known_in_every_organisation_it_is_a_contact_of(database, two_organisations, written):
    world = two_organisations
    told = gateway.people(database, written, world.sources).standings
    assert [(one.organisation, one.organisation_name) for one in told] == [
        (world.a.id, world.a.name),
        (world.b.id, world.b.name),
    ]
    assert all(one.live and one.known for one in told)
    assert told[0].contact_names == (f"{world.a.canary} name",)


@pytest.mark.parametrize(
    "address",
    ["stranger@example.net", "", " ", "\0", "both@both.example\0", "%", "bоth@both.example", "\ud800"],
)
def test_an_address_nobody_has_is_nobody(database, two_organisations, address):
    known = gateway.people(database, address, two_organisations.sources)
    assert (known.user, list(known.standings), list(known.seats)) == (None, [], [])
    with gateway.person_scope(database, address) as connection:
        assert connection.execute(sa.select(PORTAL["organisations"])).all() == []


@pytest.mark.parametrize("left", [{"gone_why": "deleted"}, {"active": 0}])
def test_a_leaver_is_known_but_not_live(database, two_organisations, now, left):
    world, contacts = two_organisations, MIRROR["contacts"]
    change = {**left, "gone_at": now} if "gone_why" in left else left
    with database.sync() as connection:
        connection.execute(contacts.update().where(contacts.c.org_id == world.a.id).values(**change))
    told = {one.organisation: one for one in gateway.people(database, world.both, world.sources).standings}
    assert (told[world.a.id].live, told[world.a.id].known) == (False, True)
    assert told[world.b.id].live


def test_a_scope_lent_to_the_store_is_one_organisations(database, two_organisations):
    with gateway.organisation_scope(database, two_organisations.a.id) as connection:
        assert connection.execute(sa.select(PORTAL["organisations"].c.name)).scalars().all() == [
            "A Trading Ltd"
        ]


def test_staff_find_a_record_by_number_id_or_ref_whoever_owns_it(database, two_organisations, now):
    world = two_organisations
    with database.sync() as connection:
        orders = MIRROR["orders"]
        connection.execute(orders.update().where(orders.c.source_id == "b0017").values(gone_at=now))
    with StaffGateway(database) as door:
        for needle in (f"{world.b.canary} number", world.b.refs["order"], "b0017"):
            (owned,) = door.find(r.Order, needle)
            assert (owned.organisation, owned.organisation_name, owned.gone_at) == (
                world.b.id,
                world.b.name,
                now,
            )
            assert owned.found.lines[0]["name"] == f"{world.b.canary} name"
        (nobodys,) = door.find(r.Order, "u0017")
        assert (nobodys.organisation, nobodys.organisation_name) == (None, "")
        assert door.find(r.Contact, "no such\0") == []


def test_staff_count_and_sample_every_organisation(database, two_organisations):
    world = two_organisations
    with StaffGateway(database) as door:
        counts = door.counts()
        assert counts[world.a.id] == counts[None] == dict.fromkeys(r.RECORDS, 1) | {"contact": 2}
        assert door.organisations() == {world.a.id: world.a.name, world.b.id: world.b.name}
        assert [owned.organisation for owned in door.sample(r.Order, world.a.id)] == [world.a.id]
        refs = [world.a.refs["order"], world.unowned.refs["order"], "absent"]
        assert door.owners(r.Order, refs) == {refs[0]: world.a.id, refs[1]: None}
        assert {member.organisation for member in door.members(limit=2)} == {world.a.id, world.b.id}
        assert len(door.members()) == 4
