"""Whether the database can serve pages now."""

import logging

from sync.database import UNREACHABLE as UNREACHABLE
from sync.database import Database

log = logging.getLogger(__name__)


def ready(database: Database) -> bool:
    """Whether it can be reached and is of this program's version; the log says why not."""
    try:
        database.check()
    except UNREACHABLE as e:
        log.warning("not ready: %s", e)
        return False
    return True
