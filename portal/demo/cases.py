"""Support cases: what customers asked, and when they were answered and closed."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from portal.demo.chance import dice
from portal.demo.companies import Company, Person
from portal.demo.orders import NEVER
from portal.demo.scenes import FEATURED

INTERNAL = ("Internal", "Credit limit review", "Slow payer since spring. Hold orders above 2,000 for now.")


@dataclass(frozen=True)
class Case:
    """A support case with its whole plan; an ``internal`` one is for staff only."""

    serial: int
    company: Company | None
    person: Person | None
    topic: tuple[str, str, str]
    day: int
    minute: int
    answered: int
    closed: int
    priority: str = "Medium"
    internal: bool = False
    deleted: bool = False

    @property
    def number(self) -> str:
        """The case number as Salesforce pads it."""
        return f"{self.serial:08}"

    def status(self, day: int) -> str:
        """Salesforce's word for where the case stands."""
        if self.closed <= day:
            return "Closed"
        return "New" if day < self.answered else "Waiting on Customer" if self.serial % 3 else "Working"

    def moved(self, day: int) -> tuple[int, int]:
        """Day and minute of the last change until a day."""
        last = max([self.day] + [moment for moment in (self.answered, self.closed) if moment <= day])
        return last, self.minute + (25 if last > self.day else 0)


@cache
def topics() -> tuple[tuple[str, str, str], ...]:
    """What customers write about: kind, subject, text."""
    with (Path(__file__).parent / "cases.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["kind"], row["subject"], row["text"]) for row in csv.DictReader(file))


def cases(seed: int, companies: tuple[Company, ...], now: int) -> list[Case]:
    """Every case opened until now, oldest first."""
    known = tuple(company for company in companies if company.account_id and company.size)
    found = [*_past(seed, known), *_featured(known), *_odd(known), *_today(seed, known, now)]
    return [case for case in found if case.day <= now]


def _past(seed: int, known: tuple[Company, ...]) -> Iterator[Case]:
    rng = dice(seed, "cases")
    days = sorted(-int(rng.triangular(8, 540, 8)) for _ in range(190))
    for n, day in enumerate(days):
        yield _case(rng, 12_000 + n, rng.choice(known), day, open_for=rng.randint(1, 9) if n % 31 else 40)


def _case(rng: Random, serial: int, company: Company, day: int, open_for: int) -> Case:
    answered = day + rng.choice((0, 1, 1, 2))
    return Case(
        serial, company, rng.choice(company.people), rng.choice(topics()), day, rng.randint(480, 1020),
        answered, answered + open_for, rng.choice(("Low", "Medium", "Medium", "High")),
    )  # fmt: skip


def _featured(known: tuple[Company, ...]) -> Iterator[Case]:
    """Two open cases for each featured customer: one waits for an answer, one was answered yesterday."""
    for n, company in enumerate(c for c in known if c.name in FEATURED):
        yield Case(12_300 + n, company, company.people[0], topics()[n], -1, 555 + n, 1, 3, "High")
        yield Case(12_310 + n, company, company.people[1], topics()[7 + n], -4, 610 + n, -1, 2)


def _odd(known: tuple[Company, ...]) -> Iterator[Case]:
    """Cases no customer may see: without an account, deleted, and for staff only."""
    yield Case(12_320, None, None, topics()[1], -6, 700, -5, NEVER)
    yield Case(12_321, None, None, topics()[6], -3, 720, 2, 4)
    yield Case(12_322, known[5], known[5].people[0], topics()[3], -20, 640, -19, -18, deleted=True)
    for n, company in enumerate(known[2:6]):
        yield Case(12_330 + n, company, None, INTERNAL, -15 - n, 800, -14 - n, NEVER, internal=True)


def _today(seed: int, known: tuple[Company, ...], now: int) -> Iterator[Case]:
    for day in range(1, now + 1):
        rng = dice(seed, "case", day)
        yield _case(rng, 12_400 + day, rng.choice(known), day, open_for=rng.randint(1, 4))
