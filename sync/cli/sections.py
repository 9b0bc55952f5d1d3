"""Which sections of the portal a customer's people see, in the words of the TOML."""

from collections.abc import Collection
from typing import get_args

from sync.cli.app import App
from sync.config.portal import Section
from sync.owners import reading

# Where a record is shown.
SECTION = {
    "account": "account", "contact": "account", "order": "orders", "invoice": "invoices",
    "payment": "invoices", "quote": "quotes", "ticket": "support",
}  # fmt: skip


def with_sections(app: App, organisation: int) -> list[str]:
    """The primary accounts of an organisation for which the TOML tells sections of their own."""
    told = app.config.organisations
    owners = reading.owners_of(app.database, told.primary, told.sections) if told.sections else {}
    return sorted(account for account, owner in owners.items() if owner == organisation)


def switched_off(app: App, organisation: int | None, record: str) -> str:
    """Why the people of an organisation do not see records of this kind; '' where they do."""
    if organisation is None:
        return ""
    own, section = with_sections(app, organisation), SECTION[record]
    if section in app.config.sections_of(own):
        return ""
    return f"sections {'of its own ' if own else ''}in the TOML leave out {section}"


def in_order(sections: Collection[str]) -> str:
    """Sections in the order of the menu."""
    return ", ".join(name for name in get_args(Section) if name in sections) or "no section"
