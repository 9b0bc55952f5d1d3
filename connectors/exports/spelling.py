"""Decides how a set of files spells dates, numbers and times: told in the TOML, fixed by the format, else
by the evidence of whole columns. What stays open is refused with the line to add, never guessed."""

from connectors.exports.profile import Profile
from connectors.exports.settings import ExportsSettings, FileSet
from connectors.exports.survey import Evidence
from connectors.exports.values import Spelling


def told(settings: ExportsSettings, fileset: FileSet, profile: Profile) -> Spelling:
    """What the TOML and the format say, without looking at the data."""
    return Spelling(
        date_order=settings.told(fileset, "date_order") or profile.date_order or "",
        decimal=settings.told(fileset, "decimal") or profile.decimal or "",
        timezone=settings.told(fileset, "timezone") or profile.timezone or "",
        currency=settings.told(fileset, "currency"),
        tax=settings.told(fileset, "tax"),
    )


def decide(source: str, said: Spelling, evidence: Evidence, profile: Profile) -> tuple[Spelling, list[str]]:
    """The spelling of a set of files, and what must be told first (each with the line that tells it)."""
    open_questions = []
    order, asked = _order(source, said.date_order, evidence)
    open_questions += asked
    sign, asked = _sign(source, said.decimal, evidence)
    open_questions += asked
    if evidence.naive and not said.timezone:
        open_questions.append(
            f"times without an offset, like {evidence.naive}, need a time zone: "
            + cure(source, 'timezone = "Europe/Berlin"')
        )
    if _needs_tax(profile) and not said.tax:
        open_questions.append(
            "the file does not say whether its prices include tax: "
            + cure(source, 'tax = "included" (or "excluded")')
        )
    return Spelling(order, sign or ".", said.timezone, said.currency, said.tax), open_questions


def _order(source: str, said: str, evidence: Evidence) -> tuple[str, list[str]]:
    if said:
        return said, []
    found = [order for order in ("dmy", "mdy") if order in evidence.orders]
    if len(found) == 2:
        return "", [
            f"dates are written in two orders, {evidence.orders['dmy']} and {evidence.orders['mdy']}: "
            + cure(source, 'date_order = "dmy" (or "mdy"); rows in the other order are then set aside')
        ]
    if not found and "?" in evidence.orders:
        return "", [
            f"dates like {evidence.orders['?']} may be day first or month first: "
            + cure(source, 'date_order = "dmy" (or "mdy")')
        ]
    return (found[0] if found else ""), []


def _sign(source: str, said: str, evidence: Evidence) -> tuple[str, list[str]]:
    if said:
        return said, []
    found = [sign for sign in (".", ",") if sign in evidence.signs]
    if len(found) == 2:
        return "", [
            f"numbers are written with both decimal signs, {evidence.signs['.']} and {evidence.signs[',']}: "
            + cure(source, 'decimal = "." (or ","); rows written the other way are then set aside')
        ]
    if not found and "?" in evidence.signs:
        return "", [
            f"a number like {evidence.signs['?']} may have decimals or thousands: "
            + cure(source, 'decimal = "." (or ",")')
        ]
    return (found[0] if found else ""), []


def _needs_tax(profile: Profile) -> bool:
    return any(getattr(value, "tax", None) for value in profile.fields.values())


def cure(source: str, line: str) -> str:
    """Where the admin writes what the files do not say."""
    return f'add {line} under [[sources]] id = "{source}"'
