"""A guess as TOML with comments, ready to be pasted into fanlight.toml."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import fields

from connectors.exports.guess.asked import Setting
from connectors.exports.guess.draft import Draft
from connectors.exports.guess.statuses import coded, kept_inside
from connectors.records import RECORDS

BARE = re.compile(r"[A-Za-z0-9_-]+")
MAX_SHORT = 0xFFFF  # of what four digits can tell
WIDE = 108  # characters of a line, comment and all
COLUMN = 44  # where comments begin, if there is room
FIRST = ("id", "group", "above", "belongs_to", "updated", "deleted", "only")


def value(told: Any) -> str:
    """A value as TOML: text, list, or a table on one line."""
    if isinstance(told, bool):
        return "true" if told else "false"
    if isinstance(told, str):
        return "".join(c if c.isprintable() else escaped(c) for c in json.dumps(told, ensure_ascii=False))
    if isinstance(told, Mapping):
        return "{ " + ", ".join(f"{key(name)} = {value(one)}" for name, one in told.items()) + " }"
    return "[" + ", ".join(map(value, told)) + "]"


def escaped(sign: str) -> str:
    """A sign that is seen by nobody, or moves a terminal, as TOML spells it out."""
    return f"\\U{ord(sign):08x}" if ord(sign) > MAX_SHORT else f"\\u{ord(sign):04x}"


def key(name: str) -> str:
    """A key as TOML, in quotes where it needs them."""
    return name if BARE.fullmatch(name) else value(name)


def comment(text: str) -> str:
    """Words that may come from a file, on one line a comment can hold."""
    return "".join(c if c.isprintable() else " " for c in text)


def line(name: str, told: Any, said: str = "", *, off: bool = False) -> str:
    """key = value  # said; ``off``: as a comment, to be taken in by hand."""
    return beside(f"{'#' * off}{key(name)} = {value(told)}", said)


def beside(written: str, said: str) -> str:
    """A line with its comment behind it, or above it where it would be too long."""
    if not said:
        return written
    whole = f"{written.ljust(COLUMN)} # {comment(said)}"
    return whole if len(whole) <= WIDE + 2 else "\n".join([*remark(said), written])


def remark(text: str) -> Iterator[str]:
    """A comment of its own, broken into lines."""
    row = "#"
    for word in comment(text).split():
        if len(row) + 1 + len(word) > WIDE and row != "#":
            yield row
            row = "#  "
        row += f" {word}"
    yield row


def source_table(ident: str, label: str) -> list[str]:
    """[[sources]]"""
    return [
        "[[sources]]",
        line("id", ident, "never change it later: it is part of every record's key"),
        line("label", label, "what customers read"),
        'kind = "exports"',
    ]


def settings_lines(found: Sequence[Setting]) -> list[str]:
    """date_order, decimal, timezone … under [[sources.files]]; what is open as comments."""
    made = []
    for one in found:
        said = f"ASK: {one.why}" if one.open else one.why
        made.append(line(one.key, one.value, said, off=one.open))
    return made


def mapping(draft: Draft) -> list[str]:
    """[sources.files.map] and the tables below it."""
    table, said = draft.table, draft.remarks
    lines = ["", "[sources.files.map]"]
    lines += [line(name, table[name], said.get(name, "")) for name in FIRST if name in table]
    lines += [text for name, words in table.get("show", {}).items() for text in _show(draft, name, words)]
    plain = {k: v for k, v in draft.fields.items() if not _is_place(v)}
    lines += ["", "[sources.files.map.fields]"]
    lines += [
        line(name, plain[name], said.get(f"fields.{name}", "")) for name in _in_order(draft.record, plain)
    ]
    for name, place in draft.fields.items():
        if _is_place(place):
            lines += ["", f"[sources.files.map.fields.{name}]", *(line(k, v) for k, v in place.items())]
    if draft.table.get("lines"):
        lines += ["", "[sources.files.map.lines]"]
        lines += [line(name, one, said.get(f"lines.{name}", "")) for name, one in draft.lines.items()]
    for where in ("shipments", "events"):
        for one in table.get(where, ()):
            lines += ["", f"[[sources.files.map.{where}]]", *(line(k, v) for k, v in one.items())]
    return lines


def _in_order(record: str, found: Mapping[str, Any]) -> list[str]:
    """The fields in the order of the record."""
    return [field.encode_name for field in fields(RECORDS[record]) if field.encode_name in found]


def _is_place(told: Any) -> bool:
    return isinstance(told, dict) and bool({"lines", "city", "postcode", "country", "region"} & set(told))


def _show(draft: Draft, name: str, words: Any) -> Iterator[str]:
    """The list of what customers may see, one word a line; drafts are there, but off."""
    said = draft.remarks.get(f"show.{name}", "")
    if not isinstance(words, dict):
        yield f"show.{line(name, words, said)}"
        return
    if said:
        yield from remark(said)
    yield f"show.{key(name)} = ["
    why, inside = "; looks like a draft: not shown" * (not coded(words)), kept_inside(draft.record, words)
    for word, count in words.items():
        told = f"{count:,} {draft.record}{'s' * (count != 1)}" + " (blank)" * (not word)
        yield line_of_list(word, told + why * (word in inside), off=word in inside)
    yield "]"


def line_of_list(word: str, said: str, *, off: bool) -> str:
    """One member of a list over several lines."""
    written = f"  {'#' * off}{value(word)},"
    return beside(written, said)
