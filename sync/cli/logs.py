"""How what goes wrong inside Fanlight is logged: an event is one line, the lines of a traceback are set in
beneath it, and nothing in it commands a terminal."""

import logging

from sync.cli.words import lines_of


class Plainly(logging.Formatter):
    """Time, level, where, what."""

    def format(self, record: logging.LogRecord) -> str:
        """One event."""
        return lines_of(super().format(record))


def begin() -> None:
    """Log warnings and worse to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Plainly("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
