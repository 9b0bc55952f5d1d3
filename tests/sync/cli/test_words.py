"""How times, counts and text from outside are printed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.cli.words import count, moment, plain, quoted, records, span

NOW = datetime(2026, 11, 23, 13, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        ({"minutes": 4}, "14:05, 4 min ago"),
        ({"seconds": 20}, "14:08, just now"),
        ({"minutes": -11}, "14:20, in 11 min"),
        ({"seconds": -20}, "14:09, in less than a minute"),
        ({"hours": 3}, "11:09, 3 h ago"),
        ({"hours": 20}, "22 Nov 2026 18:09, 20 h ago"),
        ({"days": 21}, "2 Nov 2026 14:09, 21 days ago"),
    ],
)
def test_a_time_is_told_on_the_portals_clock_with_its_distance(ago, said):
    assert moment(NOW - timedelta(**ago), NOW, BERLIN) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("left\u202eright", "left\\u202eright"),
        ("no\u00a0break\u200b", "no\\xa0break\\u200b"),
        ("Grüße, 北京", "Grüße, 北京"),
    ],
)
def test_text_from_outside_is_one_harmless_line(text, said):
    assert plain(text) == said


def test_an_id_shows_the_blanks_at_its_ends():
    assert quoted(' 42 "x"') == '" 42 \\"x\\""'


def test_counts_agree_with_their_nouns():
    assert count(1, "row") == "1 row"
    assert count(12345, "row") == "12,345 rows"
    assert records({"order": 2, "invoice": 1}) == "2 orders, 1 invoice"
    assert records({}) == "no records"


def test_spans_are_told_in_the_unit_people_would_use():
    assert (span(172_800), span(5400), span(3600)) == ("48 h", "90 min", "60 min")
