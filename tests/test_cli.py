"""The `fanlight` command as a whole: its help, which configuration it reads, exit codes, the first steps."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from portal.cli import commands
from sync.config import load
from sync.database import Database

TOML = """\
[portal]
name = "{name}"
base_url = "http://127.0.0.1:8000"
secret_key = {{ file = "secret.key" }}
[organisations]
from = "files"
[[sources]]
id = "files"
label = "Files"
kind = "exports"
[[sources.files]]
path = "exports/*.csv"
"""


def fanlight(*words: str | Path) -> Result:
    """One command as typed."""
    return CliRunner().invoke(commands, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder somebody stands in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FANLIGHT_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def portal(folder: Path) -> Path:
    """A configuration and its key, without a database; its path."""
    (folder / "secret.key").write_text("6f1e0c9ab4d8573e2f90b1c6d7a85e43")
    (folder / "secret.key").chmod(0o600)
    (folder / "fanlight.toml").write_text(TOML.format(name="Northgate"))
    return folder / "fanlight.toml"


def every_command(group: click.Group = commands, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command there is."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_explains_itself_with_an_example_and_takes_config(words: tuple[str, ...]) -> None:
    said = fanlight(*words, "--help")
    assert said.exit_code == 0
    assert f"fanlight {' '.join(words)}" in said.stdout.replace(f"Usage: fanlight {' '.join(words)}", "", 1)
    assert "--config FILE" in said.stdout
    assert max(map(len, said.stdout.splitlines())) <= 110


def test_the_list_says_the_same_of_a_command_as_the_command_itself() -> None:
    listed = fanlight("--help").stdout
    assert set(commands.list_commands(click.Context(commands))) <= set(listed.split())


def test_help_waits_for_neither_the_database_nor_the_web() -> None:
    code = (
        "import sys\nfrom portal.cli import main\nsys.argv = ['fanlight', '--help']\n"
        "try: main()\nfinally: print(sorted({'flask', 'sqlalchemy', 'pydantic'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("[]\n")


def test_a_misspelt_command_is_answered_with_the_right_one(folder: Path) -> None:
    said = fanlight("statsu")
    assert said.exit_code == 2
    assert "Did you mean 'status'?" in said.stderr


def test_config_may_stand_before_and_behind_the_command(portal: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(TOML.format(name="Southgate"))
    assert "fanlight.toml is right: Northgate" in fanlight("check", "config").stdout
    assert "Southgate" in fanlight("--config", other, "check", "config").stdout
    assert "Southgate" in fanlight("check", "--config", other, "config").stdout
    assert "Southgate" in fanlight("--config", portal, "check", "config", "--config", other).stdout


def test_without_a_file_in_the_folder_the_variable_names_it(
    portal: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("FANLIGHT_CONFIG", str(portal))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "Northgate" in fanlight("check", "config").stdout


def test_a_bad_configuration_is_told_whole_on_stderr_and_ends_with_2(portal: Path) -> None:
    portal.write_text(
        portal.read_text().replace("name =", "nmae =").replace('kind = "exports"', 'kind = "x"')
    )
    for words in (["check", "config"], ["sync"], ["status"], ["user", "list"], ["serve"], ["upgrade"]):
        said = fanlight(*words)
        assert (said.exit_code, said.stdout) == (2, ""), words
        for line in (
            "fanlight.toml:2: portal.nmae:",
            "fanlight.toml:1: portal.name:",
            "fanlight.toml:10: sources.",
        ):
            assert line in said.stderr, words


def test_check_config_for_programs(portal: Path) -> None:
    (portal.parent / "secret.key").chmod(0o640)
    said = fanlight("check", "config", "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["problems"], len(told["warnings"])) == (0, [], 2)
    assert "run `fanlight init`" in told["warnings"][1], "the database is not there yet"
    fanlight("init")
    assert len(json.loads(fanlight("check", "config", "--json").stdout)["warnings"]) == 1
    portal.write_text(portal.read_text().replace("name =", "nmae ="))
    said = fanlight("check", "config", "--json")
    assert said.exit_code == 2
    assert {(p["line"], p["key"]) for p in json.loads(said.stdout)["problems"]} == {
        (1, "portal.name"),
        (2, "portal.nmae"),
    }


@pytest.mark.parametrize("words", [["status"], ["sync"], ["user", "list"], ["serve"], ["check", "isolation"]])
def test_without_a_database_every_command_names_the_one_that_makes_it(portal: Path, words: list[str]) -> None:
    said = fanlight(*words)
    assert said.exit_code == 2
    assert "fanlight init" in said.stderr
    assert "Traceback" not in said.output


def test_init_makes_everything_a_first_portal_needs(folder: Path) -> None:
    said = fanlight("init")
    assert said.exit_code == 0, said.output
    assert load(folder / "fanlight.toml").warnings == ()
    assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "exports").is_dir()
    assert fanlight("status").exit_code in (0, 1)
    assert "fanlight sync" in said.stdout


def test_init_overwrites_nothing(folder: Path) -> None:
    fanlight("init")
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    said = fanlight("init", "--all-settings")
    assert said.exit_code == 0
    assert "stays as it is" in said.stdout
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_init_can_write_every_setting(folder: Path) -> None:
    assert fanlight("init", "--all-settings").exit_code == 0
    example = (Path(__file__).parents[1] / "config.example.toml").read_text("utf-8")
    assert (folder / "fanlight.toml").read_text("utf-8") == example


def test_init_makes_a_postgresql_database_with_an_administrators_url(portal: Path, postgres: Any) -> None:
    url = postgres.at(name := postgres.fresh())
    portal.write_text(portal.read_text().replace("[organisations]", f'database = "{url}"\n[organisations]'))
    try:
        without = fanlight("init")
        assert without.exit_code == 2
        assert "--admin" in without.stderr
        assert fanlight("init", "--admin", url).exit_code == 0
        assert fanlight("user", "list").stdout == "Nobody was invited yet.\n"
    finally:
        postgres.drop(name)


def test_upgrade_of_a_current_database_changes_nothing(portal: Path) -> None:
    fanlight("init")
    database = Database("sqlite:var", portal.parent)
    said = fanlight("upgrade")
    assert (said.exit_code, said.stdout) == (0, "The database is of this version.\n")
    database.check()
    database.close()
