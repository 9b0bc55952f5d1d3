"""What single values of the TOML must be like."""

import pytest
from pydantic import SecretStr

from sync.config import checks

KEY = "6f1e0c9ab4d8573e2f90b1c6d7a85e43"  # 32 bytes, made for this file


def test_a_random_key_of_32_bytes_is_taken() -> None:
    assert checks.random_key(SecretStr(KEY)).get_secret_value() == KEY


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        KEY[:31],
        "a" * 64,
        "abab" * 16,
        "change-me-" * 4,
        "your-secret-key-goes-here-1234567",
        "EXAMPLE" * 8,
    ],
)
def test_a_key_that_could_be_guessed_is_refused_with_the_command_that_makes_one(key: str) -> None:
    with pytest.raises(ValueError, match=r"make one with: python3 -c") as caught:
        checks.random_key(SecretStr(key))
    assert not key or f"{key} " not in str(caught.value)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://portal.example.com/", "https://portal.example.com"),
        ("https://example.com/portal/", "https://example.com/portal"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_base_urls_that_are_fine(told: str, kept: str) -> None:
    assert checks.public_url(told) == kept


@pytest.mark.parametrize(
    "told",
    [
        "ftp://x.example",
        "https://",
        "https://user:pw@x.example",
        "https://x.example#a",
        "https://x y.example",
        "https://x.example:port",
        "https://x.example/a b",
        "https://EXAMPLE..com",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "https://[::1",
        "//x.example",
        "",
    ],
)
def test_base_urls_that_are_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"address|host and path only|https://"):
        checks.public_url(told)


@pytest.mark.parametrize("told", ["localhost", "portal.example.com", "10.0.0.1", "::1", "WWW.example.com"])
def test_host_names_that_are_fine(told: str) -> None:
    assert checks.host_name(told) == told.lower()


@pytest.mark.parametrize(
    "told", ["", "*", "https://a.b", "a.b:80", "a b", "a.b/c", "-a.b", "münchen.example"]
)
def test_host_names_that_are_refused(told: str) -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        checks.host_name(told)


@pytest.mark.parametrize(
    "told", ["sqlite:var", "postgresql://db/portal", "postgresql:///portal?host=%2Frun%2Fpg"]
)
def test_databases_that_are_fine(told: str) -> None:
    assert checks.database_url(told) == told


@pytest.mark.parametrize(
    "told", ["", "sqlite:", "var", "postgres://db/portal", "postgresql://db", "mysql://db/x"]
)
def test_databases_that_are_refused(told: str) -> None:
    with pytest.raises(ValueError, match="must"):
        checks.database_url(told)


@pytest.mark.parametrize("told", ["orders@example.com", "Northgate Ltd <orders@example.com>", ""])
def test_senders_that_are_fine(told: str) -> None:
    assert checks.mail_address(told) == told


@pytest.mark.parametrize(
    "told", ["Northgate", "@example.com", "a@b@c", "x@example.com\nBcc: all@example.com"]
)
def test_senders_that_are_refused(told: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address"):
        checks.mail_address(told)
