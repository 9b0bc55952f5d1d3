"""Which account belongs to which organisation: the explicit rules, as one pure function without a database.

The first that speaks decides: what staff said; accounts of the primary source are organisations; the id map;
exact tax or account numbers. Names, e-mail addresses and domains never decide. Ids are compared byte by byte:
"0042" is not "42", and a no-break space counts.

A primary account that goes at its source keeps its organisation and its link (an undelete brings everything
back), and the id map may go on naming it; by number it matches nothing any more, so that the account it was
merged into can.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

STAFF, PRIMARY, ID_MAP = "staff", "primary", "id map"
NAMED = {"tax_number": "tax number", "number": "account number"}
# What people type where there is no number. Two customers without one are not the same customer.
PLACEHOLDERS = frozenset(
    {"n/a", "na", "none", "nil", "null", "unknown", "pending", "tbc", "tbd", "exempt", "x", "xx", "xxx"}
)
Key = tuple[str, str]  # source, account id


@dataclass(frozen=True)
class Account:
    """What the rules look at in one account of one source."""

    source: str
    id: str
    name: str = ""
    number: str = ""
    tax_number: str = ""
    gone: bool = False


@dataclass(frozen=True)
class Link:
    """An account and its organisation. ``organisation`` None: staff keep it apart, no rule may link it."""

    source: str
    account: str
    organisation: int | None
    rule: str

    @property
    def key(self) -> Key:
        """What a link is unique by."""
        return self.source, self.account


@dataclass(frozen=True)
class Rules:
    """The rules of fanlight.toml. ``sources`` are the configured ones: links of others are left alone.
    ``settled`` are those whose accounts were read to the end at least once: before that, a number that looks
    unique may not be, so numbers decide nothing."""

    primary: str
    ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    match: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Problem:
    """Something a person should look at: which account, what is wrong, what to do."""

    source: str
    account: str
    message: str
    cure: str


@dataclass(frozen=True)
class Decision:
    """What has to change so that the links follow the rules."""

    organisations: Mapping[int, str]  # new ones: id → name
    names: Mapping[int, str]  # the names known ones should have
    added: tuple[Link, ...]
    removed: tuple[Link, ...]  # as they were; a moved link is in both
    problems: tuple[Problem, ...]


def comparable(number: str, kind: str) -> str:
    """A number as it is compared: trimmed, nothing else; "" where it is blank or only says "we have none"."""
    text = number.strip(" \t\r\n")
    if text.casefold() in PLACEHOLDERS or not any(c.isalnum() and c != "0" for c in text):
        return ""
    return text if kind != "tax_number" or any(c.isdigit() for c in text) else ""


def decide(
    accounts: Iterable[Account], links: Iterable[Link], rules: Rules, new_id: Callable[[], int]
) -> Decision:
    """Compare the links there are with the links the rules ask for. Deciding again changes nothing."""
    known = {(account.source, account.id): account for account in accounts}
    held = {link.key: link for link in links}
    organisations, founded = _found(known, held, rules, new_id)
    homes = {link.account: link for link in (*held.values(), *founded) if link.source == rules.primary}
    added, removed, problems = _judge_all(known, held, homes, rules)
    return Decision(
        organisations=organisations,
        names=_names(known.values(), held, rules),
        added=(*founded, *added),
        removed=tuple(removed),
        problems=(*_misplaced(rules), *problems),
    )


def _found(
    known: Mapping[Key, Account], held: Mapping[Key, Link], rules: Rules, new_id: Callable[[], int]
) -> tuple[dict[int, str], list[Link]]:
    """New organisations with their names, and the links of the primary accounts they come from."""
    organisations: dict[int, str] = {}
    links: list[Link] = []
    for key in sorted(known.keys() - held.keys()):
        if key[0] == rules.primary and not known[key].gone:
            organisation = new_id()
            organisations[organisation] = known[key].name
            links.append(Link(*key, organisation, PRIMARY))
    return organisations, links


def _names(accounts: Iterable[Account], held: Mapping[Key, Link], rules: Rules) -> dict[int, str]:
    """An organisation is called what its primary account is called, for as long as that lives."""
    return {
        link.organisation: account.name
        for account in accounts
        if account.source == rules.primary and not account.gone
        if (link := held.get((account.source, account.id))) and link.rule == PRIMARY and link.organisation
    }


def _misplaced(rules: Rules) -> list[Problem]:
    """Id map lines for the primary source itself: its accounts are organisations already."""
    said = f"the id map has a line for it, but accounts of {rules.primary} are organisations themselves"
    cure = "take the line out; to join two of them: fanlight org link"
    return [
        Problem(rules.primary, account, said, cure) for account in sorted(rules.ids.get(rules.primary, {}))
    ]


def _judge_all(
    known: Mapping[Key, Account], held: Mapping[Key, Link], homes: Mapping[str, Link], rules: Rules
) -> tuple[list[Link], list[Link], list[Problem]]:
    """Links to add, links to remove and problems, of every account outside the primary source."""
    added: list[Link] = []
    removed: list[Link] = []
    problems: list[Problem] = []
    judge = Judge(rules, homes, numbers(known.values(), homes, rules))
    mapped = {(source, account) for source, ids in rules.ids.items() for account in ids if account}
    for key in sorted(known.keys() | mapped | held.keys()):
        have = held.get(key)
        if key[0] == rules.primary or key[0] not in rules.sources or (have and have.rule == STAFF):
            continue
        verdict = judge.verdict(key, known.get(key), have)
        want = verdict if isinstance(verdict, Link) else None
        if isinstance(verdict, Problem):
            problems.append(verdict)
        if want and want != have:
            added.append(want)
        if have and not (want and want.organisation == have.organisation):
            removed.append(have)
    return added, removed, problems


def numbers(
    accounts: Iterable[Account], homes: Mapping[str, Link], rules: Rules
) -> dict[tuple[str, str], set[int | None]]:
    """(kind, number) → the organisations whose live primary accounts carry it; several: it tells nothing."""
    found: dict[tuple[str, str], set[int | None]] = {}
    for account in accounts:
        if account.source != rules.primary or account.gone:
            continue
        for kind in rules.match:
            if number := comparable(getattr(account, kind), kind):
                found.setdefault((kind, number), set()).add(homes[account.id].organisation)
    return found


@dataclass(frozen=True)
class Judge:
    """The rules, ready to be asked about one account after the other."""

    rules: Rules
    homes: Mapping[str, Link]  # primary account id → its link
    numbers: Mapping[tuple[str, str], set[int | None]]

    def verdict(self, key: Key, account: Account | None, have: Link | None) -> Link | Problem | None:
        """The link this account should have, None for none, or why nobody can tell."""
        target = self.rules.ids.get(key[0], {}).get(key[1])
        if target is not None:
            return self._by_id_map(key, target)
        if not {key[0], self.rules.primary} <= self.rules.settled:
            return have if have and have.rule in self.rules.match else None
        return self._by_number(account) if account else None

    def _by_id_map(self, key: Key, target: str) -> Link | Problem | None:
        home = self.homes.get(target)
        if home is None:
            said = f"the id map says it is {shown(target)} of {self.rules.primary}, which has no such account"
            return Problem(*key, said, f"correct the line, or sync {self.rules.primary} first")
        return Link(*key, home.organisation, ID_MAP) if home.organisation else None

    def _by_number(self, account: Account) -> Link | Problem | None:
        matches = {
            kind: found
            for kind in self.rules.match
            if (found := self.numbers.get((kind, comparable(getattr(account, kind), kind))))
        }
        organisations = set().union(*matches.values()) if matches else set()
        if len(organisations) > 1:
            said = " and ".join(f"{NAMED[kind]} {shown(getattr(account, kind))}" for kind in matches)
            said = f"{said} fits {len(organisations)} customers of {self.rules.primary}"
            cure = "say which one: fanlight org link, or a line in the id map"
            return Problem(account.source, account.id, said, cure)
        organisation = next(iter(organisations), None)
        return Link(account.source, account.id, organisation, next(iter(matches))) if organisation else None


def shown(text: str) -> str:
    """An id as it is printed for people: quoted, on one line, with nothing invisible left invisible."""
    return ascii(text) if not text.isprintable() or not text.strip() else f'"{text}"'
