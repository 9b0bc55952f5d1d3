"""What a mirror of a fake Salesforce org must show, told from the org's own rows."""

from typing import Any

from fakes.mirrored import Columns, Shown
from fakes.salesforce_org import Org

COLUMNS: Columns = {
    "accounts": ("name",),
    "contacts": ("name",),
    "orders": ("number", "status", "lines"),
    "tickets": ("status", "messages"),
}
Rows = dict[str, dict[str, Any]]


def truth(org: Org) -> Shown:
    """Table → id → what it says, of all that customers may see."""
    tables = {name: _living(rows) for name, rows in org.tables.items()}
    return {
        "accounts": {id: (row["Name"],) for id, row in tables["Account"].items()},
        "contacts": {id: (row["Name"],) for id, row in tables["Contact"].items()},
        "orders": {
            id: (row["OrderNumber"], row["Status"], _quantities(tables["OrderItem"], id))
            for id, row in tables["Order"].items()
            if row["StatusCode"] == "Activated"
        },
        "tickets": {
            id: (row["Status"], _said(tables["CaseComment"], id))
            for id, row in tables["Case"].items()
            if row["IsVisibleInSelfService"]
        },
    }


def _living(rows: Rows) -> Rows:
    return {id: row for id, row in rows.items() if not row["IsDeleted"]}


def _quantities(items: Rows, order: str) -> tuple[str, ...]:
    return tuple(str(float(one["Quantity"])) for one in items.values() if one["OrderId"] == order)


def _said(comments: Rows, case: str) -> tuple[str, ...]:
    of_case = [one for one in comments.values() if one["ParentId"] == case and one["IsPublished"]]
    return tuple(one["CommentBody"] for one in of_case)
