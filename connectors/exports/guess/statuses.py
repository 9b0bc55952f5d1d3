"""What follows from columns of few words: which rows customers may see, what is cancelled, void, closed, a
credit note."""

import re
from collections import Counter
from collections.abc import Collection

from connectors.exports.guess.columns import Column
from connectors.exports.guess.draft import Draft
from connectors.exports.guess.vote import purchases_among
from connectors.exports.guess.words import book, fold, says

YES = frozenset(
    ["true", "1", "yes", "y", "t", "x", "ja", "oui", "si", "sí", "sì", "sim", "tak", "wahr", "vrai",
     "verdadero", "vero", "waar", "verdadeiro", "prawda"]
)  # fmt: skip
CODE = re.compile(r"-?[0-9]+(?:[.,]0+)?|[^\W\d_]")
MANY = 40  # codes that can be listed
SHOWN = ("order", "invoice", "payment", "ticket")
STATUSES = ("status", "shipping_status", "payment_status", "state")


def visibility(draft: Draft) -> None:
    """Write ``only`` and ``show``: sales but no purchases, statuses but no drafts; internal rows left out."""
    if purchases := purchases_among(draft.columns):
        column, sales = purchases
        draft.table["only"] = {column.name: sales}
        others = ", ".join(word for word in column.counts if word not in sales)
        draft.remark("only", f"never shown: {others[:80]}")
    status = _status(draft)
    if status is not None and status.wordy and draft.record in SHOWN:
        _list(draft, status)
    if draft.record in SHOWN:
        _drafts(draft)
    _internal(draft)


def _drafts(draft: Draft) -> None:
    """A second status, or one whose name is not quite understood, keeps its drafts inside too; where nobody
    can tell what it says, that is said first of all."""
    for column in draft.columns:
        if (
            column.meaning.name not in STATUSES
            or not column.filled
            or column.name in draft.table.get("show", {})
        ):
            continue
        drafts = column.wordy and any(hidden_by_default(draft.record, word) for word in column.counts)
        if drafts or (coded(column.counts) and _is_status(draft, column)):
            _list(draft, column)
        elif column.meaning.name == "status" and not column.wordy:
            draft.warnings.append(
                f'WARNING: "{column.name}" may say which rows are drafts, and nothing tells which of its '
                f"{column.distinct:,} values do: all rows are shown. Name those customers may see: "
                f'show."{column.name}" = ["…"] under [sources.files.map]'
            )


def _is_status(draft: Draft, column: Column) -> bool:
    """Whether a column says how far its row is: "Estado" does, unless addresses stand beside it."""
    name = column.meaning.name
    return name == "status" or (name == "state" and not draft.of("street", "city", "postcode", side=None))


def _list(draft: Draft, column: Column) -> None:
    draft.table.setdefault("show", {})[column.name] = _statuses(draft, column)
    if coded(column.counts):
        said = "these are codes, and one of them may mean a draft: nothing is shown until you take the # off"
        draft.remark(f"show.{column.name}", f"ASK: {said} those that customers may see")


def _status(draft: Draft) -> Column | None:
    name = draft.fields.get("status")
    found = [c for c in draft.columns if c.name == name] or draft.of("status") * (draft.record == "payment")
    return next((c for c in found if c.filled), None)


def _statuses(draft: Draft, column: Column) -> dict[str, int]:
    """Every status with the number of records that have it, most first; '' for a blank one."""
    said = draft.levels.per_record(column) if draft.levels else list(column.cells)
    return dict(Counter(said).most_common())


def hidden_by_default(record: str, word: str) -> bool:
    """Whether customers should not see rows of this status unless somebody says so."""
    return says(word, "draft") or (record == "payment" and says(word, "failed"))


def coded(words: Collection[str]) -> bool:
    """Whether these statuses are numbers or single letters, which only the source's owner can read; too
    many of them are none."""
    told = [word for word in words if word]
    return 0 < len(told) <= MANY and all(map(CODE.fullmatch, told))


def kept_inside(record: str, words: Collection[str]) -> frozenset[str]:
    """Of a column's statuses those not shown unless somebody says so: drafts, and codes all together."""
    return frozenset(words if coded(words) else (w for w in words if hidden_by_default(record, w)))


def _internal(draft: Draft) -> None:
    """Rows called internal or a draft, or not called public or posted where others are, stay inside."""
    inside, outside = ["no", "false", ""], ["yes", "true"]
    for meaning in ("internal", "draft", "visible", "posted"):
        yes, usual = (True, outside) if meaning in ("visible", "posted") else (False, inside)
        for column in draft.of(meaning):
            if column.few or column.mostly("flag") or not column.filled:
                words = [word for word in column.counts if (_says_yes if yes else _calls_so)(word) is yes]
                listed = list(dict.fromkeys([*words, *usual]))
                draft.table.setdefault("show", {})[column.name] = listed
                draft.remark(f"show.{column.name}", "all others stay with you")


def _calls_so(word: str) -> bool:
    """yes, or "Draft" in a column called Draft."""
    return _says_yes(word) or says(word, "draft")


def _says_yes(word: str) -> bool:
    return word.casefold() in YES


def flags(draft: Draft) -> None:
    """Write cancelled, void, open and kind, by the words a status or kind has."""
    status = _status(draft)
    if status is not None and status.wordy:
        if draft.record == "order":
            _is(draft, "cancelled", status, "cancelled")
        if draft.record == "invoice":
            _is(draft, "void", status, "void")
    if draft.record == "order" and "cancelled" not in draft.fields and (on := draft.heads("cancelled_date")):
        draft.fields["cancelled"] = {"column": on[0].name, "filled": True}
    if draft.record == "ticket":
        _open(draft, status)
    if draft.record == "invoice":
        _kind(draft)


def _is(draft: Draft, field: str, column: Column, what: str) -> None:
    words = [word for word in column.counts if says(word, what)]
    if words:
        draft.fields[field] = {"column": column.name, "is": words}


def _open(draft: Draft, status: Column | None) -> None:
    closed = [word for word in status.counts if says(word, "closed")] if status is not None else []
    if flag := draft.heads("closed_flag"):
        draft.fields["open"] = {"column": flag[0].name, "is_not": [w for w in flag[0].counts if _says_yes(w)]}
        if not draft.fields["open"]["is_not"]:
            draft.fields["open"]["is_not"] = ["true", "yes", "1"]
    elif status is not None and status.wordy and closed:
        draft.fields["open"] = {"column": status.name, "is_not": closed}
    elif on := draft.heads("closed_date"):
        draft.fields["open"] = {"column": on[0].name, "is": [""]}
    else:
        draft.remark("fields.number", "nothing says which are closed: all count as open")


def _kind(draft: Draft) -> None:
    """ "invoice" or "credit note": a column's words, else the sign of what the lines add up to."""
    draft.fields.pop("kind", None)
    for column in draft.heads("type"):
        notes = [word for word in column.counts if says(word, "credit")]
        if column.few and notes:
            others = {word: "invoice" for word in column.counts if word not in notes}
            made = {**others, **dict.fromkeys(notes, "credit note")}
            draft.fields["kind"] = {"column": column.name, "values": made, "default": "invoice"}
            return
    if "total" in draft.table.get("lines", {}):
        draft.fields["kind"] = {"sign": "total", "negative": "credit note", "default": "invoice"}


def stage_of(word: str) -> str:
    """The stage a customer would read for an order's status in another language; '' where no list has it."""
    folded = fold(word).replace("-", " ").replace("_", " ").strip()
    for stage, words in book()["stages"].items():
        if folded in map(fold, words):
            return str(stage)
    return ""
