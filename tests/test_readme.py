"""README and docs say what there is: the settings they show load, the commands exist, the links lead on."""

import re
import secrets
import shlex
from pathlib import Path

import click
import pytest

from portal.cli import commands
from sync.config import load

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
HEAD = """\
[portal]
name = "My Company"
base_url = "http://127.0.0.1:8000"
secret_key = { file = "secret.key" }
[organisations]
from = "%s"
"""
BOOKS = '[[sources]]\nid = "books"\nlabel = "Books"\nkind = "exports"\n'


def blocks(page: str, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


SETTINGS = {
    "the shop of the README": blocks("README.md", "toml")[0],
    "the books of the README": HEAD % "books" + BOOKS + blocks("README.md", "toml")[1],
    "the mapping of the README": HEAD % "books" + BOOKS + blocks("README.md", "toml")[2],
    "the mapping of the docs": HEAD % "erp" + blocks("docs/connectors.md", "toml")[0],
    "the files from elsewhere of the docs": HEAD % "office"
    + next(block for block in blocks("docs/connectors.md", "toml") if "sftp = " in block),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_shown_to_newcomers_load(name, tmp_path, monkeypatch):
    monkeypatch.setenv("FANLIGHT_FILES_PASSWORD", "a password")
    (tmp_path / "secret.key").write_text(secrets.token_hex(32))
    (tmp_path / "fanlight.toml").write_text(SETTINGS[name])
    assert load(tmp_path / "fanlight.toml").sources[0].kind == "exports"


VENDORS = {"xero": "FANLIGHT_XERO_SECRET"}  # kind → the secret its page names


@pytest.mark.parametrize("kind", VENDORS)
def test_settings_shown_on_a_vendor_s_page_load(kind, tmp_path, monkeypatch):
    monkeypatch.setenv(VENDORS[kind], "a secret")
    (tmp_path / "secret.key").write_text(secrets.token_hex(32))
    told, *more = (block for block in blocks(f"docs/{kind}.md", "toml"))
    (name,) = re.findall(r'^id = "(.+)"', told, re.MULTILINE)
    for addition in ("", *more):
        (tmp_path / "fanlight.toml").write_text(HEAD % name + told + addition)
        assert load(tmp_path / "fanlight.toml").sources[0].kind == kind


def typed() -> list[str]:
    """Every fanlight command in a code block or between backticks."""
    found = []
    for page in PAGES:
        text = page.read_text()
        found += re.findall(
            r"^(?:\.venv/bin/)?fanlight (.+?)(?:  +#.*)?$", "\n".join(blocks(page)), re.MULTILINE
        )
        found += re.findall(r"`fanlight ([^`]+)`", text)
    return sorted(set(found))


@pytest.mark.parametrize("line", typed())
def test_a_command_that_is_shown_exists_with_its_options(line):
    command, words = commands, shlex.split(line)
    with click.Context(commands) as context:
        while words and isinstance(command, click.Group) and not words[0].startswith("-"):
            command = command.get_command(context, words.pop(0))
            assert command is not None, f"fanlight {line}"
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known | {"--help"}


def test_every_link_leads_somewhere():
    for page in PAGES:
        linked = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", page.read_text())
        for target in (one or other for one, other in linked):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_picture_is_small():
    assert (ROOT / "docs" / "phone.png").stat().st_size < 200_000
