"""Where each record stands in a Salesforce org: object, fields, lines. What an org lacks of the fields is
left out; what is not named here is never asked for (internal comments, prices of cost, private numbers)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import fields as struct_fields

from connectors.records import RECORDS, Line
from connectors.told import text

PARTS = {
    "lines": "Street",
    "city": "City",
    "region": "State",
    "postcode": "PostalCode",
    "country": "Country",
}  # of an address, behind "Billing" or "Shipping"
NOT_FROM_A_FIELD = {
    "source_id", "belongs_to", "updated", "lines", "shipments", "events", "payments", "allocations",
    "messages", "billing", "shipping", "bill_to", "ship_to",
}  # fmt: skip
STAMP = "SystemModstamp"
SYSTEM = ("Id", "IsDeleted", STAMP)
ALL = "*"
RARE = {"CurrencyIsoCode", "IsVisibleInSelfService"}  # most orgs lack them: several currencies, self-service


@dataclass(frozen=True)
class Lines:
    """The object of an order's or invoice's lines; ``fields``: field of a line → theirs."""

    table: str
    parent: str
    fields: Mapping[str, str]
    only: str = ""  # a further condition, in SOQL


@dataclass(frozen=True)
class Shape:
    """One record: its object and which field of ours is read from which of theirs (dotted: of a related
    object). ``show``: field → the values customers may see; all of them have to fit."""

    record: str
    table: str
    belongs_to: str
    fields: Mapping[str, str]
    lines: Lines | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    show: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    comments: bool = False  # a case's published ones

    @property
    def wanted(self) -> tuple[str, ...]:
        """All fields to ask for, the system's first."""
        parts = [f"{side}{part}" for side in self.addresses.values() for part in PARTS.values()]
        owner = [self.belongs_to] if self.belongs_to else []
        return tuple(dict.fromkeys([*SYSTEM, *owner, *self.fields.values(), *self.show, *parts]))

    def hides(self, row: Mapping[str, Any]) -> str:
        """The rule that hides a row, in words; '' when it is shown. Raises Unreadable."""
        for name, shown in self.show.items():
            word = text(row, name)
            fits = word.casefold() in {one.casefold() for one in shown} or (word and ALL in shown)
            if not fits:
                return f"show.{self.record}.{name}: {word or 'blank'} is not in the list"
        return ""

    @property
    def needed(self) -> tuple[str, ...]:
        """Fields without which there is no such record, or nobody knows whether it may be shown."""
        owner = [self.belongs_to] if self.belongs_to else []
        required = [f.encode_name for f in struct_fields(RECORDS[self.record]) if f.required]
        rules = [name for name, shown in self.show.items() if "" not in shown]
        return tuple(
            dict.fromkeys([*SYSTEM, *owner, *(self.fields[n] for n in required if n in self.fields), *rules])
        )


SHAPES = {
    "account": Shape(
        record="account",
        table="Account",
        belongs_to="",
        fields={
            "name": "Name",
            "number": "AccountNumber",
            "phone": "Phone",
            "website": "Website",
            "currency": "CurrencyIsoCode",
            "parent": "ParentId",
            "owner_name": "Owner.Name",
            "owner_email": "Owner.Email",
            "owner_phone": "Owner.Phone",
        },
        addresses={"billing": "Billing", "shipping": "Shipping"},
    ),
    "contact": Shape(
        record="contact",
        table="Contact",
        belongs_to="AccountId",
        fields={"name": "Name", "email": "Email", "phone": "Phone", "title": "Title"},
    ),
    "order": Shape(
        record="order",
        table="Order",
        belongs_to="AccountId",
        fields={
            "number": "OrderNumber",
            "reference": "PoNumber",
            "status": "Status",
            "placed_on": "EffectiveDate",
            "currency": "CurrencyIsoCode",
            "total": "TotalAmount",
        },
        lines=Lines(
            "OrderItem",
            "OrderId",
            {
                "name": "Product2.Name",
                "sku": "Product2.ProductCode",
                "quantity": "Quantity",
                "unit_price": "UnitPrice",
                "total": "TotalPrice",
            },
        ),
        addresses={"bill_to": "Billing", "ship_to": "Shipping"},
        show={"StatusCode": ("Activated", "Canceled", "Cancelled")},  # never a draft
    ),
    "invoice": Shape(record="invoice", table="", belongs_to="BillingAccountId", fields={"number": "Name"}),
    "ticket": Shape(
        record="ticket",
        table="Case",
        belongs_to="AccountId",
        fields={
            "number": "CaseNumber",
            "subject": "Subject",
            "status": "Status",
            "priority": "Priority",
            "kind": "Type",
            "opened": "CreatedDate",
            "closed": "ClosedDate",
            "raised_by": "Contact.Name",
            "text": "Description",
            "open": "IsClosed",
        },
        show={"IsVisibleInSelfService": ("true",)},  # with "" besides, an org without that field shows all
        comments=True,
    ),
}


COMMENTS = Lines(
    "CaseComment",
    "ParentId",
    {
        "text": "CommentBody",
        "at": "CreatedDate",
        "author": "CreatedBy.Name",
        "staff": "CreatedBy.UserType",
    },
    only=" AND IsPublished = true",
)


def fields_of(record: str) -> tuple[str, ...]:
    """The fields of a record (or of a "line") that may be read from one of theirs."""
    cls = Line if record == "line" else RECORDS[record]
    return tuple(f.encode_name for f in struct_fields(cls) if f.encode_name not in NOT_FROM_A_FIELD)
