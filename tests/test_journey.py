"""The whole way, on both engines: the demo's files, the command line, the mirror, a phone's pages."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from place import ORIGIN, Place, page

from portal import demo
from sync.database import Database

BUYER, BOTH = demo.PEOPLE[1], demo.PEOPLE[0]
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's files."""
    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder, seed=7, today=TODAY)
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def place(tmp_path: Path, files: Path, request: pytest.FixtureRequest) -> Place:
    copytree(files, tmp_path, dirs_exist_ok=True)
    toml = tmp_path / "fanlight.toml"
    if request.param == "postgresql":
        server: Any = request.getfixturevalue("postgres")
        url = server.at(server.fresh(server.template()))
        toml.write_text(toml.read_text().replace('"sqlite:var"', json.dumps(url)))
    else:
        Database("sqlite:var", tmp_path).create()
    return Place(toml)


def test_a_customer_reads_order_and_balance_without_a_tap(place: Place) -> None:
    assert place.run("sync").exit_code == 3  # the demo holds rows nobody could read
    client = place.sign_in(BUYER)
    home = page(client, "/")
    assert re.search(r"Latest order .*#\d{5}", home)
    assert re.search(r"To pay .*£[\d,]+\.\d\d", home)
    assert re.search(r"Next due \d+ \w{3} \d{4}", home)
    assert re.search(r"\d open ticket", home)
    assert home.count("as of") >= 3


def test_a_person_in_two_organisations_chooses_first(place: Place) -> None:
    place.run("sync")
    client = place.sign_in(BOTH)
    assert client.get("/", base_url=ORIGIN).location.startswith("/switch")
    shown = client.get("/switch", base_url=ORIGIN).text
    organisations = re.findall(r'name="organisation" value="(\d+)"', shown)
    assert len(organisations) == 2
    orders = set()
    for organisation in organisations:
        client.post("/switch", data={"organisation": organisation}, base_url=ORIGIN)
        orders.add(page(client, "/orders"))
    assert len(orders) == 2


def test_the_next_day_reaches_the_pages_and_the_history(place: Place) -> None:
    place.run("sync")
    before = sums(place)
    demo.step(place.folder, today=TODAY)
    again = json.loads(place.run("sync", "--json").stdout)
    orders = next(stream for stream in again["outcomes"] if stream["record"] == "order")
    assert orders["new"] > 0
    assert orders["changed"] > 0
    assert orders["gone"] == 1
    assert sums(place) != before
    assert json.loads(place.run("sync", "--json").stdout)["outcomes"][3]["changed"] == 0


def test_every_data_row_is_accounted_for(place: Place) -> None:
    told = json.loads(place.run("sync", "--json").stdout)
    for stream in told["outcomes"]:
        kinds = ("placed_rows", "hidden_rows", "deleted_rows", "quarantined_rows")
        accounted = sum(stream[kind] for kind in kinds)
        assert stream["data_rows"] == accounted, stream


def test_the_checks_find_the_demo_in_order(place: Place) -> None:
    place.run("sync")
    for check in (("config",), ("sources",), ("isolation", "--people", "4"), ("readonly",)):
        answer = place.run("check", *check)
        assert answer.exit_code == 0, answer.output


def sums(place: Place) -> object:
    return json.loads(place.run("status", "--json").stdout)["sources"]
