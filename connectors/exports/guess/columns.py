"""What the cells of a column look like: dates, amounts, addresses of mail, few words that come again. Facts
only; what a column means is decided elsewhere, from these and from its name."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from connectors.exports import values
from connectors.exports.guess.words import Meaning, book, meaning
from connectors.exports.reader import Header

LOOKED_AT = 20_000  # rows; what must hold for every row is tried over the whole file later
REMEMBERED = 5_000  # different cells of a column
EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
LINK = re.compile(r"https?://\S+", re.IGNORECASE)
CODE = re.compile(r"(?=.*[0-9])[#A-Za-z]{0,8}[-/_#.]?[0-9][A-Za-z0-9/_-]*")  # INV-0012, #1001, 2024/17
SENTENCE = 60  # characters; an id is shorter
MOSTLY = 0.9
DOTS = values.number_parser("."), values.number_parser(",")


class Column(Struct, frozen=True):
    """One column: where it stands, what its name says, and shares (0 to 1) of its filled cells by their kind.
    ``cells`` are its cells as they are without null spellings, one for each row looked at."""

    at: int
    name: str
    meaning: Meaning
    cells: tuple[str, ...]
    counts: Counter[str]  # different cells, at most REMEMBERED
    filled: int
    distinct: int
    kinds: dict[str, float]  # number, money, whole, date, time, email, link, currency, sentence
    symbols: frozenset[str]  # currencies that signs beside its amounts name; "?" for one that names several

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it though there are rows. In a file of names alone no column is blank."""
        return self.filled == 0 and len(self.cells) > 0

    def mostly(self, kind: str, least: float = MOSTLY) -> bool:
        """Whether so many of its filled cells are of this kind."""
        return self.filled > 0 and self.kinds.get(kind, 0.0) >= least

    @property
    def unique(self) -> bool:
        """Every row has a value of its own."""
        return self.filled > 0 and self.distinct == self.filled == len(self.cells)

    @property
    def few(self) -> bool:
        """Few different words that come again and again, or very few at all."""
        return self.wordy and self.distinct <= max(6, self.filled // 2)

    @property
    def wordy(self) -> bool:
        """Words, and not many different ones, however seldom they come again: a short file's statuses."""
        words = not self.mostly("number", 0.5) and not self.mostly("date", 0.5)
        return words and 0 < self.distinct <= 40

    def example(self) -> str:
        """A cell of it."""
        return next(iter(self.counts), "")


def columns(header: Header, rows: Sequence[Sequence[str]]) -> list[Column]:
    """The columns that a mapping can name: neither blank nor twice in the header, with something in them."""
    names = [name for name in header.names if name]
    once = {name for name, count in Counter(names).items() if count == 1}
    turned = list(zip(*rows, strict=True)) if rows else [()] * len(header.names)
    return [
        column(at, name, cells)
        for at, (name, cells) in enumerate(zip(header.names, turned, strict=False))
        if name in once
    ]


def column(at: int, name: str, cells: Iterable[str]) -> Column:
    """The facts of one column."""
    cleaned = tuple(values.clean(cell) for cell in cells)
    counts = Counter(cell for cell in cleaned if cell)
    met = dict(counts.most_common(REMEMBERED))
    weight = sum(met.values()) or 1
    kinds: Counter[str] = Counter()
    symbols: set[str] = set()
    for cell, times in met.items():
        for kind in kinds_of(cell):
            kinds[kind] += times
        symbols |= signs(cell) if values.decimal_sign(cell) or cell[-1:].isdigit() else frozenset()
    shares = {kind: count / weight for kind, count in kinds.items()}
    filled = sum(counts.values())
    made = Column(
        at, name, meaning(name), cleaned, Counter(met), filled, len(counts), shares, frozenset(symbols)
    )
    other = _otherwise(made)
    return replace(made, meaning=replace(made.meaning, name=other)) if other else made


def _otherwise(found: Column) -> str:
    """Another meaning, where the cells say so: a name like #1001 is a number, a customer 10045 too."""
    name = found.meaning.name
    if name == "name" and found.mostly("code"):
        return "number"
    if name == "customer_name" and (found.mostly("whole") or found.mostly("code")):
        return "customer_number"
    if name in ("customer_name", "contact_name") and found.mostly("email"):
        return "customer_email"
    if name == "closed_date" and found.mostly("flag"):
        return "closed_flag"
    if name == "paid" and found.mostly("date"):
        return "paid_date"
    return ""


@lru_cache(maxsize=65536)
def kinds_of(cell: str) -> tuple[str, ...]:
    """Everything a cell may be taken for."""
    found = []
    if _parses(cell, DOTS):
        found.append("number")
        found.append("whole" if cell.isdecimal() else "money")
    day = moment(cell)
    if day:
        found += ["date", "time"] if ":" in cell else ["date"]
    if EMAIL.fullmatch(cell):
        found.append("email")
    if LINK.fullmatch(cell):
        found.append("link")
    if cell.upper() in book()["currencies"]["codes"]:
        found.append("currency")
    if cell.lower() in values.TRUE | values.FALSE:
        found.append("flag")
    if CODE.fullmatch(cell) and not day:
        found.append("code")
    if len(cell) > SENTENCE or "\n" in cell or cell.count(" ") > 7:
        found.append("sentence")
    return tuple(found)


def moment(cell: str) -> bool:
    """Whether it is a date in some order, of a year a business has papers of."""
    if values.MOMENT.fullmatch(cell) is None:
        return False
    for order in ("dmy", "mdy", "ymd"):
        try:
            return 1980 <= values.date_parser(order)(cell).year <= 2100
        except ValueError:
            continue
    return False


def _parses(cell: str, parsers: Iterable[object]) -> bool:
    for parse in parsers:
        try:
            parse(cell)  # type: ignore[operator]
        except ValueError:
            continue
        return True
    return False


def signs(cell: str) -> frozenset[str]:
    """The currencies that signs in an amount name: {"EUR"}, or {"?"} for a sign of several currencies."""
    known = book()["currencies"]["symbols"]
    return frozenset(code for sign, code in known.items() if sign in cell) | (
        {"?"} if "$" in cell and "R$" not in cell else frozenset()
    )
