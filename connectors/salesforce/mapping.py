"""Salesforce rows → records. Pure; one shape says which field is read from where."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from connectors import told
from connectors.base import Unreadable
from connectors.records import (
    RECORDS,
    Account,
    Address,
    Contact,
    Invoice,
    Line,
    Message,
    Order,
    Record,
    Ticket,
)
from connectors.salesforce.shapes import PARTS, STAMP, Lines, Shape
from connectors.salesforce.values import identifier

Flat = Mapping[str, Any]
IDS = {"parent", "invoice_number"}
OURS = "Standard"  # User.UserType of staff; portal users' are others
CANCELLED = ("canceled", "cancelled")


class Raw(Struct, frozen=True):
    """One row and what hangs on it: an order's lines, a case's published comments. All flat."""

    row: dict[str, Any]
    lines: tuple[dict[str, Any], ...] = ()


def record_of(shape: Shape, raw: Raw, currency: str) -> Record:
    """The record of a row; raises Unreadable with the field and the reason. ``currency``: for an org
    with one only."""
    cls = RECORDS[shape.record]
    made = {name: _reader(cls, name)(raw.row, theirs) for name, theirs in shape.fields.items()}
    made.update({name: address(raw.row, side) for name, side in shape.addresses.items()})
    if shape.lines:
        made["lines"] = tuple(_line(shape.lines, line) for line in raw.lines)
    if "currency" in cls.__struct_fields__:
        made["currency"] = (made.get("currency") or currency).upper()
    finish = _FINISH.get(cls)
    if finish:
        finish(shape, raw, made)
    for name in _required(cls):
        if made.get(name) in (None, ""):
            raise Unreadable(shape.fields.get(name, name), "is blank", "fill it in Salesforce")
    return cls(source_id=source_id(raw.row), updated=told.moment(raw.row, STAMP), **made)


def source_id(row: Flat) -> str:
    """The row's id, 18 characters."""
    return identifier(row, "Id")


def address(row: Flat, side: str) -> Address | None:
    """The address whose fields begin with ``side``; None where all are blank."""
    parts = {part: told.text(row, f"{side}{theirs}") for part, theirs in PARTS.items()}
    if not any(parts.values()):
        return None
    lines = tuple(line.strip() for line in parts.pop("lines").splitlines() if line.strip())
    return Address(lines=lines, **parts)


@cache
def _reader(cls: type, name: str) -> Callable[[Flat, str], Any]:
    """How a field of ours is read, by its type."""
    (kind,) = (f for f in fields(cls) if f.encode_name == name)
    types = set(getattr(kind.type, "__args__", (kind.type,)))
    if name in IDS:
        return identifier
    for held, read in ((bool, told.yes), (Decimal, told.number), (datetime, told.moment), (date, told.day)):
        if held in types:
            return read
    return told.text


@cache
def _required(cls: type) -> tuple[str, ...]:
    return tuple(f.encode_name for f in fields(cls) if f.required and f.encode_name != "source_id")


def _line(lines: Lines, row: Flat) -> Line:
    made = {name: _reader(Line, name)(row, theirs) for name, theirs in lines.fields.items()}
    made["name"] = made.get("name") or made.get("sku") or "–"
    return Line(**made)


def _account(_: Shape, raw: Raw, made: dict[str, Any]) -> None:
    made["belongs_to"] = source_id(raw.row)


def _contact(shape: Shape, raw: Raw, made: dict[str, Any]) -> None:
    _owned(shape, raw, made)
    made["name"] = made.get("name") or made.get("email")


def _order(shape: Shape, raw: Raw, made: dict[str, Any]) -> None:
    _owned(shape, raw, made)
    state = f"{made.get('status', '')} {told.text(raw.row, 'StatusCode')}".lower()
    made["cancelled"] = made.get("cancelled") or any(word in state.split() for word in CANCELLED)


def _ticket(shape: Shape, raw: Raw, made: dict[str, Any]) -> None:
    _owned(shape, raw, made)
    if shape.fields.get("open") == "IsClosed":
        made["open"] = not made["open"]
    made["subject"] = made.get("subject") or made.get("number")
    made["messages"] = tuple(map(_message, raw.lines)) if shape.comments else ()


def _message(row: Flat) -> Message:
    return Message(
        at=told.moment(row, "CreatedDate"),
        author=told.text(row, "CreatedBy.Name"),
        staff=told.text(row, "CreatedBy.UserType") in (OURS, ""),
        text=told.text(row, "CommentBody"),
    )


def _owned(shape: Shape, raw: Raw, made: dict[str, Any]) -> None:
    made["belongs_to"] = identifier(raw.row, shape.belongs_to) or None


_FINISH: dict[type[Record], Callable[[Shape, Raw, dict[str, Any]], None]] = {
    Account: _account,
    Contact: _contact,
    Order: _order,
    Invoice: _owned,
    Ticket: _ticket,
}
