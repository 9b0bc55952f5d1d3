"""Random tokens and what may be stored of them: hashes only, so that a stolen database opens no door."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode


def fresh() -> str:
    """A new token of 32 random bytes, fit for a URL or a cookie."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed(secret: str, *parts: str) -> bytes:
    """32 bytes that only the holder of the secret key can work out from ``parts``."""
    return hmac.digest(secret.encode(), "\0".join(parts).encode(), "sha256")


def keyed_token(secret: str, *parts: str) -> str:
    """``keyed`` in the form of ``fresh``."""
    return urlsafe_b64encode(keyed(secret, *parts)).decode().rstrip("=")
