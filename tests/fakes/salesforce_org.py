"""One Salesforce org as it lives: objects with their fields, a clock, soft deletes, a recycle bin, merges."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from fakes.salesforce_soql import Query, Refusal, alike, parse

CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
Row = dict[str, Any]

# type of each field; every object also has Id, IsDeleted, CreatedDate, SystemModstamp
ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
OBJECTS: dict[str, tuple[str, dict[str, str]]] = {
    "Account": ("001", {
        "MasterRecordId": "reference", "Name": "string", "AccountNumber": "string", "Phone": "phone",
        "Website": "url", "ParentId": "reference", "OwnerId": "reference", "Description": "textarea",
        "AnnualRevenue": "currency",
        **{f"{side}{part}": "string" for side in ("Billing", "Shipping") for part in ADDRESS},
    }),
    "User": ("005", {"Name": "string", "Email": "email", "Phone": "phone", "UserType": "picklist"}),
    "Contact": ("003", {
        "MasterRecordId": "reference", "AccountId": "reference", "FirstName": "string", "LastName": "string",
        "Name": "string", "Email": "email", "Phone": "phone", "MobilePhone": "phone", "Title": "string",
        "HomePhone": "phone", "Birthdate": "date",
    }),
    "Product2": ("01t", {"Name": "string", "ProductCode": "string"}),
    "Order": ("801", {
        "AccountId": "reference", "OrderNumber": "string", "PoNumber": "string", "Status": "picklist",
        "StatusCode": "picklist", "EffectiveDate": "date", "EndDate": "date", "ActivatedDate": "datetime",
        "TotalAmount": "currency", "Description": "textarea", "CurrencyIsoCode": "picklist",
        **{f"{side}{part}": "string" for side in ("Billing", "Shipping") for part in ADDRESS},
    }),
    "OrderItem": ("802", {
        "OrderId": "reference", "OrderItemNumber": "string", "Product2Id": "reference", "Quantity": "double",
        "UnitPrice": "currency", "TotalPrice": "currency", "Description": "string",
    }),
    "Case": ("500", {
        "AccountId": "reference", "ContactId": "reference", "CaseNumber": "string", "Subject": "string",
        "Status": "picklist", "Priority": "picklist", "Type": "picklist", "IsClosed": "boolean",
        "ClosedDate": "datetime", "SuppliedName": "string", "Description": "textarea", "Comments": "textarea",
        "Origin": "picklist",
        "IsVisibleInSelfService": "boolean",
    }),
    "CaseComment": ("00a", {
        "ParentId": "reference", "IsPublished": "boolean", "CommentBody": "textarea",
        "CreatedById": "reference",
    }),
    "Invoice__c": ("a01", {
        "Account__c": "reference", "Name": "string", "State__c": "picklist", "Issued__c": "date",
        "Due__c": "date", "Total__c": "currency", "Open__c": "currency", "CurrencyIsoCode": "picklist",
        "Margin__c": "currency",
    }),
    "InvoiceLine__c": ("a02", {
        "Invoice__c": "reference", "Name": "string", "Text__c": "string", "Quantity__c": "double",
        "Price__c": "currency", "Amount__c": "currency",
    }),
}  # fmt: skip
SYSTEM = {"Id": "id", "IsDeleted": "boolean", "CreatedDate": "datetime", "SystemModstamp": "datetime"}
RELATIONS = {
    "Owner": "User",
    "CreatedBy": "User",
    "Account": "Account",
    "Contact": "Contact",
    "Product2": "Product2",
}


def full_id(prefix: str, number: int) -> str:
    """An 18-character id: 15 that are case sensitive, 3 that check their case."""
    digits = ""
    for _ in range(15 - len(prefix)):
        number, digit = divmod(number, 62)
        digits = DIGITS[digit] + digits
    short = prefix + digits
    parts = [short[at : at + 5] for at in (0, 5, 10)]
    return short + "".join(CHECK[sum(1 << i for i, c in enumerate(part) if c.isupper())] for part in parts)


class Org:
    """The objects of one org. ``clock`` tells the org's own time; stamps have whole seconds, as theirs do.
    ``late``: how far the stamp of what changes now lies back, because it was committed late."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock, self.late = clock, timedelta(0)
        self.fields = {name: {**SYSTEM, **fields} for name, (_, fields) in OBJECTS.items()}
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in OBJECTS}
        self._numbers = count(62**4)

    def add(self, table: str, *, stamp: datetime | None = None, **values: Any) -> str:
        """A new row; returns its id. ``stamp``: committed late, under an older stamp."""
        at = stamp or self._now()
        row = dict.fromkeys(self.fields[table])
        booleans = [name for name, kind in self.fields[table].items() if kind == "boolean"]
        row.update(dict.fromkeys(booleans, False), Id=full_id(OBJECTS[table][0], next(self._numbers)))
        row.update(CreatedDate=at, SystemModstamp=at)
        row.update(self._known(table, values))
        self.tables[table][row["Id"]] = row
        return str(row["Id"])

    def change(self, table: str, row_id: str, *, stamp: datetime | None = None, **values: Any) -> None:
        """Change fields; the stamp moves, and never goes back."""
        row = self.tables[table][row_id]
        row.update(self._known(table, values))
        row["SystemModstamp"] = max(row["SystemModstamp"], stamp or self._now())

    def delete(self, table: str, row_id: str) -> None:
        """Into the recycle bin: only queryAll sees it."""
        self.change(table, row_id, IsDeleted=True)

    def undelete(self, table: str, row_id: str) -> None:
        """Out of the recycle bin."""
        self.change(table, row_id, IsDeleted=False)

    def purge(self, table: str, row_id: str) -> None:
        """Gone without a trace."""
        del self.tables[table][row_id]

    def merge(self, winner: str, loser: str) -> None:
        """Two accounts become one: the loser is deleted, what hung on it moves."""
        self.change("Account", loser, IsDeleted=True, MasterRecordId=winner)
        for table, fields in self.fields.items():
            for row_id, row in self.tables[table].items():
                if "AccountId" in fields and row["AccountId"] == loser:
                    self.change(table, row_id, AccountId=winner)

    def hide_field(self, table: str, field: str) -> None:
        """Take the field from our user, as field-level security does."""
        del self.fields[table][field]

    def run(self, text: str, *, deleted: bool) -> tuple[Query, list[Row]]:
        """The rows a query finds, each as the API writes it."""
        query = parse(text)
        if query.table not in self.fields:
            raise Refusal("INVALID_TYPE", f"sObject type '{query.table}' is not supported.")
        for name in query.mentioned:
            self._field(query.table, name)
        found = [row for row in self.tables[query.table].values() if deleted or not row["IsDeleted"]]
        found = [row for row in found if query.where(lambda name, row=row: self.value(row, name))]  # type: ignore[misc]
        for name, descending in reversed(query.order):
            found.sort(key=lambda row: _sortable(self.value(row, name)), reverse=descending)
        return query, found[: query.limit]

    def told(self, table: str, row: Row, fields: tuple[str, ...]) -> Row:
        """A row as REST tells it: related fields nested, times with +0000."""
        told: Row = {
            "attributes": {"type": table, "url": f"/services/data/v64.0/sobjects/{table}/{row['Id']}"}
        }
        for name in fields:
            head, _, rest = name.partition(".")
            if not rest:
                told[name] = written(row[name])
            elif (related := self._related(row, head)) is None:
                told[head] = None
            else:
                told.setdefault(head, {"attributes": {"type": RELATIONS[head]}})[rest] = written(
                    related[rest]
                )
        return told

    def value(self, row: Row, name: str) -> Any:
        """A field's value; a dotted one through its relationship."""
        head, _, rest = name.partition(".")
        if not rest:
            return row[name]
        related = self._related(row, head)
        return None if related is None else related[rest]

    def _related(self, row: Row, relation: str) -> Row | None:
        return self.tables[RELATIONS[relation]].get(row.get(f"{relation}Id") or "")

    def _field(self, table: str, name: str) -> None:
        head, _, rest = name.partition(".")
        if rest and head in RELATIONS and f"{head}Id" in self.fields[table]:
            return self._field(RELATIONS[head], rest)
        if name not in self.fields[table]:
            at = f"ERROR at Row:1:Column:8\nNo such column '{name}' on entity '{table}'."
            raise Refusal(
                "INVALID_FIELD", f"\nSELECT {name} FROM {table}\n       ^\n{at} If you are attempting …"
            )
        return None

    def _known(self, table: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        unknown = set(values) - {*SYSTEM, *OBJECTS[table][1]}
        assert not unknown, f"{table} has no {unknown}"
        return values

    def _now(self) -> datetime:
        return (self.clock() - self.late).astimezone(UTC).replace(microsecond=0)


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, alike(value) if value is not None else 0)


def written(value: Any) -> Any:
    """A value as REST writes it; a Decimal stays one, for the server to write as a number."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return value.isoformat() if isinstance(value, date) else value


def written_in_bulk(value: Any) -> str:
    """A value in a CSV of the Bulk API: no null, times end in Z."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(float(value)) if isinstance(value, Decimal) else str(written(value))
