"""Evidence on live data that customers are kept apart.

Plants nothing: it asks the portal's own pages, in this process, as people who may sign in, and compares every
record shown with the owner the database names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from connectors.records import Contact, Invoice, Order, Quote, Record, Ticket
from portal import create_app
from portal.gate import INSIDE, audience_of
from portal.gateway import StaffGateway
from portal.store import rights
from portal.store.sessions import Session
from sync.config import Config
from sync.database import Database

PAGES: dict[str, type[Record]] = {"orders": Order, "invoices": Invoice, "quotes": Quote, "support": Ticket}
SHOWN = re.compile(r"/(orders|invoices|quotes|support)/([a-z2-7]{16})(?![a-z2-7])")
ANSWERS = (200, 403, 404)  # a page, no organisation, a section switched off
DEEP = 12  # records of each kind that are opened, own and foreign, for each person


@dataclass(frozen=True)
class Asker:
    """Somebody who may sign in, and the organisation asked for."""

    email: str
    organisation: int
    organisation_name: str


@dataclass(frozen=True)
class Leak:
    """Something shown to somebody it does not belong to."""

    asker: Asker
    url: str
    what: str

    def __str__(self) -> str:
        who = f"{self.asker.email} of {self.asker.organisation_name} ({self.asker.organisation})"
        return f"{who} saw at {self.url}: {self.what}"


@dataclass
class Proof:
    """What was asked and what came of it."""

    askers: list[Asker] = field(default_factory=list)
    requests: int = 0
    records: int = 0
    refused: int = 0
    leaks: list[Leak] = field(default_factory=list)


def isolation(config: Config, database: Database, now: datetime, *, people: int = 50) -> Proof:
    """Ask every page as up to ``people`` people, one of every organisation first; see Proof.leaks."""
    app = create_app(config, database, lambda: now, POSTMAN_THREAD=False)
    proof = Proof()
    with StaffGateway(database) as staff:
        for asker in _askers(config, database, staff, people):
            proof.askers.append(asker)
            Visit(app, staff, proof, asker, now).everything()
    return proof


def _askers(config: Config, database: Database, staff: StaffGateway, most: int) -> Iterator[Asker]:
    found: set[tuple[str, int]] = set()
    for address in _addresses(staff, most):
        for right in rights.of(database, config, address).organisations:
            if (address, right.organisation) not in found and len(found) < most:
                found.add((address, right.organisation))
                yield Asker(address, right.organisation, right.name)


def _addresses(staff: StaffGateway, most: int) -> Sequence[str]:
    members = [member.email for member in staff.members(most)]
    contacts = [staff.sample(Contact, organisation, 2) for organisation in staff.organisations()]
    turns = (owned for turn in zip_longest(*contacts) for owned in turn if owned and owned.found.email)
    return list(dict.fromkeys([*members, *(owned.found.email for owned in turns)]))


@dataclass
class Visit:
    """One person's tour of the portal."""

    app: Flask
    staff: StaffGateway
    proof: Proof
    asker: Asker
    now: datetime

    @property
    def base_url(self) -> str:
        """Where the portal says it lives: it answers to no other name."""
        base_url: str = self.app.extensions["fanlight"].config.portal.base_url
        return base_url

    def everything(self) -> None:
        """Every page without a variable part, what those pages link to, and records of others."""
        client = self.app.test_client()
        shown: dict[str, set[str]] = {name: set() for name in PAGES}
        for url in self._plain_pages():
            for name, ref in self._ask(client, url):
                shown[name].add(ref)
        for name, refs in shown.items():
            for ref in sorted(refs)[:DEEP]:
                self._ask(client, f"/{name}/{ref}")
        for name, ref in self._foreign():
            self._knock(client, f"/{name}/{ref}")

    def _plain_pages(self) -> list[str]:
        rules = self.app.url_map.iter_rules()
        open_to_all = ("public", "staff", None)
        asked = (r for r in rules if "GET" in (r.methods or ()) and not r.arguments)
        return sorted({r.rule for r in asked if audience_of(self.app, r.endpoint) not in open_to_all})

    def _foreign(self) -> Iterator[tuple[str, str]]:
        others = [org for org in self.staff.organisations() if org != self.asker.organisation]
        for name, record in PAGES.items():
            samples = (owned for org in others for owned in self.staff.sample(record, org, 1))
            yield from ((name, owned.found.ref) for owned, _ in zip(samples, range(DEEP), strict=False))

    def _ask(self, client: FlaskClient, url: str) -> list[tuple[str, str]]:
        """Get a page and hold every record it names against its owner."""
        answer = self._get(client, url)
        if answer.status_code not in ANSWERS:
            self.proof.leaks.append(
                Leak(self.asker, url, f"an answer {answer.status_code}: nothing is proven")
            )
        named = sorted(set(SHOWN.findall(answer.get_data(as_text=True))))
        for name, refs in _by_page(named).items():
            owners = self.staff.owners(PAGES[name], refs)
            self.proof.records += len(refs)
            self.proof.leaks += [
                Leak(self.asker, url, f"/{name}/{ref}, which belongs to {owners.get(ref, 'no record')}")
                for ref in refs
                if owners.get(ref) != self.asker.organisation
            ]
        return named

    def _knock(self, client: FlaskClient, url: str) -> None:
        """Ask for somebody else's record: it must not be there."""
        status = self._get(client, url).status_code
        self.proof.refused += status == 404
        if status != 404:
            self.proof.leaks.append(Leak(self.asker, url, f"an answer {status} instead of 404"))

    def _get(self, client: FlaskClient, url: str) -> Any:
        self.proof.requests += 1
        inside = {INSIDE: self._session()}
        return client.get(url, base_url=self.base_url, environ_overrides=inside)

    def _session(self) -> Session:
        """A session that stands in no table: taken from this process only, and no visit is written."""
        until = self.now + timedelta(hours=1)
        return Session(
            id="", user_id=0, org_id=self.asker.organisation, email=self.asker.email, name="",
            device="check", device_hash=None, made_at=self.now, seen_at=self.now, idle_seconds=3600,
            expires_at=until,
        )  # fmt: skip


def _by_page(named: Sequence[tuple[str, str]]) -> Mapping[str, list[str]]:
    pages: dict[str, list[str]] = {}
    for name, ref in named:
        pages.setdefault(name, []).append(ref)
    return pages
