"""What a fake shop holds: orders, companies, customers, as its GraphQL types have them; and its search."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

Node = dict[str, Any]
TERM = re.compile(r"(?P<name>\w+):(?P<sign>>=|<=|>|<|)(?P<quote>'?)(?P<value>[^' ]+)(?P=quote)")
WINDOW = timedelta(days=60)


def gid(kind: str, number: int) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{number}"


def written(moment: datetime) -> str:
    """A time as the shop writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short(node_id: str) -> str:
    """A global id as records have it."""
    return node_id.removeprefix("gid://shopify/")


def money(amount: str, currency: str = "EUR") -> Node:
    """What the shop and the customer see; the shop's own currency is never the customer's here."""
    return {
        "presentmentMoney": {"amount": amount, "currencyCode": currency},
        "shopMoney": {"amount": "0.01", "currencyCode": "USD"},
    }


class World:
    """The rows of one shop. Times have whole seconds, as theirs do. ``late``: how far the time of what
    changes now lies back, because it was committed late."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock, self.late = clock, timedelta(0)
        self.orders: dict[str, Node] = {}
        self.companies: dict[str, Node] = {}
        self.customers: dict[str, Node] = {}
        self._numbers = count(1001)

    def now(self) -> str:
        """The shop's time as it writes it."""
        return written(self.clock())

    def customer(self, name: str, email: str | None = None, **more: Any) -> str:
        """A new customer; returns its id."""
        address = {"emailAddress": email} if email else None
        told = {"displayName": name, "defaultEmailAddress": address, "companyContactProfiles": []}
        return self._add(self.customers, "Customer", {**told, **more})

    def company(self, name: str, *people: str, **more: Any) -> str:
        """A new company with these customers as its contacts."""
        told: Node = {"name": name, "contacts": [], "locations": {"nodes": []}, **more}
        company = self._add(self.companies, "Company", told)
        for person in people:
            self.join(company, person)
        return company

    def join(self, company: str, person: str, title: str | None = None) -> str:
        """A customer becomes a contact of a company."""
        contact = gid("CompanyContact", next(self._numbers))
        told = {"id": contact, "title": title, "company": self.companies[company]}
        self.companies[company]["contacts"].append({**told, "customer": self.customers[person]})
        self.customers[person]["companyContactProfiles"].append(self.companies[company]["contacts"][-1])
        self.touch(company), self.touch(person)
        return contact

    def leave(self, company: str, nth: int) -> str | None:
        """One of a company's contacts leaves it, and nothing else tells of it; returns which."""
        contacts: list[Node] = self.companies[company]["contacts"]
        if not contacts:
            return None
        contact = contacts.pop(nth % len(contacts))
        contact["customer"]["companyContactProfiles"].remove(contact)
        return str(contact["id"])

    def order(self, buyer: str | None = None, company: str | None = None, **more: Any) -> str:
        """A new paid order of one line."""
        number = next(self._numbers)
        zero = {name: money("0.00") for name in ("totalDiscountsSet", "totalShippingPriceSet", "totalTaxSet")}
        told: Node = {
            "name": f"#{number}",
            "test": False,
            "edited": False,
            "processedAt": self.now(),
            "presentmentCurrencyCode": "EUR",
            "displayFinancialStatus": "PAID",
            "displayFulfillmentStatus": "UNFULFILLED",
            "subtotalPriceSet": money("12.50"),
            "totalPriceSet": money("12.50"),
            "totalRefundedSet": money("0.00"),
            "totalOutstandingSet": money("0.00"),
            **zero,
            **self.buyer(buyer, company),
            "lineItems": [self.line()],
            "fulfillments": [],
            "refunds": [],
        }
        return self._add(self.orders, "Order", {**told, **more}, number)

    def buyer(self, person: str | None, company: str | None) -> Node:
        """Who an order is for: a person, for himself or for a company."""
        entity = {"__typename": "PurchasingCompany", "company": self.companies[company]} if company else None
        return {"customer": self.customers[person] if person else None, "purchasingEntity": entity}

    def line(self, name: str = "Bolt", quantity: int = 2, total: str = "12.50", **more: Any) -> Node:
        """A line of an order."""
        told = {"name": name, "sku": "B-1", "quantity": quantity, "currentQuantity": quantity}
        price = {"originalUnitPriceSet": money("6.25"), "discountedTotalSet": money(total)}
        return {
            "id": gid("LineItem", next(self._numbers)),
            "unfulfilledQuantity": quantity,
            **told,
            **price,
            **more,
        }

    def fulfilment(self, name: str, **more: Any) -> Node:
        """A parcel that left now."""
        tracking = [{"company": "DHL", "number": "T1", "url": "https://track.example/T1"}]
        told = {"name": name, "status": "SUCCESS", "displayStatus": "IN_TRANSIT", "createdAt": self.now()}
        return {**told, "trackingInfo": tracking, **more}

    def change(self, node_id: str, **values: Any) -> None:
        """Change an object; its time moves."""
        self.find(node_id).update(values)
        self.touch(node_id)

    def touch(self, node_id: str) -> None:
        """Move an object's time, which never goes back."""
        found = self.find(node_id)
        found["updatedAt"] = max(found["updatedAt"], written(self.clock() - self.late))

    def delete(self, node_id: str) -> None:
        """Gone without a trace, and a person from his companies, a company from its people."""
        for company in self.companies.values():
            for contact in list(company["contacts"]):
                if node_id in (company["id"], contact["customer"]["id"]):
                    company["contacts"].remove(contact)
                    contact["customer"]["companyContactProfiles"].remove(contact)
        for rows in (self.orders, self.companies, self.customers):
            rows.pop(node_id, None)

    def find(self, node_id: str) -> Node:
        """An object by its id."""
        return {**self.orders, **self.companies, **self.customers}[node_id]

    def _add(self, rows: dict[str, Node], kind: str, told: Node, number: int | None = None) -> str:
        node_id = gid(kind, number or next(self._numbers))
        rows[node_id] = {
            "id": node_id,
            "createdAt": self.now(),
            "updatedAt": written(self.clock() - self.late),
            **told,
        }
        return node_id


def search(rows: Sequence[Node], text: str, *, by_day: bool) -> tuple[list[Node], list[str]]:
    """Rows that fit a search text, and the parts that were ignored. ``by_day``: a customer's updated_at."""
    found, ignored = list(rows), list[str]()
    for part in filter(None, text.split(" AND ")):
        term = TERM.fullmatch(part.strip())
        test = _test(term.groupdict(), by_day=by_day) if term else None
        if test is None:
            ignored.append(part)
        else:
            found = [row for row in found if test(row)]
    return found, ignored


def _test(term: Mapping[str, str], *, by_day: bool) -> Callable[[Node], bool] | None:
    name, sign, value = term["name"], term["sign"], term["value"]
    if name == "id" and sign == ">=":
        return lambda row: int(row["id"].rsplit("/", 1)[-1]) >= int(value)
    if name == "updated_at" and sign == ">=":
        length = len("2026-01-01") if by_day else len("2026-01-01T00:00:00Z")
        return lambda row: bool(row["updatedAt"][:length] >= value[:length])
    return None
