"""The part of SOQL that Fanlight speaks, run over plain dicts the way Salesforce runs it: text compares
without case, ids with it, null sorts first."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Read = Callable[[str], Any]  # the value of a field, dotted ones through their relationship
Test = Callable[[Read], bool]
TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*(?:\(\))?)|(?P<sign><=|>=|!=|[=<>(),]))"
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a is not None and a > b,
    ">=": lambda a, b: a is not None and a >= b,
    "<": lambda a, b: a is not None and a < b,
    "<=": lambda a, b: a is not None and a <= b,
}


class Refusal(Exception):
    """What Salesforce answers with a 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Query:
    """A parsed query. ``fields`` is empty for ``COUNT()``."""

    fields: tuple[str, ...]
    table: str
    where: Test
    order: tuple[tuple[str, bool], ...]  # field, descending
    limit: int | None
    mentioned: frozenset[str]


def parse(text: str) -> Query:
    """Read a query; raises Refusal as Salesforce words it."""
    return _Parser(text).query()


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token."""
    at, text = 0, text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise Refusal("MALFORMED_QUERY", f"unexpected token: {text[at:].split()[0]}")
        yield found.lastgroup, found.group(found.lastgroup)
        at = found.end()


class _Parser:
    def __init__(self, text: str) -> None:
        self.left = list(tokens(text))
        self.mentioned: set[str] = set()

    def peek(self) -> str:
        return self.left[0][1].upper() if self.left else ""

    def take(self, *expected: str) -> tuple[str, str]:
        if not self.left or (expected and self.peek() not in expected):
            raise Refusal("MALFORMED_QUERY", f"unexpected token: {self.left[0][1] if self.left else '<EOF>'}")
        return self.left.pop(0)

    def field(self) -> str:
        kind, name = self.take()
        if kind != "word":
            raise Refusal("MALFORMED_QUERY", f"unexpected token: {name}")
        self.mentioned.add(name)
        return name

    def listed(self, one: Callable[[], Any]) -> list[Any]:
        found = [one()]
        while self.peek() == ",":
            self.take()
            found.append(one())
        return found

    def query(self) -> Query:
        self.take("SELECT")
        counting = self.peek() == "COUNT()"
        fields = [] if counting and self.take() else self.listed(self.field)
        self.take("FROM")
        table = self.take()[1]
        where: Test = lambda read: True  # noqa: E731
        if self.peek() == "WHERE":
            self.take()
            where = self.either()
        order = self.ordering() if self.peek() == "ORDER" else []
        limit = int((self.take(), self.take())[1][1]) if self.peek() == "LIMIT" else None
        if self.left:
            raise Refusal("MALFORMED_QUERY", f"unexpected token: {self.left[0][1]}")
        return Query(tuple(fields), table, where, tuple(order), limit, frozenset(self.mentioned))

    def ordering(self) -> list[tuple[str, bool]]:
        self.take("ORDER"), self.take("BY")
        return self.listed(
            lambda: (self.field(), self.peek() in ("ASC", "DESC") and self.take()[1].upper() == "DESC")
        )

    def either(self) -> Test:
        tests = self.joined("OR", self.both)
        return lambda read: any(test(read) for test in tests)

    def both(self) -> Test:
        tests = self.joined("AND", self.single)
        return lambda read: all(test(read) for test in tests)

    def joined(self, word: str, one: Callable[[], Test]) -> list[Test]:
        tests = [one()]
        while self.peek() == word:
            self.take()
            tests.append(one())
        return tests

    def single(self) -> Test:
        if self.peek() == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if self.peek() == "NOT":
            self.take()
            inner = self.single()
            return lambda read: not inner(read)
        return self.comparison()

    def comparison(self) -> Test:
        name, sign = self.field(), self.take()[1].upper()
        if sign == "IN":
            self.take("(")
            values = {alike(value) for value in self.listed(self.value)}
            self.take(")")
            return lambda read: alike(read(name)) in values
        if sign not in COMPARE:
            raise Refusal("MALFORMED_QUERY", f"unexpected token: {sign}")
        value = alike(self.value())
        return lambda read: COMPARE[sign](alike(read(name)), value)

    def value(self) -> Any:
        kind, text = self.take()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "moment":
            return moment(text)
        if kind == "day":
            return date.fromisoformat(text)
        if kind == "number":
            return Decimal(text)
        known: Mapping[str, Any] = {"TRUE": True, "FALSE": False, "NULL": None}
        if text.upper() not in known:
            raise Refusal("MALFORMED_QUERY", f"unexpected token: {text}")
        return known[text.upper()]


def moment(text: str) -> datetime:
    """A datetime literal, aware UTC."""
    return datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text)).astimezone(UTC)


def alike(value: Any) -> Any:
    """A value as it compares: text without case, ids (of 15 or 18 characters) by their first 15."""
    if not isinstance(value, str):
        return value
    if (
        re.fullmatch(r"[0-9a-zA-Z]{15}([A-Z0-5]{3})?", value)
        and value[:1].isalnum()
        and any(map(str.isdigit, value))
    ):
        return value[:15]
    return value.casefold()
