"""Small wordings of the templates."""

import pytest

from portal.look import capped, counted, dial


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+44 (0)20 7946-0018", "+442079460018"),
        ("0044 20 7946", "+44207946"),
        ("030 / 1234", "0301234"),
        ("ask Jana", ""),
        ("+", ""),
        ("javascript:alert(1)", "1"),
    ],
)
def test_a_phone_link_holds_digits_and_a_leading_plus_only(number: str, dialled: str) -> None:
    assert dial(number) == dialled


def test_numbers_above_the_cap_are_not_counted_out() -> None:
    assert capped(1000) == "1,000"
    assert capped(1001) == "1,000+"
    assert [counted(n, "order", "orders") for n in (1, 3)] == ["1 order", "3 orders"]
