"""Every page of the demo on a phone, by Lighthouse and axe: scores, bytes and requests cold and warm, tap targets.

    (cd bench/portal && npm install)                 # once; or NODE_DIR=… where it was installed
    python bench/portal/audit.py FOLDER [--runs 3] [--only order,invoice] [--port 8766]

The demo is made in FOLDER where it is not there yet, served as in production, and looked at signed in. audit.mjs
does the looking; it fails when a page is below its goals.
"""

import argparse
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from load import wait_for
from serving import Space, served

from portal import create_app, demo
from portal.store import people, sessions
from portal.store.sessions import Browser, Terms
from sync.config import Config, load
from sync.database import open_database

PAGES = {
    "home": "/", "orders": "/orders", "open": "/orders?stage=open", "nothing": "/orders?q=nothing-fits",
    "invoices": "/invoices", "overdue": "/invoices?state=overdue", "payments": "/payments", "support": "/support",
    "account": "/account", "switch": "/switch",
}  # fmt: skip
OWN = {"order": "/orders", "invoice": "/invoices", "ticket": "/support"}
REF = re.compile(r'href="(/\w+/[a-z2-7]{16})"')


def prepare(folder: Path, port: int) -> Space:
    """The demo, filled, at the port it is served at."""
    space = Space(folder, port)
    if not space.toml.exists():
        demo.write(folder, seed=7, today=datetime.now(UTC).date())
    told = space.toml.read_text()
    space.toml.write_text(re.sub(r'base_url = ".*"', f'base_url = "http://127.0.0.1:{port}"', told))
    database = open_database(load(space.toml))
    if not database.exists():
        database.create()
        subprocess.run(space.command("sync"), check=False, stdout=subprocess.DEVNULL)
    database.close()
    return space


def pages(config: Config, email: str) -> tuple[str, dict[str, str]]:
    """The cookie of somebody signed in, and the addresses of every page, a record's own ones included."""
    app, now = create_app(config, open_database(config), POSTMAN_THREAD=False), datetime.now(UTC)
    database = app.extensions["fanlight"].database
    with database.web(write=True) as connection:
        terms = Terms(timedelta(days=1), timedelta(days=1), lasting=False)
        user = people.ensure(connection, email, "", now)
        token = sessions.open(connection, user, Browser("audit", None), None, terms, now)
    client, origin = app.test_client(), config.portal.base_url
    with client.session_transaction(base_url=origin) as cookie:
        cookie["_user_id"] = token
    own = {}
    for name, path in OWN.items():
        if found := REF.search(client.get(path, base_url=origin).text):
            own[name] = found[1]
    held = client.get_cookie("fanlight", domain="127.0.0.1")
    database.close()
    return f"fanlight={held.value}", {**PAGES, **own}


def main() -> None:
    """Serve the demo and have every page looked at: signed in, then as a stranger."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("folder", type=Path)
    told.add_argument("--runs", type=int, default=3, help="of Lighthouse for each page; the median counts")
    told.add_argument("--only", default="", help="names of pages, with commas")
    told.add_argument("--port", type=int, default=8766)
    asked = told.parse_args()
    space = prepare(asked.folder, asked.port)
    only = set(filter(None, asked.only.split(",")))
    with served(space, asked.folder / "serve.log", sync=False):
        wait_for(asked.port)
        cookie, found = pages(load(space.toml), demo.PEOPLE[1])
        failed = 0
        for each, some in ((cookie, found), ("", {"login": "/login"})):
            named = [f"{name}={path}" for name, path in some.items() if not only or name in only]
            if named:
                words = [
                    "--base",
                    f"http://127.0.0.1:{asked.port}",
                    "--cookie",
                    each,
                    "--runs",
                    str(asked.runs),
                ]
                told_to = [
                    "node",
                    str(HERE / "audit.mjs"),
                    *words,
                    "--out",
                    str(asked.folder / "audit"),
                    *named,
                ]
                failed |= subprocess.run(told_to, check=False).returncode
    sys.exit(failed)


if __name__ == "__main__":
    main()
