"""Values made from a record's other fields, or from its lines, once these are known."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.exports.formula import Formula
from connectors.exports.plan import Text
from connectors.records import Line


def sent(value: Formula, text: Text) -> Callable[[Sequence[str], Mapping[str, Any]], Decimal | None]:
    """``of`` … ``when``: the whole field, nothing of it, or unknown."""
    unknown = {"", *(word.casefold() for word in value.unclear)}
    whole, field = {word.casefold() for word in value.is_ or ()}, value.of or ""

    def shipped(cells: Sequence[str], made: Mapping[str, Any]) -> Decimal | None:
        word = text(cells).casefold()
        if word in unknown:
            return None
        amount: Decimal | None = made[field] if word in whole else Decimal(0)
        return amount

    return shipped


def by_sign(value: Formula, lines: Sequence[Line]) -> str:
    """A word by the sign of what the lines add up to."""
    total = sum(getattr(line, value.sign or "") or 0 for line in lines)
    return value.negative if total < 0 else value.default


def difference(amounts: list[Decimal] | None) -> Decimal | None:
    """The first amount less the others; None where one is unknown."""
    return amounts[0] - sum(amounts[1:]) if amounts else None


def summed(value: Formula, lines: Sequence[Line], *, taxed: bool) -> Decimal | None:
    """What a field of the lines adds up to; ``taxed``: their tax comes on top. None where it is not told."""
    amounts = [getattr(line, value.sum or "") for line in lines]
    if value.tax and taxed:
        taxes = [getattr(line, value.tax) for line in lines]
        told = any(tax is not None for tax in taxes)  # else the file does not say what is to be added
        amounts += [tax or Decimal(0) for tax in taxes] if told else [None]
    return None if None in amounts or not amounts else sum(amounts, Decimal(0))
