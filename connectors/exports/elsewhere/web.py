"""One file behind an https address: asked for with what is known of the last one, so that an unchanged file
does not travel again. Its age is what ``Last-Modified`` says, else the moment of the answer."""

import base64
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from connectors.base import Garbled, Refused, Unavailable
from connectors.exports.elsewhere.shelf import Shelf
from connectors.exports.files import OTHER_SPREADSHEETS
from connectors.exports.settings import ExportsSettings, FileSet
from connectors.exports.workbook import WORKBOOKS
from connectors.http import Http, Limits, Reply, Time, host_of
from connectors.http.reply import http_date

ENDINGS = (".csv", ".tsv", ".txt", *WORKBOOKS, *OTHER_SPREADSHEETS)
KINDS = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.ms-excel": ".xls",
}
_NAMED = re.compile(r'filename\*?="?(?:utf-8\'\')?([^";]+)', re.IGNORECASE)
_UNFIT = re.compile(r"[^\w.() -]")


def bring_page(
    fileset: FileSet,
    shelf: Shelf,
    settings: ExportsSettings,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Bring the file of one address to its shelf, where it is not there as it is now; raises Failure."""
    url, begun = fileset.url or "", clock()
    limits = Limits(total=900, patience=1200, body=fileset.max_mb << 20)
    ca = settings.resolve(fileset.ca_file) if fileset.ca_file else None
    http = Http([host_of(url)], limits=limits, ca=ca, time=Time(sleep=sleep))
    headers, known = proof(fileset), _known(shelf)
    http.secrets.learn(headers.values())
    with shelf.writing() as file:
        try:
            reply = http.fetch(url, file, {**headers, **_unless(shelf, known)})
        except Garbled:
            raise Garbled(
                f"{shelf.address} sent more than {fileset.max_mb} MB, or packed it in an unknown way; if it "
                "is right, write a larger max_mb in the TOML"
            ) from None
        finally:
            http.close()
        told, written = _told(reply), _written(reply, begun)
        if reply.status == 304 and known:
            shelf.note(known, {**shelf.told(known), **told}, None if _dated(shelf, known) else written)
            return
        _must_be_a_file(reply, shelf.address)
        name = name_of(url, reply)
        shelf.keep(file, name, written, told)
    shelf.only({name})


def proof(fileset: FileSet) -> dict[str, str]:
    """The headers that prove our right to the file."""
    told = {name: secret.get_secret_value() for name, secret in fileset.headers.items()}
    if fileset.user and fileset.password:
        pair = f"{fileset.user}:{fileset.password.get_secret_value()}".encode()
        told["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return told


def _known(shelf: Shelf) -> str:
    return next((path.name for path in shelf.files()), "")


def _dated(shelf: Shelf, name: str) -> bool:
    return "modified" in shelf.told(name)


def _unless(shelf: Shelf, name: str) -> dict[str, str]:
    """Ask for the file only if it is no longer the one we have."""
    told = shelf.told(name) if name else {}
    headers = {"If-None-Match": told.get("etag"), "If-Modified-Since": told.get("modified")}
    return {name: value for name, value in headers.items() if value}


def _told(reply: Reply) -> dict[str, str]:
    """What tells this file from a later one, where the answer says so."""
    told = {"etag": reply.headers.get("ETag", ""), "modified": reply.headers.get("Last-Modified", "")}
    return {name: value for name, value in told.items() if value}


def _written(reply: Reply, begun: float) -> float:
    """When the file was last written; never after we asked for it, whatever clock its server has."""
    told = http_date(reply.headers.get("Last-Modified", "")) or reply.date
    return min(told.timestamp(), begun) if told else begun


def _must_be_a_file(reply: Reply, address: str) -> None:
    status = reply.status
    if status == 200:
        return
    if status in (401, 403):
        raise Refused(f"{address} refuses us ({status}); renew its user, password or headers in the TOML")
    if status in (404, 410):
        raise Refused(f"there is no file at {address} ({status}); put it there or correct url in the TOML")
    if 400 <= status < 500:
        raise Refused(f"{address} cannot be asked like this ({status}); correct url in the TOML")
    raise Unavailable(f"{address} sent no file ({status}); the next run asks again")


def name_of(url: str, reply: Reply) -> str:
    """What to call the file here: by its address, else by the name or the kind the answer tells. Its ending
    says how it is read."""
    base = _UNFIT.sub("_", PurePosixPath(unquote(urlsplit(url).path)).name).lstrip(".") or "export"
    if Path(base).suffix.lower() in ENDINGS:
        return base
    named = _NAMED.search(reply.headers.get("Content-Disposition", ""))
    ending = Path(named[1].strip()).suffix.lower() if named else ""
    if ending not in ENDINGS:
        kind = reply.headers.get("Content-Type", "").split(";")[0].strip().lower()
        ending = KINDS.get(kind, ".csv")
    return base + ending
