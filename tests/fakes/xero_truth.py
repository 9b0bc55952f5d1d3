"""What a mirror of a fake Xero must show, told from the fake's own world; and what a mirror shows."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from fakes import xero as fake

from sync.database import Database
from sync.tables import MIRROR

SALES = {
    "Invoices": ("ACCREC",),
    "CreditNotes": ("ACCRECCREDIT",),
    "Prepayments": ("RECEIVE-PREPAYMENT", "ARPREPAYMENT"),
    "Overpayments": ("RECEIVE-OVERPAYMENT", "AROVERPAYMENT"),
}
Shown = dict[str, dict[str, tuple[Any, ...]]]


def truth(world: fake.Xero) -> Shown:
    """Record → id → what it says, of all that customers may see."""
    told = {name: [held.told for held in rows.values()] for name, rows in world.world.items()}
    active = [one for one in told["Contacts"] if one["ContactStatus"] == "ACTIVE"]
    return {
        "accounts": {one["ContactID"]: (one["Name"],) for one in active},
        "contacts": {key: (name,) for one in active for key, name in _people(one)},
        "invoices": {
            one[fake.IDS[name]]: (one["Status"], *_owed(one))
            for name, types in SALES.items()
            for one in told[name]
            if one["Type"] in types and one["Status"] in ("AUTHORISED", "PAID", "VOIDED")
        },
        "quotes": {
            one["QuoteID"]: (one["Status"], _cents(one["Total"]))
            for one in told["Quotes"]
            if one["Status"] not in ("DRAFT", "DELETED")
        },
        "payments": {
            one["PaymentID"]: (_cents(one["Amount"]),)
            for one in told["Payments"]
            if one["Status"] == "AUTHORISED" and one["PaymentType"] == "ACCRECPAYMENT"
        },
    }


def mirrored(database: Database) -> Shown:
    """The same of a mirror."""
    columns = {
        "accounts": ("name",), "contacts": ("name",), "invoices": ("status", "total", "due"),
        "quotes": ("status", "total"), "payments": ("amount",),
    }  # fmt: skip
    found: Shown = {}
    with database.staff() as connection:
        for name, wanted in columns.items():
            table = MIRROR[name]
            rows = sa.select(table.c.source_id, *(table.c[one] for one in wanted))
            living = connection.execute(rows.where(table.c.gone_at.is_(None)))
            found[name] = {id: tuple(values) for id, *values in living}
    return found


def _people(told: dict[str, Any]) -> list[tuple[str, str]]:
    everybody = [told, *told["ContactPersons"]]
    found = [(one.get("EmailAddress"), one.get("FirstName")) for one in everybody]
    return [(f"{told['ContactID']}/{email.lower()}", name or email) for email, name in found if email]


def _owed(told: dict[str, Any]) -> tuple[int, int]:
    if "AmountDue" in told:
        return _cents(told["Total"]), _cents(told["AmountDue"])
    return -_cents(told["Total"]), -_cents(told["RemainingCredit"])


def _cents(amount: float) -> int:
    return int(Decimal(str(amount)).scaleb(2))
