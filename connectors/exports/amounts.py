"""Amounts that follow from others: what all of a record's must add up to, whatever the source wrote."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.base import Unreadable
from connectors.records import Line

SETTLED = ("lines", "subtotal", "tax", "total", "paid", "credited", "due")  # what an invoice's kind may turn


def known(made: Mapping[str, Any], names: Sequence[str]) -> list[Decimal] | None:
    """The amounts of these fields; None where one is unknown."""
    amounts = [made.get(name) for name in names]
    return None if None in amounts else [amount for amount in amounts if amount is not None]


def settle(made: dict[str, Any]) -> None:
    """Make an invoice's amounts agree with its kind: a credit note's are never positive, a void one owes
    nothing, and
    what is neither paid nor due was credited. Raises Unreadable where they contradict each other."""
    if made.get("kind") == "credit note":
        if (made.get("total") or 0) > 0:
            made["lines"] = tuple(_turned(line) for line in made.get("lines", ()))
        for name in SETTLED[1:]:
            if made.get(name) is not None:
                made[name] = -abs(made[name])
    if made.get("void"):
        made["due"] = Decimal(0)
        return
    amounts = known(made, ("total", "paid", "due"))
    if amounts is None:
        return
    total, paid, due = amounts
    rest = total - paid - due
    credited = made["credited"] = rest if made.get("credited") is None else made["credited"]
    if rest != credited or (rest and (rest < 0) != (made.get("kind") == "credit note")):
        reason = f"{total} is not what is paid ({paid}), credited and due ({due}) together"
        raise Unreadable("total", reason, "correct the invoice in the source")


def _turned(line: Line) -> Line:
    turned = {
        name: -amount
        for name in ("unit_price", "discount", "tax", "total")
        if (amount := getattr(line, name)) is not None
    }
    return Line(**{**{name: getattr(line, name) for name in Line.__struct_fields__}, **turned})
