"""Fanlight reading the workload as it reads any export: a mapping of one's own, nothing told but that."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.exports import Exports
from connectors.exports.settings import ExportsSettings
from sync.database import Database
from sync.run import run_source

MAPS: dict[str, dict[str, Any]] = {
    "account": {
        "id": "id",
        "updated": "updated_at",
        "fields": {"name": "name", "number": "account_number", "phone": "phone", "billing": {"city": "city"}},
    },
    "contact": {
        "id": "id",
        "belongs_to": "account_id",
        "updated": "updated_at",
        "fields": {
            "name": {"join": ["first_name", "last_name"]},
            "email": "email", "phone": "phone", "title": "title",
        },
    },
    "order": {
        "id": "id",
        "belongs_to": "account_id",
        "updated": "updated_at",
        "fields": {
            "number": "number", "reference": "po_number", "status": "status",
            "payment_status": "financial_status", "placed": "placed_at", "expected": "expected_delivery",
            "currency": "currency", "subtotal": "subtotal", "tax": "tax", "total": "total", "note": "note",
        },
        "lines": {
            "name": "description", "sku": "sku", "quantity": "quantity", "unit_price": "unit_price",
            "total": "line_total",
        },
        "shipments": [{"carrier": "carrier", "tracking": "tracking_number"}],
    },
    "invoice": {
        "id": "id",
        "belongs_to": "account_id",
        "updated": "updated_at",
        "fields": {
            "number": "number", "order_number": "order_number", "status": "status", "issued": "issue_date",
            "due_on": "due_date", "currency": "currency", "total": "total", "paid": "amount_paid",
            "due": "amount_due",
        },
    },
}  # fmt: skip
FILES = {
    "account": "accounts.csv",
    "contact": "contacts.csv",
    "order": "orders.csv",
    "invoice": "invoices.csv",
}


def settings(folder: Path, complete: bool, source: str = "shop") -> ExportsSettings:
    """The source as fanlight.toml would have it."""
    files = [{"path": FILES[name], "record": name, "complete": complete, "map": MAPS[name]} for name in MAPS]
    files[2]["lines"] = {"file": "lines.csv", "parent": "order_id"}
    table = {"id": source, "label": "Shop", "kind": "exports", "settle": 0, "files": files}
    return ExportsSettings.model_validate(table, context={"folder": folder})


def sync(database: Database, folder: Path, complete: bool, source: str = "shop") -> dict[str, dict[str, int]]:
    """One run; what became of the rows of each record. Raises when not all of them were placed."""
    outcomes = run_source(
        database, Exports(settings(folder, complete, source)), clock=lambda: datetime.now(UTC)
    )
    for told in outcomes:
        if told.outcome != "done":
            raise RuntimeError(f"{told.record}: {told.outcome} {told.message}")
    names = ("new", "changed", "unchanged", "gone", "data_rows")
    return {told.record + "s": {name: getattr(told, name) for name in names} for told in outcomes}
