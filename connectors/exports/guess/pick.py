"""Columns → fields: the whole mapping of one file, as far as names and cells tell it."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from connectors.exports.guess import statuses
from connectors.exports.guess.columns import Column
from connectors.exports.guess.draft import UNSURE, Draft, named
from connectors.exports.guess.fields import HEAD, LINES, MONEY, WORDS
from connectors.exports.guess.identity import GROUPED, identify, key_of, owner
from connectors.exports.guess.levels import LINE, Levels
from connectors.exports.guess.places import addresses, people
from connectors.exports.guess.vote import supplier_doubt

EVENTS = (("order_date", "placed"), ("shipped_date", "dispatched"), ("delivered_date", "delivered"))
VARYING = ("total", "amount", "subtotal", "tax", "discount", "name", "description")
DIGITS = re.compile(r"[0-9]{1,3}(?:[.,][0-9]+)? ?%?")  # per cent
SILENT = {  # why a column that is understood is not taken
    "note": "staff may write there",
    "internal_note": "for staff",
    "tax_rate": "a rate or code",
    "discount_rate": "a rate or code",
    "exchange_rate": "a rate",
    "line_number": "the order of lines in the file counts",
    "supplier_name": "a supplier",
    "supplier_number": "a supplier",
}


def pick(record: str, columns: Sequence[Column], title: str) -> Draft:
    """A mapping of this record from these columns (at least one)."""
    draft = Draft(record, columns, key_of(record, columns))
    if why := supplier_doubt(columns, title):
        draft.warnings.append(
            f"WARNING: these look like bills of your suppliers ({why}). Customers must never see them; "
            "use this only if they are your sales"
        )
    identify(draft)
    _fields(draft)
    owner(draft)
    people(draft)
    addresses(draft)
    if record in GROUPED:
        _lines(draft)
        totals(draft)
        _only_lines(draft)
    if record == "order":
        _journey(draft)
    statuses.flags(draft)
    statuses.visibility(draft)
    _changes(draft)
    _required(draft)
    _leftovers(draft)
    return draft


def _fields(draft: Draft) -> None:
    taken = {draft.fields.get("number")}
    for field, meanings in HEAD[draft.record].items():
        found = [c for c in draft.heads(*meanings) if c.name not in taken or field == "order_number"]
        found = [c for c in found if not (c.meaning.ordinal and field in MONEY)]
        if field in WORDS:
            told = [c for c in found if c.few or not c.filled or (field == "status" and c.wordy)]
            found = [c for c in told if c.meaning.sure >= UNSURE]
        if field == "currency" and found and not _is_code(found[0]):
            found = []
        column = draft.take(field, found, all_of=field in ("phone", "email"))
        if column is not None and field not in ("status", "email", "phone", "order_number"):
            taken.add(column.name)
    placed = next((c for c in draft.columns if c.name == draft.fields.get("placed")), None)
    if placed is not None and not placed.mostly("time", 0.5):
        draft.fields["placed_on"] = draft.fields.pop("placed")
        if "fields.placed" in draft.remarks:
            draft.remark("fields.placed_on", draft.remarks.pop("fields.placed"))


def _is_code(column: Column) -> bool:
    return not column.filled or column.mostly("currency", 0.8)


def _lines(draft: Draft) -> None:
    """Fields of a line: columns that only lines have, and those that differ on the rows of one record."""
    if "group" not in draft.table:
        return
    levels = draft.levels
    made = line_fields(draft, draft, lambda c, field: _of_line(c, field, levels))
    if (
        "name" not in made
        and set(made) & {"quantity", "unit_price", "total"}
        and (texts := _words_of_lines(draft))
    ):
        made = {"name": texts[0].name, **made}
        said = f"UNSURE: the only words that differ on the rows of one {draft.record}"
        draft.remark("lines.name", said)
    if "name" in made:
        draft.table["lines"] = made
    elif made:
        draft.warnings.append("no column names what a line is about: its lines are left out")


def _only_lines(draft: Draft) -> None:
    """Say so where nothing but lines is there: whose they are, and when, stands elsewhere."""
    own = ("order_date", "invoice_date", "date", "created", "due_date", "status")
    if draft.table.get("lines") and "belongs_to" not in draft.table and not draft.of(*own, side=None):
        draft.warnings.insert(
            0,
            f"these are the lines of {draft.record}s only. Is there a file of these themselves? "
            "Then: fanlight map THAT_FILE --lines THIS_FILE",
        )


def line_fields(draft: Draft, held: Draft, of_line: Callable[[Column, str], bool]) -> dict[str, Any]:
    """The fields of a line from the columns of ``held`` that are a line's; remarks go to ``draft``."""
    made = dict[str, Any]()
    for field, meanings in LINES.items():
        own = [c for c in held.of(*meanings) if not c.blank and not c.meaning.ordinal and of_line(c, field)]
        if not own:
            continue
        names = [c.name for c in own if c.meaning.name != "sku"] if field == "name" else []
        names = names or [own[0].name]
        made[field] = names if len(names) > 1 else names[0]
        draft.left_out.pop(own[0].name, None)
        draft.doubt(f"lines.{field}", own[0])
    return made


def _of_line(column: Column, field: str, levels: Levels | None) -> bool:
    return column.meaning.name in LINE or _varies(column, levels) or (field == "name" and _single(levels))


def _varies(column: Column, levels: Levels | None) -> bool:
    return levels is not None and column.meaning.name in VARYING and levels.of_lines(column)


def _single(levels: Levels | None) -> bool:
    """Whether every record of this file has one line, so that nothing shows which columns are the lines'."""
    return levels is None or not levels.grouped


def _words_of_lines(draft: Draft) -> list[Column]:
    levels = draft.levels
    words = [c for c in draft.columns if not c.mostly("number", 0.5) and not c.mostly("date", 0.5)]
    return [c for c in words if levels is not None and levels.of_lines(c)]


def totals(draft: Draft) -> None:
    """Amounts of the record from those of its lines, where the file has only these; repeated amounts are
    never added up."""
    lines = draft.table.get("lines", {})
    if not lines:
        return
    if "total" not in lines and {"quantity", "unit_price"} <= set(lines):
        _products(draft, lines)
    if "total" not in lines or "total" in draft.fields:
        return
    columns = (*draft.columns, *draft.beside)
    column = next((c for c in columns if c.name == lines["total"]), None)
    net = column is not None and column.meaning.name in ("line_total_net", "subtotal")
    apart = [name for name in ("shipping", "discount") if name in draft.fields]
    if apart:
        draft.fields.setdefault("subtotal", {"sum": "total"})
        draft.remark("fields.subtotal", f"no total: no column for it, and {' and '.join(apart)} stand apart")
    elif "tax" in lines:
        draft.fields["total"] = {"sum": "total", "tax": "tax"}
        draft.fields["tax"] = {"sum": "tax"}
        draft.remark("fields.total", "over the lines")
    elif net:
        draft.fields["subtotal"] = {"sum": "total"}
        draft.remark("fields.subtotal", "over the lines; without tax, so there is no total")
    else:
        draft.fields["total"] = {"sum": "total"}
        draft.remark("fields.total", "UNSURE: over the lines; delete it if these are without tax")


def _products(draft: Draft, lines: dict[str, Any]) -> None:
    """The amount of a line where no column has it: quantity times price, less a discount in per cent. With a
    discount of another kind nobody can tell."""
    columns = [c for c in (*draft.columns, *draft.beside) if c.meaning.name == "discount_rate" and c.filled]
    percent = [c for c in columns if all(DIGITS.fullmatch(cell) for cell in c.counts)]
    if percent:
        lines["total"] = {"product": ["quantity", "unit_price"], "off": percent[0].name}
        draft.remark("lines.total", "no column for it; the discount is taken for per cent")
    elif "discount" not in lines:
        lines["total"] = {"product": ["quantity", "unit_price"]}
        draft.remark("lines.total", "no column for it")


def _journey(draft: Draft) -> None:
    """Shipments and events of an order."""
    parcel = {}
    for field, meaning in (
        ("tracking", "tracking"), ("carrier", "carrier"), ("shipped", "shipped_date"),
        ("delivered", "delivered_date"), ("url", "tracking_url"),
    ):  # fmt: skip
        if found := draft.heads(meaning):
            parcel[field] = found[0].name
    if set(parcel) - {"carrier", "url"}:
        draft.table["shipments"] = [parcel]
    events = []
    if when := draft.fields.get("placed") or draft.fields.get("placed_on"):
        events.append({"at": when, "what": {"constant": "placed"}})
    for meaning, what in (*EVENTS[1:], ("paid_date", "paid"), ("cancelled_date", "cancelled")):
        if found := draft.heads(meaning):
            events.append({"at": found[0].name, "what": {"constant": what}})
    if events:
        draft.table["events"] = events


def _changes(draft: Draft) -> None:
    if found := [c for c in draft.heads("updated") if c.filled]:
        draft.table["updated"] = found[0].name
    if found := [c for c in draft.heads("deleted") if c.few or not c.filled]:
        draft.table["deleted"] = found[0].name


def _required(draft: Draft) -> None:
    """Fields every record must have."""
    if draft.record == "payment" and "amount" not in draft.fields:
        money = [c for c in draft.columns if c.mostly("money", 0.5) or c.mostly("number")]
        draft.fields["amount"] = (money or list(draft.columns))[0].name
        draft.remark("fields.amount", "UNSURE: no column is called an amount")


def _leftovers(draft: Draft) -> None:
    used = draft.columns_used()
    for column in draft.columns:
        if column.name not in used:
            draft.left_out.setdefault(column.name, SILENT.get(column.meaning.name, ""))
        else:
            draft.left_out.pop(column.name, None)
    emails = [c for c in draft.columns if c.mostly("email") and c.name not in used]
    if draft.record in ("account", "contact") and emails and "email" not in draft.fields:
        draft.fields["email"] = emails[0].name
        draft.remark("fields.email", "by its cells")
        draft.left_out.pop(emails[0].name, None)
    if len(emails) > 1 and draft.record == "account":
        draft.remark("fields.email", f"or {named(emails[1:3])}?")
