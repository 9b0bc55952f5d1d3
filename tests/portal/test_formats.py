"""Money, dates and addresses as customers read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from portal.formats import Formats, address, quantity, tidy, writing
from sync.tables import places

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LOCALES = ("en", "en_GB", "de", "fr", "es", "pl", "sv", "ja", "pt_BR", "en_IN", "it")


@pytest.fixture
def berlin() -> Formats:
    return Formats("en", ZoneInfo("Europe/Berlin"), lambda: NOW)


@given(
    st.integers(-(2**62), 2**62),
    st.sampled_from(LOCALES),
    st.sampled_from(["EUR", "USD", "GBP", "JPY", "KWD"]),
)
def test_amounts_read_as_babel_writes_them(minor: int, locale: str, currency: str) -> None:
    amount = Decimal(minor).scaleb(-places(currency))
    spaceless = str.maketrans(
        "", "", "\u00a0 "
    )  # letters keep a space from the digits, which Babel leaves out
    expected = format_currency(amount, currency, locale=locale)
    assert writing(locale, currency).text(minor).translate(spaceless) == expected.translate(spaceless)


def test_a_currency_of_letters_keeps_a_space_from_its_digits(berlin: Formats) -> None:
    assert berlin.money(123456, "CHF") == "CHF\u00a01,234.56"


def test_an_amount_that_was_not_told_is_empty_and_never_zero(berlin: Formats) -> None:
    assert berlin.money(None, "EUR") == ""
    assert berlin.money(0, "EUR") == "€0.00"


def test_an_amount_without_a_currency_has_no_sign(berlin: Formats) -> None:
    assert berlin.money(-123456) == "-1,234.56"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0.0125", "€0.0125"), ("1200", "€1,200.00"), ("-3.5", "-€3.50"), ("1E+3", "€1,000.00")],
)
def test_unit_prices_keep_every_place(berlin: Formats, amount: str, text: str) -> None:
    assert berlin.price(amount, "EUR") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("3.000", "3"), ("1200.50", "1,200.5"), ("100", "100"), (None, ""), ("0.0001", "0.0001")],
)
def test_quantities_have_no_idle_zeros(value: str | None, text: str) -> None:
    assert quantity(value) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=21), "2 Nov 2026"),
        (timedelta(seconds=-30), "just now"),
    ],
)
def test_an_age_is_told_in_words_and_by_its_date_from_a_week_on(
    berlin: Formats, ago: timedelta, text: str
) -> None:
    assert berlin.ago(NOW - ago) == text


def test_a_moment_is_shown_in_the_portals_time_zone_with_the_exact_one_beside_it(berlin: Formats) -> None:
    late = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)
    assert berlin.when(late) == (
        '<time datetime="2026-03-11T23:30Z" title="12 Mar 2026, 00:30">12 Mar 2026</time>'
    )


def test_a_due_date_is_the_same_day_in_every_time_zone() -> None:
    for zone in ("Pacific/Tongatapu", "Pacific/Pago_Pago", "UTC"):
        assert Formats("en", ZoneInfo(zone), lambda: NOW).day(date(2026, 3, 12)) == "12 Mar 2026"


def test_today_is_the_portals_day() -> None:
    assert Formats("en", ZoneInfo("Pacific/Kiritimati"), lambda: NOW).today() == date(2026, 11, 23)
    assert Formats("en", ZoneInfo("Pacific/Pago_Pago"), lambda: NOW).today() == date(2026, 11, 22)


def test_a_planned_reading_names_its_day_unless_it_is_today(berlin: Formats) -> None:
    assert berlin.planned(NOW + timedelta(minutes=35)) == "11:05"
    assert berlin.planned(NOW + timedelta(days=1)) == "24 Nov 2026, 10:30"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AWAITING_PAYMENT", "Awaiting payment"),
        ("partially_fulfilled", "Partially fulfilled"),
        ("InTransit", "In transit"),
        ("ON HOLD", "On hold"),
        ("Waiting on Customer", "Waiting on Customer"),
        ("awaiting stock", "Awaiting stock"),
        ("", ""),
    ],
)
def test_a_code_of_a_source_becomes_words_and_words_stay(code: str, words: str) -> None:
    assert tidy(code) == words


def test_addresses_are_written_as_their_country_writes_them() -> None:
    place = {"name": "Harbour", "lines": ["1 Quay"], "city": "Portland", "region": "OR", "postcode": "97201"}
    assert address({**place, "country": "US"}) == ["Harbour", "1 Quay", "Portland, OR 97201", "United States"]
    assert address({**place, "region": "", "country": "Germany"})[2] == "97201 Portland"
    assert address({**place, "region": "", "country": "United Kingdom"})[2:4] == ["Portland", "97201"]
    assert address({**place, "country": "gb"}, "de")[-1] == "Vereinigtes Königreich"
    assert address({**place, "country": "UK"})[-1] == "UK"  # no code there is, so it stays as written
    assert address(None) == []
    assert address({}) == []
