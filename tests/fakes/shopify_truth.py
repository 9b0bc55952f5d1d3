"""What a mirror of a fake shop must show, told from the fake's own world."""

from decimal import Decimal
from typing import Any

from fakes.mirrored import Columns, Shown
from fakes.shopify_world import World

COLUMNS: Columns = {
    "accounts": ("name",),
    "contacts": ("name",),
    "orders": ("number", "payment_status", "total"),
}


def truth(world: World) -> Shown:
    """Table → id → what it says, of all that customers may see."""
    people = {id: (one["displayName"],) for id, one in world.customers.items()}
    named = people | {id: (one["name"],) for id, one in world.companies.items()}
    for company in world.companies.values():
        people |= {one["id"]: (one["customer"]["displayName"],) for one in company["contacts"]}
    orders = {
        id: (one["name"], one["displayFinancialStatus"], _cents(one["totalPriceSet"]))
        for id, one in world.orders.items()
        if not one["test"]
    }
    told: dict[str, Any] = {"accounts": named, "contacts": people, "orders": orders}
    return {table: {_short(id): row for id, row in rows.items()} for table, rows in told.items()}


def _short(gid: str) -> str:
    return gid.removeprefix("gid://shopify/")


def _cents(told: dict[str, Any]) -> int:
    return int(Decimal(told["presentmentMoney"]["amount"]).scaleb(2))
