"""Transactions bound to one organisation or one person: only here is the database told whose rows to show."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from sync.database import Database
from sync.tables import email_key


@contextmanager
def organisation_scope(
    database: Database, organisation: int, *, write: bool = False
) -> Iterator[sa.Connection]:
    """One transaction that sees one organisation."""
    with database.web(write=write) as connection:
        database.bind(connection, organisation=organisation)
        yield connection


@contextmanager
def person_scope(database: Database, address: str, *, write: bool = False) -> Iterator[sa.Connection]:
    """One transaction that sees what one address is: contacts, memberships, names of their organisations.
    An address that can be nobody's sees nothing."""
    with database.web(write=write) as connection:
        bind_person(database, connection, address)
        yield connection


def bind_person(database: Database, connection: sa.Connection, address: str) -> str:
    """Narrow a transaction that shows nothing yet to one address; returns it as rights compare it.
    An address that can be nobody's leaves it as it is."""
    key = email_key(address)
    if key and key.isprintable():
        database.bind(connection, person=key)
    return key
