"""How single values of the TOML must be. A check returns the value, or tells what is wrong and the cure."""

import re
from collections.abc import Hashable
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationInfo

T = TypeVar("T", bound=Hashable)

KEY_BYTES = 32
MAKE_KEY = "make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
PLACEHOLDER = re.compile(
    "change.?me|replace.?me|your.?(secret|key)|secret.?key|default|example|password", re.I
)
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*")


def known_locale(name: str) -> str:
    """Refuse a locale Babel has no formats for; "de-AT" becomes "de_AT"."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(name.replace("-", "_")))
    except (ValueError, UnknownLocaleError):
        raise ValueError(f'"{name}" is not a known locale; use one like "en", "en_GB" or "de_AT"') from None


def random_key(secret: SecretStr) -> SecretStr:
    """Refuse a key that is short, a placeholder, or plainly not random."""
    return _random(secret, "sessions could be forged")


def sealing_key(secret: SecretStr) -> SecretStr:
    """The same for the key that seals tokens."""
    return _random(secret, "the tokens of your sources could be read")


def _random(secret: SecretStr, danger: str) -> SecretStr:
    key = secret.get_secret_value()
    if len(key.encode()) < KEY_BYTES:
        raise ValueError(f"has fewer than {KEY_BYTES} bytes, so {danger}; {MAKE_KEY}")
    if len(set(key)) < 8 or PLACEHOLDER.search(key):
        raise ValueError(f"is not random, so {danger}; {MAKE_KEY}")
    return secret


def public_url(url: str) -> str:
    """Refuse what cannot stand before a path in a mail; returned without a slash at its end."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise ValueError('is not an address; write one like "https://portal.example.com"') from None
    if parts.scheme not in ("http", "https") or not is_host(host):
        raise ValueError('is not a web address; write one like "https://portal.example.com"')
    if parts.query or parts.fragment or parts.username is not None or re.search(r"\s", url):
        raise ValueError("must be host and path only: no ?query, #fragment, user name or space")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// (http:// is for 127.0.0.1 and localhost only)")
    return url.rstrip("/")


def host_name(name: str) -> str:
    """Refuse anything but a bare host name or address."""
    if not is_host(name.lower()):
        raise ValueError(f'"{name}" is not a host name; write it without https://, port and path')
    return name.lower()


def is_host(name: str) -> bool:
    """Whether ``name`` is a host name in lower-case ASCII (or an IP address)."""
    return bool(HOST.fullmatch(name)) or _address(name) is not None


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine alone."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> Any:
    try:
        return ip_address(host)
    except ValueError:
        return None


def database_url(url: str) -> str:
    """Refuse a database that is neither a folder for SQLite nor PostgreSQL without a password in its URL."""
    if url.startswith("sqlite:") and len(url) > len("sqlite:"):
        return url
    if not url.startswith("postgresql://"):
        raise ValueError('must be "sqlite:FOLDER" or "postgresql://host/database"')
    parts = urlsplit(url)
    if parts.password:
        raise ValueError("holds a password; name passwords under [portal.passwords] instead, as secrets")
    if not parts.path.strip("/"):
        raise ValueError('must end with the name of the database: "postgresql://host/database"')
    return url


def picture(path: Path, info: ValidationInfo) -> Path:
    """Refuse a picture that is not there or is neither SVG nor PNG; the path starts at the TOML's folder."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise ValueError(f'"{path}" is neither .svg nor .png; save it as one of the two')
    folder: Path = (info.context or {}).get("folder", Path())
    full = folder / path
    if not full.is_file():
        raise ValueError(f'"{path}" does not exist; the path starts at the folder of this file')
    return full


def mail_address(text: str) -> str:
    """Refuse what cannot be a sender."""
    address = parseaddr(text)[1]
    if text and not (text.isprintable() and re.fullmatch(r"[^@\s]+@[^@\s]+", address)):
        raise ValueError(
            'is not a mail address; write "orders@example.com" or "Example Ltd <orders@example.com>"'
        )
    return text


def no_doubles(values: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse a list that names a thing twice."""
    if double := next((value for value in values if values.count(value) > 1), None):
        raise ValueError(f'names "{double}" twice; leave one of them')
    return values
