"""What a mirror of a fake shop must show, told from the fake's own world."""

from decimal import Decimal
from typing import Any

from fakes.mirrored import Columns, Shown
from fakes.shopify_world import Node, World, short

COLUMNS: Columns = {
    "accounts": ("name", "belongs_to"),
    "contacts": ("name", "belongs_to", "email"),
    "orders": ("number", "payment_status", "total", "belongs_to", "cancelled", "lines"),
}


def truth(world: World) -> Shown:
    """Table → id → what it says, of all that customers may see."""
    people = {id: (one["displayName"], short(id)) for id, one in world.customers.items()}
    named = people | {id: (one["name"], short(id)) for id, one in world.companies.items()}
    contacts = {id: (*row, _email(world.customers[id])) for id, row in people.items()}
    for of, company in world.companies.items():
        for one in company["contacts"]:
            who = one["customer"]
            contacts[one["id"]] = (who["displayName"], short(of), _email(who))
    orders = {id: _order(one) for id, one in world.orders.items() if not one["test"]}
    told: dict[str, Any] = {"accounts": named, "contacts": contacts, "orders": orders}
    return {table: {short(id): row for id, row in rows.items()} for table, rows in told.items()}


def _order(one: Node) -> tuple[Any, ...]:
    owner = (one["purchasingEntity"] or {}).get("company") or one["customer"]
    return (
        one["name"],
        one["displayFinancialStatus"],
        _cents(one["totalPriceSet"]),
        short(owner["id"]) if owner else None,
        int(bool(one.get("cancelledAt"))),
        tuple(str(line["quantity"]) for line in one["lineItems"]),
    )


def _email(person: Node) -> str:
    return str((person["defaultEmailAddress"] or {}).get("emailAddress", ""))


def _cents(told: dict[str, Any]) -> int:
    return int(Decimal(told["presentmentMoney"]["amount"]).scaleb(2))
