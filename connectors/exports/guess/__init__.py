"""Guesses how a file nobody described is to be read, and writes that down as TOML with comments.

    table ─ columns ▶ vote ▶ pick ▶ Draft ─ trial ▶ what holds ─ writing ▶ TOML

What names mean is data (``words.toml``). What a file does not prove (day or month first, whose currency) is
left as a question, never decided.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from connectors.base import Failure, Refused
from connectors.exports.catalogue import recognise, refused
from connectors.exports.guess.beside import attach
from connectors.exports.guess.columns import columns
from connectors.exports.guess.draft import Draft
from connectors.exports.guess.identity import GROUPED
from connectors.exports.guess.pick import pick
from connectors.exports.guess.table import Table, opened
from connectors.exports.guess.trial import Trial, run, try_out
from connectors.exports.guess.vote import CLOSE, ENOUGH, vote
from connectors.exports.profile import shipped
from connectors.exports.settings import FileSet, LinesFile

PLURALS = {"account": "customers", "contact": "contacts", "order": "orders", "invoice": "invoices"}
PLURALS |= {"payment": "payments", "ticket": "tickets"}


class Guess(Struct, frozen=True):
    """What a file holds and how it is read. ``profile`` is the name of the shipped format that knows it,
    else '' and ``draft`` holds the mapping."""

    record: str
    profile: str
    draft: Draft | None
    trial: Trial
    told: FileSet
    sheets: tuple[str, ...]
    encoding: str
    notes: tuple[str, ...]
    doubts: tuple[str, ...]
    more: bool  # rows beyond those that were looked at one by one


def guess(path: Path, told: FileSet, *, own: bool = False, lines: Path | None = None) -> Guess:
    """Look at a file. ``told``: what is known of it (record, sheet, encoding, date_order …); ``own``: guess
    a mapping even where a shipped format knows it; ``lines``: the file its lines stand in. Raises Failure,
    with the reason and the cure."""
    with ExitStack() as stack:
        table = stack.enter_context(opened(path, told))
        beside = stack.enter_context(opened(lines, _of_lines(path, lines, told, table))) if lines else None
        if not own and beside is None and (known := _known(path, told, table)):
            return _of_known(known, table, told)
        if (why := refused(table.header)) and not own:
            raise Refused(f"{path.name}: {why}")
        return _of_own(path, table, told, beside)


def _of_lines(path: Path, lines: Path, told: FileSet, table: Table) -> FileSet:
    """What is told of the file of lines: of the same workbook it is another sheet."""
    sheet = table.sheets[1] if lines.samefile(path) and len(table.sheets) > 1 else None
    return told.model_copy(update={"sheet": sheet})


def _known(path: Path, told: FileSet, table: Table) -> str:
    """The name of the shipped format that knows the file; '' where none does."""
    try:
        found = recognise(path, told.model_copy(update={"sheet": table.header.sheet or None}))
    except Failure:
        return ""
    return next(name for name, profile in shipped().items() if profile == found)


def _of_known(name: str, table: Table, told: FileSet) -> Guess:
    profile = shipped()[name]
    trial = run(profile, table, told, columns(table.header, table.rows))
    return Guess(
        profile.record, name, None, trial, told, table.sheets, table.encoding, table.notes, (), table.more
    )


def _of_own(path: Path, table: Table, told: FileSet, beside: Table | None) -> Guess:
    found = columns(table.header, table.rows)
    if not found:
        raise Refused(f"{path.name}: no column has a name of its own; give each a name in its first row")
    title = f"{path.stem} {table.header.sheet}"
    ranked = vote(found, title)
    record = told.record or _winner(path, [c.name for c in found], ranked)
    draft = pick(record, found, title)
    if beside is not None:
        told = _with_lines(draft, beside, told)
    trial = try_out(draft, table, told, beside)
    doubts = () if told.record else _doubts(ranked)
    return Guess(
        record, "", draft, trial, told, table.sheets, table.encoding, table.notes, doubts, table.more
    )


def _with_lines(draft: Draft, beside: Table, told: FileSet) -> FileSet:
    name = beside.file.name
    if draft.record not in GROUPED:
        raise Refused(f"{name}: {PLURALS[draft.record]} have no lines; --lines is for orders and invoices")
    parent = attach(draft, columns(beside.header, beside.rows), name)
    sheet = beside.header.sheet if len(beside.sheets) > 1 else None
    return told.model_copy(update={"lines": LinesFile(file=beside.file.path, parent=parent, sheet=sheet)})


def _winner(path: Path, names: Sequence[str], ranked: list[tuple[str, float]]) -> str:
    if not ranked or ranked[0][1] < ENOUGH:
        raise Refused(
            f"{path.name}: its columns ({', '.join(names[:8])}{' …' * (len(names) > 8)}) do not look like "
            "customers, contacts, orders, invoices, payments or tickets; if they are, say which: "
            "--record order (or account, contact, invoice, payment, ticket)"
        )
    return ranked[0][0]


def _doubts(ranked: list[tuple[str, float]]) -> tuple[str, ...]:
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < CLOSE:
        first, second = (PLURALS[record] for record, _ in ranked[:2])
        return (f"UNSURE: {first}, or {second}? For these: --record {ranked[1][0]}",)
    return ()
