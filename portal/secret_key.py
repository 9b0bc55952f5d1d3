"""Makes the file that holds a portal's secret key."""

import os
import secrets
from pathlib import Path


def make(path: Path) -> bool:
    """Write a fresh random key that only its owner can read. False: there is one already, and it stays."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    return True
