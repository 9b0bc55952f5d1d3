"""What may be written of files that lie elsewhere, and what is said of the rest when the TOML is loaded."""

import pytest
from pydantic import ValidationError

from connectors.exports import Exports

SFTP = {"sftp": "sftp://shop@files.example/out/orders*.csv"}
URL = {"url": "https://files.example/orders.csv"}
PASSWORD = {"password": {"env": "PASS"}}


def settings(files, env=None):
    table = {"id": "src", "label": "Files", "kind": "exports", "files": [files]}
    return Exports.Settings.model_validate(table, context={"env": env or {"PASS": "hunter22"}})


@pytest.mark.parametrize(
    "files",
    [
        {"path": "exports/*.csv"},
        URL,
        {**URL, "user": "shop", **PASSWORD, "max_mb": 10},
        {**URL, "headers": {"Authorization": {"env": "PASS"}}},
        {"url": "http://127.0.0.1:8080/orders.csv?year=2026"},
        {**SFTP, **PASSWORD, "known_hosts": "hosts"},
        {**SFTP, "key": {"env": "PASS"}, "host_key": "ssh-ed25519 AAAA"},
        {**URL, "complete": True, "lines": {"file": "lines.csv", "parent": "Id"}},
    ],
)
def test_what_makes_sense_is_taken(files):
    assert settings(files)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "needs path ="),
        ({"profile": "xero-sales-invoices"}, "or url = .* or sftp ="),
        ({"path": "a.csv", **URL}, "path and url exclude each other: leave one of them"),
        ({**URL, **SFTP}, "url and sftp exclude each other"),
        ({"path": "a.csv", **PASSWORD}, "password does not go with path"),
        ({"path": "a.csv", "max_mb": 3}, "max_mb does not go with path"),
        ({**URL, "host_key": "x"}, "host_key does not go with url"),
        ({**SFTP, **PASSWORD, "headers": {}}, "headers does not go with sftp"),
        ({**SFTP}, "sftp needs key"),
        ({**URL, "user": "shop"}, "user and password of a url go together"),
        ({**URL, **PASSWORD}, "user and password of a url go together"),
        (
            {**URL, "user": "shop", **PASSWORD, "headers": {"authorization": {"env": "PASS"}}},
            "exclude each other",
        ),
        ({**URL, "headers": {"Host": {"env": "PASS"}}}, '"Host" is no header that may be set'),
        ({**URL, "headers": {"X-Key": "plain"}}, "a secret never stands in this file"),
        ({"url": "http://files.example/a.csv"}, "must begin with https://"),
        ({"url": "ftp://files.example/a.csv"}, "no https address"),
        ({"url": "files.example/a.csv"}, "no https address"),
        ({"url": "https://shop:hunter22@files.example/a.csv"}, "holds a user or password"),
        ({"url": "https://files.example/a b.csv"}, "holds a space"),
        ({"url": "https://files.example:x/a.csv"}, "is no address"),
        ({"sftp": "sftp://files.example/a.csv", **PASSWORD}, "no SFTP address with its user"),
        ({"sftp": "sftp://shop:hunter22@files.example/a.csv"}, "holds a password"),
        ({"sftp": "sftp://shop@files.example/out/", **PASSWORD}, "must end with a file or pattern"),
        ({"sftp": "sftp://shop@files.example/*/a.csv", **PASSWORD}, "in one folder"),
        ({**URL, "max_mb": 0}, "greater than or equal to 1"),
    ],
)
def test_what_makes_none_is_refused_with_the_cure(files, said):
    with pytest.raises(ValidationError, match=said) as told:
        settings(files)
    assert "hunter22" not in "".join(each["msg"] for each in told.value.errors())


def test_secrets_are_in_no_repr():
    told = settings({**URL, "user": "shop", **PASSWORD, "headers": {"X-Key": {"env": "PASS"}}})
    assert "hunter22" not in repr(told)
