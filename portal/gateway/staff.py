"""The staff's door: all mirrored rows, on a database role of its own; for staff routes, jobs and the CLI."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self

import sqlalchemy as sa

from connectors.records import RECORDS, Record
from portal.gateway import query
from portal.gateway.found import Member, Owned
from sync.database import Database
from sync.tables import MIRROR, PORTAL, TABLE

ORGANISATIONS, MEMBERS, USERS = PORTAL["organisations"], PORTAL["members"], PORTAL["users"]
MOST = 200


class StaffGateway:
    """Everybody's records. A context manager: one read transaction; it cannot write the mirror either."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._connection = self._open.enter_context(self._database.staff())
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def find(self, record: type[Record], needle: str) -> Sequence[Owned]:
        """Records with this public id, number or source id, whoever owns them, gone ones too."""
        t = TABLE[record].c
        names = [column for column in (t.ref, t.source_id, t.get("number")) if column is not None]
        wanted = sa.or_(*(column == query.clean(needle) for column in names))
        return self._owned(
            record, sa.select(*t, ORGANISATIONS.c.name.label("organisation_name")).where(wanted)
        )

    def sample(self, record: type[Record], organisation: int, limit: int = 20) -> Sequence[Owned]:
        """Some current records of one organisation."""
        t = TABLE[record].c
        asked = sa.select(*t, ORGANISATIONS.c.name.label("organisation_name"))
        mine = asked.where(t.org_id == organisation, t.gone_at.is_(None)).order_by(t.ref)
        return self._owned(record, mine.limit(min(limit, MOST)))

    def owners(self, record: type[Record], refs: Sequence[str]) -> Mapping[str, int | None]:
        """Whose each of these public ids is: an organisation, None for nobody; absent ones are left out."""
        t = TABLE[record].c
        rows = self._connection.execute(sa.select(t.ref, t.org_id).where(t.ref.in_(refs)))
        return dict(rows.all())

    def organisations(self) -> Mapping[int, str]:
        """Every organisation's name."""
        o = ORGANISATIONS.c
        rows = self._connection.execute(sa.select(o.id, o.name).order_by(o.name, o.id))
        return dict(rows.all())

    def counts(self) -> Mapping[int | None, Mapping[str, int]]:
        """How many current records each organisation has, by record type; under None those nobody owns."""
        counted: dict[int | None, dict[str, int]] = {}
        for name, record in RECORDS.items():
            t = TABLE[record].c
            asked = sa.select(t.org_id, sa.func.count()).where(t.gone_at.is_(None)).group_by(t.org_id)
            for organisation, number in self._connection.execute(asked):
                counted.setdefault(organisation, {})[name] = number
        return counted

    def members(self, limit: int = MOST) -> Sequence[Member]:
        """People who may look by invitation: one of every organisation before a second of any."""
        turn = sa.func.row_number().over(partition_by=MEMBERS.c.org_id, order_by=MEMBERS.c.user_id)
        asked = (
            sa.select(USERS.c.email, ORGANISATIONS.c.id, ORGANISATIONS.c.name)
            .select_from(MEMBERS.join(USERS, USERS.c.id == MEMBERS.c.user_id)
                         .join(ORGANISATIONS, ORGANISATIONS.c.id == MEMBERS.c.org_id))
            .where(MEMBERS.c.revoked_at.is_(None), USERS.c.deactivated_at.is_(None))
            .order_by(turn, ORGANISATIONS.c.id)
        )  # fmt: skip
        return [Member(*row) for row in self._connection.execute(asked.limit(limit))]

    def _streams(self) -> query.Streams:
        """Label and as-of of every stream."""
        sources, streams = MIRROR["sources"].c, MIRROR["streams"].c
        asked = sa.select(sources.source, streams.record, sources.label, streams.as_of)
        rows = self._connection.execute(asked.where(streams.source == sources.source))
        return {(source, record): query.Stream(label, as_of) for source, record, label, as_of in rows}

    def _owned(self, record: type[Record], asked: sa.Select[Any]) -> Sequence[Owned]:
        table = TABLE[record]
        joined = asked.select_from(table.outerjoin(ORGANISATIONS, ORGANISATIONS.c.id == table.c.org_id))
        streams = self._streams()
        rows = self._connection.execute(joined.limit(MOST)).mappings()
        return [
            Owned(
                query.found(record, {**row}, streams),
                row["org_id"],
                row["organisation_name"] or "",
                row["gone_at"],
            )
            for row in rows
        ]
