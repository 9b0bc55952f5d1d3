"""Addresses and names of people: values made of several columns."""

from typing import Any

from connectors.exports.guess.columns import Column
from connectors.exports.guess.draft import Draft

PARTS = {"city": ("city",), "postcode": ("postcode",), "country": ("country",), "region": ("region", "state")}
PLACES = {"account": ("billing", "shipping"), "order": ("bill_to", "ship_to"), "invoice": ("bill_to", "")}


def addresses(draft: Draft) -> None:
    """Write the addresses of an account, order or invoice."""
    if draft.record not in PLACES:
        return
    billing, shipping = PLACES[draft.record]
    own = _place(draft, "billing") or _place(draft, "")
    other = _place(draft, "shipping")
    if own and billing:
        draft.fields[billing] = own
    if other and shipping:
        draft.fields[shipping] = other


def _place(draft: Draft, side: str) -> dict[str, Any]:
    """A table of formulas; empty where there is no more than a name."""
    place: dict[str, Any] = {}
    streets = sorted(draft.heads("street", side=side), key=lambda c: c.meaning.ordinal)
    streets = streets[:4]
    companies = draft.heads("customer_name", side=side) if side else []
    if streets:
        place["lines"] = [c.name for c in (*companies[:1], *streets)]
    for part, meanings in PARTS.items():
        if found := [c for c in draft.heads(*meanings, side=side) if c.name != draft.fields.get("status")]:
            place[part] = found[0].name
    if not place:
        return {}
    if who := person(draft, side) if side else None:
        place = {"name": who, **place}
    elif draft.record != "account" and (named := draft.heads("customer_name", "contact_name")):
        place = {"name": named[0].name, **place}
    return place


def person(draft: Draft, side: str = "") -> Any:
    """The formula of a person's name: one column, or first and last joined; None where there is neither."""
    whole = draft.heads("contact_name", "name", side=side)
    first, last = draft.heads("first_name", side=side), draft.heads("last_name", side=side)
    if whole and not whole[0].blank and (last or not first):
        return whole[0].name
    if first and (last or whole):
        return {"join": [first[0].name, (last or whole)[0].name]}
    found = whole or last or first
    return found[0].name if found else None


def people(draft: Draft) -> None:
    """Write the name of an account or contact where one column alone does not hold it."""
    if draft.record == "contact":
        name = person(draft)
    elif draft.record == "account":
        name = _account_name(draft)
    else:
        return
    if name is None:
        fallback: list[Column] = draft.heads("email", "customer_email", "customer_number")
        name = fallback[0].name if fallback else draft.table["id"]
        draft.remark("fields.name", "UNSURE: no column looks like a name")
    draft.fields["name"] = name


def _account_name(draft: Draft) -> Any:
    """The company's name; where a row has none (a person who buys), the person's."""
    own = ("customer_name",) if draft.heads("first_name") else ("customer_name", "name")
    companies = draft.heads(*own, side="") or draft.heads("customer_name", side="billing")
    company = companies[0] if companies else None
    who = person(draft)
    if company is None:
        return who
    if who is None or who == company.name or company.filled == len(company.cells):
        return company.name
    return [company.name, who]
