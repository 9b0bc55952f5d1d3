"""`fanlight user` at the command line, on the two organisations of the test world."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from portal.cli.user import invite, login_link, revoke, show
from sync.cli.app import App
from sync.database import Database
from sync.tables import PORTAL


@dataclass(frozen=True)
class Desk:
    """Where staff type commands."""

    app: App

    def run(self, command: click.Command, *words: str) -> Result:
        return CliRunner().invoke(command, words, obj=self.app, catch_exceptions=False)

    def listed(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Everybody, by address and organisation."""
        people = json.loads(self.run(show, "--json").stdout)
        return {(person["email"], person["organisation"]): person for person in people}


@pytest.fixture
def desk(
    tmp_path: Path, database: Database, config: Callable[..., Any], two_organisations: Any, now: datetime
) -> Desk:
    app = App(tmp_path / "fanlight.toml", lambda: now)
    vars(app).update(config=config(), database=database)
    return Desk(app)


def test_an_invited_person_gets_a_mail_and_may_sign_in(desk: Desk) -> None:
    said = desk.run(
        invite, "ann@new.example", "--org", "a trading ltd", "--role", "finance", "--role", "orders"
    )
    assert said.exit_code == 0
    assert said.stdout.startswith("ann@new.example may sign in to A Trading Ltd as finance, orders.")
    assert "The welcome mail has left." in said.stdout
    assert "To: ann@new.example" in said.stderr
    ann = desk.listed()["ann@new.example", "A Trading Ltd"]
    assert (ann["state"], ann["roles"], ann["last_seen"]) == ("invited", "finance,orders", None)


def test_an_organisation_goes_by_number_too(desk: Desk, two_organisations: Any) -> None:
    said = desk.run(invite, "ann@new.example", "--org", str(two_organisations.b.id))
    assert "may sign in to B Trading Ltd as read_all" in said.stdout


def test_an_unknown_organisation_is_told_with_the_command_that_lists_them(desk: Desk) -> None:
    said = desk.run(invite, "ann@new.example", "--org", "Nobody Ltd")
    assert said.exit_code == 1
    assert "there is no organisation 'Nobody Ltd'; `fanlight org list` shows them all" in said.stderr


def test_a_name_two_organisations_share_is_not_guessed(
    desk: Desk, database: Database, two_organisations: Any
) -> None:
    with database.owners() as connection:
        connection.execute(update(PORTAL["organisations"]).values(name="Twin Ltd"))
    said = desk.run(invite, "ann@new.example", "--org", "Twin Ltd")
    assert said.exit_code == 1
    assert "2 organisations are called 'Twin Ltd'; give one of their numbers:" in said.stderr
    assert str(two_organisations.a.id) in said.stderr


@pytest.mark.parametrize("email", ["ann", "ann@", "a nn@x.example", "ann@x.example\nBcc: all@x.example"])
def test_an_address_that_is_none_is_refused(desk: Desk, email: str) -> None:
    said = desk.run(invite, email, "--org", "A Trading Ltd")
    assert said.exit_code == 1
    assert "is not an e-mail address" in said.stderr


def test_the_list_for_programs_has_these_fields_and_nothing_else(desk: Desk, two_organisations: Any) -> None:
    people = json.loads(desk.run(show, "--json").stdout)
    assert {(p["email"], p["organisation_id"]) for p in people} == {
        (email, str(company.id))
        for company in (two_organisations.a, two_organisations.b)
        for email in (company.member, two_organisations.both)
    }
    assert set(people[0]) == {
        "email", "name", "organisation", "organisation_id", "roles", "state", "invited_at", "invited_by",
        "last_seen",
    }  # fmt: skip
    assert people[0]["invited_at"] == "2026-11-23T09:30:00+00:00"


def test_the_list_for_people_is_a_table(desk: Desk) -> None:
    heading, *lines = desk.run(show).stdout.splitlines()
    assert heading.split() == ["E-MAIL", "ORGANISATION", "ROLES", "STATE", "LAST", "SEEN"]
    assert len(lines) == 4
    assert {line.index("Trading") for line in lines} == {heading.index("ORGANISATION") + 2}


def test_a_revoked_person_has_no_link_any_more(desk: Desk, two_organisations: Any) -> None:
    assert desk.run(login_link, two_organisations.a.member).exit_code == 0
    said = desk.run(revoke, two_organisations.a.member)
    assert said.stdout == f"{two_organisations.a.member} may no longer sign in.\n"
    assert desk.run(login_link, two_organisations.a.member).exit_code == 1


def test_access_to_one_organisation_alone_can_be_revoked(desk: Desk, two_organisations: Any) -> None:
    desk.run(revoke, two_organisations.both, "--org", "A Trading Ltd")
    listed = desk.listed()
    assert listed[two_organisations.both, "A Trading Ltd"]["state"] == "revoked"
    assert listed[two_organisations.both, "B Trading Ltd"]["state"] == "invited"


def test_a_login_link_is_one_line_below_the_base_url(desk: Desk, two_organisations: Any) -> None:
    said = desk.run(login_link, two_organisations.a.member, "--for", "1h")
    (link,) = said.stdout.splitlines()
    assert link.startswith("http://localhost:8000/login/")


def test_there_is_no_login_link_for_a_stranger(desk: Desk, two_organisations: Any) -> None:
    said = desk.run(login_link, two_organisations.stranger)
    assert (said.exit_code, said.stdout) == (1, "")
    assert "fanlight user invite" in said.stderr


@pytest.mark.parametrize("lasting", ["2d", "25h", "0m", "-5m", "ten", "", "10", "9" * 30 + "d"])
def test_a_login_link_lives_a_day_at_most(desk: Desk, two_organisations: Any, lasting: str) -> None:
    said = desk.run(login_link, two_organisations.a.member, "--for", lasting)
    assert (said.exit_code, said.stdout) == (2, "")
    assert "1d at most" in said.stderr
