"""How a run reads a stream: from where, what its silence means, who is told of it. No SQL here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.base import Reads, Refused
from connectors.mapped import Mapped
from connectors.records import Record

UNFINISHED = "unfinished: "


@dataclass(frozen=True)
class Begun:
    """One stream at the start of a run. ``stored`` is its row in ``streams``; ``run`` the id of its row in
    ``runs``, empty in a rehearsal."""

    source: str
    record: type[Record]
    name: str
    now: datetime
    run: str
    stored: Mapping[str, Any]
    has_quarantined: bool
    has_hidden: bool


@dataclass(frozen=True)
class Aim:
    """What was decided before the first page."""

    map_page: Callable[[Sequence[Any]], Mapped]
    mapping: str
    mapping_so_far: str  # what is kept with a page: that a reading under a new mapping is not at its end yet
    id_rule: str
    cursor: str | None  # where to begin; None: at the start
    resumable: (
        bool  # whether cursors are kept: a listing that was begun in another run does not tell who is absent
    )
    absent_is_gone: bool
    rekey: bool
    new_mapping: bool  # the same rows make other records than so far: what they say is not an older version
    silent: bool  # nothing of this run goes into the change log
    started_at: datetime  # of the first attempt of the chain this run may complete
    leftover: bool  # an earlier run may have left records that are about to go


def aim(
    begun: Begun,
    map_page: Callable[[Sequence[Any]], Mapped],
    mapping: str,
    id_rule: str,
    reads: Reads,
    *,
    full: bool = False,
    rekey: bool = False,
) -> Aim:
    """Decide how to read. A new mapping reads everything again; raises Refused when ids are made anew."""
    stored = begun.stored
    other_ids = stored["id_rule"] not in ("", id_rule)
    if other_ids and not rekey:
        raise Refused(
            f"the ids of {begun.name} records were made from {stored['id_rule']} so far, and now would be "
            f"made from {id_rule}: each would come a second time. Nothing was changed. If it is meant: "
            f"fanlight sync {begun.source} --rekey"
        )
    new_mapping = mapping != stored["mapping"]
    so_far = UNFINISHED + mapping if new_mapping else mapping
    afresh = full or stored["mapping"] != so_far or other_ids or reads is Reads.EVERYTHING
    started, completed = stored["started_at"], stored["completed_at"]
    unfinished = started is not None and (completed is None or completed < started)
    return Aim(
        map_page=map_page,
        mapping=mapping,
        mapping_so_far=so_far,
        id_rule=id_rule,
        cursor=None if afresh else stored["cursor"],
        resumable=reads is Reads.CHANGES,
        absent_is_gone=other_ids or reads is Reads.EVERYTHING,
        rekey=other_ids,
        new_mapping=new_mapping,
        silent=stored["first_completed_at"] is None or new_mapping or other_ids,
        started_at=started if unfinished and stored["cursor"] and not afresh else begun.now,
        leftover=unfinished or stored["withheld"] > 0,
    )
