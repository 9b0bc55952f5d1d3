"""A Xero that behaves: If-Modified-Since to the second, numbered pages that shift, lines on paged calls only,
soft deletes, rotating refresh tokens with 30 minutes of grace, the real limit headers, Xero's 401 and 403.

``put`` changes the world; ids are made from what is put, so that a test can name them.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from fakes.vendor import START, Answer, Asked, Vendor, told

IDS = {
    "Contacts": "ContactID",
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Prepayments": "PrepaymentID",
    "Overpayments": "OverpaymentID",
    "Payments": "PaymentID",
    "Quotes": "QuoteID",
}
TENANT = "a46fcb6f-2773-40c4-a119-8aa08bca1e8e"
SCOPES = {f"accounting.{name}.read" for name in ("contacts", "invoices", "payments", "transactions")}
API = "/api.xro/2.0/"
MINUTE, DAY = 60, 5000
GRACE = timedelta(minutes=30)


def dotnet(moment: datetime | date) -> str:
    """A time as Xero's JSON has it."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return f"/Date({round(moment.timestamp() * 1000)}+0000)/"


def guid(name: str) -> str:
    """The id of what a test calls by this name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def received(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is told, as it arrives over the wire."""
    found: dict[str, Any] = json.loads(json.dumps(told), parse_float=Decimal)
    return found


@dataclass
class Held:
    """One record of the world. ``updated`` is what the filter and the order go by."""

    told: dict[str, Any]
    updated: datetime


@dataclass
class Grants:
    """The tokens there are: refresh token → when it was spent; access token → when it ends."""

    refresh: dict[str, datetime | None] = field(default_factory=dict)
    access: dict[str, datetime] = field(default_factory=dict)
    made: int = 0


class Xero(Vendor):
    """One Xero organisation, its identity server, and what an app may ask of them."""

    def __init__(self, now: datetime = START) -> None:
        super().__init__(now)
        self.world: dict[str, dict[str, Held]] = {name: {} for name in IDS}
        self.tenants = {TENANT: "Demo Company (NZ)"}
        self.client = ("xero-client-id", "xero-client-secret")
        self.grants = Grants()
        self.scopes_missing: set[str] = set()
        self.strict_edge = False  # whether If-Modified-Since means "after" instead of "from"
        self.ignores: set[str] = set()  # "filter", "order": what this Xero does not heed
        self.links: dict[str, str] = {}
        self._calls: list[datetime] = []

    def put(
        self,
        listing: str,
        name: str,
        plain: Mapping[str, Any] | None = None,
        *,
        updated: datetime | None = None,
        **changed: Any,
    ) -> str:
        """Add a record, with what is ``plain`` for its kind, or change it; its id. ``updated``: committed
        late, with an older time."""
        own = guid(name)
        moment = updated or self.now
        held = self.world[listing].setdefault(own, Held({IDS[listing]: own, **(plain or {})}, moment))
        held.told.update(changed)
        held.updated = moment
        return own

    def forget(self) -> None:
        """Count anew, the limits too."""
        super().forget()
        self._calls.clear()

    def quietly(self, listing: str, name: str, **changed: Any) -> None:
        """Change a record as Xero changes some things: without telling a new time."""
        self.world[listing][guid(name)].told.update(changed)

    def lose(self, listing: str, name: str) -> None:
        """A record is simply not there any more."""
        del self.world[listing][guid(name)]

    def contact(self, name: str, **more: Any) -> str:
        """A customer."""
        plain = {"ContactStatus": "ACTIVE", "Name": name, "IsCustomer": True, "ContactPersons": []}
        return self.put("Contacts", name, plain, **more)

    def invoice(self, number: str, whose: str, **more: Any) -> str:
        """A sales invoice over 115.00 with one line, to be paid."""
        return self.put("Invoices", number, invoice(number, whose), **more)

    def credit(self, listing: str, name: str, whose: str, **more: Any) -> str:
        """A credit of 34.50 (CreditNotes, Prepayments, Overpayments)."""
        return self.put(listing, name, credit(listing, name, whose), **more)

    def quote(self, number: str, whose: str, **more: Any) -> str:
        """A quote over 115.00, sent."""
        return self.put("Quotes", number, quoted(number, whose), **more)

    def payment(self, name: str, number: str, whose: str, **more: Any) -> str:
        """A payment of 46.00 for an invoice."""
        paid = {"InvoiceNumber": number, "CurrencyCode": "NZD", "Contact": _whose(whose), "Type": "ACCREC"}
        plain = {
            "PaymentType": "ACCRECPAYMENT",
            "Status": "AUTHORISED",
            "Amount": 46.0,
            "Reference": name,
            **_dates(Date=date(2026, 11, 2)),
            "Invoice": paid,
        }
        return self.put("Payments", name, plain, **more)

    def consent(self) -> dict[str, Any]:
        """A token as ``fanlight auth`` would have kept it."""
        issued = self._issue(refresh=True)
        ends = (self.now + timedelta(seconds=issued["expires_in"])).isoformat()
        return {"access": issued["access_token"], "ends": ends, "refresh": issued["refresh_token"]}

    def reads(self, asked: Asked) -> bool:
        """GET, and the token endpoint."""
        return super().reads(asked) or (asked.method == "POST" and asked.path == "/connect/token")

    def answer(self, asked: Asked) -> Answer:
        """Xero's answer."""
        if asked.path == "/connect/token":
            return self._token(asked.form)
        if refusal := self._refusal(asked):
            return refusal
        limits = self._spend()
        if asked.path.lower() == "/connections":
            return told(
                [
                    {"id": guid(name), "tenantId": id, "tenantType": "ORGANISATION", "tenantName": name}
                    for id, name in self.tenants.items()
                ],
                **limits,
            )
        if isinstance(limits, Answer):
            return limits
        if found := re.fullmatch(API + r"Invoices/([\w-]+)/OnlineInvoice", asked.path):
            return self._pay_link(found[1], limits)
        listing = asked.path.removeprefix(API)
        if listing not in IDS:
            return _problem(404, "Not Found", "The resource you're looking for cannot be found")
        return told(self._list(listing, asked), **limits)

    def faulty(self, fault: str, asked: Asked) -> Answer:
        """Xero's own errors."""
        match fault:
            case "error200":
                return told({"ErrorNumber": 10, "Type": "ValidationException", "Message": "A problem"})
            case "401":
                return _problem(401, "Unauthorized", "TokenExpired: token expired")
            case "403":
                return _problem(403, "Forbidden", "AuthenticationUnsuccessful")
            case "404":
                return _problem(404, "Not Found", "The resource you're looking for cannot be found")
            case "half_page" | "empty_page":
                return self._short(asked, keep=0 if fault == "empty_page" else 2)
        problem = "day" if fault == "throttle_day" else "minute"
        waits = {
            "throttle": "7",
            "throttle_date": "Mon, 23 Nov 2026 09:30:09 GMT",
            "throttle_garbage": "soon",
            "throttle_absurd": "86400",
            "throttle_day": "66975",
        }
        after = {"Retry-After": waits[fault]} if fault in waits else {}
        return Answer(429, b"", {"X-Rate-Limit-Problem": problem, **after})

    def _short(self, asked: Asked, keep: int) -> Answer:
        """A page that lost rows on its way, while Xero still counts them."""
        name = asked.path.removeprefix(API)
        if name not in IDS:
            return self.answer(asked)
        page = self._list(name, asked)
        return told({**page, name: page[name][: len(page[name]) // 2 if keep else 0]})

    def _refusal(self, asked: Asked) -> Answer | None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if self.grants.access.get(token, self.now) <= self.now:
            return _problem(401, "Unauthorized", "TokenExpired: token expired")
        listing = asked.path.removeprefix(API)
        if listing in self.scopes_missing:
            return _problem(401, "Unauthorized", "AuthorizationUnsuccessful")
        tenant = asked.headers.get("xero-tenant-id", "")
        if asked.path.startswith(API) and tenant not in self.tenants and (tenant or len(self.tenants) != 1):
            return _problem(403, "Forbidden", "AuthenticationUnsuccessful")
        return None

    def _spend(self) -> Any:
        """Count a call; its limit headers, or the answer that there are none left."""
        minute = [at for at in self._calls if at > self.now - timedelta(minutes=1)]
        today = [at for at in self._calls if at > self.now - timedelta(days=1)]
        if len(minute) >= MINUTE:
            wait = (minute[-MINUTE] + timedelta(minutes=1) - self.now).total_seconds()
            headers = {"X-Rate-Limit-Problem": "minute", "Retry-After": str(max(1, round(wait)))}
            return Answer(429, b"", headers)
        self._calls = [*today, self.now]
        return {
            "X-MinLimit-Remaining": str(MINUTE - len(minute) - 1),
            "X-DayLimit-Remaining": str(DAY - len(today) - 1),
            "X-AppMinLimit-Remaining": "9999",
        }

    def _token(self, form: Mapping[str, str]) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return told({"error": "invalid_client"}, 400)
        match form.get("grant_type"):
            case "client_credentials" if not set(form.get("scope", "").split()) <= SCOPES:
                return told({"error": "invalid_scope"}, 400)
            case "client_credentials":
                return told(self._issue(refresh=False))
            case "authorization_code" if form.get("code") == "a-code":
                return told(self._issue(refresh=True))
            case "refresh_token":
                return self._rotate(form.get("refresh_token", ""))
        return told({"error": "invalid_grant"}, 400)

    def _rotate(self, refresh: str) -> Answer:
        """A refresh token is spent by using it, and works once more for a while if the answer was lost."""
        if refresh not in self.grants.refresh:
            return told({"error": "invalid_grant"}, 400)
        spent = self.grants.refresh[refresh]
        if spent is not None and self.now - spent > GRACE:
            return told({"error": "invalid_grant"}, 400)
        self.grants.refresh[refresh] = spent or self.now
        return told(self._issue(refresh=True))

    def _issue(self, *, refresh: bool) -> dict[str, Any]:
        self.grants.made += 1
        access = f"xero-access-token-{self.grants.made}"
        self.grants.access[access] = self.now + timedelta(minutes=30)
        issued = {"access_token": access, "expires_in": 1800, "token_type": "Bearer", "scope": "…"}
        if refresh:
            issued["refresh_token"] = f"xero-refresh-token-{self.grants.made}"
            self.grants.refresh[issued["refresh_token"]] = None
        return issued

    def _pay_link(self, invoice: str, limits: Mapping[str, str]) -> Answer:
        if invoice not in self.links:
            return _problem(404, "Not Found", "no online invoice")
        return told({"OnlineInvoices": [{"OnlineInvoiceUrl": self.links[invoice]}]}, **limits)

    def _list(self, listing: str, asked: Asked) -> dict[str, Any]:
        """A listing: filtered, in order, cut into pages."""
        found = self._ordered(listing, asked.query.get("order", ""), self._found(listing, asked))
        page = int(asked.query.get("page", "0"))
        size = min(int(asked.query.get("pageSize", "100")), 1000) if listing != "Quotes" else 100
        shown = found[(page - 1) * size : page * size] if page else found
        answer: dict[str, Any] = {
            "Id": str(uuid.uuid4()),
            "Status": "OK",
            "ProviderName": "fake",
            "DateTimeUTC": dotnet(self.now),
        }
        if page and listing != "Quotes":
            pages = -(-len(found) // size)
            answer["pagination"] = {
                "page": page, "pageSize": size, "pageCount": pages, "itemCount": len(found),
            }  # fmt: skip
        return {**answer, listing: [_wire(one, lines=bool(page) or listing == "Quotes") for one in shown]}

    def _found(self, listing: str, asked: Asked) -> Iterable[Held]:
        since = asked.headers.get("if-modified-since", "")
        where = re.fullmatch(r'Type=="(\w+)"', asked.query.get("where", ""))
        archived = asked.query.get("includeArchived", "").lower() == "true"
        for one in self.world[listing].values():
            if since and "filter" not in self.ignores and not self._changed(one, since):
                continue
            if not since and listing == "Invoices" and one.told.get("Status") == "DELETED":
                continue
            if where and one.told.get("Type") != where[1]:
                continue
            if listing == "Contacts" and not archived and one.told.get("ContactStatus") == "ARCHIVED":
                continue
            yield one

    def _changed(self, one: Held, since: str) -> bool:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", since), f"not naive UTC seconds: {since}"
        moment, edge = one.updated.replace(microsecond=0), datetime.fromisoformat(since).replace(tzinfo=UTC)
        return moment > edge if self.strict_edge else moment >= edge

    def _ordered(self, listing: str, order: str, found: Iterable[Held]) -> list[Held]:
        if order == "UpdatedDateUTC ASC" and "order" not in self.ignores:
            return sorted(found, key=lambda one: one.updated)
        if order == f"{IDS[listing]} ASC":
            return sorted(found, key=lambda one: one.told[IDS[listing]])
        return list(found)


def invoice(number: str, whose: str) -> dict[str, Any]:
    """A sales invoice as Xero tells it."""
    line = {
        "Description": "Coffee", "UnitAmount": 50.0, "Quantity": 2.0, "LineAmount": 100.0, "TaxAmount": 15.0,
        "ItemCode": "COF", "AccountCode": "200", "TaxType": "OUTPUT2", "Tracking": [{"Name": "margin"}],
    }  # fmt: skip
    return {
        "Type": "ACCREC", "InvoiceNumber": number, "Reference": "", "Status": "AUTHORISED",
        "Contact": _whose(whose), "LineAmountTypes": "Exclusive", "LineItems": [line], "Payments": [],
        "CreditNotes": [], "Prepayments": [], "Overpayments": [], "HasAttachments": False,
        "CurrencyCode": "NZD", "SubTotal": 100.0, "TotalTax": 15.0, "Total": 115.0, "AmountDue": 115.0,
        "AmountPaid": 0.0, "AmountCredited": 0.0,
        **_dates(Date=date(2026, 11, 2), DueDate=date(2026, 12, 2)),
    }  # fmt: skip


def credit(listing: str, name: str, whose: str) -> dict[str, Any]:
    """A credit as Xero tells it."""
    types = {
        "CreditNotes": "ACCRECCREDIT",
        "Prepayments": "RECEIVE-PREPAYMENT",
        "Overpayments": "RECEIVE-OVERPAYMENT",
    }
    named = {"CreditNoteNumber": name} if listing == "CreditNotes" else {"Reference": name}
    return {
        "Type": types[listing], **named, "Status": "AUTHORISED", "Contact": _whose(whose), "LineItems": [],
        "Allocations": [], "Payments": [], "HasAttachments": False, "CurrencyCode": "NZD", "SubTotal": 30.0,
        "TotalTax": 4.5, "Total": 34.5, "RemainingCredit": 34.5, **_dates(Date=date(2026, 11, 3)),
    }  # fmt: skip


def quoted(number: str, whose: str) -> dict[str, Any]:
    """A quote as Xero tells it: its dates have no offset."""
    issued, until = (dotnet(day).replace("+0000", "") for day in (date(2026, 11, 4), date(2026, 12, 4)))
    return {
        "QuoteNumber": number, "Status": "SENT", "Contact": _whose(whose), "Title": "Offer",
        "Summary": "As discussed", "Terms": "30 days", "Date": issued, "ExpiryDate": until,
        "CurrencyCode": "NZD", "SubTotal": 100.0, "TotalTax": 15.0, "Total": 115.0, "TotalDiscount": 0.0,
        "LineItems": [{"Description": "Beans", "Quantity": 1.0, "UnitAmount": 100.0, "LineAmount": 100.0}],
    }  # fmt: skip


def _whose(name: str) -> dict[str, Any]:
    return {"ContactID": guid(name), "Name": name, "Addresses": [], "ContactPersons": []}


def _dates(**days: date) -> dict[str, Any]:
    return {
        key: value
        for name, day in days.items()
        for key, value in ((name, dotnet(day)), (f"{name}String", f"{day}T00:00:00"))
    }


def _wire(one: Held, *, lines: bool) -> dict[str, Any]:
    """A record as it goes out: without its lines where no page was asked for."""
    shown = {**one.told, "UpdatedDateUTC": dotnet(one.updated)}
    return shown if lines or "LineItems" not in shown else {**shown, "LineItems": []}


def _problem(status: int, title: str, detail: str) -> Answer:
    return told({"Type": None, "Title": title, "Status": status, "Detail": detail, "Extensions": {}}, status)
