"""Where the files of a set lie: a path or pattern here, an https address, or an SFTP drop folder."""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from connectors.secret import Secret

EXAMPLES = {
    "path": '"exports/orders*.csv"',
    "url": '"https://files.example.com/orders.csv"',
    "sftp": '"sftp://shop@files.example.com/outgoing/orders*.csv"',
}
_OF_WEB, _OF_SFTP = ("headers", "ca_file", "user"), ("key", "host_key", "known_hosts")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_NEVER = {"host", "content-length", "transfer-encoding", "connection", "range", "if-none-match"}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def web_address(url: str) -> str:
    """Refuse what is no https address (plain http is for this machine only), or holds a user or password."""
    parts = _parts(url, "url")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"is no https address; write one like {EXAMPLES['url']}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https:// (http:// is for 127.0.0.1 and localhost only)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or password; write user = … and password = { env = … } beside it")
    return url


def drop_folder(address: str) -> str:
    """Refuse what is no SFTP address with user, folder and file or pattern, or holds a password."""
    parts = _parts(address, "sftp")
    if parts.password is not None:
        raise ValueError("holds a password; write password = { env = … } beside it")
    if parts.scheme != "sftp" or not parts.hostname or not parts.username:
        raise ValueError(f"is no SFTP address with its user; write one like {EXAMPLES['sftp']}")
    folder, _, pattern = parts.path.rpartition("/")
    if not pattern or set(folder) & set("*[]"):
        raise ValueError(f"must end with a file or pattern, in one folder; write one like {EXAMPLES['sftp']}")
    return address


def _parts(address: str, kind: str) -> Any:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise ValueError(f"is no address; write one like {EXAMPLES[kind]}") from None
    if re.search(r"[\s\x00-\x1f]", address) or "#" in address or (kind == "sftp" and "?" in address):
        raise ValueError(f"holds a space, # or ? that does not belong there; write one like {EXAMPLES[kind]}")
    return parts


def header_names(headers: dict[str, Any]) -> dict[str, Any]:
    """Refuse headers that are not ours to set."""
    for name in headers:
        if not _HEADER.fullmatch(name) or name.lower() in _NEVER:
            raise ValueError(f'"{name}" is no header that may be set; take it out')
    return headers


class Place(BaseModel):
    """The keys of a ``[[sources.files]]`` table that say where its files lie and how to get at them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Path()
    url: Annotated[str, AfterValidator(web_address)] | None = None
    sftp: Annotated[str, AfterValidator(drop_folder)] | None = None
    user: str = ""  # of a url that asks for one
    password: Secret | None = None  # of the user; of an SFTP key: its passphrase
    headers: Annotated[dict[str, Secret], AfterValidator(header_names)] = {}  # of a url: name → secret
    ca_file: Path | None = None  # of a url with a certificate of your own making
    key: Secret | None = None  # of SFTP: the private key
    host_key: str = ""  # of SFTP: the key its server shows, "ssh-ed25519 AAAA…"
    known_hosts: Path | None = None  # … or a file that tells it
    max_mb: int = Field(default=200, ge=1, le=4096)  # of one file that is fetched

    @model_validator(mode="after")
    def _one_place(self) -> "Place":
        """Exactly one of path, url and sftp; and with each only what belongs to it."""
        told = self.model_fields_set
        places = [name for name in EXAMPLES if name in told]
        if len(places) > 1:
            raise ValueError(f"{' and '.join(places)} exclude each other: leave one of them")
        if not places:
            raise ValueError(
                f"needs path = {EXAMPLES['path']} (or url = {EXAMPLES['url']}, or sftp = {EXAMPLES['sftp']})"
            )
        if stray := [key for key in _stray(places[0]) if key in told]:
            raise ValueError(f"{stray[0]} does not go with {places[0]} = …: take it out")
        return self

    @model_validator(mode="after")
    def _proof(self) -> "Place":
        if self.url and bool(self.user) != bool(self.password):
            raise ValueError("user and password of a url go together; give both or neither")
        if self.url and self.user and "authorization" in {name.lower() for name in self.headers}:
            raise ValueError("user and the header Authorization exclude each other: take one out")
        if self.sftp and not (self.key or self.password):
            raise ValueError('sftp needs key = { file = "…" } (a private key) or password = { env = "…" }')
        return self

    @property
    def address(self) -> str:
        """Where files lie that are elsewhere, for people: without its ``?…``; '' for files that are here."""
        return (self.url or "").partition("?")[0] or self.sftp or ""

    @property
    def whole_address(self) -> str:
        """The same to the last character: what tells two places apart. It may hold a secret."""
        return self.url or self.sftp or ""

    @property
    def named(self) -> str:
        """The place in a message."""
        return self.address or str(self.path)


def _stray(place: str) -> tuple[str, ...]:
    """The keys that mean nothing with this one."""
    return {
        "path": (*_OF_WEB, *_OF_SFTP, "password", "max_mb"),
        "url": _OF_SFTP,
        "sftp": _OF_WEB,
    }[place]
