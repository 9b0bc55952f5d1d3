"""The outbox: mails waiting to leave, one row per event. The only outward write there is.

A row is written in the transaction of what it tells about; postmen claim rows afterwards, so several may work
side by side and none is lost when one dies. The text may hold the marks of ``portal.letters``, filled in when
the mail is sent: a link or a code never stands here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from portal.letters import Letter
from sync.tables import PORTAL, new_id

OUTBOX = PORTAL["outbox"]
CLAIM = timedelta(minutes=5)
KEPT = timedelta(days=30)
WAITS = tuple(timedelta(seconds=s) for s in (10, 30, 120, 300, 900, 1800, 3600, 7200))


@dataclass(frozen=True)
class Parcel:
    """One claimed mail."""

    id: int
    event_key: str
    recipient: str
    subject: str
    body: str
    body_html: str
    attempts: int
    made_at: datetime


COLUMNS = tuple(OUTBOX.c[name] for name in Parcel.__dataclass_fields__)


def queue(
    connection: Connection, event_key: str, recipient: str | None, letter: Letter, now: datetime
) -> None:
    """Put a mail in the outbox. Without a recipient an empty row is written that is never sent, by the same
    statement."""
    row = {
        "id": new_id(), "event_key": event_key, "channel": "mail", "state": "queued" if recipient else "void",
        "recipient": recipient or "", "subject": letter.subject if recipient else "",
        "body": letter.text if recipient else "", "body_html": letter.html if recipient else "",
        "attempts": 0, "made_at": now, "not_before": now,
    }  # fmt: skip
    connection.execute(insert(OUTBOX), row)


def _due(now: datetime) -> ColumnElement[bool]:
    queued = and_(OUTBOX.c.state == "queued", OUTBOX.c.not_before <= now)
    orphaned = and_(OUTBOX.c.state == "sending", OUTBOX.c.claimed_until < now)
    return and_(OUTBOX.c.channel == "mail", or_(queued, orphaned))


def waiting(connection: Connection, now: datetime) -> bool:
    """Whether any mail is due."""
    return connection.execute(select(OUTBOX.c.id).where(_due(now)).limit(1)).first() is not None


def claim(connection: Connection, now: datetime, limit: int = 10) -> Sequence[Parcel]:
    """Take mails that are due, for five minutes; those of a postman who died are due again after that."""
    chosen = select(OUTBOX.c.id).where(_due(now)).order_by(OUTBOX.c.not_before).limit(limit)
    mine = update(OUTBOX).where(OUTBOX.c.id.in_(chosen.with_for_update(skip_locked=True).scalar_subquery()))
    taken = mine.values(state="sending", claimed_until=now + CLAIM, attempts=OUTBOX.c.attempts + 1)
    return [Parcel(*row) for row in connection.execute(taken.returning(*COLUMNS))]


def sent(connection: Connection, parcel: Parcel, now: datetime) -> None:
    """The mail server took it. What it said is forgotten: nobody needs it here any more."""
    _settle(connection, parcel, state="sent", sent_at=now, body="", body_html="", last_error=None)


def drop(connection: Connection, parcel: Parcel, why: str) -> None:
    """It must not be sent any more: its reader lost the right, or its link was used."""
    _settle(connection, parcel, state="void", body="", body_html="", last_error=why)


def put_back(connection: Connection, parcel: Parcel, error: str, now: datetime, give_up: timedelta) -> None:
    """Sending failed: try again after a pause that grows, until it is too late to be of use."""
    wait = WAITS[min(parcel.attempts, len(WAITS)) - 1]
    late = now + wait > parcel.made_at + give_up
    _settle(connection, parcel, state="failed" if late else "queued", not_before=now + wait, last_error=error)


def prune(connection: Connection, now: datetime) -> None:
    """Forget mails that left or never will, after a while."""
    over = and_(OUTBOX.c.state.in_(("sent", "failed", "void")), OUTBOX.c.made_at < now - KEPT)
    connection.execute(delete(OUTBOX).where(over))


def _settle(connection: Connection, parcel: Parcel, **values: object) -> None:
    mine = update(OUTBOX).where(OUTBOX.c.id == parcel.id, OUTBOX.c.state == "sending")
    connection.execute(mine.values(claimed_until=None, **values))
