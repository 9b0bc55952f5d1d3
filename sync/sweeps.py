"""When all ids of a stream are heard again, where its source does not report every delete."""

from zlib import crc32

from connectors.base import Connector, LiveSettings, Reads, SourceSettings
from connectors.records import Record
from sync.config import duration
from sync.mirror import Begun

SPREAD = 0.1  # of the time between two sweeps: each stream's turn comes by so much earlier, at most


def needed(connector: Connector, record: type[Record]) -> bool:
    """Whether this source does not report every delete of these records, and can list their ids."""
    lists = type(connector).list_ids is not Connector.list_ids
    return lists and connector.reads[record] is Reads.CHANGES


def due(settings: SourceSettings, begun: Begun) -> bool:
    """Whether it is time. The first whole reading heard of everything; from then on each stream has a time of
    its own, so that not all of them are swept in one run."""
    last = begun.stored["swept_at"] or begun.stored["first_completed_at"]
    if not isinstance(settings, LiveSettings) or last is None:
        return False
    share = crc32(f"{begun.source} {begun.name}".encode()) / 2**32
    late: bool = begun.now - last >= duration(settings.sweep) * (1 - SPREAD * share)
    return late
