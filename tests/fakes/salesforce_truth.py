"""What a mirror of a fake Salesforce org must show, told from the org's own rows."""

from typing import Any

from fakes.mirrored import Columns, Shown
from fakes.salesforce_org import Org

COLUMNS: Columns = {
    "accounts": ("name", "belongs_to"),
    "contacts": ("name", "belongs_to", "email"),
    "orders": ("number", "status", "belongs_to", "total", "lines"),
    "tickets": ("status", "belongs_to", "messages"),
}
Rows = dict[str, dict[str, Any]]


def truth(org: Org) -> Shown:
    """Table → id → what it says, of all that customers may see."""
    tables = {name: _living(rows) for name, rows in org.tables.items()}
    return {
        "accounts": {id: (row["Name"], id) for id, row in tables["Account"].items()},
        "contacts": {
            id: (row["Name"], row["AccountId"], row["Email"] or "") for id, row in tables["Contact"].items()
        },
        "orders": {
            id: (*_order(row), _quantities(tables["OrderItem"], id))
            for id, row in tables["Order"].items()
            if row["StatusCode"] == "Activated"
        },
        "tickets": {
            id: (row["Status"], row["AccountId"], _said(tables["CaseComment"], id))
            for id, row in tables["Case"].items()
            if row["IsVisibleInSelfService"]
        },
    }


def _living(rows: Rows) -> Rows:
    return {id: row for id, row in rows.items() if not row["IsDeleted"]}


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    total = row["TotalAmount"]
    return row["OrderNumber"], row["Status"], row["AccountId"], None if total is None else int(total * 100)


def _quantities(items: Rows, order: str) -> tuple[str, ...]:
    return tuple(str(float(one["Quantity"])) for one in items.values() if one["OrderId"] == order)


def _said(comments: Rows, case: str) -> tuple[str, ...]:
    of_case = [one for one in comments.values() if one["ParentId"] == case and one["IsPublished"]]
    return tuple(one["CommentBody"] for one in of_case)
