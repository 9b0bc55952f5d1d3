"""The texts of mails: names out of somebody's records do no harm in them."""

import pytest

from portal import letters


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Acme Ltd", "Acme Ltd"),
        ("A\r\nBcc: x@y.example", "A Bcc: x@ y. example"),
        ("https://evil.example", "https:// evil. example"),
        ("www.evil.example", "www. evil. example"),
        ("a\u202eb\u200bc\x07d", "abc d"),
        ("x" * 100, "x" * 59 + "…"),
    ],
)
def test_names_are_made_harmless(name: str, plain: str) -> None:
    assert letters.as_name(name) == plain


def test_a_letter_holds_marks_until_it_is_sent() -> None:
    letter = letters.Letter(
        "Subject", f"{letters.LINK} {letters.CODE}", f"<a href={letters.LINK}>{letters.CODE}</a>"
    )
    filled = letter.filled("https://p.example/login/x", "012345")
    assert filled.text == "https://p.example/login/x 012 345"
    assert filled.html == "<a href=https://p.example/login/x>012 345</a>"


def test_a_subject_is_one_line_however_it_was_written() -> None:
    assert (
        letters.one_line("Sign in\r\nBcc: x@evil.example\u2028\x00now") == "Sign in Bcc: x@evil.example now"
    )
