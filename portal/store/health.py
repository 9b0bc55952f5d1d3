"""Whether the database can serve pages now."""

import logging

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sync.database import Database, WrongDatabase

log = logging.getLogger(__name__)
# What a database that is down, restarting, locked or out of connections raises.
UNREACHABLE: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout, WrongDatabase)


def ready(database: Database) -> bool:
    """Whether it can be reached and is of this program's version; the log says why not."""
    try:
        database.check()
    except UNREACHABLE as e:
        log.warning("not ready: %s", e)
        return False
    return True
