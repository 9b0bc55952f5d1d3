"""What the URL asks of a list, as conditions for the gateway. What makes no sense is left out, and said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.formats import Formats
from portal.gateway import Condition, Either, Where
from portal.screens import Screen

LONGEST = 100  # characters of a search that are looked for
States = Callable[[str], Sequence[Condition]]


@dataclass
class Asked:
    """A list as asked for: its conditions, its order, what was understood and what was left out."""

    order: str
    values: dict[str, str] = field(default_factory=dict)
    where: list[Condition] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def detailed(self) -> bool:
        """Whether anything beyond search and the quick filters is set."""
        return bool(self.values.keys() - {"q", "stage", "state"})

    def but(self, name: str, value: str) -> dict[str, str]:
        """The same list with one filter set otherwise; '' takes it off."""
        kept = {**self.values, name: value}
        return {key: text for key, text in kept.items() if text}


def read(screen: Screen, args: Mapping[str, str], formats: Formats, states: States) -> Asked:
    """Understand the URL of one list."""
    asked = Asked(order=screen.orders[0].key)
    _search(asked, screen, args)
    _state(asked, screen, args, states)
    _dates(asked, screen, args, formats)
    _order(asked, screen, args)
    return asked


def _search(asked: Asked, screen: Screen, args: Mapping[str, str]) -> None:
    text = " ".join(args.get("q", "").replace("\0", "").split())
    if not screen.seek or not text:
        return
    if len(text) > LONGEST:
        text = text[:LONGEST]
        asked.left_out.append(f"The search was cut to its first {LONGEST} characters.")
    asked.values["q"] = text
    asked.where.append(Where("search_text", "contains", text))


def _state(asked: Asked, screen: Screen, args: Mapping[str, str], states: States) -> None:
    wanted = args.get(screen.state, "") if screen.state else ""
    if not wanted:
        return
    if wanted not in {choice.key for choice in screen.states}:
        asked.left_out.append("The status in this link is not one we know; it was left out.")
        return
    asked.values[screen.state] = wanted
    asked.where.extend(states(wanted))


def _dates(asked: Asked, screen: Screen, args: Mapping[str, str], formats: Formats) -> None:
    names = ("from", "to", "due") if screen.due_by else ("from", "to")
    days = {name: _day(asked, args.get(name, ""), name) for name in names if screen.dated}
    if (first := days.get("from")) and (last := days.get("to")) and first > last:
        asked.left_out.append("The first day is after the last, so nothing can be between them.")
    for name, day in days.items():
        if day:
            asked.values[name] = day.isoformat()
            asked.where.extend(_bound(screen, name, day, formats))


def _day(asked: Asked, text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        asked.left_out.append(f"The “{name}” date is not a date like 2026-03-12; it was left out.")
        return None
    if not 1900 < day.year < 9000:
        asked.left_out.append(f"The “{name}” date is out of range; it was left out.")
        return None
    return day


def _bound(screen: Screen, name: str, day: date, formats: Formats) -> list[Condition]:
    if name == "due":
        return [Where("due_on", "le", day), Where("due", "gt", 0), Where("void", "eq", 0)]
    if screen.name in ("invoice", "quote"):
        return [Where("issued", "ge" if name == "from" else "le", day)]
    if name == "from":
        return [Either(((Where("placed_on", "ge", day),), (Where("placed", "ge", formats.midnight(day)),)))]
    return [Either(((Where("placed_on", "le", day),), (Where("placed", "lt", formats.tomorrow(day)),)))]


def _order(asked: Asked, screen: Screen, args: Mapping[str, str]) -> None:
    wanted = args.get("sort", "")
    if wanted and wanted in {choice.key for choice in screen.orders[1:]}:
        asked.values["sort"] = asked.order = wanted
    elif wanted and wanted != asked.order:
        asked.left_out.append("The order asked for is not one we know; the newest come first.")
