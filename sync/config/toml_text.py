"""The text of a TOML file: what it says, why it cannot be read, and on which line a key stands.

tomllib tells no lines; a small scan does. It knows ``[table]``, ``[[array]]`` and ``key =``; what stands in
an inline table or a multi-line value is found at the line where that begins.
"""

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

Place = tuple[str | int, ...]

CURES = {  # a piece of tomllib's message → the cure
    "Expected '=' after a key": 'write key = "value"',
    "Invalid value": 'put texts in quotes: key = "value"; a list stands in [square brackets]',
    "Illegal character": "close the quotes on the same line",
    "Unterminated string": "close the quotes",
    "Unescaped '\\'": "write \\\\ for a backslash, or use 'single quotes'",
    "Cannot overwrite": "this key stands twice; delete one of the two",
    "Cannot mutate": "this table stands above already; put its keys there",
    "Expected ']'": "close the bracket: [table] or [[table]]",
    "Unclosed array": "close the list with ]",
    "Unclosed inline table": "close it with }; an inline table stands on one line",
    "Expected newline": "one key a line; texts stand in quotes",
    "end of document": "something is not closed: a quote, a bracket or a brace",
}
TWICE = "a heading of that name stands above; put the keys there (or write both in [[double brackets]])"


class Unreadable(Exception):
    """The file is no TOML; ``line`` 0 = the file as a whole."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """The file's text and what it says; raises Unreadable."""
    text = _text(path)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        cure = _cure(str(error), text.split("\n")[line - 1])
        raise Unreadable(line, f"{error}; {cure}") from None


def _cure(message: str, line: str) -> str:
    if message.startswith("Cannot") and line.lstrip().startswith("["):
        return TWICE
    return next((cure for piece, cure in CURES.items() if piece in message), "compare config.example.toml")


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Unreadable(
            0, "there is no such file; `fanlight init` writes one, --config names another"
        ) from None
    except OSError as error:
        raise Unreadable(0, f"cannot be read: {error.strerror}") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        raise Unreadable(1, "is UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            data.count(b"\n", 0, error.start) + 1, "is not UTF-8 here; save the file as UTF-8"
        ) from None


_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_QUOTES = re.compile(r'"""|' + r"'''")


class Lines:
    """The index of one text: ``lines.of(("sources", 1, "every"))`` → 15."""

    def __init__(self, text: str) -> None:
        self._found: dict[Place, int] = {}
        self._arrays: dict[Place, int] = {}  # path of an array of tables → index of its last table
        table: Place = ()
        for number, line in _outside_strings(text):
            if header := _HEADER.match(line):
                table = self._table(header[2], is_array=header[1] == "[[")
                self._note(table, number)
            elif key := _KEY.match(line):
                self._note(table + _parts(key[1]), number)

    def of(self, place: Place) -> int:
        """The line of the key, else of the nearest table around it, else 1."""
        for length in range(len(place), 0, -1):
            if place[:length] in self._found:
                return self._found[place[:length]]
        return 1

    def _table(self, dotted: str, *, is_array: bool) -> Place:
        """The full path of a header: ``[sources.show]`` under the second source is (sources, 1, show)."""
        path: Place = ()
        *parents, last = _parts(dotted)
        for part in parents:
            path += (part,)
            if path in self._arrays:
                path += (self._arrays[path],)
        path += (last,)
        if not is_array:
            return path
        self._arrays[path] = self._arrays.get(path, -1) + 1
        return (*path, self._arrays[path])

    def _note(self, path: Place, number: int) -> None:
        for length in range(1, len(path) + 1):
            self._found.setdefault(path[:length], number)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def _outside_strings(text: str) -> list[tuple[int, str]]:
    """The numbered lines that do not begin inside a multi-line string."""
    lines, within = [], ""
    for number, line in enumerate(text.split("\n"), 1):
        if not within:
            lines.append((number, line))
        for quotes in _QUOTES.findall(line):
            within = quotes if not within else "" if quotes == within else within
    return lines
