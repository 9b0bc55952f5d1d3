"""Visibility: which rows of a record become records at all. Allow-lists; every hidden row knows the rule
that hid it. "" in a list allows a blank cell, and with it a file without that column; "*" in a list of
``show`` allows anything, in one of ``only`` anything but a blank."""

from collections.abc import Mapping, Sequence

from connectors.exports.formula import Formula
from connectors.exports.plan import Plan, Text
from connectors.exports.profile import Profile
from connectors.exports.reader import folded

ALL = "*"
Lists = Mapping[str, tuple[str, ...]]


class Shown:
    """The rules of one profile and one source: ``only`` cannot be widened, ``show`` is the profile's or
    the TOML's."""

    def __init__(self, profile: Profile, told: Lists) -> None:
        self._rules = [
            (name, words, f"{profile.title}: {name} {{}} is never shown")
            for name, words in profile.only.items()
        ]
        lists = {_key(profile, name): (name, words) for name, words in profile.show.items()}
        lists |= {_key(profile, name): (name, words) for name, words in told.items()}
        for name, words in lists.values():
            if ALL not in words:
                self._rules.append((name, words, f"show.{profile.record}.{name}: {{}} is not in the list"))
        self.columns = self._columns_of(profile, self._rules)
        self.required = self._columns_of(profile, [rule for rule in self._rules if "" not in rule[1]])

    @staticmethod
    def _columns_of(profile: Profile, rules: Sequence[tuple[str, tuple[str, ...], str]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for name, _, _ in rules for c in _columns(profile, name)))

    def compile(self, plan: Plan) -> "Rules":
        """The rules over a plan's cells."""
        made = []
        for name, words, text in self._rules:
            read = plan.text(_value(plan.profile, name) or Formula(column=name), plan.head_at)
            made.append((read, frozenset(word.strip().casefold() for word in words), text))
        return Rules(made)


class Rules:
    """The compiled form."""

    def __init__(self, rules: list[tuple[Text, frozenset[str], str]]) -> None:
        self._rules = rules

    def __bool__(self) -> bool:
        return bool(self._rules)

    def hides(self, head: Sequence[str]) -> str:
        """The rule that hides a record with these cells, in words; '' when it is shown."""
        for read, allowed, text in self._rules:
            word = read(head)
            if word.casefold() not in allowed and not (word and ALL in allowed):
                return text.format(word or "blank")
        return ""


def _value(profile: Profile, name: str) -> Formula | None:
    value = profile.fields.get(name)
    return value if isinstance(value, Formula) and not value.computed else None


def _columns(profile: Profile, name: str) -> list[str]:
    value = _value(profile, name)
    return list(value.cells()) if value else [name]


def _key(profile: Profile, name: str) -> str:
    """The same key for a field and for the column it is read from."""
    value = _value(profile, name)
    return folded(value.column if value and value.column else name)
