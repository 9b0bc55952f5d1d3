"""A folder on an SFTP server that files are dropped into: listed and read, nothing else.

The server must show the key we were told; a strange one is refused before anything is proved to it.
"""

import base64
import errno
import fnmatch
import hashlib
import io
import logging
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import paramiko

from connectors.base import Failure, Refused, Unavailable
from connectors.exports.elsewhere.shelf import Shelf
from connectors.exports.settings import ExportsSettings, FileSet

PATIENCE = 15.0  # seconds for each step of getting in, and of silence afterwards
TOTAL = 900.0  # seconds for one file
MOST = 2000  # files of one pattern
logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what goes wrong is told by our failures


@dataclass(frozen=True)
class Drop:
    """The parts of an address: sftp://user@host:22/folder/orders*.csv"""

    user: str
    host: str
    port: int
    folder: str
    pattern: str

    @classmethod
    def of(cls, address: str) -> "Drop":
        """Take an address apart; ``/~/`` begins at the user's own folder."""
        parts = urlsplit(address)
        path = PurePosixPath(unquote(parts.path))
        folder = str(path.parent)
        own = folder == "/~" or folder.startswith("/~/")
        return cls(
            unquote(parts.username or ""),
            parts.hostname or "",
            parts.port or 22,
            folder[3:] or "." if own else folder,
            path.name,
        )


def bring_folder(
    fileset: FileSet, shelf: Shelf, settings: ExportsSettings, clock: Callable[[], float]
) -> None:
    """Make the shelf hold the files of the drop folder as they are now; raises Failure, and then every file
    that was kept before is still there."""
    drop = Drop.of(fileset.sftp or "")
    try:
        with _inside(drop, fileset, settings) as sftp:
            found = _listed(sftp, drop, fileset)
            for name, seen in found.items():
                _brought(sftp, drop, name, seen, fileset, shelf, clock, settings.settle)
    except (paramiko.SSHException, EOFError, OSError) as e:
        raise _said(e, fileset.address) from None
    shelf.only(set(found))


def _said(error: Exception, address: str) -> Failure:
    """A library's error in our words."""
    if isinstance(error, paramiko.AuthenticationException):
        return Refused(f"{address} does not let us in; renew the key or password in the TOML")
    if isinstance(error, FileNotFoundError):
        return Refused(
            f"{address}: there is no such folder, or a file went while it was read; correct sftp in the TOML"
        )
    if isinstance(error, PermissionError):
        return Refused(f"{address}: we may not read there; ask its keeper for the right to read")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return Unavailable(f"{address} cannot be stored here: {error.strerror}")
    if isinstance(error, socket.gaierror):
        return Unavailable(f"{address} cannot be found: no such host, or this machine is offline")
    if isinstance(error, TimeoutError):
        return Unavailable(f"{address} was silent for {PATIENCE:g} s; the next run asks again")
    if isinstance(error, ConnectionRefusedError):
        return Unavailable(f"{address} refuses the connection; the next run asks again")
    return Unavailable(f"{address} broke the connection; the next run asks again")


@contextmanager
def _inside(drop: Drop, fileset: FileSet, settings: ExportsSettings) -> Iterator[paramiko.SFTPClient]:
    with socket.create_connection((drop.host, drop.port), timeout=PATIENCE) as wire:
        transport = paramiko.Transport(wire)
        try:
            transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = PATIENCE
            known = known_keys(drop, fileset, settings)
            _prefer(transport, [key.get_name() for key in known])
            transport.start_client(timeout=PATIENCE)
            _must_be_known(transport.get_remote_server_key(), known, fileset.address)
            _prove(transport, drop, fileset)
            sftp = paramiko.SFTPClient.from_transport(transport)
            if sftp is None:
                raise Unavailable(f"{fileset.address} offers no SFTP; the next run asks again")
            sftp.get_channel().settimeout(PATIENCE)
            yield sftp
        finally:
            transport.close()


def known_keys(drop: Drop, fileset: FileSet, settings: ExportsSettings) -> list[paramiko.PKey]:
    """The keys this server may show, by host_key and by the known_hosts file; raises Refused where they
    cannot be read."""
    name = drop.host if drop.port == 22 else f"[{drop.host}]:{drop.port}"
    found = []
    try:
        if fileset.host_key:
            kind, text = fileset.host_key.split()[:2]
            found.append(paramiko.PKey.from_type_string(kind, base64.b64decode(text)))
        if fileset.known_hosts:
            path = settings.resolve(fileset.known_hosts)
            found += dict(paramiko.HostKeys(str(path)).lookup(name) or {}).values()
    except OSError as e:
        raise Refused(f"{fileset.known_hosts} cannot be read: {e.strerror}; correct known_hosts") from None
    except (ValueError, paramiko.SSHException, paramiko.UnknownKeyType):
        raise Refused(f"host_key of {fileset.address} is no key; write {EXAMPLE}") from None
    return found


EXAMPLE = 'host_key = "ssh-ed25519 AAAA…" as its keeper tells it'


def _prefer(transport: paramiko.Transport, kinds: list[str]) -> None:
    """Ask the server to show the key we know, where it has several."""
    ours = {"rsa-sha2-512", "rsa-sha2-256"} if "ssh-rsa" in kinds else set()
    options = transport.get_security_options()
    options.key_types = sorted(options.key_types, key=lambda kind: kind not in {*kinds, *ours})


def _must_be_known(shown: paramiko.PKey, known: list[paramiko.PKey], address: str) -> None:
    if any(shown.asbytes() == key.asbytes() for key in known):
        return
    line = f"{shown.get_name()} {shown.get_base64()}"
    hashed = base64.b64encode(hashlib.sha256(shown.asbytes()).digest()).decode().rstrip("=")
    state = "another key than the one told" if known else "a key nobody told us"
    raise Refused(
        f"{address} shows {state}, so nothing was sent to it. Its fingerprint is SHA256:{hashed}; ask its "
        f'keeper whether that is right, and only then write host_key = "{line}"'
    )


def _prove(transport: paramiko.Transport, drop: Drop, fileset: FileSet) -> None:
    password = fileset.password.get_secret_value() if fileset.password else None
    if fileset.key is None:
        transport.auth_password(drop.user, password or "")
        return
    text = fileset.key.get_secret_value() + "\n"
    transport.auth_publickey(drop.user, _private(text, password, fileset.address))


def _private(text: str, password: str | None, address: str) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), password)
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise Refused(f"key of {address} is no private key we can open; with a passphrase it needs password too")


def _listed(sftp: paramiko.SFTPClient, drop: Drop, fileset: FileSet) -> dict[str, Any]:
    """The files the pattern names, with their size and time."""
    found = {}
    for seen in sftp.listdir_iter(drop.folder):
        name = str(seen.filename)
        if name.startswith((".", "~$")) or "/" in name or not fnmatch.fnmatchcase(name, drop.pattern):
            continue
        if stat.S_ISREG(seen.st_mode or 0):
            found[name] = seen
        if len(found) > MOST:
            raise Refused(f"more than {MOST} files match {fileset.address}; narrow the pattern")
    if not found:
        raise Refused(f"no file matches {fileset.address}; put the export there or correct sftp in the TOML")
    return found


def _brought(
    sftp: paramiko.SFTPClient,
    drop: Drop,
    name: str,
    seen: Any,
    fileset: FileSet,
    shelf: Shelf,
    clock: Callable[[], float],
    settle: float,
) -> None:
    """Bring one file, unless the very same is here: at rest, whole, unchanged while it was read."""
    told = {"size": seen.st_size, "time": seen.st_mtime}
    if {key: shelf.told(name).get(key) for key in told} == told:
        return
    where, now = f"{fileset.address} ({name})", clock()
    if 0 <= now - seen.st_mtime < settle:
        raise Unavailable(f"{where} was written just now and may not be complete", settle)
    with shelf.writing() as file:
        path = f"{drop.folder.rstrip('/')}/{name}"
        _copied(sftp, path, file, where, fileset.max_mb, now + TOTAL, clock)
        after = sftp.stat(path)
        if (after.st_size, after.st_mtime) != (seen.st_size, seen.st_mtime) or file.tell() != seen.st_size:
            raise Unavailable(f"{where} was written to while it was read; the next run reads it again")
        shelf.keep(file, name, min(seen.st_mtime, now), told)


def _copied(
    sftp: paramiko.SFTPClient,
    path: str,
    file: IO[bytes],
    where: str,
    max_mb: int,
    until: float,
    clock: Callable[[], float],
) -> None:
    def watch(done: int, of: int) -> None:
        if max(done, of) > max_mb << 20:
            raise Refused(f"{where} is larger than {max_mb} MB; if it is right, write a larger max_mb")
        if clock() > until:
            raise Unavailable(f"{where} did not arrive within {TOTAL:g} s; the next run asks again")

    watch(0, sftp.stat(path).st_size or 0)
    sftp.getfo(path, file, callback=watch, max_concurrent_prefetch_requests=32)
