"""What tells one record from another, and whose it is."""

from collections.abc import Sequence
from itertools import combinations

from connectors.exports.guess.columns import Column
from connectors.exports.guess.draft import Draft, fits, named
from connectors.exports.guess.fields import BELONGS, IDS, KEYS
from connectors.exports.guess.levels import Levels, has_lines, keys, levels, looks_like_id

GROUPED = ("order", "invoice")


def key_of(record: str, columns: Sequence[Column]) -> Levels | None:
    """How rows make records: by the best column that may name one; None where no column does. A record
    without lines needs one that no two rows share."""
    found = keys(columns, KEYS[record])
    if record not in GROUPED:
        alone = [c for c in found if _tells_apart(c)]
        return Levels(alone[0], records=alone[0].distinct) if alone else None
    whole = [c for c in found if c.filled * 2 >= len(c.cells)] or found
    ranked = [levels(column, columns) for column in whole[:4]]
    return next((one for one in ranked if one.key.unique or one.grouped), ranked[0] if ranked else None)


def _tells_apart(column: Column) -> bool:
    return not column.blank and column.distinct == column.filled and looks_like_id(column)


def identify(draft: Draft) -> None:
    """Write id, group, above and number."""
    found = draft.levels
    if found is None:
        _nothing_tells(draft)
        return
    key = found.key
    stable = [c for c in keys(draft.columns, IDS[draft.record]) if c.at != key.at and _one_each(c, found)]
    draft.table["id"] = stable[0].name if stable else key.name
    if stable:
        draft.remark("id", f'never changes; "{key.name}" would do too')
    if found.grouped or (draft.record in GROUPED and has_lines(draft.columns)):
        draft.table["group"] = key.name
        draft.remark("group", _about(found, draft.record))
    if found.below:
        draft.table["above"] = True
        draft.remark("above", f'rows without "{key.name}" are lines of the {draft.record} above')
    if not found.grouped and not stable and not key.unique and key.cells:
        _join(draft, key)
    if "email" in key.meaning.name:
        draft.remark("id", "another address is another person")
    draft.doubt("id", key)
    if draft.record in ("order", "invoice", "ticket"):
        draft.fields["number"] = key.name


def _about(found: Levels, record: str) -> str:
    several = f"; {found.several:,} of {found.records:,} have several" if found.grouped else ""
    return f"its rows are the lines of one {record}{several}"


def _one_each(column: Column, found: Levels) -> bool:
    """Whether a column has one value for each record, and no two records share one."""
    if not looks_like_id(column) or found.of_lines(column) or column.meaning.sure < 0.9 or not column.filled:
        return False
    return column.distinct == found.records and column.filled >= found.records


def _join(draft: Draft, key: Column) -> None:
    """Where the number is not one record's alone: with another column it may be."""
    found = _together([c for c in _steady(draft) if c.at != key.at], [key])
    if found:
        draft.table["id"] = {"join": [c.name for c in found], "by": ":"}
        draft.remark("id", f'UNSURE: "{key.name}" alone comes again, these together do not')
        return
    repeated = next((cell for cell, n in key.counts.most_common(1) if n > 1), "")
    draft.warnings.append(
        f'"{key.name}" does not tell one {draft.record} from another ({repeated!r} comes again): '
        "of rows with the same one only the newest is kept, or none"
    )


def _steady(draft: Draft) -> list[Column]:
    """Columns that may be a part of an id: filled everywhere, understood, and no status that changes."""
    rows = len(draft.columns[0].cells)
    never = ("status", "payment_status", "shipping_status", "updated", "due", "paid", "note", "description")
    changing = set(never) - ({"paid"} if draft.record == "payment" else set())
    found = [c for c in draft.columns if c.filled == rows and c.meaning.name and fits(c)]
    return [c for c in found if c.meaning.name not in changing and not c.mostly("sentence", 0.5)]


def _together(others: Sequence[Column], begun: Sequence[Column] = ()) -> list[Column]:
    """The fewest columns that together differ on every row; none where three do not."""
    rows = len(others[0].cells) if others else 0
    for more in (1, 2, 3)[: 3 - len(begun)]:
        for chosen in combinations(others[:12], more):
            found = [*begun, *chosen]
            if rows and len(set(zip(*(c.cells for c in found), strict=True))) == rows:
                return found
    return []


def _nothing_tells(draft: Draft) -> None:
    """No column is an id: several together, or the first, so that the mapping can be corrected by hand."""
    found = _together(_steady(draft)) or [next((c for c in draft.columns if c.unique), draft.columns[0])]
    names = [c.name for c in found]
    draft.table["id"] = {"join": names, "by": ":"} if len(names) > 1 else names[0]
    draft.remark("id", "UNSURE: no column is an id; two alike would be one, and a corrected one another")
    if draft.record in ("order", "invoice", "ticket"):
        draft.fields["number"] = names[0]
    draft.warnings.append(
        f"no column tells one {draft.record} from another for certain. "
        "Can the export hold the system's own number?"
    )


def owner(draft: Draft) -> None:
    """Write belongs_to: the customer's number before the name before the address of mail."""
    if draft.record == "account":
        return
    found = [c for c in draft.heads(*BELONGS[draft.record], side=None) if not c.blank]
    found = [c for c in found if c.name not in (draft.table["id"], draft.fields.get("number"))]
    ours = [c for c in found if c.distinct == 1 and c.filled > 4 and c.meaning.name.startswith("customer")]
    guests = [c for c in found if c.meaning.name in ("customer_number", "customer_id") and "0" in c.counts]
    best = _fullest([c for c in found if c not in ours and c not in guests], draft)
    for column in guests[:1]:
        draft.left_out[column.name] = "0 is no customer (a guest's order)"
    for column in ours[:1]:
        draft.left_out[column.name] = f"the same on every row ({column.example()!r}): your own company?"
    if best is None:
        draft.warnings.append(
            f"no column says whose the {draft.record}s are: nobody would see them. "
            "Export the customer's number too"
        )
        return
    draft.table["belongs_to"] = best.name
    draft.doubt("belongs_to", best)
    _say_how_good(draft, best, found)


def _fullest(found: Sequence[Column], draft: Draft) -> Column | None:
    """The first of these that a third of the records have; the first of all where none is."""
    for column in found:
        said = draft.levels.per_record(column) if draft.levels else list(column.cells)
        if sum(map(bool, said)) * 3 >= len(said):
            return column
    return next(iter(found), None)


def _say_how_good(draft: Draft, best: Column, found: Sequence[Column]) -> None:
    numbers = ("customer_number", "customer_id", "contact_number")
    if best.meaning.name in numbers:
        draft.remark("belongs_to", "the customer; must be the id of your accounts")
        others = [c for c in found if c.meaning.name in numbers and c is not best]
        if others:
            draft.remark("belongs_to", f"or {named(others[:1])}?")
    elif "email" in best.meaning.name:
        draft.remark(
            "belongs_to", "an address: one customer may have several. Is there a customer number to export?"
        )
    else:
        draft.remark(
            "belongs_to",
            "only a name: renamed, it is another customer. Is there a customer number to export?",
        )
    blank = len(best.cells) - best.filled
    if blank and not (draft.levels and draft.levels.grouped):
        draft.remark("belongs_to", f"blank in {blank} rows, which nobody would see")
