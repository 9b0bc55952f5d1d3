"""What the person told, and what the file leaves open: date order, decimal sign, time zone, currency, tax."""

from collections.abc import Sequence

from msgspec import Struct

from connectors.exports.formula import Formula
from connectors.exports.guess.columns import Column
from connectors.exports.guess.fields import MONEY
from connectors.exports.profile import Profile
from connectors.exports.settings import FileSet
from connectors.exports.survey import Evidence

WHILE_OPEN = {"date_order": "dmy", "decimal": ".", "timezone": "UTC", "tax": "included"}  # for a look only


class Setting(Struct, frozen=True):
    """One line under [[sources.files]]. ``open``: a person must decide; the line is printed as a comment with
    ``value`` as an example."""

    key: str
    value: str
    why: str
    open: bool = False


def example(told: str) -> str:
    """'1,50' (orders.csv, Total, line 2) → '1,50' (Total, line 2): there is one file only."""
    cell, _, place = told.rpartition(" (")
    return f"{cell} ({place.partition(', ')[2]}"


def settings_for(
    told: FileSet, profile: Profile, evidence: Evidence, columns: Sequence[Column]
) -> list[Setting]:
    """Every setting these files need beside their mapping, told, proved, or open."""
    found = [
        _date_order(told, profile, evidence),
        _decimal(told, profile, evidence),
        _timezone(told, profile, evidence, columns),
        _currency(told, profile, columns),
        _tax(told, profile),
    ]
    return [one for one in found if one is not None]


def assumed(told: FileSet, found: Sequence[Setting]) -> FileSet:
    """The same file set with every question answered somehow, so that the rest can be looked at."""
    answers = {one.key: WHILE_OPEN[one.key] for one in found if one.open and one.key in WHILE_OPEN}
    proved = {one.key: one.value for one in found if not one.open}
    return told.model_copy(update=answers | proved)


def _date_order(told: FileSet, profile: Profile, evidence: Evidence) -> Setting | None:
    if told.date_order:
        return Setting("date_order", told.date_order, "as you said")
    orders = evidence.orders
    if profile.date_order:
        return None
    if {"dmy", "mdy"} <= set(orders):
        both = f"{example(orders['dmy'])} and {example(orders['mdy'])}"
        why = f"both are there: {both}. Rows of the other order are set aside"
        return Setting("date_order", "dmy", why, open=True)
    for order, first in (("dmy", "day"), ("mdy", "month")):
        if order in orders:
            return Setting("date_order", order, f"{first} first: {example(orders[order])}")
    if "?" in orders:
        why = f"day or month first, dmy or mdy? {example(orders['?'])} may be either"
        return Setting("date_order", "dmy", why, open=True)
    return None


def _decimal(told: FileSet, profile: Profile, evidence: Evidence) -> Setting | None:
    if told.decimal:
        return Setting("decimal", told.decimal, "as you said")
    signs = evidence.signs
    if profile.decimal:
        return None
    if {".", ","} <= set(signs):
        both = f"{example(signs['.'])} and {example(signs[','])}"
        why = f"both are there: {both}. Rows of the other sign are set aside"
        return Setting("decimal", ".", why, open=True)
    for sign in (",", "."):
        if sign in signs:
            return Setting("decimal", sign, f"as in {example(signs[sign])}")
    if "?" in signs:
        why = f"thousands or decimals? {example(signs['?'])} may have either"
        return Setting("decimal", ".", why, open=True)
    return None


def _timezone(
    told: FileSet, profile: Profile, evidence: Evidence, columns: Sequence[Column]
) -> Setting | None:
    if told.timezone:
        return Setting("timezone", told.timezone, "as you said")
    if profile.timezone or not evidence.naive:
        return None
    if any(c.meaning.zone and profile.reads(c.name) for c in columns):
        return Setting("timezone", "UTC", "the column's name says so")
    return Setting(
        "timezone", "Europe/Berlin", f"whose clock? {example(evidence.naive)} does not say", open=True
    )


def _currency(told: FileSet, profile: Profile, columns: Sequence[Column]) -> Setting | None:
    if told.currency:
        return Setting("currency", told.currency, "as you said")
    if profile.record not in ("order", "invoice", "payment") or _has_currency(profile, columns):
        return None
    read = [c for c in columns if profile.reads(c.name) or c.name in _of_lines(profile)]
    if not profile.lines and not MONEY.intersection(profile.fields):
        return None
    by_name = {c.meaning.currency for c in read if c.meaning.currency}
    by_sign = {code for c in read for code in c.symbols}
    if len(by_name) == 1:
        return Setting("currency", by_name.pop(), "by the name of a column")
    if len(by_sign) == 1 and "?" not in by_sign:
        return Setting("currency", by_sign.pop(), "by the sign beside its amounts")
    said = "which dollar?" if "?" in by_sign else "no column says it"
    if len(by_sign) > 1:
        said = f"several are there ({', '.join(sorted(by_sign))}): export the currency too"
    return Setting("currency", "EUR", said, open=True)


def _has_currency(profile: Profile, columns: Sequence[Column]) -> bool:
    value = profile.fields.get("currency")
    if not isinstance(value, Formula):
        return False
    names = set(value.cells())
    return any(c.name in names and c.filled for c in columns) or value.constant is not None


def _of_lines(profile: Profile) -> set[str]:
    return {cell for value in profile.lines.values() for cell in value.cells()}


def _tax(told: FileSet, profile: Profile) -> Setting | None:
    if not any(getattr(value, "tax", None) for value in profile.fields.values()):
        return None
    if told.tax:
        return Setting("tax", told.tax, "as you said")
    return Setting(
        "tax", "excluded", "are the prices of lines without tax (excluded) or with it (included)?", open=True
    )
