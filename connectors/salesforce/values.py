"""What is Salesforce's own about a value: ids of 15 or 18 characters, related objects inside a row."""

from collections.abc import Mapping
from typing import Any

from connectors.exports.values import salesforce_id
from connectors.told import Told, text


def identifier(told: Told, name: str) -> str:
    """An id in its 18 characters; '' where there is none."""
    return salesforce_id(text(told, name))


def flat(told: Mapping[str, Any], under: str = "") -> dict[str, Any]:
    """A row as REST nests it, with related fields under dotted names; a Bulk CSV names them so already."""
    made: dict[str, Any] = {}
    for name, value in told.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            made.update(flat(value, f"{under}{name}."))
        else:
            made[f"{under}{name}"] = value
    return made
