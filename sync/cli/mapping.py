"""``fanlight map``: guesses how a file is to be read, and prints that as TOML to paste."""

import glob
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from connectors.base import Failure
from connectors.exports.guess import Guess, guess
from connectors.exports.guess.document import document, outcome
from connectors.exports.guess.statuses import hidden_by_default, stage_of
from connectors.exports.guess.words import fold
from connectors.exports.guess.writing import line, remark
from connectors.exports.settings import FileSet
from sync.cli import words
from sync.cli.app import DONE, App, WrongUse
from sync.cli.report import finding_line
from sync.cli.showing import record_lines
from sync.cli.words import plain, quoted
from sync.mirror import Finding
from sync.stages import COMMON, status_key

RECORDS = ("account", "contact", "order", "invoice", "payment", "ticket")
FEW = 3  # records, and rows set aside, that --check shows


@click.command("map")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Show the first records as customers would see them instead.")
@click.option("--record", type=click.Choice(RECORDS), help="What it holds, where the guess is wrong.")
@click.option("--lines", type=click.Path(path_type=Path), metavar="FILE", help="The file its lines stand in.")
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook.")
@click.option("--encoding", metavar="NAME", help='How its letters are written: "cp1252", "cp1250" …')
@click.option("--delimiter", metavar="SIGN", help="What stands between its columns.")
@click.option(
    "--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="Which comes first, day or month."
)
@click.option("--decimal", type=click.Choice([".", ","]), help="The decimal sign.")
@click.option("--timezone", metavar="ZONE", help='Whose clock its times show: "Europe/Berlin".')
@click.option("--currency", metavar="CODE", help='Of amounts without one: "EUR".')
@click.option(
    "--tax", type=click.Choice(["included", "excluded"]), help="Whether prices of lines are with tax."
)
@click.option("--source", metavar="ID", help="The id of the source. [default: by the file's name]")
@click.option("--own", is_flag=True, help="Guess even where the format is known.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of TOML.")
@click.pass_obj
def map_(
    app: App, /, file: Path, check: bool, source: str | None, own: bool, as_json: bool, **told: Any
) -> None:
    """Guess how an export file is to be read, and print that as TOML to paste into fanlight.toml.

    The file is only read; nothing is written. Columns are understood by their names (English, German, French,
    Spanish, Italian, Dutch, Portuguese, Polish) and by what stands in them. What the file does not prove is
    left as a question: lines that say ASK. Answer it there, or with an option here.

    \b
    Examples: fanlight map exports/orders.csv
              fanlight map exports/orders.csv --check
              fanlight map exports/orders.csv --lines exports/orderlines.csv
              fanlight map rechnungen.xlsx --sheet 2026 --currency EUR >> fanlight.toml
    Next:     paste it, then fanlight check config, fanlight sync SOURCE --dry-run

    \b
    Exit codes: 0 done · 2 the file cannot be read, or is nothing Fanlight knows of
    --json:     record, profile, settings [key, value, why, open], map, remarks, warnings, left_out, tried
                {rows, records, hidden, deleted, set_aside}
    """
    lines = told.pop("lines")
    found = _guessed(file, lines, {name: value for name, value in told.items() if value is not None}, own)
    if as_json:
        click.echo(words.document(as_document(found)))
    elif check:
        for row in check_lines(found):
            click.echo(row)
    else:
        ident, beside = source or ident_of(file), _place(app, lines) if lines else ""
        click.echo(document(found, glob.escape(_place(app, file)), ident, label_of(ident), beside), nl=False)
        for row in stage_lines(found):
            click.echo(row)
    click.get_current_context().exit(DONE)


def _guessed(file: Path, lines: Path | None, told: dict[str, Any], own: bool) -> Guess:
    for one in filter(None, (file, lines)):
        _must_be_there(one)
    delimiter = told.get("delimiter")
    told |= {"delimiter": {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)} if delimiter else {}
    try:
        return guess(file, FileSet(path=file, **told), own=own, lines=lines)
    except ValidationError as problem:
        first = problem.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise WrongUse(f"--{option}: {str(first['msg']).removeprefix('Value error, ')}") from None
    except Failure as problem:
        raise WrongUse(_with_options(plain(str(problem)))) from problem


def _must_be_there(file: Path) -> None:
    if not file.exists():
        near = get_close_matches(file.name, _beside(file), 1)
        hint = f"; did you mean {file.with_name(near[0])}?" if near else ""
        raise WrongUse(f"there is no file {file}{hint}")


def _beside(file: Path) -> list[str]:
    return [path.name for path in file.parent.iterdir()] if file.parent.is_dir() else []


def _with_options(said: str) -> str:
    """A cure that names a line of the TOML, with the option that does the same; no mirror is at stake."""
    said = said.removesuffix("; what we have is kept").removesuffix(" what we have is kept")
    for name in ("encoding", "sheet", "delimiter"):
        if f"{name} = " in said:
            return f"{said} (here: --{name})"
    return said


def _place(app: App, file: Path) -> str:
    """The file's path as the TOML says it: from the TOML's folder where it stands below that."""
    whole, folder = file.absolute(), app.config_path.absolute().parent
    return (whole.relative_to(folder) if whole.is_relative_to(folder) else whole).as_posix()


def ident_of(file: Path) -> str:
    """An id for the source, by the file's name: "Bestellungen 2026.csv" → "bestellungen"."""
    words = re.findall(r"[a-z]+", fold(file.stem))
    return "-".join(words)[:30].strip("-") or "files"


def label_of(ident: str) -> str:
    """What customers read of it."""
    return ident.replace("-", " ").capitalize()


def stage_lines(found: Guess) -> Iterator[str]:
    """Statuses of orders nobody knows yet, for [stages.orders]; those words.toml knows with their stage."""
    show = found.draft.table.get("show", {}) if found.draft and found.record == "order" else {}
    words = next((words for words in show.values() if isinstance(words, dict)), {})
    shown = [word for word in words if word and not hidden_by_default(found.record, word)]
    unknown = [word for word in shown if status_key(word) not in COMMON]
    if unknown:
        yield ""
        yield from remark(
            "What these statuses mean to a customer (there is one such table in a fanlight.toml):"
        )
        yield "#[stages.orders]"
        for word in unknown:
            stage = stage_of(word)
            yield line(
                word,
                stage or "received",
                "" if stage else "ASK: received, in_production, dispatched …?",
                off=True,
            )


def check_lines(found: Guess) -> Iterator[str]:
    """The first records in words, then what is hidden or set aside and why."""
    trial = found.trial
    for record in trial.records[:FEW]:
        yield from record_lines(found.record, record)
        yield ""
    for rule, count in sorted(trial.hidden.items()):
        yield f"{count:,} hidden by {plain(rule)}"
    for one in trial.aside[:FEW]:
        why = f"{one.field}: {one.reason.removeprefix(one.field + ': ')}" + (
            f" – {one.cure}" if one.cure else ""
        )
        yield finding_line(Finding(found.record, one.source_id, "quarantined", one.place, why))
    for asked in trial.questions:
        yield f"{asked.key} is open, {quoted(asked.value)} taken for a look: {plain(asked.why)}"
    yield plain(outcome(found))


def as_document(found: Guess) -> dict[str, Any]:
    """The guess for a program."""
    trial, draft = found.trial, found.draft
    return {
        "record": found.record,
        "profile": found.profile or None,
        "settings": [{"key": s.key, "value": s.value, "why": s.why, "open": s.open} for s in trial.settings],
        "map": trial.profile.model_dump(mode="json", exclude_defaults=True, by_alias=True) if draft else None,
        "remarks": draft.remarks if draft else {},
        "warnings": [*found.doubts, *(draft.warnings if draft else ()), *found.notes],
        "left_out": draft.left_out if draft else {},
        "tried": {
            "rows": trial.data_rows,
            "records": trial.placed,
            "hidden": sum(trial.hidden.values()),
            "deleted": trial.deleted,
            "set_aside": len(trial.aside),
        },
    }
