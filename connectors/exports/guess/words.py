"""What a column's name means, in any of the languages of ``words.toml``: the name is cut into known words,
these stand for ideas, and ideas together make a meaning."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate, islice, pairwise, product
from pathlib import Path
from typing import Any

from msgspec import Struct

PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[#%€£₹]|[^\W\d_]+")
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "æ": "ae", "œ": "oe"})
SHORT = 3  # letters; so short a word stands at the beginning or the end of a part, never inside
WEAK = ("order", "invoice", "document", "customer", "contact", "issued", "home", "name", "number")
SIDES = {"billing": "billing", "delivery": "shipping", "shipped": "shipping", "own": "billing"}
OF_A_PLACE = frozenset(
    {"street", "city", "postcode", "region", "state", "country", "name", "customer_name", "first_name",
     "last_name", "phone", "email", "contact_name"}
)  # fmt: skip


class Meaning(Struct, frozen=True):
    """What a name means. ``sure``: 1 = every word of it is understood, 0 = nothing. ``side``: billing,
    shipping or ''. ``ordinal``: the 2 of "Address 2". ``currency``, ``zone``: what it says of its cells."""

    name: str = ""
    sure: float = 0.0
    side: str = ""
    ordinal: int = 0
    currency: str = ""
    zone: str = ""


class Cut(Struct, frozen=True):
    """A name cut into words: the ideas each may stand for, and how much of it nobody knows (0 to 1)."""

    words: tuple[tuple[str, ...], ...]
    unknown: float


@cache
def book() -> dict[str, Any]:
    """words.toml."""
    return tomllib.loads((Path(__file__).parents[1] / "words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Text without accents and in lower case: Straße → strasse, Zamówień → zamowien."""
    spread = unicodedata.normalize("NFKD", text.translate(LETTERS))
    return "".join(c for c in spread if not unicodedata.combining(c)).casefold()


@cache
def _vocabulary() -> dict[str, tuple[str, ...]]:
    """Folded word → the ideas it may stand for."""
    found: dict[str, list[str]] = {}
    for idea, words in book()["words"].items():
        for word in words:
            senses = found.setdefault(re.sub(r"[\s.'-]", "", fold(word)), [])
            if idea not in senses:
                senses.append(idea)
    return {word: tuple(ideas) for word, ideas in found.items()}


@cache
def _patterns() -> list[tuple[str, frozenset[str], frozenset[str]]]:
    """Meaning, ideas it must have, ideas it may have; in the order of words.toml."""
    made = []
    for name, lines in book()["meanings"].items():
        for line in lines:
            ideas = line.split()
            must = frozenset(idea for idea in ideas if not idea.endswith("?"))
            may = frozenset(idea.removesuffix("?") for idea in ideas)
            made.append((name, must, may))
    return made


@lru_cache(maxsize=4096)
def meaning(name: str) -> Meaning:
    """What a column of this name holds, by its name alone."""
    parts = [fold(part) for part in PARTS.findall(unicodedata.normalize("NFC", name))]
    codes = [part.upper() for part in parts if part.upper() in book()["currencies"]["codes"]]
    signs = [code for sign, code in book()["currencies"]["symbols"].items() if sign in parts]
    zone = "UTC" if any(part in ("utc", "gmt") for part in parts) and len(parts) > 1 else ""
    ordinal = next((int(part) for part in parts if part.isdecimal() and len(part) == 1), 0)
    rest = [p for p in parts if not p.isdecimal() and p.upper() not in codes and p not in ("utc", "gmt", "€")]
    found, sure, side = _understood(cut(tuple(rest)))
    return Meaning(found, sure, side, ordinal, next(iter(codes + signs), ""), zone)


@lru_cache(maxsize=4096)
def cut(parts: tuple[str, ...]) -> Cut:
    """The cheapest way to cut the parts of a name into known words. Words may be compounds of one part
    (bestelldatum) or go over several (e mail)."""
    words, known = _cheapest("".join(parts), _edges(parts)), [0.0] * len(parts)
    kept: list[tuple[str, ...]] = []
    for word, start, end in words:
        inside = [
            n for n, (left, right) in enumerate(pairwise(_edges(parts))) if start < right and end > left
        ]
        left, right = _edges(parts)[inside[0]], _edges(parts)[inside[-1] + 1]
        whole = sum(b - a for _, a, b in words if left <= a and b <= right) == right - left
        if whole or len(word) > SHORT + 1:  # a short word in a part nobody understands is chance
            kept.append(_vocabulary()[word])
            for n in inside:
                known[n] += (min(end, _edges(parts)[n + 1]) - max(start, _edges(parts)[n])) / len(parts[n])
    ideas = tuple(found for word in kept if (found := tuple(i for i in word if i != "glue")))
    return Cut(ideas, 1 - sum(known) / len(parts) if parts else 1.0)


def _edges(parts: tuple[str, ...]) -> list[int]:
    return [0, *accumulate(map(len, parts))]


def _cheapest(text: str, edges: list[int]) -> list[tuple[str, int, int]]:
    """Known words with their places, so that few letters are left over, and few words are needed."""
    ends = set(edges)
    best: list[tuple[float, list[tuple[str, int, int]]]] = [(0.0, [])]
    for end in range(1, len(text) + 1):
        ways = [(best[end - 1][0] + 10, best[end - 1][1])]
        for start in range(end):
            word = text[start:end]
            whole = (start in ends) + (end in ends)
            if word in _vocabulary() and (whole == 2 or (whole and len(word) > 1) or len(word) > SHORT):
                ways.append((best[start][0] + 3 - whole, [*best[start][1], (word, start, end)]))
        best.append(min(ways))
    return best[-1][1]


def _understood(found: Cut) -> tuple[str, float, str]:
    """Meaning, how sure, and the side of an address."""
    if not found.words:
        return "", 0.0, ""
    sure = 1.0 - found.unknown * 0.6
    for ideas, less, side in _readings(found):
        if name := _first(ideas, side):
            return name, sure * less, side
    return "", 0.0, ""


def _readings(found: Cut) -> Iterator[tuple[list[frozenset[str]], float, str]]:
    """The ideas as they stand, then less the side of an address, then less one word that adds little."""
    whole = [frozenset(ideas) for ideas in islice(product(*found.words), 64)]
    yield whole, 1.0, ""
    for idea, side in SIDES.items():
        yield [ideas - {idea} for ideas in whole if idea in ideas and len(ideas) > 1], 0.95, side
    for idea in WEAK:
        less = [ideas - {idea} for ideas in whole if idea in ideas and len(ideas) > 1]
        yield less, 0.6, ""
        for other, side in SIDES.items():
            yield [ideas - {other} for ideas in less if other in ideas and len(ideas) > 1], 0.6, side


def _first(readings: list[frozenset[str]], side: str) -> str:
    for name, must, may in _patterns():
        if side and name not in OF_A_PLACE:
            continue
        if any(must <= ideas <= may for ideas in readings):
            return name
    return ""


def ideas_in(text: str) -> frozenset[str]:
    """Every idea named in a text (a file's name, a sheet's), for a vote."""
    parts = tuple(fold(part) for part in PARTS.findall(text) if not part.isdecimal())
    return frozenset(idea for part in parts for word in cut((part,)).words for idea in word)


def says(cell: str, what: str) -> bool:
    """Whether a cell begins like, or has a word like, those of ``[cells]`` under this name."""
    return _saying(what).search(fold(cell)) is not None


@cache
def _saying(what: str) -> re.Pattern[str]:
    words = [fold(word) for word in book()["cells"][what]]
    ways = [re.escape(w.removesuffix("$")) + r"(?!\w)" * w.endswith("$") for w in words]
    return re.compile(rf"(?<!\w)(?:{'|'.join(ways)})")
