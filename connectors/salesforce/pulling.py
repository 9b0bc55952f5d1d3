"""One stream of an org, page by page: what changed by its own stamp, then what changed in its lines only.

Order       SystemModstamp >= since, by stamp and id          each page can be resumed from
OrderItem   SystemModstamp >= since → its orders, by id       those not read above
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Garbled, Gone, Page, Refused, Row, Skipped, Unavailable, Unreadable
from connectors.chain import fingerprint, resume
from connectors.salesforce import bulk, soql
from connectors.salesforce.chain import OrgChain
from connectors.salesforce.mapping import Raw
from connectors.salesforce.org import Lost, Org, UnknownField
from connectors.salesforce.shapes import COMMENTS, RARE, STAMP, Lines, Shape
from connectors.salesforce.values import flat, identifier
from connectors.told import moment, text

Flat = dict[str, Any]
Key = tuple[datetime, str]
DESCRIBED_FOR = timedelta(days=1)
# "No such column 'Phone' on entity 'User'." / "Didn't understand relationship 'Owner' in field path."
UNKNOWN = re.compile(r"(?:column|relationship) '(\w+)'")
BLANK = (
    "{fields} cannot be read and {stay} blank: give our user read access and run "
    "`fanlight sync {source} --record {record} --full`, or ignore it"
)
CLOSED = "Salesforce ends our session again and again; the next run goes on"


class Pull:
    """The reading of one stream from a cursor."""

    def __init__(self, org: Org, shape: Shape, cursor: str | None) -> None:
        self.org, self.shape, self.chain = org, shape, resume(cursor, OrgChain)
        self._lines = COMMENTS if shape.comments else shape.lines
        self._seen: set[str] = set()

    def pages(self) -> Iterator[Page]:
        """All pages, the last one with the cursor of the next chain. Raises only Failure. A field that is not
        known is done without, one after the other, where it can be."""
        if self._describing_is_due():
            self._describe()
        while True:
            lacks = self.chain.lacks
            try:
                yield from self._listed()
                return
            except UnknownField as error:
                self._describe()
                self._lack(str(error), lacks)
                if set(self.chain.lacks) == set(lacks):
                    raise Refused(
                        f"Salesforce: {error}; correct it in the TOML, or give our user read access"
                    ) from None

    def _listed(self) -> Iterator[Page]:
        asked, begun = self.org.time.now(), self.chain.begun is not None
        parts = self._in_bulk() if self._is_large() else self._changed()
        for rows, key in parts:
            if not begun:
                self.chain = self.chain.started(self.org.now() - (self.org.time.now() - asked))
                begun = True
            if rows:
                yield self._page(rows, key)
        if self.chain.since is not None and self._lines is not None:
            yield from self._touched(self._lines, self.chain.since)
        yield Page(cursor=self.chain.following().cursor(), as_of=self.chain.begun, notes=self._notes())

    def _changed(self) -> Iterator[tuple[list[Flat], Key | None]]:
        """Changed rows, each page with the key to resume from; anew where a session ended under us."""
        after, stuck = _key_of(self.chain.at), False
        while True:
            question = soql.changed(self._fields(), self.shape.table, self.chain.since, after)
            before = after
            try:
                for told in self.org.query(question, deleted=True):
                    rows = [flat(row) for row in told["records"]]
                    after = _last_key(rows) or after
                    yield rows, after
                return
            except Lost:
                if stuck and after == before:
                    raise Unavailable(CLOSED) from None
                stuck = after == before

    def _in_bulk(self) -> Iterator[tuple[list[Flat], Key | None]]:
        """Everything, through one query job; there is nothing to resume from before its end."""
        types = self.org.describe(self.shape.table)
        question = soql.everything(self._fields(), self.shape.table)
        for rows in bulk.rows(self.org, question, types):
            yield rows, None

    def _is_large(self) -> bool:
        first = self.chain.since is None and not self.chain.at
        return first and self.org.count(self.shape.table) > self.org.settings.bulk_above

    def _touched(self, lines: Lines, since: datetime) -> Iterator[Page]:
        """Rows whose lines alone changed."""
        question = soql.changed([*soql.KEY, lines.parent], lines.table, since, None)
        parents = {identifier(row, lines.parent): None for row in self._all(question, deleted=True)}
        fields = self._fields()
        for ids in soql.portions([one for one in parents if one and one not in self._seen]):
            question = soql.among(fields, self.shape.table, "Id", ids)
            if rows := self._asked(self._all(question, deleted=True), "Id", ids):
                yield self._page(rows, None)

    def _page(self, rows: Sequence[Flat], key: Key | None) -> Page:
        kept, gone, skipped = list[Flat](), list[Gone](), list[Skipped]()
        for row in rows:
            self._place(row, kept, gone, skipped)
        lines = self._lines_of([identifier(row, "Id") for row in kept])
        made = [self._row(row, lines) for row in kept]
        if self.chain.since is not None:
            self._seen.update(identifier(row, "Id") for row in rows)
        if key is not None:
            self.chain = self.chain.kept(f"{key[0].isoformat()} {key[1]}")
        cursor = self.chain.cursor() if key is not None else None
        return Page(rows=made, gone=gone, skipped=skipped, cursor=cursor)

    def _place(self, row: Flat, kept: list[Flat], gone: list[Gone], skipped: list[Skipped]) -> None:
        """Whether a row is one to show, one to hide, gone, or unreadable."""
        try:
            row_id, number = identifier(row, "Id"), text(row, self.shape.fields.get("number", "Id"))
            rule = self.shape.hides(row)
        except Unreadable as error:
            skipped.append(
                Skipped(None, f"{self.shape.table} {row.get('Id')!r:.30}", error.field, error.reason)
            )
            return
        if row.get("IsDeleted") in (True, "true"):
            gone.append(Gone(row_id, "deleted", number=number))
        elif rule:
            gone.append(Gone(row_id, "hidden", rule, number))
        else:
            kept.append(row)

    def _row(self, row: Flat, lines: Mapping[str, list[Flat]]) -> Row:
        row_id = identifier(row, "Id")
        raw = Raw(row, tuple(lines.get(row_id, ())))
        number = str(row.get(self.shape.fields.get("number", "Id")) or "")
        return Row(row_id, fingerprint(raw), raw, place=f"{self.shape.table} {number} ({row_id})")

    def _lines_of(self, ids: Sequence[str]) -> dict[str, list[Flat]]:
        """The lines of some orders, the published comments of some cases: by their id."""
        found: dict[str, list[Flat]] = {}
        if self._lines is None:
            return found
        fields = self._known([self._lines.parent, *self._lines.fields.values()], self._lines.table)
        for portion in soql.portions(ids):
            question = soql.among(fields, self._lines.table, self._lines.parent, portion, self._lines.only)
            for row in self._asked(self._all(question), self._lines.parent, portion):
                found.setdefault(identifier(row, self._lines.parent), []).append(row)
        return found

    def _all(self, question: str, *, deleted: bool = False) -> list[Flat]:
        """All rows of a question that is asked again from its start when its session ends."""
        for _ in range(2):
            try:
                return [
                    flat(row) for told in self.org.query(question, deleted=deleted) for row in told["records"]
                ]
            except Lost:
                continue
        raise Unavailable(CLOSED)

    @staticmethod
    def _asked(rows: list[Flat], field: str, ids: Sequence[str]) -> list[Flat]:
        """The rows, which are among those asked for."""
        if not {identifier(row, field) for row in rows} <= set(ids):
            raise Garbled(f"Salesforce sent rows of another {field} than was asked for; nothing was taken")
        return rows

    def _fields(self) -> list[str]:
        return self._known(self.shape.wanted, self.shape.table)

    def _known(self, fields: Sequence[str], table: str) -> list[str]:
        lacks = set(self.chain.lacks)
        return [name for name in dict.fromkeys(fields) if f"{table}.{name}" not in lacks]

    def _describing_is_due(self) -> bool:
        described = self.chain.described
        return described is None or self.org.time.now() - described > DESCRIBED_FOR

    def _describe(self) -> None:
        """Ask which of the wanted fields there are; raises Refused where one is missing that must not be."""
        lacks = missing(self.org, self.shape.table, self.shape.wanted)
        needed = [f"{self.shape.table}.{name}" for name in self.shape.needed]
        if self._lines is not None:
            lacks += missing(self.org, self._lines.table, [self._lines.parent, *self._lines.fields.values()])
            needed.append(f"{self._lines.table}.{self._lines.parent}")
        if missed := [name for name in needed if name in lacks]:
            raise Refused(
                f"Salesforce: our user may not read {missed[0]}, or there is no such field; give it read "
                f"access, or name another field in the TOML{self._cure(missed[0])}"
            )
        self.chain = self.chain.knowing(tuple(lacks), self.org.time.now())

    def _cure(self, field: str) -> str:
        rule = field.partition(".")[2]
        if rule not in self.shape.show:
            return ""
        return f' ([sources.show.{self.shape.record}] {rule} = ["*", ""] shows all, whatever it says)'

    def _notes(self) -> list[str]:
        """What staff should know of the fields that are done without."""
        lacks = [name for name in self.chain.lacks if name.partition(".")[2] not in RARE]
        if not lacks:
            return []
        *others, last = lacks
        fields = f"{', '.join(others)} and {last}" if others else last
        told = {"source": self.org.settings.id, "record": self.shape.record}
        return [BLANK.format(fields=fields, stay="stay" if others else "stays", **told)]

    def _lack(self, error: str, before: Sequence[str]) -> None:
        """Do without the fields of related objects an error names: descriptions tell nothing of those."""
        found, described = UNKNOWN.search(error), self.chain.described or self.org.time.now()
        asked = {self.shape.table: self.shape.wanted}
        if self._lines is not None:
            asked[self._lines.table] = tuple(self._lines.fields.values())
        dotted = [f"{table}.{name}" for table, names in asked.items() for name in names if "." in name]
        named = [name for name in dotted if found and found[1] in name.split(".")]
        lacks = dict.fromkeys((*before, *self.chain.lacks, *named))
        self.chain = self.chain.knowing(tuple(lacks), described)


def missing(org: Org, table: str, wanted: Sequence[str]) -> list[str]:
    """Which of these fields an object has not, as "Order.PoNumber"."""
    known = org.describe(table)
    heads = {name: f"{name.partition('.')[0]}." if "." in name else name for name in wanted}
    return [f"{table}.{name}" for name, head in heads.items() if head not in known]


def ids(org: Org, table: str) -> Iterator[str]:
    """All ids of an object, whatever becomes of the session meanwhile."""
    after, stuck = "", False
    while True:
        where = f" WHERE Id > {soql.quoted(after)}" if after else ""
        before = after
        try:
            for told in org.query(f"SELECT Id FROM {table}{where} ORDER BY Id"):
                for row in told["records"]:
                    after = identifier(row, "Id")
                    yield after
            return
        except Lost:
            if stuck and after == before:
                raise Unavailable(CLOSED) from None
            stuck = after == before


def _last_key(rows: Sequence[Flat]) -> Key | None:
    """Stamp and id of a page's last row."""
    if not rows:
        return None
    stamp = moment(rows[-1], STAMP) if isinstance(rows[-1].get(STAMP), str) else None
    if stamp is None:
        raise Garbled("Salesforce sent a row without SystemModstamp; nothing was taken")
    return stamp, identifier(rows[-1], "Id")


def _key_of(at: str) -> Key | None:
    stamp, _, row_id = at.partition(" ")
    return (datetime.fromisoformat(stamp), row_id) if row_id else None
