"""Lines in a file of their own: by which of its columns they name their record, and what its other columns
say of a line."""

from collections.abc import Sequence

from connectors.base import Refused
from connectors.exports.guess import statuses
from connectors.exports.guess.columns import Column
from connectors.exports.guess.draft import Draft
from connectors.exports.guess.pick import line_fields, totals

ALIKE = 0.5  # of the records that lines name are in the file, at least


def attach(draft: Draft, columns: Sequence[Column], name: str) -> str:
    """Map the lines too; returns their column that names the record. Raises Refused where none does, or no
    column names what a line is about."""
    parent = _parent(draft, columns, name)
    draft.beside = [c for c in columns if c.at != parent.at]
    draft.table.pop("group", None)
    draft.table.pop("above", None)
    held = Draft(draft.record, draft.beside, None)
    made = line_fields(draft, held, lambda column, field: column.meaning.name != "name" or field == "name")
    if "name" not in made:
        names = ", ".join(c.name for c in draft.beside[:8])
        raise Refused(
            f"{name}: no column names what a line is about (it has {names}); export the article's name"
        )
    draft.table["lines"] = made
    totals(draft)
    statuses.flags(draft)
    return parent.name


def _parent(draft: Draft, columns: Sequence[Column], name: str) -> Column:
    """The column of the lines that holds the records' ids; where it holds numbers, these become the ids."""
    known = {c.name: c for c in draft.columns}
    keys = [known[key] for key in (draft.table["id"], draft.fields.get("number")) if key in known]
    best = max(
        ((_share(column, key), -rank, -column.at) for rank, key in enumerate(keys) for column in columns),
        default=(0.0, 0, 0),
    )
    if best[0] < ALIKE:
        called = " or ".join(dict.fromkeys(f'"{key.name}"' for key in keys))
        raise Refused(
            f"{name}: no column holds the {draft.record}s' {called}; is it the file of their lines?"
        )
    draft.table["id"] = keys[-best[1]].name
    return next(column for column in columns if column.at == -best[2])


def _share(column: Column, key: Column) -> float:
    """How many of the records that a column of lines names are there; 0 for one that could be anything."""
    if not column.counts or column.distinct < min(3, key.distinct):
        return 0.0
    return len(column.counts.keys() & key.counts.keys()) / len(column.counts)
