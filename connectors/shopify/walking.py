"""A listing of the shop walked by id, so that nothing slips while rows change under the reader: each page
asks for ids from the last one on, and the answer must obey."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Garbled, Unreadable
from connectors.shopify.shop import Denied, Shop, TooDear
from connectors.told import inner, listed, moment

Nodes = Mapping[str, list[Mapping[str, Any]]]  # root → its nodes
ORDERS = ("orders",)
DAY = timedelta(days=1)
LINES = 25  # of an order that come with it; the rest is asked for


class Walk:
    """One document over its roots ("orders", or "companies" and "customers"). ``size``: rows of a page; 0:
    as many as the TOML says."""

    def __init__(
        self, shop: Shop, name: str, roots: Sequence[str], since: datetime | None, size: int = 0
    ) -> None:
        self._shop, self._name, self._since = shop, name, since
        self._roots = list(roots)
        self.size = min(size or shop.settings.page_size, shop.settings.page_size)
        self.behind = 0  # rows that came though they had not changed

    def pages(self, at: Mapping[str, int]) -> Iterator[tuple[Nodes, dict[str, int]]]:
        """Nodes, and up to which id each root is read; ``at``: where to go on."""
        reached, left = dict(at), list(self._roots)
        while left:
            try:
                data = self._ask(left, reached)
            except Denied:
                self._without_companies(left)
                continue
            nodes = {root: self._nodes(root, data, reached, left) for root in list(left)}
            yield nodes, dict(reached)

    def _ask(self, left: Sequence[str], reached: Mapping[str, int]) -> Mapping[str, Any]:
        """One page; a smaller one where the shop finds it too dear."""
        while True:
            try:
                return self._shop.ask(self._name, self._variables(left, reached))
            except TooDear:
                if self.size == 1:
                    raise
                self.size //= 2

    def _variables(self, left: Sequence[str], reached: Mapping[str, int]) -> dict[str, Any]:
        filters = {root: self._filter(root, reached.get(root, 0)) for root in self._roots}
        if tuple(self._roots) == ORDERS:
            told: dict[str, Any] = {"query": filters["orders"]}
            return {"first": self.size, **told, **({"lines": LINES} if self._name == "orders" else {})}
        both = ("companies", "customers")
        told = {root: root in left for root in both}
        return {"first": self.size, **told, **{f"{root}Query": filters.get(root, "") for root in both}}

    def _filter(self, root: str, last: int) -> str:
        """Shopify's search text. A customer's updated_at is only compared by whole days."""
        after = f"id:>={last + 1}"
        if self._since is None:
            return after
        if root == "customers":
            return f"updated_at:>='{(self._since - DAY).date()}' AND {after}"
        return f"updated_at:>='{self._since.strftime('%Y-%m-%dT%H:%M:%SZ')}' AND {after}"

    def _nodes(
        self, root: str, data: Mapping[str, Any], reached: dict[str, int], left: list[str]
    ) -> list[Mapping[str, Any]]:
        """A root's nodes; it is done when there is nothing behind them."""
        try:
            found = inner(data, root)
            nodes, more = listed(found, "nodes"), inner(found, "pageInfo").get("hasNextPage")
        except Unreadable as error:
            raise Garbled(
                f"Shopify sent a page of {root} we cannot read ({error}); nothing was taken"
            ) from None
        for node in nodes:
            number = number_of(node.get("id"))
            if number <= reached.get(root, 0):
                raise Garbled(f"Shopify sent {root} twice, or out of order; nothing more was taken")
            reached[root] = number
            self._check(node)
        if not isinstance(more, bool) or (more and not nodes):
            raise Garbled(f"Shopify sent a page of {root} that does not say whether it is the last")
        if not more:
            left.remove(root)
        return nodes

    def _check(self, node: Mapping[str, Any]) -> None:
        """Count what had not changed; a time nobody can read is the mapping's to tell."""
        with suppress(Unreadable):
            stamp = moment(node, "updatedAt")
            self.behind += bool(self._since and stamp and stamp < self._since - 2 * DAY)

    def _without_companies(self, left: list[str]) -> None:
        """Go on without companies, where customers are read as well."""
        if "customers" not in self._shop.settings.accounts:
            raise Denied
        left.remove("companies")
        self._shop.note(
            "Shopify does not let us read companies (the plan has none, or the app lacks read_companies); "
            'accounts = ["customers"] spares the question'
        )


def number_of(gid: Any) -> int:
    """The number at the end of an id like gid://shopify/Order/1001; raises Garbled where there is none."""
    tail = gid.rsplit("/", 1)[-1] if isinstance(gid, str) else ""
    if not (tail.isascii() and tail.isdigit()):
        raise Garbled(f"Shopify sent {gid!r:.60} for an id; nothing was taken")
    return int(tail)


def short(gid: Any) -> str:
    """gid://shopify/Order/1001 → Order/1001."""
    number_of(gid)
    return str(gid).removeprefix("gid://shopify/")
