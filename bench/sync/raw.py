"""The limit: the same rows in the same tables with the same indexes, as a careful programmer would write them
for these files alone – csv, a prepared upsert with executemany, one transaction; on PostgreSQL COPY into a
temporary table and one INSERT … ON CONFLICT. It checks nothing, and knows neither new, changed nor gone."""

import csv
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import psycopg
from msgspec import json

from sync.tables import MIRROR, fold, ref

NOW = "2026-01-03 00:00:00.000000"
KEY = ("source", "source_id")
NAMES = {"accounts": "account", "contacts": "contact", "orders": "order", "invoices": "invoice"}
Row = tuple[object, ...]


def rows(path: Path) -> Iterator[list[str]]:
    """The data rows of a file."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def stored(moment: str) -> str:
    """2023-01-01T00:00:00Z as the mirror keeps it."""
    return f"{moment[:10]} {moment[11:19]}.000000"


def cents(amount: str) -> int:
    """123.45 → 12345."""
    return int(amount.replace(".", ""))


def known(table: str, ident: str, belongs_to: str, updated: str, data_rows: int) -> Row:
    """The columns every record begins with."""
    code = ref(NAMES[table], "shop", ident)
    return ("shop", ident, code, None, belongs_to, 0, data_rows, stored(updated), NOW, NOW, None, None, None)


def accounts(folder: Path) -> Iterator[Row]:
    """Customers."""
    for ident, name, number, phone, city, updated in rows(folder / "accounts.csv"):
        billing = json.encode({"city": city}).decode()
        yield (*known("accounts", ident, ident, updated, 1), name, number, "", "", phone, "", "", billing,
               None, "", "", "", "")  # fmt: skip


def contacts(folder: Path) -> Iterator[Row]:
    """People."""
    for ident, owner, first, last, email, phone, title, updated in rows(folder / "contacts.csv"):
        name = f"{first} {last}"
        yield *known("contacts", ident, owner, updated, 1), name, email, email.lower(), phone, title, 1


def orders(folder: Path) -> Iterator[Row]:
    """Orders with their lines; both files ascend."""
    groups = groupby(rows(folder / "lines.csv"), key=itemgetter(1))
    parent, lines = next(groups, ("", iter(())))
    for cells in rows(folder / "orders.csv"):
        ident, number, owner, status, paid, placed, updated, due, currency = cells[:9]
        subtotal, tax, total, carrier, tracking, reference, note = cells[9:]
        words, made = [number, reference, tracking], []
        while parent < ident:
            parent, lines = next(groups, ("~", iter(())))
        if parent == ident:
            for _, _, _, sku, name, quantity, price, amount in lines:
                words += (sku, name)
                made.append(
                    {"name": name, "sku": sku, "quantity": quantity, "unit_price": price, "total": amount}
                )
        sent = [{"carrier": carrier, "tracking": tracking}] if tracking else []
        at = stored(placed)
        yield (
            *known("orders", ident, owner, updated, 1 + len(made)), at, number, reference, status, paid, at, None,
            due, 0, "", tracking, len(made), currency, cents(subtotal), None, None, cents(tax), cents(total),
            None, None, None, note, None, None, json.encode(made).decode(), json.encode(sent).decode(), "[]",
            fold(" ".join(filter(None, dict.fromkeys(words)))),
        )  # fmt: skip


def invoices(folder: Path) -> Iterator[Row]:
    """Invoices."""
    for cells in rows(folder / "invoices.csv"):
        ident, number, order, owner, issued, due_on, currency, total, paid, due, status, updated = cells
        yield (
            *known("invoices", ident, owner, updated, 1), f"{issued} 00:00:00.000000", due_on, "invoice", number,
            "", order, status, 0, issued, due_on, currency, None, None, cents(total), cents(paid),
            cents(total) - cents(paid) - cents(due), cents(due), "", "", 0, None, "[]", "[]", "[]",
            fold(f"{number} {order}"),
        )  # fmt: skip


MADE = {"accounts": accounts, "contacts": contacts, "orders": orders, "invoices": invoices}


def columns(table: str) -> list[str]:
    """The table's columns in the order of schema.sql."""
    return list(MIRROR[table].c.keys())


def told(table: str) -> str:
    """What an upsert overwrites: everything but the key."""
    return ", ".join(f"{name} = excluded.{name}" for name in columns(table) if name not in KEY)


def sqlite(path: Path, folder: Path) -> None:
    """All tables in one transaction."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma cache_size = -32768")
    connection.execute("begin immediate")
    for table, make in MADE.items():
        marks = ", ".join("?" * len(columns(table)))
        upsert = f"insert into {table} values ({marks}) on conflict (source, source_id) do update set "
        connection.executemany(upsert + told(table), make(folder))
    connection.execute("commit")
    connection.close()


def postgres(url: str, folder: Path) -> None:
    """All tables in one transaction."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table, make in MADE.items():
            cursor.execute(f"create temporary table incoming_{table} (like mirror.{table})")
            copied(cursor, f"incoming_{table}", make(folder))
            cursor.execute(
                f"insert into mirror.{table} select * from incoming_{table} "
                f"on conflict (source, source_id) do update set {told(table)}"
            )


def copied(cursor: psycopg.Cursor, table: str, made: Iterable[Row]) -> None:
    """COPY rows into a table."""
    with cursor.copy(f"copy {table} from stdin") as copy:
        for row in made:
            copy.write_row(row)
