"""One stream of a shop, from its cursor to the end: nodes completed, judged and put into pages."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from connectors.base import Garbled, Gone, Page, Row, Skipped, Unreadable
from connectors.chain import Chain, fingerprint, resume
from connectors.records import Account, Contact, Order, Record
from connectors.shopify.chain import ShopChain
from connectors.shopify.mapping import person
from connectors.shopify.shop import Shop
from connectors.shopify.walking import ORDERS, Nodes, Walk, short
from connectors.told import inner, listed, text, yes

Node = Mapping[str, Any]
DOCUMENTS: Mapping[type[Record], str] = {Account: "accounts", Contact: "contacts", Order: "orders"}
WINDOW = timedelta(days=60)  # of orders, without the scope read_all_orders
ALL = "read_all_orders"
UNKNOWN = (
    "give the app the scope read_companies in the Dev Dashboard, then run `fanlight sync {source} --full`"
)
IGNORED = "{count} rows came that had not changed since the last run: Shopify did not obey the filter"
SHORT = (
    "Shopify tells of the orders of the last 60 days only: the app lacks the scope read_all_orders. Older "
    "ones are kept as they were"
)


class Reading:
    """One pull of one stream."""

    def __init__(self, shop: Shop, record: type[Record]) -> None:
        self._shop, self._record = shop, record
        self._roots: Sequence[str] = ORDERS if record is Order else shop.settings.accounts
        self._rules = {name: set(words) for name, words in shop.settings.show.get("order", {}).items()}
        self._seen: set[str] = set()

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """What changed since the cursor's chain began, or the rest of that chain."""
        self._shop.notes.clear()
        chain, asked = resume(cursor, ShopChain), self._shop.time.now()
        walk = Walk(self._shop, DOCUMENTS[self._record], self._asked(chain), chain.since, chain.size)
        for nodes, reached in walk.pages(_reached(chain)):
            if chain.begun is None:
                now = self._shop.date or asked
                chain = chain.started(now - (self._shop.time.now() - asked))
            chain = chain.kept(msgspec.json.encode(reached).decode()).sized(self._known_size(walk))
            yield self._page(nodes, chain.cursor())
        if walk.behind:
            self._shop.note(IGNORED.format(count=walk.behind))
        if self._record is Order and self._shop.scopes is not None and ALL not in self._shop.scopes:
            self._shop.note(SHORT)
        yield Page(cursor=chain.following().cursor(), as_of=chain.begun, notes=list(self._shop.notes))

    def _asked(self, chain: ShopChain) -> Sequence[str]:
        """The roots to walk. A person's new address does not move the time of his company: what changed of
        people is asked of the people, too."""
        if self._record is Contact and chain.since and "customers" not in self._roots:
            return (*self._roots, "customers")
        return self._roots

    def _known_size(self, walk: Walk) -> int:
        return walk.size if walk.size < self._shop.settings.page_size else 0

    def ids(self) -> Iterator[str]:
        """The ids of all there is."""
        if self._record is Contact:
            walk = Walk(self._shop, "contacts", self._roots, None)
            for nodes, _ in walk.pages({}):
                page = self._people(nodes, "")
                if page.skipped:
                    raise Garbled(
                        f"Shopify tells of people we cannot read ({page.skipped[0].place}); nobody goes"
                    )
                yield from (row.source_id for row in page.rows)
            return
        name = "order_ids" if self._record is Order else "account_ids"
        for nodes, _ in Walk(self._shop, name, self._roots, None).pages({}):
            yield from (short(node["id"]) for found in nodes.values() for node in found)

    def _page(self, nodes: Nodes, cursor: str) -> Page:
        if self._record is Contact:
            return self._people(nodes, cursor)
        found = [node for some in nodes.values() for node in some]
        if self._record is Account:
            return Page(rows=[_row(short(node["id"]), node, _name(node)) for node in found], cursor=cursor)
        return self._orders(found, cursor)

    def _orders(self, nodes: list[Node], cursor: str) -> Page:
        rows, gone, skipped = list[Row](), list[Gone](), list[Skipped]()
        for node in nodes:
            row_id = short(node["id"])
            try:
                if rule := self._hides(node):
                    gone.append(Gone(row_id, "hidden", rule, text(node, "name")))
                else:
                    self._check_owner(node)
                    rows.append(_row(row_id, self._whole(node), _name(node)))
            except Unreadable as error:
                skipped.append(Skipped(row_id, row_id, error.field, error.reason, error.cure))
        return Page(rows=rows, gone=gone, skipped=skipped, cursor=cursor)

    def _hides(self, order: Node) -> str:
        """The rule that hides an order; '' when it is shown."""
        if yes(order, "test"):
            return "test orders are never shown"
        for name, shown in self._rules.items():
            word = text(order, name)
            if word not in shown and not (word and "*" in shown):
                return f"show.order.{name}: {word or 'blank'} is not in the list"
        return ""

    def _check_owner(self, order: Node) -> None:
        """Raise Unreadable where the company an order may be for is kept from us: whoever placed it for a
        company is not the one it belongs to."""
        entity = inner(order, "purchasingEntity")
        word = text(entity, "__typename")
        if word == "Customer" or inner(entity, "company").get("id"):
            return
        if word or "purchasingEntity" in order.get("denied", ()):
            cure = UNKNOWN.format(source=self._shop.settings.id)
            raise Unreadable("purchasingEntity", "Shopify keeps from us whom it was placed for", cure)

    def _whole(self, order: Node) -> Node:
        """An order with the lines and fulfilments that did not fit into its page, and its zone."""
        lines, more = listed(inner(order, "lineItems"), "nodes"), inner(inner(order, "lineItems"), "pageInfo")
        if yes(more, "hasNextPage"):
            lines = [*lines, *self._rest("lines", "order", "lineItems", order["id"], more)]
        parcels, count = listed(order, "fulfillments"), inner(order, "fulfillmentsCount").get("count", 0)
        if isinstance(count, int) and count > len(parcels):
            parcels = listed(self._inside("fulfillments", "order", {"id": order["id"]}), "fulfillments")
        return {**order, "lineItems": {"nodes": lines}, "fulfillments": parcels, "zone": self._shop.zone}

    def _rest(self, name: str, root: str, field: str, gid: str, more: Node) -> Iterator[Node]:
        """The nodes behind an inner page's end."""
        while yes(more, "hasNextPage"):
            found = inner(self._inside(name, root, {"id": gid, "after": text(more, "endCursor")}), field)
            yield from listed(found, "nodes")
            more = inner(found, "pageInfo")

    def _inside(self, name: str, root: str, variables: Node) -> Node:
        """More of one object; raises Garbled where another one came, or none."""
        found = inner(self._shop.ask(name, variables), root)
        if found.get("id") != variables["id"]:
            raise Garbled(f"Shopify sent another {root} than was asked for; nothing was taken")
        return found

    def _people(self, nodes: Nodes, cursor: str) -> Page:
        """Contacts of companies, all of them; then customers, and for which companies they buy. Of a company
        or customer we cannot read nobody is taken, and nobody goes."""
        made, whole, skipped = dict[str, dict[str, Any]](), list[str](), list[Skipped]()
        told = {"companies": self._of_company, "customers": self._of_customer}
        for root, people in told.items():
            for node in nodes.get(root, ()):
                of = short(node["id"])
                try:
                    found = {one["id"]: one for one in people(node, of)}
                except Unreadable as error:
                    skipped.append(Skipped(None, of, error.field, error.reason))
                    continue
                whole += [of] if root == "companies" else []
                made.update(found)
                self._seen.update(found)
        rows = [_row(key, one, _name(one)) for key, one in made.items()]
        return Page(rows=rows, skipped=skipped, whole_of=whole, cursor=cursor)

    def _of_company(self, company: Node, of: str) -> Iterator[dict[str, Any]]:
        for one in self._contacts(company):
            yield _profile(one, inner(one, "customer"), of)

    def _of_customer(self, customer: Node, own: str) -> Iterator[dict[str, Any]]:
        if "customers" in self._shop.settings.accounts:
            yield person(customer, own, own)
        for one in listed(customer, "companyContactProfiles"):
            profile = _profile(one, customer, short(inner(one, "company").get("id")))
            if profile["id"] not in self._seen:
                yield profile

    def _contacts(self, company: Node) -> Iterator[Node]:
        found = inner(company, "contacts")
        yield from listed(found, "nodes")
        yield from self._rest("people", "company", "contacts", company["id"], inner(found, "pageInfo"))


def _profile(contact: Node, customer: Node, company: str) -> dict[str, Any]:
    return person(customer, short(contact.get("id")), company, text(contact, "title"))


def _name(node: Node) -> str:
    """What people call it, as far as we can tell."""
    return str(node.get("name") or node.get("displayName") or "")[:60]


def _row(row_id: str, raw: Node, name: str) -> Row:
    return Row(row_id, fingerprint(raw), raw, place=f"{row_id} {name}".strip())


def _reached(chain: Chain) -> dict[str, int]:
    try:
        return msgspec.json.decode(chain.at, type=dict[str, int]) if chain.at else {}
    except msgspec.MsgspecError:
        return {}
