"""Which cells a profile reads, in one fixed order, and its formulas compiled to functions over them."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from connectors.exports.formula import Find, Formula
from connectors.exports.profile import Profile
from connectors.exports.values import NULLS, salesforce_id, unguarded

Text = Callable[[Sequence[str]], str]


class Plan:
    """Which columns a profile reads, in one fixed order that no file's layout changes."""

    def __init__(self, profile: Profile, extra: Iterable[str] = ()) -> None:
        self.profile = profile
        self.nulls = NULLS if profile.nulls is None else frozenset({"", *profile.nulls})
        head, lines = list(profile.head_values()), list(profile.lines.values())
        self.head = _columns(head, (*profile.only, *extra))
        self.line = _columns(lines)
        self.head_finds = [v for value in head for v in value.finds()]
        self.line_finds = [v for value in lines for v in value.finds()]
        self.head_at = _positions(self.head, self.head_finds)
        self.line_at = _positions(self.line, self.line_finds)

    def text(self, value: Formula, at: Mapping[str, int], whole: bool = False) -> Text:
        """A function from cells to the value's text; ``whole``: a join with a blank part is blank (ids)."""
        if value.constant is not None:
            constant = value.constant
            return lambda _: constant
        if value.join:
            return _joined([self.text(part, at, whole) for part in value.join], value.by, whole)
        if value.first:
            return _first([self.text(part, at, whole) for part in value.first])
        return _finished(value, self._cell(value, at))

    def plain(self, value: Formula, at: Mapping[str, int]) -> int | None:
        """The position of a value that is one cell as it stands, with nothing to do but to read it."""
        if value.column is None or value.find or value.values or value.default or value.as_ != "text":
            return None
        return at.get(value.column)

    def _cell(self, value: Formula, at: Mapping[str, int]) -> Text:
        column = value.column or value.when or ""
        position = at.get(found_name(value) if value.find and found_name(value) in at else column)
        if position is None:
            return lambda _: ""
        nulls = self.nulls

        def read(cells: Sequence[str]) -> str:
            cell = cells[position].strip()
            if cell in nulls:
                return ""
            return unguarded(cell) if cell[0] == "'" else cell

        return read


def found_name(value: Formula) -> str:
    """The name under which a looked-up cell stands beside the file's own columns."""
    find = value.find or Find(record="", by="", take="")
    return f"{value.column} → {find.file or find.record}: {find.take} by {find.by}"


def _columns(made: Iterable[Formula], extra: Iterable[str] = ()) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(cell for value in made for cell in value.cells()), *extra)))


def _positions(columns: Iterable[str], finds: Iterable[Formula]) -> dict[str, int]:
    return {name: n for n, name in enumerate((*columns, *map(found_name, finds)))}


def _finished(value: Formula, text: Text) -> Text:
    if value.as_ == "salesforce-id":
        return lambda cells: salesforce_id(text(cells))
    if value.values:
        words = {word.casefold(): said for word, said in value.values.items()}
        return lambda cells: words.get((cell := text(cells) or value.default).casefold(), cell)
    if value.default:
        default = value.default
        return lambda cells: text(cells) or default
    return text


def _joined(parts: list[Text], by: str, whole: bool) -> Text:
    def join(cells: Sequence[str]) -> str:
        made = [part(cells) for part in parts]
        return "" if whole and not all(made) else by.join(filter(None, made))

    return join


def _first(parts: list[Text]) -> Text:
    def first(cells: Sequence[str]) -> str:
        for part in parts:
            if made := part(cells):
                return made
        return ""

    return first
