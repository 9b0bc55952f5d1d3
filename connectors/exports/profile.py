"""The profile language: how rows of a known format become records. Profiles are data, in ``profiles/*.toml``;
an admin writes the same form under ``[sources.files.map]``. ``formula.py`` explains formulas.

    title        what people call the format
    record       account | contact | order | invoice | payment | ticket
    recognise    columns a file must have to be taken for this format
    some         columns of which it must have one at least
    unless       columns it must not have
    required     columns without which a file is refused; those of the id and of the fields every record must
                 have are required anyway
    id           formula of the source's own id. A list: the first that the file has the columns of
    group        formula of what the rows of one record share; without it every row is a record
    above        true: a row whose group is blank belongs to the record above it
    once         columns filled on a record's first row only: another filled one begins another record
    belongs_to   formula of the account it belongs to (an account belongs to itself)
    updated      formula of when it last changed: which of two versions is newer
    deleted      yes-or-no formula: the source's word that it is gone
    only         column = [values]: what these records are at all ("*": not blank); nothing in fanlight.toml
                 widens it
    show         column or field = [values] shown by default; [sources.show.<record>] narrows or widens it
    decimal, date_order, timezone, nulls
                 what the format always writes; the rest is decided from the data or asked for
    fields       a formula per field of the record (connectors/records.py); addresses are tables of formulas
    lines        a formula per field of a line: a row of its group, or of a file of lines
    line_columns lines that stand in columns of their own, name1:value|name2:value in each; the formulas of
                 ``lines`` then read these names. { begins = "line_item_", between = "|", of = ":" }
    shipments, events
                 a table of formulas for each shipment or event a record may have
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import FieldInfo, fields
from pydantic import model_validator

from connectors.exports.formula import Formula, Place, Table, Written
from connectors.records import RECORDS, Address, Event, Line, Record, Shipment


class LineColumns(Table):
    """Columns (begins1, begins2 …) each of which holds one line of the record."""

    begins: str
    between: str = "|"
    of: str = ":"


class Profile(Table):
    """One format. The module's docstring explains each key."""

    record: Literal["account", "contact", "order", "invoice", "payment", "ticket"]
    title: str = "your own mapping"
    recognise: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    id: Written
    group: Written | None = None
    above: bool = False
    once: tuple[str, ...] = ()
    belongs_to: Written | None = None
    updated: Written | None = None
    deleted: Written | None = None
    only: Mapping[str, tuple[str, ...]] = {}
    show: Mapping[str, tuple[str, ...]] = {}
    decimal: Literal[".", ","] | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    timezone: str | None = None
    nulls: tuple[str, ...] | None = None
    fields: dict[str, Written | Place]
    lines: Mapping[str, Written] = {}
    line_columns: LineColumns | None = None
    shipments: tuple[dict[str, Written], ...] = ()
    events: tuple[dict[str, Written], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _addresses(cls, table: Any) -> Any:
        """Make address tables Places before their values are read, so that errors speak of the right form."""
        if not isinstance(table, dict) or not isinstance(table.get("fields"), dict):
            return table
        cls_ = RECORDS.get(table.get("record", ""))
        places = {f.encode_name for f in fields(cls_) if _holds(f, Address)} if cls_ else set()
        made = {
            k: Place.model_validate(v) if k in places and isinstance(v, dict) else v
            for k, v in table["fields"].items()
        }
        return {**table, "fields": made}

    @model_validator(mode="after")
    def _known_fields(self) -> "Profile":
        own = {f.encode_name: f for f in fields(self.cls)}
        taken = {
            "source_id",
            "belongs_to",
            "updated",
            "lines",
            "shipments",
            "events",
            "payments",
            "allocations",
            "messages",
        }
        _check("fields", self.fields, set(own) - taken, self.record)
        _check(
            "lines", self.lines, {f.encode_name for f in fields(Line)} if "lines" in own else set(), "line"
        )
        for table in self.shipments:
            _check(
                "shipments",
                table,
                {f.encode_name for f in fields(Shipment)} if "shipments" in own else set(),
                "shipment",
            )
        for table in self.events:
            _check(
                "events", table, {f.encode_name for f in fields(Event)} if "events" in own else set(), "event"
            )
        missing = [
            name for name, f in own.items() if f.required and name not in self.fields and name not in taken
        ]
        if missing:
            raise ValueError(f"fields: {', '.join(missing)} must be mapped in every {self.record}")
        if self.lines and "name" not in self.lines:
            raise ValueError("lines: name must be mapped in every line")
        return self

    @property
    def cls(self) -> type[Record]:
        """The record class this profile makes."""
        return RECORDS[self.record]

    def reads(self, column: str) -> bool:
        """Whether a record is made of this column."""
        return any(column in value.cells() for value in self.head_values())

    def head_values(self) -> Iterator[Formula]:
        """Every value read once for a record (not once for a line)."""
        yield from (v for v in (self.id, self.belongs_to, self.updated, self.deleted) if v is not None)
        for value in self.fields.values():
            if isinstance(value, Place):
                yield from (*value.parts().values(), *value.lines)
            else:
                yield value
        for table in (*self.shipments, *self.events):
            yield from table.values()

    def digest(self) -> str:
        """A hash of everything it says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def _holds(field: FieldInfo, cls: type) -> bool:
    return field.type is cls or cls in getattr(field.type, "__args__", ())


def _check(where: str, table: Mapping[str, Any], known: set[str], what: str) -> None:
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = (
                f"; did you mean {near[0]}?"
                if near
                else f"; there are {', '.join(sorted(known))}"
                if known
                else ""
            )
            raise ValueError(f"{where}.{name}: a {what} has no such field{hint}")


@cache
def shipped() -> dict[str, Profile]:
    """The profiles that come with Fanlight, by name."""
    folder = Path(__file__).parent / "profiles"
    return {
        path.stem: Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.toml"))
    }
