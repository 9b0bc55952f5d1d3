"""Who looked at which page, written from the first sign-in on; never what was on it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from portal.gateway import organisation_scope
from portal.store import sessions
from portal.store.health import UNREACHABLE
from portal.store.sessions import Session
from sync.database import Database
from sync.tables import PORTAL, new_id

log = logging.getLogger(__name__)
VISITS = PORTAL["visits"]
SEEN = insert(VISITS)


@dataclass(frozen=True)
class Visit:
    """One page seen: the route's endpoint, and the record where it shows one."""

    organisation: int
    page: str
    record: str | None = None
    ref: str | None = None


def record(database: Database, session: Session, visit: Visit, now: datetime) -> None:
    """Write the visit and keep the session awake. A database too busy costs the entry, not the page."""
    seen = {"page": visit.page, "record": visit.record, "ref": visit.ref}
    row = {"id": new_id(), "user_id": session.user_id, "org_id": visit.organisation, "at": now, **seen}
    try:
        with organisation_scope(database, visit.organisation, write=True) as connection:
            connection.execute(SEEN, row)
            sessions.touch(connection, session, now)
    except UNREACHABLE as e:
        log.warning("a visit was not written: %s", type(e).__name__)
