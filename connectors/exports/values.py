"""Cells → values, by rules told once for a whole set of files (a Spelling), and the evidence such rules
are decided from.

A parser raises ValueError with a phrase that follows the cell: "31/02/2025 is not a date".
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

NULLS = frozenset({"", "NULL", "\\N", "null", "N/A", "-"})
TRUE = frozenset({"true", "1", "yes", "y", "t"})
FALSE = frozenset({"false", "0", "no", "n", "f"})
MONTHS = {
    name: n
    for n, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
GUARDED = frozenset(
    "0123456789+-=@('"
)  # what a spreadsheet's apostrophe stands before; 's-Hertogenbosch stays
SYMBOLS = str.maketrans("", "", "€$£¥₹\u00a0\u202f\u2009 ")
ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHORTENED = re.compile(r"-?[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+")
MOMENT = re.compile(
    r"(?:(?P<a>[0-9]{1,4})[-/. ](?P<b>[0-9]{1,2})[-/. ](?P<c>[0-9]{1,4})"
    r"|(?P<day>[0-9]{1,2})[-/. ]?(?P<month>[A-Za-z]{3,9})\.?,?[-/. ](?P<year>[0-9]{4})"
    r"|(?P<month2>[A-Za-z]{3,9})\.? (?P<day2>[0-9]{1,2}),? (?P<year2>[0-9]{4})"
    r"|(?P<compact>[0-9]{8}))"
    r"(?:[T ]+(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?"
    r" ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?)?"
)


class Spelling(Struct, frozen=True):
    """How a set of files writes what a cell alone does not tell. '' = nothing in it needs to know."""

    date_order: str = ""  # dmy | mdy | ymd
    decimal: str = "."
    timezone: str = ""
    currency: str = ""  # of amounts whose file has no currency column
    tax: str = ""  # included | excluded


def clean(cell: str, nulls: frozenset[str] = NULLS) -> str:
    """A cell as text: trimmed, null spellings as '', exactly one spreadsheet apostrophe taken off."""
    cell = cell.strip()
    if cell in nulls:
        return ""
    return unguarded(cell) if cell[0] == "'" else cell


def unguarded(cell: str) -> str:
    """A cell that begins with an apostrophe, without it where a spreadsheet put it there."""
    return cell[1:] if len(cell) > 1 and cell[1] in GUARDED else cell


def salesforce_id(text: str) -> str:
    """The 18-character form of a Salesforce id; other text comes back as it is."""
    if len(text) != 15 or not (text.isascii() and text.isalnum()):
        return text
    chunks = (text[0:5], text[5:10], text[10:15])
    return text + "".join(ID_LETTERS[sum(c.isupper() << n for n, c in enumerate(chunk))] for chunk in chunks)


def truth(cell: str) -> bool:
    """true, 1, yes … or false, 0, no …, in any case; a blank cell is false."""
    word = cell.lower()
    if word in TRUE:
        return True
    if word in FALSE or not word:
        return False
    raise ValueError("is neither yes nor no")


def number_parser(decimal: str) -> Callable[[str], Decimal]:
    """A parser of amounts and quantities written with this decimal sign."""
    other = "," if decimal == "." else "."
    point = re.escape(decimal)
    plain = re.compile(rf"[0-9]+(?:{point}[0-9]+)?|{point}[0-9]+")
    grouped = re.compile(
        rf"[0-9]{{1,3}}(?:(?P<mark>[{other}'’])(?:[0-9]{{2,3}}(?P=mark))*[0-9]{{3}})(?:{point}[0-9]+)?"
    )

    def parse(cell: str) -> Decimal:
        if plain.fullmatch(cell):  # the usual case
            return Decimal(cell.replace(",", "."))
        digits, negative = _unsigned(cell)
        if not plain.fullmatch(digits):
            if not grouped.fullmatch(digits):
                raise ValueError(_no_number(cell, decimal))
            digits = digits.translate({ord(c): None for c in (other, "'", "’")})
        amount = Decimal(digits.replace(",", ".") if decimal == "," else digits)
        return -amount if negative else amount

    return parse


def _no_number(cell: str, decimal: str) -> str:
    if SHORTENED.fullmatch(cell):
        return "was shortened by a spreadsheet; export it again and do not save it from the spreadsheet"
    return f'is not a number written with decimal = "{decimal}"'


def _unsigned(cell: str) -> tuple[str, bool]:
    """'(1,50)', '1,50-', '-1,50' and '€ -1,50' → ('1,50', True)."""
    text = cell.translate(SYMBOLS)
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1], True
    if text.endswith("-"):
        return text[:-1], True
    return (text[1:] if text[:1] in ("+", "-") else text), text.startswith("-")


@lru_cache(maxsize=65536)
def decimal_sign(cell: str) -> str:
    """What a number's own shape says about its decimal sign: '.', ',', '?' (either) or '' (nothing)."""
    text = _unsigned(cell)[0]
    if not text.replace(".", "").replace(",", "").isdecimal():
        return ""
    dot, comma = text.rfind("."), text.rfind(",")
    if dot >= 0 and comma >= 0:
        return "." if dot > comma else ","
    sign, at = (".", dot) if dot >= 0 else (",", comma)
    if at < 0:
        return ""
    if text.count(sign) > 1:
        return "," if sign == "." else "."
    return "?" if len(text) - at == 4 and 1 <= at <= 3 and text[0] != "0" else sign


@lru_cache(maxsize=65536)
def date_order(cell: str) -> str:
    """What a date's own shape says about its order: dmy, mdy, '?' (either) or '' (nothing to decide)."""
    if cell[4:5] in ("-", "/", ".") and cell[:4].isdigit():
        return ""
    found = MOMENT.fullmatch(cell)
    if found is None or found["a"] is None or len(found["a"]) > 2:
        return ""
    first, second = int(found["a"]), int(found["b"])
    if first > 31 or first == second:
        return ""
    if first > 12:
        return "dmy"
    return "mdy" if second > 12 else "?"


def has_zone(cell: str) -> bool:
    """Whether a written time says its own offset from UTC. A date alone does not."""
    if cell[10:11] == "T" or cell[10:11] == " ":  # ISO, the usual case
        return cell[-1] == "Z" or "+" in cell[16:] or "-" in cell[16:]
    found = MOMENT.fullmatch(cell)
    return found is None or found["zone"] is not None


def date_parser(order: str) -> Callable[[str], date]:
    """A parser of calendar dates in this order (ISO dates are always understood); a time behind one is
    dropped."""

    def parse(cell: str) -> date:
        if len(cell) == 10 and cell[4] == cell[7] == "-":  # the usual case
            try:
                return date.fromisoformat(cell)
            except ValueError:
                pass
        found = MOMENT.fullmatch(cell)
        if found is None:
            raise ValueError("is not a date")
        return _day(found, order)

    return parse


def time_parser(order: str, timezone: str) -> Callable[[str], datetime]:
    """A parser of moments, as aware UTC; a time without an offset is read in ``timezone``."""
    zone = ZoneInfo(timezone) if timezone else None

    @lru_cache(maxsize=64)
    def parse(cell: str) -> datetime:
        moment = _iso(cell) or _written(cell, order)
        if moment.tzinfo is None:
            if zone is None:
                raise ValueError("has no offset, and no timezone is told")
            moment = moment.replace(tzinfo=zone)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)

    return parse


def _iso(cell: str) -> datetime | None:
    """The common shapes, fast: 2024-01-19T09:42:24.000+0000, 2025-12-06 10:37:33 -0500."""
    if cell[4:5] != "-" or cell[7:8] != "-" or cell[13:14] != ":":
        return None
    try:
        return datetime.fromisoformat(cell[:19] + cell[20:] if cell[19:20] == " " else cell)
    except ValueError:
        return None


def _written(cell: str, order: str) -> datetime:
    found = MOMENT.fullmatch(cell)
    if found is None:
        raise ValueError("is not a time")
    day = _day(found, order)
    hour = int(found["h"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("is not a time")
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    try:
        moment = datetime(day.year, day.month, day.day, hour, int(found["m"] or 0), int(found["s"] or 0))  # noqa: DTZ001
    except ValueError:
        raise ValueError("is not a time") from None
    return moment if found["zone"] is None else moment.replace(tzinfo=_offset(found["zone"]).tzinfo)


def _offset(zone: str) -> datetime:
    sign = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    return datetime.fromisoformat(f"2000-01-01T00:00{sign}")


def _day(found: re.Match[str], order: str) -> date:
    year, month, day = _parts(found, order)
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return date(year, month, day)
    except ValueError:
        told = f' (date_order = "{order}")' if order else ""
        raise ValueError(f"is not a date{told}") from None


def _parts(found: re.Match[str], order: str) -> tuple[int, int, int]:
    if compact := found["compact"]:
        return int(compact[:4]), int(compact[4:6]), int(compact[6:])
    if found["a"] is None:
        name = (found["month"] or found["month2"])[:3].lower()
        if name not in MONTHS:
            raise ValueError("is not a date: the month's name is unknown")
        return int(found["year"] or found["year2"]), MONTHS[name], int(found["day"] or found["day2"])
    a, b, c = int(found["a"]), int(found["b"]), int(found["c"])
    if len(found["a"]) == 4 or order == "ymd":
        return a, b, c
    if len(found["a"]) == 3 or len(found["c"]) not in (2, 4):
        raise ValueError("is not a date")
    if not order and a != b:
        raise ValueError("may be day first or month first, and no date_order is told")
    return (c, a, b) if order == "mdy" else (c, b, a)
