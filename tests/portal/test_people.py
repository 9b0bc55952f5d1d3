"""Inviting, listing and revoking people, and what their invitations do."""

from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from portal.store import people
from sync.tables import PORTAL

House = Any
NEW = "new@a0017.example"


def _invite(house: House, address: str = NEW, roles: tuple[str, ...] = ("orders",)) -> str:
    return people.invite(
        house.database, house.config, address, house.world.a.id, roles, "staff", house.clock()
    )


def test_an_invited_person_signs_in_with_the_mail_and_is_where_they_belong(house: House) -> None:
    assert _invite(house) == house.world.a.name
    (mailed,) = house.mails()
    browser = house.browser()
    assert 'name="code"' in browser.get(mailed.path).text
    assert browser.post(mailed.path, {"code": mailed.code}).location == "/"
    assert house.world.a.name in browser.get("/").text
    assert [browser.get(path).status_code for path in ("/orders", "/invoices")] == [200, 404]


def test_an_invitation_lives_for_seven_days_and_is_renewed_by_its_holder(house: House) -> None:
    _invite(house)
    (mailed,) = house.mails()
    browser = house.browser()
    house.clock.forward(days=6, hours=23)
    assert browser.get(mailed.path).status_code == 200
    house.clock.forward(hours=1)
    assert browser.get(mailed.path).status_code == 410
    assert browser.post(f"{mailed.path}/again").location == "/login/code"
    (fresh,) = house.mails()
    assert fresh.to == NEW
    assert "Welcome" in fresh.text
    house.clock.forward(days=6)
    assert browser.post(fresh.path, {"code": fresh.code}).status_code == 303


def test_an_invitation_works_once_and_dies_with_its_right(house: House) -> None:
    _invite(house)
    (mailed,) = house.mails()
    people.revoke(house.database, NEW, house.world.a.id, "staff", house.clock())
    browser = house.browser()
    assert browser.post(mailed.path, {"code": mailed.code}).status_code == 410
    browser.post(f"{mailed.path}/again")
    assert house.mails() == []


def test_an_invitation_forwarded_to_somebody_else_still_names_its_own_address(house: House) -> None:
    _invite(house)
    (mailed,) = house.mails()
    other = house.sign_in(house.world.b.member)
    assert "n…@a0017.example" in other.get(mailed.path).text
    other.post(f"{mailed.path}/again")
    assert {fresh.to for fresh in house.mails()} == {NEW}


def test_inviting_again_changes_roles_and_keeps_one_membership(house: House) -> None:
    _invite(house)
    _invite(house, NEW.upper(), ("support", "finance"))
    (row,) = [row for row in people.list_all(house.database, house.config) if row.email == NEW]
    assert row.roles == "finance,support"
    assert len(house.mails()) == 2


def test_inviting_somebody_who_was_shut_out_lets_them_in_again(house: House) -> None:
    people.revoke(house.database, house.finn, None, "staff", house.clock())
    _invite(house, house.finn)
    house.mails()
    assert house.sign_in(house.finn).get("/orders").status_code == 200


@pytest.mark.parametrize("address", ["", "x", "x@", "a b@c.example", "a@c.example\nBcc: d@e.example"])
def test_what_is_no_address_is_not_invited(house: House, address: str) -> None:
    with pytest.raises(people.NotInvited, match=r"write it like name@company\.example"):
        _invite(house, address)


def test_mistakes_in_an_invitation_are_told_with_their_cure(house: House) -> None:
    with pytest.raises(people.NotInvited, match="unknown role boss: use one or more of admin, finance"):
        _invite(house, NEW, ("boss",))
    with pytest.raises(people.NotInvited, match="unknown role"):
        _invite(house, NEW, ())
    with pytest.raises(people.NotInvited, match="fanlight org list"):
        people.invite(house.database, house.config, NEW, 5, ["admin"], "staff", house.clock())
    with pytest.raises(people.NotInvited, match=r"make the contact active there and sync"):
        _invite(house, house.left)
    assert house.rows("outbox") == []


def test_the_list_tells_who_is_where_and_whether_they_ever_came(house: House) -> None:
    house.sign_in(house.ann)
    people.revoke(house.database, house.finn, house.world.a.id, "staff", house.clock())
    people.revoke(house.database, house.world.b.member, None, "staff", house.clock())
    told = {
        (row.email, row.organisation_id): row.state for row in people.list_all(house.database, house.config)
    }
    a, b = house.world.a.id, house.world.b.id
    assert told == {
        (house.ann, a): "active", (house.finn, a): "revoked", (house.left, a): "left",
        (house.world.b.member, b): "deactivated",
        (house.world.both, a): "invited", (house.world.both, b): "invited",
    }  # fmt: skip


def test_a_contact_who_was_refused_stays_out_where_contacts_may_come(open_house: Any, config: Any) -> None:
    house = open_house(config(login={"who": "contacts"}))
    people.revoke(house.database, house.rita, house.world.a.id, "staff", house.clock())
    house.browser().ask(house.rita)
    assert house.mails() == []


def test_invitations_and_revocations_are_in_the_audit_trail(house: House) -> None:
    _invite(house)
    people.revoke(house.database, NEW, None, "boss", house.clock())
    noted = [(row.actor, row.what) for row in house.rows("audit") if NEW in row.detail]
    assert sorted(noted) == [("boss", "revoked"), ("staff", "invited")]


def test_the_web_cannot_make_anybody_a_member(house: House) -> None:
    row = {
        "user_id": 1,
        "org_id": house.world.b.id,
        "roles": "admin",
        "invited_at": house.clock(),
        "invited_by": "x",
    }
    refusal = pytest.raises(DatabaseError, match=r"not authorized|prohibited|permission denied")
    with refusal, house.database.web(write=True) as connection:
        connection.execute(PORTAL["members"].insert(), row)
