"""What the tables of the TOML must agree on. Works on the raw file, which may be wrong in any other way."""

from collections.abc import Iterator
from typing import Any

from sync.config.complaints import did_you_mean
from sync.config.toml_text import Place


def disagreements(told: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """What no table can say for itself: taken ids, sources that are named but not there."""
    for key in ("path", "warnings"):  # fields of Config that are not the file's to set
        if key in told:
            yield (key,), "is not a known key; delete it"
    if told.get("sources") == []:
        yield ("sources",), "is empty; add at least one [[sources]] table"
    ids = [source.get("id") for source in source_tables(told)]
    for number, source in enumerate(ids):
        if source is not None and source in ids[:number]:
            yield ("sources", number, "id"), f'"{source}" is taken by a source above; give this one its own'
    if ids and isinstance(organisations := told.get("organisations"), dict):
        yield from _unknown_sources(organisations, [source for source in ids if isinstance(source, str)])


def source_tables(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The [[sources]] tables; an empty one stands for what is no table."""
    sources = told.get("sources")
    return [s if isinstance(s, dict) else {} for s in sources] if isinstance(sources, list) else []


def _unknown_sources(organisations: dict[str, Any], known: list[str]) -> Iterator[tuple[Place, str]]:
    primary = organisations.get("from")
    if isinstance(primary, str) and primary not in known:
        yield ("organisations", "from"), f'there is no source "{primary}"; {did_you_mean(primary, known)}'
    for key in ("ids", "id_files"):
        mapped = organisations.get(key)
        for source in mapped if isinstance(mapped, dict) else ():
            place = ("organisations", key, source)
            if source == primary:
                yield place, "the primary source needs no map: its accounts are the customers; delete this"
            elif source not in known:
                yield place, f"there is no source of that id; {did_you_mean(source, known)}"
