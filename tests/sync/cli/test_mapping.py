"""`fanlight map`: what it prints loads, syncs, and is said in words a person can act on."""

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sync.cli.app import App
from sync.cli.mapping import map_
from sync.cli.running import sync
from sync.config import load
from sync.database import Database

PORTAL = """\
[portal]
name = "Northgate"
base_url = "http://127.0.0.1:8000"
secret_key = { file = "secret.key" }

[organisations]
from = "files"

"""
LANGUAGES = sorted((Path(__file__).parents[2] / "connectors/exports/guess/files").glob("*.csv"))
SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "data" / "samples"
ANSWERS = ["--date-order", "dmy", "--timezone", "Europe/Berlin", "--currency", "EUR", "--tax", "excluded"]


class Folder:
    """A folder with a configuration and files, and the command."""

    def __init__(self, path: Path, database: Database, now: datetime) -> None:
        self.path, self.database, self.now = path, database, now
        (path / "secret.key").write_text("6f1e0c9ab4d8573e2f90b1c6d7a85e43")
        (path / "secret.key").chmod(0o600)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def map(self, file: Path, *words: str) -> Result:
        app = App(self.path / "fanlight.toml", lambda: self.now)
        return CliRunner().invoke(map_, [str(file), *words], obj=app, catch_exceptions=False)

    def paste(self, toml: str) -> None:
        """Into fanlight.toml, under what every portal has."""
        (self.path / "fanlight.toml").write_text(PORTAL + toml, "utf-8")

    def sync(self, *words: str) -> Result:
        app = App(self.path / "fanlight.toml", lambda: self.now)
        app.__dict__["database"] = self.database
        return CliRunner().invoke(sync, words, obj=app, catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, sqlite_database: Database, now: datetime) -> Folder:
    return Folder(tmp_path, sqlite_database, now)


def rested(toml: str) -> str:
    """The same without waiting for files just written."""
    return toml.replace('kind = "exports"', 'kind = "exports"\nsettle = 0', 1)


def taken_in(toml: str) -> str:
    """With the customers of the file, which are offered as comments."""
    head, offer, rest = toml.partition("# No list of your customers?")
    said, _, stages = rest.partition("\n\n")
    lines = [line.removeprefix("#") for line in said.splitlines()[1:]]
    return head + offer * 0 + "\n".join(lines) + "\n\n" + stages


@pytest.mark.parametrize("file", LANGUAGES, ids=lambda path: path.stem)
def test_what_is_printed_loads_and_the_file_syncs_with_it(folder: Folder, file: Path) -> None:
    path = folder.put("export.csv", file.read_bytes())
    said = folder.map(path, "--source", "files", *ANSWERS)
    assert said.exit_code == 0
    folder.paste(rested(taken_in(said.stdout)))
    config = load(folder.path / "fanlight.toml")
    assert [len(source.files) for source in config.sources] == [2]  # type: ignore[attr-defined]
    document = json.loads(folder.sync("files", "--json").stdout)
    outcomes = {one["record"]: one for one in document["outcomes"]}
    rows = file.read_text("utf-8").count("\n") - 1
    assert set(outcomes) == {"account", "order"} or set(outcomes) == {"account", "invoice"}
    for one in outcomes.values():
        assert (one["data_rows"], one["quarantined_rows"]) == (rows, 0), one
        assert one["new"] > 0
    assert document["links"]["organisations"] == outcomes["account"]["new"]


def test_a_known_format_is_named_and_only_what_it_leaves_open_is_asked(folder: Folder) -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"the real export files are not at {SAMPLES}")
    source = SAMPLES / "quickbooks" / "invoice_import_template_eur.csv"
    path = folder.put("invoices.csv", source.read_bytes())
    said = folder.map(path, "--source", "files").stdout
    assert "a known format, QuickBooks invoices" in said and "[sources.files.map]" not in said
    assert '#date_order = "dmy"' in said and '#tax = "excluded"' in said
    assert '#profile = "quickbooks-invoices-customers"' in said
    folder.paste(rested(folder.map(path, "--source", "files", *ANSWERS).stdout))
    assert json.loads(folder.sync("--json").stdout)["outcomes"][0]["new"] == 2


def test_an_open_question_is_no_setting_and_the_sync_asks_it_too(folder: Folder) -> None:
    head = "Invoice No,Customer No,Invoice date,Due date,Total,Currency\n"
    path = folder.put("invoices.csv", head + "1,C1,03/04/2026,05/06/2026,1.50,EUR\n")
    said = folder.map(path, "--source", "files").stdout
    assert "date_order" not in tomllib.loads(said)["sources"][0]["files"][0]
    assert "ASK" in said and "'03/04/2026' (Invoice date, line 2)" in said
    folder.paste(rested(said))
    refused = folder.sync()
    assert refused.exit_code == 1 and "date_order" in refused.stdout
    (folder.path / "fanlight.toml").write_text(
        (folder.path / "fanlight.toml")
        .read_text("utf-8")
        .replace('#date_order = "dmy"', 'date_order = "dmy"')
    )
    assert "1 new" in folder.sync().stdout


def test_the_first_records_are_shown_as_customers_would_see_them(folder: Folder) -> None:
    german = next(path for path in LANGUAGES if path.stem == "german").read_bytes()
    said = folder.map(folder.put("Bestellungen.csv", german), "--check", "--currency", "EUR").stdout
    assert said.startswith('order "B-1"\n  seen by        "10045"\n')
    assert "total          EUR 1,234.50" in said and "placed on      3 Jan 2026" in said
    assert "line           100 × Schraube at 0.12 = 12.00" in said
    assert "1 hidden by show.order.Status: Entwurf is not in the list" in said
    assert said.endswith("Tried on 4 rows: 2 orders, 1 not shown.\n")
    assert "[[sources]]" not in said and "VIP" not in said


def test_statuses_of_another_language_come_with_the_stage_they_seem_to_be(folder: Folder) -> None:
    german = next(path for path in LANGUAGES if path.stem == "german").read_bytes()
    said = folder.map(folder.put("Bestellungen.csv", german)).stdout
    assert '#Versendet = "dispatched"' in said and '#"In Bearbeitung" = "in_production"' in said
    assert said.splitlines()[
        5
    ] == 'id = "bestellungen"                          # never change it later: it is ' + (
        "part of every record's key"
    )


def test_whatever_stands_in_a_file_what_is_printed_is_toml_and_safe_on_a_terminal(folder: Folder) -> None:
    odd = 'Order No,Customer No,Order date,Status,"Tot""al\x1b[31m\n",Total\n'
    rows = "".join(
        f'{n},C{n},2026-01-0{n},"a ""b"" \\ {n % 2}\n# x = 1\x1b[0m\x7f",1.50,2.50\n' for n in range(1, 7)
    )
    said = folder.map(folder.put('od\'d "name".csv', odd + rows), "--source", "files", "--currency", "EUR")
    assert said.exit_code == 0 and "\x1b" not in said.stdout and "\x7f" not in said.stdout
    folder.paste(rested(said.stdout))
    load(folder.path / "fanlight.toml")
    assert "6 new" in folder.sync().stdout


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.csv", b"<!doctype html><html>", "web page"),
        ("a.pdf", b"%PDF-1.7 x", "a PDF"),
        ("empty.csv", b"", "is empty"),
        ("noise.csv", b"\x01\x02\x03\x04" * 40, "binary data"),
        ("old.xls", b"\xd0\xcf\x11\xe0", "another kind"),
        ("weather.csv", b"temperature,place\n1,here\n", "--record order"),
        ("latin.csv", b"Bestellnr;Kunde\n1;\x81\x8d\n", "--encoding"),
    ],
)
def test_what_cannot_be_mapped_is_said_with_the_cure(
    folder: Folder, name: str, content: bytes, says: str
) -> None:
    said = folder.map(folder.put(name, content))
    assert (said.exit_code, said.stdout) == (2, "")
    assert name in said.stderr and says in said.stderr and "what we have is kept" not in said.stderr


def test_a_file_that_is_not_there_is_answered_with_the_one_that_is(folder: Folder) -> None:
    folder.put("orders.csv", "x")
    said = folder.map(folder.path / "order.csv")
    assert said.exit_code == 2 and "did you mean" in said.stderr and "orders.csv" in said.stderr
    assert "is a folder" in folder.map(folder.path).stderr


def test_wrong_options_are_answered_by_name(folder: Folder) -> None:
    path = folder.put("orders.csv", "Order No,Order date,Total\n1,2026-01-01 10:00,1.50\n")
    for words, says in (
        (["--timezone", "Berlin"], "--timezone"),
        (["--currency", "euro"], "--currency"),
        (["--encoding", "klingon"], "--encoding"),
        (["--delimiter", "x"], "--delimiter"),
    ):
        said = folder.map(path, *words)
        assert said.exit_code == 2 and says in said.stderr, words


def test_for_programs_the_guess_is_one_document(folder: Folder) -> None:
    german = next(path for path in LANGUAGES if path.stem == "german").read_bytes()
    told: dict[str, Any] = json.loads(folder.map(folder.put("b.csv", german), "--json").stdout)
    assert (told["record"], told["profile"], told["map"]["belongs_to"]) == (
        "order",
        None,
        {"column": "Kd-Nr."},
    )
    assert told["tried"] == {"rows": 4, "records": 2, "hidden": 1, "deleted": 0, "set_aside": 0}
    assert {"key": "currency", "value": "EUR", "why": "no column says it", "open": True} in told["settings"]


def test_lines_in_a_file_of_their_own_are_synced_with_what_is_printed(folder: Folder) -> None:
    orders = folder.put(
        "[orders].csv", "Order No,Customer No,Order date\nSO-1,C1,2026-01-01\nSO-2,C2,2026-01-02\n"
    )
    lines = folder.put("[lines].csv", "Order No,Item,Qty,Unit price\nSO-1,Bolt,2,5.00\nSO-2,Nut,1,1.50\n")
    said = folder.map(orders, "--lines", str(lines), "--source", "files", "--currency", "EUR").stdout
    folder.paste(rested(said))
    outcome = json.loads(folder.sync("--json").stdout)["outcomes"][0]
    assert (outcome["new"], outcome["data_rows"], outcome["quarantined_rows"]) == (2, 4, 0)
