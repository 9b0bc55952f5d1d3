"""Money, quantities, dates and addresses as customers read them; installed as the templates' filters.

How a locale writes a currency is looked up once, not once per cell: Babel's own way costs 15 µs an amount.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from flask import Flask
from markupsafe import Markup, escape

from connectors.records import Address
from sync.tables import places

MINUTE, HOUR, DAY = 60, 3600, 86400
AGES = ((MINUTE, 1, "just now"), (HOUR, MINUTE, "{} min ago"), (DAY, HOUR, "{} h ago"))
NBSP = "\u00a0"
NOTHING = Markup("")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Countries that write "City, Region 12345"; elsewhere the postcode stands before the city.
REGION_LAST = {"us", "usa", "united states", "united states of america", "ca", "canada", "au", "australia"}
CITY_FIRST = REGION_LAST | {"gb", "uk", "united kingdom", "ie", "ireland", "nz", "new zealand", "in", "india"}


@dataclass(frozen=True)
class Writing:
    """How one locale writes amounts of one currency."""

    locale: str
    currency: str
    places: int
    before: tuple[str, str]  # what stands before the digits: positive, negative
    behind: tuple[str, str]
    group: str
    point: str
    by_threes: bool

    def text(self, minor: int) -> str:
        """Minor units as text: 123456 → '€1,234.56'."""
        if not self.by_threes:
            amount = Decimal(minor).scaleb(-self.places)
            return format_currency(amount, self.currency, locale=self.locale)
        whole, rest = divmod(abs(minor), 10**self.places)
        tail = f"{self.point}{rest:0{self.places}d}" if self.places else ""
        return self._signed(f"{whole:,}".replace(",", self.group) + tail, minor < 0)

    def price(self, amount: Decimal) -> str:
        """An amount of any number of places, never rounded: a unit price of 0.0125."""
        digits = max(self.places, -int(amount.normalize().as_tuple().exponent))
        whole, _, rest = f"{abs(amount):,.{digits}f}".partition(".")
        tail = f"{self.point}{rest}" if rest else ""
        return self._signed(whole.replace(",", self.group) + tail, amount < 0)

    def _signed(self, digits: str, negative: bool) -> str:
        return self.before[negative] + digits + self.behind[negative]


@cache
def writing(locale: str, currency: str) -> Writing:
    """Look up how ``locale`` writes ``currency``; an empty currency is a plain number with two places."""
    spoken = Locale.parse(locale)
    pattern = spoken.currency_formats["standard"]
    symbol = get_currency_symbol(currency, locale=spoken) if currency else ""
    symbols = spoken.number_symbols["latn"]
    return Writing(
        locale=locale,
        currency=currency,
        places=places(currency) if currency else 2,
        before=_around(pattern.prefix, symbol, before=True),
        behind=_around(pattern.suffix, symbol, before=False),
        group=symbols["group"],
        point=symbols["decimal"],
        by_threes=not currency or pattern.grouping == (3, 3),
    )


def _around(affixes: tuple[str, str], symbol: str, *, before: bool) -> tuple[str, str]:
    """Put the symbol in; letters keep a space from the digits ("CHF 12.00"), no symbol leaves none."""
    positive, negative = (affix.replace("¤", symbol) for affix in affixes)
    if not symbol:
        return positive.strip(), negative.strip()
    if before:
        positive, negative = (a + NBSP if a[-1:].isalpha() else a for a in (positive, negative))
    return positive, negative


@lru_cache(maxsize=4096)
def day_text(day: date, locale: str) -> str:
    """'12 Mar 2026' in English, the locale's own medium date elsewhere."""
    return format_date(day, "d MMM y" if locale == "en" else "medium", locale=locale)


@lru_cache(maxsize=4096)
def _said(day: date, locale: str) -> str:
    """``day_text`` as it may stand in HTML."""
    return str(escape(day_text(day, locale)))


@lru_cache(maxsize=4096)
def _day_element(day: date, locale: str) -> Markup:
    said = _said(day, locale)
    return Markup(f'<time datetime="{day.isoformat()}" title="{said}">{said}</time>')  # noqa: S704 - escaped


def _time(at: datetime, title: str, said: str) -> Markup:
    """A moment in a <time> element; ``title`` and ``said`` are escaped already."""
    stamp = f"{at.isoformat()[:16]}Z"
    return Markup(f'<time datetime="{stamp}" title="{title}">{said}</time>')  # noqa: S704 - escaped


@lru_cache(maxsize=4096)
def quantity(value: Decimal | str | None, locale: str = "en") -> str:
    """A number of pieces without idle zeros: '3.000' → '3'."""
    if value is None or value == "":
        return ""
    number = Decimal(value)
    return format_decimal(number.normalize(), locale=locale, decimal_quantization=False)


def address(value: Address | Mapping[str, Any] | None, locale: str = "en") -> list[str]:
    """The lines of an address, as its country writes them; an empty list when there is nothing to show."""
    if value is None:
        return []
    told = value if isinstance(value, Address) else _address(value)
    country = told.country.strip().casefold()
    if country in REGION_LAST:
        place = ", ".join(filter(None, (told.city, f"{told.region} {told.postcode}".strip())))
        towns = [place]
    elif country in CITY_FIRST:
        towns = [told.city, told.region, told.postcode]
    else:
        towns = [f"{told.postcode} {told.city}".strip(), told.region]
    return [part for part in (told.name, *told.lines, *towns, land(told.country.strip(), locale)) if part]


@lru_cache(maxsize=512)
def land(country: str, locale: str) -> str:
    """A country's name: 'GB' → 'United Kingdom'; what is not a code stays as it is written."""
    if len(country) != 2:
        return country
    return str(Locale.parse(locale).territories.get(country.upper(), country))


def _address(value: Mapping[str, Any]) -> Address:
    return Address(**{**value, "lines": tuple(value.get("lines", ()))})


def tidy(words: str) -> str:
    """A source's code as words: 'AWAITING_PAYMENT' → 'Awaiting payment'; what is written for people stays."""
    parted = CAMEL.sub(" ", words).replace("_", " ")
    written_for_people = parted == words and not words.isupper() and not words.islower()
    return words if written_for_people else parted[:1].upper() + parted[1:].lower()


def initial(name: str) -> str:
    """The letter that stands for a name without a picture."""
    return next((c for c in name if c.isalnum()), "·").upper()


def age_text(seconds: float) -> str | None:
    """'just now', '4 min ago', '3 h ago', '2 days ago'; None from a week on, when the date says more."""
    for limit, unit, words in (
        (MINUTE, 1, "just now"),
        (HOUR, MINUTE, "{} min ago"),
        (DAY, HOUR, "{} h ago"),
    ):
        if seconds < limit:
            return words.format(int(seconds // unit))
    days = int(seconds // DAY)
    if days < 7:
        return "1 day ago" if days == 1 else f"{days} days ago"
    return None


@dataclass(frozen=True)
class Formats:
    """The filters of one portal: its locale, its time zone, its clock."""

    locale: str
    zone: ZoneInfo
    now: Callable[[], datetime]

    def money(self, minor: int | None, currency: str = "") -> str:
        """Minor units → text; nothing told → ''."""
        return "" if minor is None else writing(self.locale, currency).text(minor)

    def price(self, amount: Decimal | str | None, currency: str = "") -> str:
        """A decimal amount → text, with all its places."""
        return "" if amount is None or amount == "" else writing(self.locale, currency).price(Decimal(amount))

    def quantity(self, value: Decimal | str | None) -> str:
        """A number of pieces in this locale."""
        return quantity(value, self.locale)

    def address(self, value: Address | Mapping[str, Any] | None) -> list[str]:
        """The lines of an address, its country in this locale."""
        return address(value, self.locale)

    def day(self, at: date | datetime | None) -> str:
        """The calendar day; a moment is taken in the portal's time zone."""
        if at is None:
            return ""
        return day_text(at.astimezone(self.zone).date() if isinstance(at, datetime) else at, self.locale)

    def clock(self, at: date | datetime) -> str:
        """Day and time of a moment; a calendar day stays a day."""
        if not isinstance(at, datetime):
            return self.day(at)
        return f"{self.day(at)}, {at.astimezone(self.zone):%H:%M}"

    def planned(self, at: datetime) -> str:
        """A moment ahead: '14:05' today, with its day otherwise."""
        today = self.now().astimezone(self.zone).date()
        there = at.astimezone(self.zone)
        return f"{there:%H:%M}" if there.date() == today else self.clock(at)

    def ago(self, at: datetime) -> str:
        """How long ago in words; the date where that says more."""
        return age_text(max((self.now() - at).total_seconds(), 0)) or self.day(at)

    def when(self, at: date | datetime | None) -> Markup:
        """The day in a <time> element, with the exact moment as its title."""
        if at is None:
            return NOTHING
        if not isinstance(at, datetime):
            return _day_element(at, self.locale)
        there = at.astimezone(self.zone)
        day = _said(there.date(), self.locale)
        return _time(at, f"{day}, {there.hour:02}:{there.minute:02}", day)

    def since(self, at: datetime) -> Markup:
        """The age in a <time> element, with the exact moment as its title."""
        return _time(at, escape(self.clock(at)), escape(self.ago(at)))

    def today(self) -> date:
        """The portal's calendar day."""
        return self.now().astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The moment a calendar day begins in the portal's time zone."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def tomorrow(self, day: date) -> datetime:
        """The moment a calendar day ends in the portal's time zone."""
        return self.midnight(day + timedelta(days=1))


def install(app: Flask, formats: Formats) -> None:
    """Give the templates their filters."""
    for name in ("money", "price", "quantity", "day", "clock", "planned", "ago", "when", "since", "address"):
        app.add_template_filter(getattr(formats, name), name)
    app.add_template_filter(tidy, "tidy")
