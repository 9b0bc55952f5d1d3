"""A folder with a Fanlight in it, used as people use it: commands as typed, pages as read."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from portal import create_app
from portal.cli import commands
from sync import config as configuration
from sync.database import open_database

ORIGIN = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Place:
    """A folder, by the TOML in it."""

    toml: Path

    @property
    def folder(self) -> Path:
        """Where everything is."""
        return self.toml.parent

    def run(self, *words: str) -> Result:
        """One `fanlight` command, as typed."""
        return CliRunner().invoke(commands, ["--config", str(self.toml), *words], catch_exceptions=False)

    def open(self) -> FlaskClient:
        """A browser on the running portal."""
        config = configuration.load(self.toml)
        app = create_app(config, open_database(config), POSTMAN_THREAD=False, WTF_CSRF_ENABLED=False)
        return app.test_client()

    def sign_in(self, address: str) -> FlaskClient:
        """A browser whose owner used the link that the command prints."""
        client, printed = self.open(), self.run("user", "login-link", address)
        link = re.search(r"/login/[\w-]+", printed.output)
        assert link, printed.output
        assert client.get(link[0], base_url=ORIGIN).status_code == 200
        assert client.post(link[0], base_url=ORIGIN).status_code == 303
        return client


def page(client: FlaskClient, url: str) -> str:
    """What somebody reads on a page: its text without markup."""
    answer = client.get(url, base_url=ORIGIN)
    assert answer.status_code == 200, (url, answer.status_code)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
