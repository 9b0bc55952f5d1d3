"""An answer's bytes, unpacked as they come: never more of them than allowed, never fewer than were sent."""

import zlib
from collections.abc import Iterator
from typing import IO, Any

from connectors.base import Garbled, Unavailable

PIECE = 1 << 16
UNPACKED = 1 << 18  # at most so much comes out of the unpacker at a time


class Broken(Exception):
    """The packed bytes end early or make no sense: worth another try."""


def pour(answer: Any, into: IO[bytes], cap: int, place: str) -> None:
    """Write the body of a urllib3 response ``into`` a file emptied before; raises Garbled where it is larger
    than ``cap`` bytes or packed in a way nobody asked for, Unavailable where the file cannot take it, Broken
    where its packing is damaged."""
    into.seek(0)
    into.truncate()
    packed = answer.headers.get("Content-Encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip"):
        raise Garbled(f"{place} sent its answer packed as {packed[:20]!r}, which was not asked for")
    if (told := answer.headers.get("Content-Length", "")).isdecimal() and int(told[:20]) > cap:
        raise Garbled(too_large(place, cap))
    pieces = _counted(answer.stream(PIECE, decode_content=False), cap, place)
    for piece in _counted(_unpacked(pieces) if "gzip" in packed else pieces, cap, place):
        _kept(piece, into, place)


def _kept(piece: bytes, into: IO[bytes], place: str) -> None:
    try:
        into.write(piece)
        return
    except OSError as e:
        why = e.strerror
    raise Unavailable(f"what {place} sent cannot be stored here: {why}")


def too_large(place: str, cap: int) -> str:
    """What is said of an answer larger than ``cap`` bytes."""
    size = f"{cap >> 20} MB" if cap >= 1 << 20 else f"{cap} bytes"
    return f"{place} sent more than {size} in one answer, which cannot be right; nothing of it was taken"


def _counted(pieces: Iterator[bytes], cap: int, place: str) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > cap:
            raise Garbled(too_large(place, cap))
        yield piece


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Gzip, of one member or several, in small pieces; its end must be there."""
    unpacker, begun = zlib.decompressobj(31), False
    for packed in pieces:
        data = packed
        while data:
            begun = True
            yield from _some(unpacker, data)
            data = unpacker.unused_data.lstrip(b"\0")
            if unpacker.eof:
                unpacker, begun = zlib.decompressobj(31), bool(data)
    if begun:
        raise Broken


def _some(unpacker: Any, packed: bytes) -> Iterator[bytes]:
    try:
        while not unpacker.eof and (piece := unpacker.decompress(packed, UNPACKED)):
            yield piece
            packed = unpacker.unconsumed_tail  # at the end of a member it still holds what follows that
    except zlib.error:
        raise Broken from None
