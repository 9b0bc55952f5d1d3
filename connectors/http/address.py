"""Addresses in the TOML of sources with an API."""

from urllib.parse import urlsplit

from connectors.http.guard import is_loopback


def web_address(text: str, like: str) -> str:
    """Refuse what is no address of a page, goes unencrypted over a network, or holds a password: that one is
    not repeated. ``like``: what this vendor's looks like. Returns it without its last slash."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if "@" in parts.netloc:
        raise ValueError("an address holds no user or password; take them out: each has a setting of its own")
    if not host or parts.scheme not in ("http", "https") or parts.query:
        raise ValueError(f'"{text}" is not an address; write one like "{like}"')
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f'"{text}" is not encrypted; write https://')
    return text.rstrip("/")
