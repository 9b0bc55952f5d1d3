"""The customers of the invented wholesaler: sixty companies in eight countries, their people and habits.

Two of them look alike, one person works for two of them, and one is unknown to the CRM.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits

from portal.demo.chance import dice

# She keeps the books of two customers: one person in two organisations, her address spelt in two ways.
BOOKKEEPER = "maria.keller@kellerbooks.example"
TWICE = {"Hartley Joinery Ltd": BOOKKEEPER, "Fenwick Cycle Works": "Maria.Keller@KellerBooks.example"}
BUYER = "tom.ashworth@brightwater.example"
FIXED = {"Brightwater Ltd": ("Tom", "Ashworth"), "Brightwater Limited": ("Aoife", "Brennan")}
TERMS = (0, 14, 30, 30, 30, 60)  # days; 0 pays by card
TITLES = ("Purchasing", "Owner", "Workshop manager", "Accounts", "Operations", "Warehouse")
DIAL = {
    "United Kingdom": "+44 1632 9603{:02d}",
    "Ireland": "+353 20 911 06{:02d}",
    "Germany": "+49 30 23125 7{:02d}",
    "France": "+33 1 99 00 10 {:02d}",
    "United States": "+1 207 555 01{:02d}",
}
CODES = {
    "United Kingdom": "GB", "Ireland": "IE", "Germany": "DE", "France": "FR", "Netherlands": "NL",
    "Belgium": "BE", "Austria": "AT", "United States": "US",
}  # fmt: skip
GIVEN = {
    "DE": "Anke Jürgen Katrin Sören Birgit Matthias Ulrike Jörg Heike Lukas",
    "AT": "Anke Jürgen Katrin Birgit Matthias Ulrike",
    "FR": "Élodie Thibault Maëlle Benoît Camille Gaël Solène Rémi",
    "BE": "Lieve Bart Élodie Wouter Camille",
    "NL": "Sanne Joris Femke Bram Marloes Daan",
    "IE": "Aoife Ciarán Niamh Declan Sinéad Eoin",
    "US": "Dana Marcus Holly Travis Renee Caleb",
    "GB": "Priya Gareth Joanne Kwame Alison Stuart Nadia Callum Ruth Imran",
}
FAMILY = {
    "DE": "Brandt Lüders Hoffmann Reuß Petersen Schäfer Wendt Zöllner",
    "AT": "Gruber Moser Hölzl Lechner Winkler",
    "FR": "Lefèvre Garnier Perrault Béranger Chauvin",
    "BE": "Janssens De Smet Lambrecht Dumont",
    "NL": "Visser Kuipers Mulder Hoekstra Bakker",
    "IE": "Brennan Kavanagh Lynch Tierney Nolan",
    "US": "Whitaker Delgado Sorensen Boyd Castellano",
    "GB": "Whitfield Osei Patel Marsden Llewellyn Greaves Hussain Thorpe",
}
PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ë": "e", "á": "a", " ": ""}
)


@dataclass(frozen=True)
class Person:
    """A person at a company. ``id`` is theirs in the CRM."""

    id: str
    given: str
    family: str
    email: str
    title: str
    phone: str

    @property
    def name(self) -> str:
        """Given name first."""
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class Company:
    """A customer. ``account_id`` is empty where the CRM does not know them; ``terms`` are days (0 pays by
    card), ``habit`` is how many days after the due date they tend to pay."""

    name: str
    books_name: str
    domain: str
    street: str
    city: str
    region: str
    postcode: str
    country: str
    currency: str
    size: int
    trade: str
    number: str
    account_id: str
    phone: str
    terms: int
    habit: int
    people: tuple[Person, ...]
    buyers: tuple[str, ...]

    @property
    def code(self) -> str:
        """The country as two letters."""
        return CODES[self.country]


def salesforce_id(prefix: str, number: int) -> str:
    """An 18-character Salesforce id: 15 case-sensitive ones and their checksum."""
    body, digits62 = "", digits + ascii_uppercase + ascii_lowercase
    while number:
        number, rest = divmod(number, 62)
        body = digits62[rest] + body
    short = f"{prefix}Nw00000{body:0>5}"
    capitals = (sum(1 << n for n, c in enumerate(short[i : i + 5]) if c.isupper()) for i in (0, 5, 10))
    return short + "".join((ascii_uppercase + "012345")[bits] for bits in capitals)


def companies(seed: int) -> tuple[Company, ...]:
    """Everybody Northgate sells to, the same for the same seed."""
    with (Path(__file__).parent / "companies.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    people = count(40_000_000)
    return tuple(_company(dice(seed, row["name"]), n, row, people) for n, row in enumerate(rows))


def _company(rng: Random, n: int, row: dict[str, str], ids: Iterator[int]) -> Company:
    people = tuple(_people(rng, row, ids))
    role = [f"orders@{row['domain']}"] if rng.random() < 0.5 or not people else []
    buyers = [p.email for p in people if p.email.endswith(row["domain"])][: rng.randint(1, 2)] + role
    return Company(
        name=row["name"], books_name=row["books_name"] or row["name"], domain=row["domain"],
        street=row["street"], city=row["city"], region=row["region"], postcode=row["postcode"],
        country=row["country"], currency=row["currency"], size=int(row["size"]), trade=row["trade"],
        number=f"C-{10120 + 7 * n}",
        account_id=salesforce_id("001", 30_000_000 + 131 * n) if row["crm"] == "yes" else "",
        phone=_phone(rng, row["country"]),
        terms=30 if row["name"] in TWICE or row["name"] in FIXED else rng.choice(TERMS),
        habit=rng.choice((-3, -1, 0, 0, 2, 5, 14)),
        people=people, buyers=tuple(buyers),
    )  # fmt: skip


def _phone(rng: Random, country: str) -> str:
    """A number from the ranges that are kept free for fiction; countries without one stay blank."""
    return DIAL.get(country, "").format(rng.randrange(100))


def _people(rng: Random, row: dict[str, str], ids: Iterator[int]) -> Iterator[Person]:
    if row["crm"] != "yes":
        return
    code, domain = CODES[row["country"]], row["domain"]
    names = {FIXED[row["name"]]: ""} if row["name"] in FIXED else {}
    while len(names) < 2 + (int(row["size"]) > 5):
        names[rng.choice(GIVEN[code].split()), rng.choice(FAMILY[code].split())] = ""
    for (given, family), title in zip(names, rng.sample(TITLES, len(names)), strict=True):
        address = f"{given}.{family}@{domain}".lower().translate(PLAIN)
        phone = _phone(rng, row["country"])
        yield Person(salesforce_id("003", next(ids)), given, family, address, title, phone)
    if row["name"] in TWICE:
        phone = _phone(rng, row["country"])
        yield Person(
            salesforce_id("003", next(ids)), "Maria", "Keller", TWICE[row["name"]], "Bookkeeper", phone
        )
