"""A fake shop: our documents run by graphql-core over its schema, with its search, its scopes, its points and
its ways to say no inside HTTP 200."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fakes.shopify_world import WINDOW, Node, World, search
from fakes.vendor import START, Answer, Asked, Vendor, told
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

SCHEMA = Path(__file__).with_suffix(".graphql")
SCOPES = ("read_orders", "read_all_orders", "read_customers", "read_companies")
MOST = 1000  # points one question may cost
LIFE = 86_399  # seconds of a token


class FakeShopify(Vendor):
    """``world`` holds its rows. ``scopes``: what the app may read; ``most``: points in the bucket."""

    def __init__(self, now: datetime = START, *, most: float = 2000.0, rate: float = 100.0) -> None:
        super().__init__(now)
        self.world = World(self.clock)
        self.scopes = SCOPES
        self.client_id, self.client_secret = "shopify-client", "its-client-secret"
        self.version = ""  # another one than was asked for
        self.zone = "Europe/Berlin"
        self.most, self.left, self.rate, self._filled = most, most, rate, now
        self.row_cost = 1.0
        self.ignored: list[str] = []
        self._tokens: dict[str, datetime] = {}

    def revoke(self) -> None:
        """The app is taken out of the shop."""
        self._tokens.clear()
        self.client_secret = "another-client-secret"

    def given(self) -> str:
        """A token that lasts until it is revoked."""
        self._tokens["shpat_given_by_hand"] = self.now + timedelta(days=3650)
        return "shpat_given_by_hand"

    def reads(self, asked: Asked) -> bool:
        """The token endpoint, and documents that hold queries only."""
        if asked.path == "/admin/oauth/access_token":
            return asked.method == "POST"
        if not asked.path.endswith("/graphql.json"):
            return super().reads(asked)
        told, _ = understood(asked.json()["query"])
        operations = [one for one in told.definitions if isinstance(one, OperationDefinitionNode)]
        return asked.method == "POST" and all(one.operation.value == "query" for one in operations)

    def answer(self, asked: Asked) -> Answer:
        """Shopify's own answer."""
        if asked.path == "/admin/oauth/access_token":
            return self._token(asked)
        if self._tokens.get(asked.headers.get("x-shopify-access-token", ""), START) <= self.now:
            return told({"errors": "[API] Invalid API key or access token (unrecognized login)"}, 401)
        if not asked.path.startswith("/admin/api/20"):
            return told({"errors": "Not Found"}, 404)
        body = self._run(asked.json())
        version = {"X-Shopify-API-Version": self.version or asked.path.split("/")[3]}
        return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json", **version})

    def faulty(self, fault: str, asked: Asked) -> Answer:
        """Errors inside HTTP 200, throttling by points, and refusals."""
        match fault:
            case "401":
                self._tokens.clear()
                return told({"errors": "[API] Invalid API key or access token"}, 401)
            case "403":
                return told({"errors": "[API] This action requires merchant approval"}, 403)
            case "error200":
                return told({"errors": [_error("Internal error", "INTERNAL_SERVER_ERROR")]})
            case "throttle" | "throttle_noheader":
                self.left = 0.0
                return told(self._throttled(50.0))
        return super().faulty(fault, asked)

    def _token(self, asked: Asked) -> Answer:
        form = asked.form
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return told({"error": "invalid_client"}, 401)
        token = f"shpca_{len(self.requests):04}_{self.url[-5:]}_of_client_credentials"
        self._tokens[token] = self.now + timedelta(seconds=LIFE)
        return told({"access_token": token, "scope": ",".join(self.scopes), "expires_in": LIFE})

    def _run(self, body: Mapping[str, Any]) -> Node:
        variables = body.get("variables") or {}
        self._fill()
        cost = 10 + self.row_cost * variables.get("first", 1)
        if cost > MOST:
            return {"errors": [_error(f"Query cost is {cost}, which exceeds 1000", "MAX_COST_EXCEEDED")]}
        if cost > self.left:
            return self._throttled(cost)
        self.left -= cost
        self.ignored.clear()
        document, wrong = understood(body["query"])
        result = execute_sync(schema(), document, self, variable_values=variables)
        assert not wrong, wrong
        made: Node = {"data": result.data, "extensions": {"cost": self._cost(cost, cost)}}
        if result.errors:
            made["errors"] = [error.formatted for error in result.errors]
        if self.ignored:
            warnings = [
                {"field": part, "message": f"Invalid search field for {part}"} for part in self.ignored
            ]
            made["extensions"]["search"] = [{"path": ["orders"], "warnings": warnings}]
        return made

    def _fill(self) -> None:
        passed = (self.now - self._filled).total_seconds()
        self.left, self._filled = min(self.most, self.left + passed * self.rate), self.now

    def _throttled(self, cost: float) -> Node:
        error = _error("Throttled", "THROTTLED")
        return {"errors": [error], "extensions": {"cost": self._cost(cost, None)}}

    def _cost(self, requested: float, actual: float | None) -> Node:
        status = {"maximumAvailable": self.most, "currentlyAvailable": self.left, "restoreRate": self.rate}
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}

    # What the root fields resolve to: graphql-core calls these with the question's arguments.

    def shop(self, info: GraphQLResolveInfo) -> Node:
        """Which shop this is."""
        return {"name": "Acme", "myshopifyDomain": "acme.myshopify.com", "ianaTimezone": self.zone}

    def currentAppInstallation(self, info: GraphQLResolveInfo) -> Node:
        """What the app may read."""
        return {"accessScopes": [{"handle": scope} for scope in self.scopes]}

    def orders(self, info: GraphQLResolveInfo, **args: Any) -> Node:
        """Orders; of the last 60 days only, without read_all_orders."""
        self._need("read_orders", "orders")
        rows = list(self.world.orders.values())
        if "read_all_orders" not in self.scopes:
            first = (self.now - WINDOW).strftime("%Y-%m-%dT%H:%M:%SZ")
            rows = [row for row in rows if row["createdAt"] >= first]
        return self._listed(rows, args)

    def order(self, info: GraphQLResolveInfo, id: str) -> Node | None:
        """One order."""
        return self.world.orders.get(id)

    def companies(self, info: GraphQLResolveInfo, **args: Any) -> Node:
        """Companies, where the plan has them."""
        self._need("read_companies", "companies")
        return self._listed(list(self.world.companies.values()), args)

    def company(self, info: GraphQLResolveInfo, id: str) -> Node | None:
        """One company."""
        return self.world.companies.get(id)

    def customers(self, info: GraphQLResolveInfo, **args: Any) -> Node:
        """Customers, whose updated_at is compared by whole days."""
        self._need("read_customers", "customers")
        return self._listed(list(self.world.customers.values()), args, by_day=True)

    def _need(self, scope: str, name: str) -> None:
        if scope not in self.scopes:
            raise GraphQLError(f"Access denied for {name} field.", extensions={"code": "ACCESS_DENIED"})

    def _listed(self, rows: list[Node], args: Mapping[str, Any], *, by_day: bool = False) -> Node:
        found, ignored = search(rows, args.get("query") or "", by_day=by_day)
        self.ignored += ignored
        by_id = args.get("sortKey") == "ID"
        found.sort(key=lambda row: number(row) if by_id else (row["updatedAt"], number(row)))
        return connection(found, args.get("first") or 50, args.get("after"))


def number(row: Node) -> int:
    """The number in an id."""
    return int(row["id"].rsplit("/", 1)[-1])


def connection(rows: Sequence[Node], first: int, after: str | None = None) -> Node:
    """One page of some rows; a cursor is how many rows are before it."""
    begin = int(after or 0)
    end = begin + first
    return {"pageInfo": {"hasNextPage": end < len(rows), "endCursor": str(end)}, "nodes": rows[begin:end]}


@cache
def understood(text: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """A document, and what is wrong with it."""
    document = parse(text)
    return document, validate(schema(), document)


@cache
def schema() -> GraphQLSchema:
    """The schema, with what takes arguments below the root."""
    made = build_schema(SCHEMA.read_text("utf-8"))
    fields: Any = made.type_map
    for kind, name in (("Order", "lineItems"), ("Company", "contacts")):
        fields[kind].fields[name].resolve = _inner(name)
    for name in ("fulfillments", "refunds"):
        fields["Order"].fields[name].resolve = lambda row, info, first=250: row[info.field_name][:first]
    fields["Order"].fields["fulfillmentsCount"].resolve = lambda row, _: {"count": len(row["fulfillments"])}
    return made


def _inner(name: str) -> Any:
    return lambda row, _, first, after=None: connection(row[name], first, after)


def _error(message: str, code: str) -> Node:
    return {"message": message, "extensions": {"code": code}}
