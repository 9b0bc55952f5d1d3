"""Three live systems, one TOML: a first sync, ten days with a fault in every run, what a customer reads."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from fakes.mirrored import mirrored
from fakes.ten_days import FAULTS, SECRET, Business
from place import Place, page

from sync import config as configuration
from sync.database import Database, open_database

LASTS = timedelta(minutes=30) + 10 * timedelta(days=1, minutes=40)  # the business below
TOML = """
[portal]
name = "Northgate Supplies"
base_url = "http://127.0.0.1:8000"
secret_key = { file = "secret.key" }
credentials_key = { file = "credentials.key" }
sections = ["orders", "invoices", "quotes", "support", "account"]

[organisations]
from = "crm"
match = ["number"]

[login]
who = "contacts"

[[sources]]
id = "crm"
label = "Customer desk"
kind = "salesforce"
base_url = "%(crm)s"
client_id = "3MVG9client"
client_secret = { env = "VENDOR_SECRET" }
currency = "EUR"

[[sources]]
id = "shop"
label = "Web shop"
kind = "shopify"
shop = "acme.myshopify.com"
base_url = "%(shop)s"
client_id = "shopify-client"
client_secret = { env = "VENDOR_SECRET" }

[[sources]]
id = "books"
label = "Accounts office"
kind = "xero"
base_url = "%(books)s"
token_url = "%(books)s/connect/token"
client_id = "xero-client-id"
client_secret = { env = "XERO_SECRET" }
"""


@dataclass(frozen=True)
class LivePlace(Place):
    """One whose TOML reads the vendors of a business."""

    business: Business

    def day(self, happens: object, number: int) -> Result:
        """One day: what happens, then a sync in which every vendor fails once."""
        self.business.pass_(days=1)
        assert callable(happens)
        happens()
        self.business.pass_(minutes=40)
        for nth, vendor in enumerate(self.business.vendors.values()):
            vendor.forget()
            vendor.plan({2 + nth + number % 3: FAULTS[(number + nth) % len(FAULTS)]})
        return self.run("sync")

    def differences(self) -> dict[str, object]:
        """Source and table of everything the mirror shows otherwise than the vendors have it."""
        config = configuration.load(self.toml)
        database = open_database(config)
        found: dict[str, object] = {}
        for source, (columns, true) in self.business.truth().items():
            shown = mirrored(database, columns, source)
            found |= {
                f"{source} {name}": (shown[name], true[name]) for name in true if shown[name] != true[name]
            }
        database.close()
        return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LivePlace]:
    monkeypatch.setenv("VENDOR_SECRET", "its-client-secret")
    monkeypatch.setenv("XERO_SECRET", "xero-client-secret")
    for name in ("secret.key", "credentials.key"):
        (tmp_path / name).write_text("5d3fc8a1b7e94026a8c1d2e3f4a5968776655443322110ff")
        (tmp_path / name).chmod(0o600)
    business = Business(datetime.now(UTC).replace(microsecond=0) - LASTS - timedelta(minutes=10))
    with ExitStack() as stack:
        for vendor in business.vendors.values():
            stack.enter_context(vendor.listening())
        business.begin()
        toml = tmp_path / "fanlight.toml"
        toml.write_text(TOML % {name: vendor.url for name, vendor in business.vendors.items()})
        Database("sqlite:var", tmp_path).create()
        yield LivePlace(toml, business)


def test_ten_days_with_a_fault_in_every_run_end_in_the_truth(place: LivePlace) -> None:
    assert place.run("check", "sources").exit_code == 0
    first = place.run("sync")
    assert first.exit_code == 0, first.output
    assert place.differences() == {}
    for number, happens in enumerate(place.business.days):
        told = place.day(happens, number)
        assert told.exit_code in (0, 1), told.output
        assert "Traceback" not in told.output
    for vendor in place.business.vendors.values():
        vendor.forget()
    last = place.run("sync", "--full")
    assert last.exit_code == 0, last.output
    assert place.differences() == {}
    assert [vendor.writes for vendor in place.business.vendors.values()] == [[], [], []]

    client = place.sign_in("ann@c0042.example")
    home = page(client, "/")
    assert re.search(r"Web shop Your ref. PO-0042-20", home) and "The lid is broken" in home
    assert re.search(r"To pay .* NZ\$310\.50", home)
    ages = dict(re.findall(r"(Customer desk|Web shop|Accounts office) · as of (\d+) min ago", home))
    assert len(set(ages.values())) == 3, home
    pages = [page(client, url) for url in ("/", "/orders", "/invoices", "/quotes", "/support", "/account")]
    assert "PO-0042-20" in pages[1] and "INV-20" in pages[2] and "The lid is broken" in pages[4]
    everything = " ".join(pages)
    assert not [word for word in (*SECRET, "0043", "ACME Ltd", "Beta") if word in everything]
    assert place.run("check", "isolation").exit_code == 0
