"""Makes a demo that looks like a real business: the export files of an invented wholesaler and a portal's
configuration for them. The same seed and day give the same files.
"""

import json
import os
from datetime import date
from hashlib import sha256
from pathlib import Path

from portal import secret_key
from portal.demo import files, salesforce, settings, shopify, xero
from portal.demo.companies import BOOKKEEPER, BUYER
from portal.demo.days import Calendar
from portal.demo.news import news
from portal.demo.world import World, world

PEOPLE = (
    BOOKKEEPER,
    BUYER,
)  # the customers whose sign-in links are printed; the first is in two organisations
STATE = ".state.json"
CASES_LATE = 3 * 3600  # seconds by which the case export is older than the others


class NotADemo(Exception):
    """The folder holds no demo, or something that is not one."""


def write(folder: Path, *, seed: int, today: date) -> None:
    """Make the demo in a folder, or make it anew from its first day. A key already there is kept."""
    if (folder / "fanlight.toml").exists() and not (folder / STATE).exists():
        raise NotADemo(f"{folder / 'fanlight.toml'} is not from the demo; give an empty folder with --folder")
    files.write(folder / "fanlight.toml", settings.SETTINGS.encode())
    files.write(folder / "logo.svg", settings.LOGO.encode())
    secret_key.make(folder / "secret.key")
    _write_exports(folder, world(seed, Calendar(today)))
    cases = folder / "exports" / "cases.csv"
    made = cases.stat().st_mtime
    os.utime(cases, (made, made - CASES_LATE))


def step(folder: Path, *, today: date) -> list[str]:
    """Play the next day and rewrite the files; returns what happened, one sentence for each kind of thing."""
    seed, calendar = _read_state(folder)
    played = world(seed, Calendar(calendar.start, (*calendar.steps, today)))
    _write_exports(folder, played)
    return news(played)


def _write_exports(folder: Path, now: World) -> None:
    exports = folder / "exports"
    files.write(exports / "accounts.csv", salesforce.accounts_export(now).encode())
    files.write(exports / "contacts.csv", salesforce.contacts_export(now).encode())
    files.write(exports / "cases.csv", salesforce.cases_export(now).encode())
    files.write(exports / "orders_export_1.csv", shopify.orders_export(now).encode())
    files.write(exports / "SalesInvoices.csv", xero.invoices_export(now).encode("cp1252"))
    files.write(folder / "links" / "shop.csv", settings.shop_links(now).encode())
    files.write(folder / "links" / "books.csv", settings.book_links(now).encode())
    state = {
        "made_by": _version(),
        "seed": now.seed,
        "start": now.calendar.start.isoformat(),
        "steps": [day.isoformat() for day in now.calendar.steps],
    }
    files.write(folder / STATE, json.dumps(state).encode())


def _read_state(folder: Path) -> tuple[int, Calendar]:
    try:
        state = json.loads((folder / STATE).read_text())
    except FileNotFoundError:
        raise NotADemo(
            f"there is no demo in {folder}; make one with: fanlight demo --folder {folder}"
        ) from None
    if state.get("made_by") != _version():
        raise NotADemo(
            f"the demo in {folder} was made by another Fanlight; delete the folder and make it anew"
        )
    return state["seed"], Calendar(
        date.fromisoformat(state["start"]), tuple(map(date.fromisoformat, state["steps"]))
    )


def _version() -> str:
    """What decides how a demo looks: its code and lists. A day is only played on top of the same ones."""
    parts = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", ".csv"))
    return sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()[:12]
