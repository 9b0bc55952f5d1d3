"""The audit trail: who did what, when; never the contents of a record."""

from datetime import datetime

from sqlalchemy import Connection, insert

from sync.tables import PORTAL, new_id

AUDIT = PORTAL["audit"]


def note(
    connection: Connection,
    now: datetime,
    actor: str,
    what: str,
    detail: str = "",
    organisation: int | None = None,
) -> None:
    """Write one line; it stands or falls with the caller's transaction."""
    row = {"id": new_id(), "at": now, "actor": actor, "what": what, "org_id": organisation, "detail": detail}
    connection.execute(insert(AUDIT), row)
