"""What a mirror of a fake Xero must show, told from the fake's own world."""

from decimal import Decimal
from typing import Any

from fakes import xero as fake
from fakes.mirrored import Columns, Shown

COLUMNS: Columns = {
    "accounts": ("name",),
    "contacts": ("name",),
    "invoices": ("status", "total", "due"),
    "quotes": ("status", "total"),
    "payments": ("amount",),
}
SALES = {
    "Invoices": ("ACCREC",),
    "CreditNotes": ("ACCRECCREDIT",),
    "Prepayments": ("RECEIVE-PREPAYMENT", "ARPREPAYMENT"),
    "Overpayments": ("RECEIVE-OVERPAYMENT", "AROVERPAYMENT"),
}


def truth(world: fake.Xero) -> Shown:
    """Table → id → what it says, of all that customers may see."""
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
