"""A workbook's ZIP archive, inspected before anything parses it: its XML parts are copied, uncompressed and
within limits, into a temporary file, and only this copy is ever read."""

import posixpath
import re
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from connectors.base import Garbled, Refused

UNPACKED = 160 << 20  # bytes of XML in all
RATIO = 200  # a part may unpack to that many times its size …
SMALL = 4 << 20  # … or to this many bytes
PARTS = 2000
CHUNK = 1 << 18
COUNT = re.compile(rb"""ount\s*=\s*["'][^"'<>]{8,}["']""")  # a parser makes room for what is announced
LARGE = re.compile(r"^xl/worksheets/|sharedstrings|^content\.xml$", re.IGNORECASE)  # what may exceed SMALL
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
CFB = b"\xd0\xcf\x11\xe0"
SAVE = "save it as XLSX again, or export it as CSV"


class Package:
    """The inspected copy of a workbook. Raises Refused for what is too large to be one, Garbled for half a
    file."""

    def __init__(self, name: str, raw: IO[bytes]) -> None:
        self._name = name
        self._folder = TemporaryDirectory(prefix="fanlight-")
        try:
            with zipfile.ZipFile(raw) as found:
                self.is_ods = "content.xml" in found.namelist()
                self.path = Path(self._folder.name) / ("parts.ods" if self.is_ods else "parts.xlsx")
                self._copy(found)
            self._parts = zipfile.ZipFile(self.path)
        except BROKEN as e:
            self._folder.cleanup()
            said = f"{name} cannot be unpacked: half a file, or no workbook at all; {SAVE}"
            raise Garbled(said) from e
        except (Refused, Garbled):
            self._folder.cleanup()
            raise

    def close(self) -> None:
        """Remove the copy."""
        self._parts.close()
        self._folder.cleanup()

    def part(self, name: str) -> bytes:
        """The bytes of a part. Raises Garbled when there is none."""
        try:
            return self._parts.read(name)
        except KeyError:
            raise Garbled(f"{self._name} has no {name} in it: it is no workbook; {SAVE}") from None

    def tree(self, name: str) -> ElementTree.Element:
        """A small part as its elements."""
        return ElementTree.fromstring(self.part(name))  # noqa: S314 - whole and without entities: see _unpack

    def strings(self) -> bytes:
        """Of an XLSX: the texts its cells share; nothing where they share none."""
        names = [name for name in self._parts.namelist() if "sharedstrings" in name.lower()]
        return b"".join(self._parts.read(name) for name in names)

    def _copy(self, found: zipfile.ZipFile) -> None:
        infos = found.infolist()
        if len(infos) > PARTS:
            raise Refused(f"{self._name} is an archive of {len(infos)} files, not a workbook; {SAVE}")
        wanted = {info.filename: info for info in infos if info.filename.endswith((".xml", ".rels"))}
        for info in wanted.values():
            self._must_be_sane(info)
        wanted = {n: i for n, i in wanted.items() if i.file_size <= SMALL or LARGE.search(n)}
        if sum(info.file_size for info in wanted.values()) > UNPACKED:
            raise Refused(self._too_large())
        left = UNPACKED
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_STORED) as copy:
            if "mimetype" in found.namelist():
                copy.writestr("mimetype", found.open("mimetype").read(100))
            for info in wanted.values():
                with found.open(info) as source, copy.open(info.filename, "w") as target:
                    left = self._unpack(source, target, left)

    def _must_be_sane(self, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 1:
            raise Refused(f"{self._name} is protected by a password; save it without one")
        if info.file_size > max(SMALL, info.compress_size * RATIO):
            raise Refused(f"{self._name} unpacks to far more than a workbook would: it is not read; {SAVE}")

    def _unpack(self, source: IO[bytes], target: IO[bytes], left: int) -> int:
        """Copy one part, which must be whole XML in UTF-8 without entities of its own; returns how many more
        bytes there may be."""
        parser, tail = expat.ParserCreate("utf-8", " "), b""
        parser.StartDoctypeDeclHandler = self._refuse
        while chunk := source.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise Refused(self._too_large())
            if COUNT.search(tail + chunk):
                self._refuse()
            parser.Parse(chunk)
            target.write(chunk)
            tail = chunk[-200:]
        parser.Parse(b"", True)
        return left

    def _refuse(self, *_: object) -> None:
        raise Refused(f"{self._name} announces more than a workbook holds: it is not read; {SAVE}")

    def _too_large(self) -> str:
        return f"{self._name} holds more than {UNPACKED >> 20} MB of cells; export it as CSV"


def sheet_parts(package: Package) -> dict[str, str]:
    """Of an XLSX: the name of each sheet and the part it stands in."""
    targets = {}
    for link in package.tree("xl/_rels/workbook.xml.rels"):
        target = link.get("Target", "")
        targets[link.get("Id")] = (
            target.lstrip("/") if target[:1] == "/" else posixpath.normpath(f"xl/{target}")
        )
    found = {}
    for element in package.tree("xl/workbook.xml").iter():
        if element.tag.rpartition("}")[2] == "sheet":
            link_id = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
            found[element.get("name", "")] = targets.get(link_id, "")
    return found
