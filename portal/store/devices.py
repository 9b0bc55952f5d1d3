"""Browsers a person has signed in from before: a link is one tap there, elsewhere it needs its code."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, insert, select

from portal.store import tokens
from sync.tables import PORTAL

DEVICES = PORTAL["devices"]
USERS = PORTAL["users"]
SESSIONS = PORTAL["sessions"]
KEPT = timedelta(days=90)  # at least, since it was first used
BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "FxiOS": "Firefox",
    "Firefox/": "Firefox", "CriOS": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS",
    "Macintosh": "Mac", "Linux": "Linux",
}  # fmt: skip


def knows(connection: Connection, device: str, email_key: str) -> bool:
    """Whether the person of this address has signed in from this browser before."""
    found = select(DEVICES.c.hash).join(USERS, USERS.c.id == DEVICES.c.user_id)
    mine = found.where(DEVICES.c.hash == tokens.digest(device), USERS.c.email_key == email_key)
    return connection.execute(mine).first() is not None


def remember(connection: Connection, device: str, user: int, now: datetime) -> None:
    """From now on this browser is known for this person."""
    connection.execute(insert(DEVICES), {"hash": tokens.digest(device), "user_id": user, "made_at": now})


def forget(connection: Connection, user: int, device_hash: str | None = None) -> None:
    """Forget one browser of a person, or all of them."""
    gone = delete(DEVICES).where(DEVICES.c.user_id == user)
    connection.execute(gone if device_hash is None else gone.where(DEVICES.c.hash == device_hash))


def prune(connection: Connection, now: datetime) -> None:
    """Forget browsers nobody has used for long, of which no session is kept any more."""
    used = exists().where(SESSIONS.c.device_hash == DEVICES.c.hash, SESSIONS.c.user_id == DEVICES.c.user_id)
    connection.execute(delete(DEVICES).where(DEVICES.c.made_at < now - KEPT, ~used))


def describe(user_agent: str) -> str:
    """A browser in a person's words ("Safari on iPhone"); the header is the browser's own claim."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "A browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
