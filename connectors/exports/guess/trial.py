"""A mapping tried on its file before anybody sees it: the same connector reads it, and fields that many
cells contradict are taken out again."""

import glob
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import ValidationError

from connectors.base import Skipped, Unreadable
from connectors.exports import Exports
from connectors.exports.guess.asked import Setting, assumed, settings_for
from connectors.exports.guess.columns import Column
from connectors.exports.guess.draft import Draft
from connectors.exports.guess.fields import MONEY
from connectors.exports.guess.statuses import kept_inside
from connectors.exports.guess.table import Table
from connectors.exports.layout import Layout
from connectors.exports.opened import plan_of
from connectors.exports.profile import Profile
from connectors.exports.settings import ExportsSettings, FileSet
from connectors.exports.survey import Evidence, Seen, survey
from connectors.records import RECORDS, Record

ROUNDS = 12
TOLERATED = 0.02  # of the records; a field that more of them contradict was guessed wrongly
SHOWN = 20  # records kept to be looked at
THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})  # currencies of three places
LIMIT = 100_000  # records mapped; of a larger file the rest is not tried


class Trial(Struct, frozen=True):
    """What came of a mapping: the first records, counts that add up, examples of what was set aside."""

    profile: Profile
    settings: list[Setting]
    records: list[Record]
    placed: int
    data_rows: int
    hidden: dict[str, int]  # rule → records
    deleted: int
    aside: list[Skipped]
    partial: bool
    source: ExportsSettings

    @property
    def questions(self) -> list[Setting]:
        """What a person must decide before it can be synced (a currency may stay open)."""
        return [one for one in self.settings if one.open]


def source_settings(told: FileSet, **more: Any) -> ExportsSettings:
    """A source of this file alone, read as soon as it is there."""
    table = {"id": "files", "label": "Files", "kind": "exports", "settle": 0}
    return ExportsSettings.model_validate({**table, **more, "files": (told,)})


def try_out(draft: Draft, table: Table, told: FileSet, lines: Table | None = None) -> Trial:
    """Try a mapping, taking out what does not hold, until it holds. Raises Failure where the file itself
    cannot be read."""
    columns, show = (*draft.columns, *draft.beside), _shown_by_default(draft)
    nothing = any(not words for words in show.values())  # codes: all are tried, and none is shown
    for _ in range(ROUNDS):
        trial = run(_profile(draft, {} if nothing else show), table, told, columns, lines)
        culprit = _culprit(draft, trial)
        if culprit is None:
            break
        _take_out(draft, *culprit)
    return run(_profile(draft, show), table, told, columns, lines) if nothing else trial


def _profile(draft: Draft, show: dict[str, list[str]]) -> Profile:
    """The draft as a profile. A guess that is none is a fault of ours, and loud."""
    try:
        return Profile.model_validate({"record": draft.record, **draft.table, "show": show})
    except ValidationError as error:
        raise AssertionError(f"the guess is no mapping: {error}; {draft.table}") from error


def _shown_by_default(draft: Draft) -> dict[str, list[str]]:
    return {
        name: [w for w in words if w not in kept_inside(draft.record, words)]
        if isinstance(words, dict)
        else words
        for name, words in draft.table.get("show", {}).items()
    }


def run(
    profile: Profile, table: Table, told: FileSet, columns: Sequence[Column], lines: Table | None = None
) -> Trial:
    """Read the file by a profile, as a sync would; ``lines`` is the one its lines stand in."""
    path, header = Path(glob.escape(str(table.file.path))), table.header
    own = told.model_copy(update={"path": path, "map": profile, "record": profile.record, "profile": None})
    own = own.model_copy(update={"encoding": table.encoding or told.encoding, "sheet": header.sheet or None})
    plan, _ = plan_of(source_settings(own), profile)
    evidence = Evidence()
    survey(Layout(table.sheet, plan), evidence, Seen())
    if lines is not None and told.lines is not None:
        survey(Layout(lines.sheet, plan, parent=told.lines.parent), evidence, None)
    found = settings_for(told, profile, evidence, columns)
    source = source_settings(assumed(own, found))
    return _pulled(source, profile, found)


def _pulled(source: ExportsSettings, profile: Profile, found: list[Setting]) -> Trial:
    connector, cls = Exports(source), RECORDS[profile.record]
    records: list[Record] = []
    aside: list[Skipped] = []
    hidden: Counter[str] = Counter()
    placed = rows = deleted = 0
    for page in connector.pull(cls, None):
        aside += page.skipped
        hidden.update(one.rule for one in page.gone if one.why == "hidden")
        deleted += sum(one.why == "deleted" for one in page.gone)
        rows += sum(one.data_rows for one in page.rows) + sum(one.data_rows for one in page.gone)
        rows += sum(one.data_rows for one in page.skipped)
        for row in page.rows:
            try:
                record = connector.map(cls, row.raw)
            except Unreadable as e:
                aside.append(Skipped(row.source_id, row.place, e.field, str(e), e.cure, row.data_rows))
                continue
            if fine := _too_fine(record):
                aside.append(
                    Skipped(row.source_id, row.place, fine, f"{getattr(record, fine)} is finer than a cent")
                )
                continue
            placed += 1
            if len(records) < SHOWN:
                records.append(record)
        if placed >= LIMIT:
            break
    return Trial(profile, found, records, placed, rows, dict(hidden), deleted, aside, placed >= LIMIT, source)


def _too_fine(record: Record) -> str:
    """The first amount of a record that is finer than its currency; no mirror would take it."""
    places = 3 if getattr(record, "currency", "") in THREE else 2
    for name in MONEY.intersection(record.__struct_fields__):
        amount = getattr(record, name)
        if isinstance(amount, Decimal) and amount != round(amount, places):
            return name
    return ""


def _culprit(draft: Draft, trial: Trial) -> tuple[str, int, Skipped] | None:
    """The field or column that most records set aside name, where these are too many. Cells that an open
    question is about are no fault of the guess."""
    asked = tuple(f"({one.key} = " for one in trial.questions) + tuple(
        f"with {one.key} = " for one in trial.questions
    )
    told = [one for one in trial.aside if not any(word in one.reason for word in asked)]
    whole = trial.placed + len(trial.aside) + sum(trial.hidden.values()) + trial.deleted
    for label, count in Counter(one.field for one in told).most_common():
        example = next(one for one in told if one.field == label)
        if count > TOLERATED * whole and _readers(draft, label, example.reason):
            return label, count, example
    return None


def _readers(draft: Draft, label: str, reason: str) -> list[tuple[str, str]]:
    """The keys of the draft that a complaint about a column or field is about; never what a record needs."""
    if "is not what is paid" in reason:
        return [("fields", name) for name in draft.fields if name in ("paid", "due")][:1]
    needed = {("fields", "number"), ("fields", "amount"), ("fields", "name"), ("lines", "name")}
    found = [
        (where, name)
        for where in ("fields", "lines")
        for name, value in draft.table.get(where, {}).items()
        if label in _columns(value) or (where == "fields" and label == name)
    ]
    found += [("", key) for key in ("updated", "deleted") if label in _columns(draft.table.get(key, ""))]
    found += [("events", label)] * any(one["at"] == label for one in draft.table.get("events", ()))
    found += [("shipments", label)] * any(label in one.values() for one in draft.table.get("shipments", ()))
    return [one for one in found if one not in needed]


def _columns(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [
            cell
            for key in value
            if key not in ("constant", "values", "is", "is_not")
            for cell in _columns(value[key])
        ]
    return [cell for one in islice(value, 50) for cell in _columns(one)] if isinstance(value, list) else []


def _take_out(draft: Draft, label: str, count: int, example: Skipped) -> None:
    reason = example.reason.removeprefix(f"{label}: ")
    for where, name in _readers(draft, label, example.reason):
        if where in ("events", "shipments"):
            _without(draft, where, label)
        else:
            (draft.table[where] if where else draft.table).pop(name, None)
        draft.remarks.pop(f"{where}.{name}", None)
        if where == "lines" and name in ("quantity", "unit_price"):
            _products_out(draft)
        said = label if where in ("events", "shipments", "") or label in _names(draft) else f"{where}.{name}"
        draft.left_out[said] = f"{count} records contradict it: {reason}"
    if draft.table.get("lines") and "total" not in draft.lines:
        for field in [f for f, v in draft.fields.items() if isinstance(v, dict) and {"sum", "sign"} & set(v)]:
            del draft.fields[field]


def _products_out(draft: Draft) -> None:
    if isinstance(draft.lines.get("total"), dict):
        del draft.lines["total"]


def _names(draft: Draft) -> set[str]:
    return {column.name for column in draft.columns}


def _without(draft: Draft, where: str, label: str) -> None:
    kept = []
    for one in draft.table[where]:
        if where == "events" and one["at"] == label:
            continue
        left = {k: v for k, v in one.items() if v != label}
        if where == "events" or set(left) - {"carrier", "url"}:
            kept.append(left)
    draft.table[where] = kept
    if not kept:
        del draft.table[where]
