"""A guess as a whole: what the file is, the settings to paste, what was left out, what may be added."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.exports.formula import Formula
from connectors.exports.guess import Guess, writing
from connectors.exports.guess.columns import LOOKED_AT
from connectors.exports.guess.draft import Draft
from connectors.exports.guess.writing import line, remark
from connectors.exports.profile import Profile, shipped

NAMED_AT_MOST = 40  # columns left out that are listed


def document(guess: Guess, path: str, ident: str, label: str, beside: str = "") -> str:
    """TOML with comments. ``path``, and ``beside`` of the lines: as they are to stand in the TOML."""
    lines = [
        *_opening(guess, path, ident),
        "",
        *writing.source_table(ident, label),
        "",
        *_files(guess, path, beside),
    ]
    if guess.draft is not None:
        lines += writing.mapping(guess.draft)
        lines += ["", *_left_out(guess.draft)]
    lines += _customers(guess, path)
    return "\n".join(re.sub("\n{3,}", "\n\n", "\n".join(lines)).rstrip("\n").split("\n")) + "\n"


def _opening(guess: Guess, path: str, ident: str) -> Iterator[str]:
    """What it is, how it went, and every warning."""
    name = Path(path).name
    if guess.profile:
        title = shipped()[guess.profile].title
        yield from remark(f"{name}: a known format, {title}. Nothing is guessed; this is all it needs.")
    else:
        yield from remark(
            f"{name}: {guess.record}s, by a guess. Answer what says ASK, look at what says UNSURE, paste it."
        )
    yield from remark(f"Then: fanlight sync {ident} --dry-run")
    yield from remark(outcome(guess) + f" Counts below are of the first {LOOKED_AT:,} rows." * guess.more)
    for said in (*guess.doubts, *(guess.draft.warnings if guess.draft else ()), *_notes(guess)):
        yield "#"
        yield from remark(said)


def _notes(guess: Guess) -> Iterator[str]:
    """What the reader noted of the bytes; the encoding has a line of its own."""
    yield from (note for note in guess.notes if "read as" not in note)


def outcome(guess: Guess) -> str:
    """How the mapping did on the file: rows in = rows told."""
    trial = guess.trial
    if not trial.data_rows:
        return "The file has no rows: names are all there is to go by."
    parts = [f"{trial.placed:,} {guess.record}{'s' * (trial.placed != 1)}"]
    parts += [f"{sum(trial.hidden.values()):,} not shown"] if trial.hidden else []
    parts += [f"{trial.deleted:,} deleted at the source"] if trial.deleted else []
    parts += [f"{len(trial.aside):,} set aside"] if trial.aside else []
    said = f"Tried on {trial.data_rows:,} rows{' of more' * trial.partial}: {', '.join(parts)}"
    if trial.aside:
        first = trial.aside[0]
        said += f" ({first.place}: {first.field}: {first.reason.removeprefix(first.field + ': ')})"
    if trial.hidden and not trial.placed:
        said += ". NOTHING is shown: see show below"
    return said + "."


def _files(guess: Guess, path: str, beside: str) -> Iterator[str]:
    yield "[[sources.files]]"
    pattern = re.sub(r"[0-9][0-9 ._()-]*[0-9]|[0-9]+", "*", Path(path).name)
    again = str(Path(path).parent / pattern) if pattern != Path(path).name and "*" in pattern else ""
    yield line("path", path, f'for every export: "{again}"' if again else "")
    if not guess.profile:
        yield line("record", guess.record)
    if lines := guess.told.lines:
        more = {"sheet": lines.sheet} if lines.sheet else {}
        yield line("lines", {"file": beside, "parent": lines.parent, **more})
    if guess.encoding:
        yield line(
            "encoding", guess.encoding, "" if guess.told.encoding else "UNSURE: are ä, é, ł right in --check?"
        )
    if len(guess.sheets) > 1 or guess.told.sheet:
        others = ", ".join(guess.sheets[1:])
        yield line("sheet", guess.sheets[0], f"the others: {others}" if others else "")
    if guess.told.delimiter:
        yield line("delimiter", guess.told.delimiter)
    yield from writing.settings_lines(guess.trial.settings)
    yield line("complete", True, "if every export holds everything: what is missing is gone", off=True)


def _left_out(draft: Draft) -> Iterator[str]:
    reasons = {name: why for name, why in draft.left_out.items() if why}
    for name, why in reasons.items():
        yield from remark(f'Left out: "{name}": {why}.')
    silent = [f'"{name}"' for name in draft.left_out if name not in reasons]
    more = f" and {len(silent) - NAMED_AT_MOST} more" if len(silent) > NAMED_AT_MOST else ""
    if silent:
        yield from remark(f"Not used: {', '.join(silent[:NAMED_AT_MOST])}{more}.")


def _customers(guess: Guess, path: str) -> Sequence[str]:
    """How the customers a file names are read from it, where there is no list of them."""
    if guess.record not in ("order", "invoice"):
        return []
    lines = ["", *remark("No list of your customers? Take the # off: they are then read from the same file.")]
    lines += ["#[[sources.files]]", line("path", path, off=True)]
    if guess.profile:
        name = customers_of(guess.profile)
        return [*lines, line("profile", name, off=True)] if name else []
    owner = guess.draft.table.get("belongs_to") if guess.draft else None
    if owner is None:
        return []
    same = [line("encoding", guess.encoding, off=True)] if guess.encoding else []
    same += [line("sheet", guess.sheets[0], off=True)] if len(guess.sheets) > 1 else []
    name = _name_of(guess.draft, owner) if guess.draft else owner
    key = {"column": owner, "default": "nobody"}
    return [
        *lines,
        *same,
        line("record", "account", off=True),
        "#[sources.files.map]",
        line("id", key, off=True),
        line("group", key, off=True),
        line("only", {owner: ["*"]}, off=True),
        line("fields", {"name": name}, off=True),
    ]


def _name_of(draft: Draft, owner: str) -> str:
    """The column of the customer's name, where it says one thing for each customer; else the key itself."""
    mine = next(c for c in draft.columns if c.name == owner)
    for column in draft.heads("customer_name", side=None):
        pairs = {pair for pair in zip(mine.cells, column.cells, strict=True) if all(pair)}
        if pairs and len(pairs) == len({key for key, _ in pairs}):
            return column.name
    return owner


def customers_of(name: str) -> str:
    """The shipped profile that reads the customers a format's files name; '' where there is none."""
    owner = shipped()[name].belongs_to
    columns = set(owner.cells()) if isinstance(owner, Formula) else set()
    for other, profile in shipped().items():
        if (
            _by_hand(profile)
            and other.split("-")[0] == name.split("-")[0]
            and columns & set(profile.id.cells())
        ):
            return other
    return ""


def _by_hand(profile: Profile) -> bool:
    return profile.record == "account" and not profile.recognise
