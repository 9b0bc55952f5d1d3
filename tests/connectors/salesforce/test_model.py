"""Whatever happens in an org, and whatever fails: in the end the mirror shows what the org holds."""

from decimal import Decimal

import pytest
from fakes import salesforce_source, salesforce_truth
from fakes.lives import A_LIFE, QUICK, Life, live
from fakes.mirrored import Shown
from fakes.salesforce import FakeSalesforce
from fakes.salesforce_org import Org

from connectors.salesforce import Salesforce

TABLES = {"Account": "accounts", "Contact": "contacts", "Order": "orders", "Case": "tickets"}
DRAFT, ACTIVE = "Draft", "Activated"


class OrgLife(Life):
    """An org: accounts and contacts, orders and their lines, cases and what is said of them."""

    columns = salesforce_truth.COLUMNS
    first = ("account", "contact", "order", "line", "case")
    moves = (
        "account", "contact", "order", "line", "case", "comment", "renamed", "touched", "drafted", "moved",
        "line_changed", "line_moved", "line_deleted", "comment_changed", "comment_deleted", "kept_back",
        "deleted",
        "undeleted", "merged", "purged",
    )  # fmt: skip

    def begun(self) -> FakeSalesforce:
        """An org with nothing in it; pages of two rows."""
        self.fake = FakeSalesforce(batch=2, limit=10**9)
        return self.fake

    @property
    def world(self) -> Org:
        return self.fake.org

    @property
    def org(self) -> Org:
        """What it holds."""
        return self.fake.org

    def source(self) -> Salesforce:
        return salesforce_source.source(self.fake, QUICK)

    def true(self) -> Shown:
        return salesforce_truth.truth(self.org)

    def _one(self, table: str, n: int, *, deleted: bool = False) -> str:
        """The nth of the living (or deleted) ones; where there is none, one is made."""
        found = [id for id, row in self.org.tables[table].items() if row["IsDeleted"] == deleted]
        if found:
            return found[n % len(found)]
        made = {"OrderItem": "line", "CaseComment": "comment"}.get(table, table.lower())
        return str(getattr(self, made)(n))

    def account(self, n: int) -> str:
        return self.org.add("Account", Name=f"C {n}")

    def contact(self, n: int) -> str:
        told = {"Name": f"P {n}", "Email": f"p{n}@x.example"}
        return self.org.add("Contact", **told, AccountId=self._one("Account", n))

    def order(self, n: int) -> str:
        told = {"OrderNumber": f"{n:08}", "Status": ACTIVE, "StatusCode": ACTIVE, "TotalAmount": Decimal(n)}
        return self.org.add("Order", **told, AccountId=self._one("Account", n))

    def line(self, n: int) -> str:
        return self.org.add("OrderItem", OrderId=self._one("Order", n), Quantity=Decimal(n + 1))

    def case(self, n: int) -> str:
        told = {"CaseNumber": f"{n}", "Status": "New", "IsVisibleInSelfService": True}
        return self.org.add("Case", **told, AccountId=self._one("Account", n))

    def comment(self, n: int) -> str:
        told = {"CommentBody": f"Said {n}", "IsPublished": n % 2 == 0}
        return self.org.add("CaseComment", **told, ParentId=self._one("Case", n))

    def renamed(self, n: int) -> None:
        if n % 2:
            self.org.change("Account", self._one("Account", n), Name=f"N {n}")
        else:
            self.org.change("Contact", self._one("Contact", n), Email=f"new{n}@x.example")

    def touched(self, n: int) -> None:
        told = {"Status": f"State {n}", "TotalAmount": Decimal(n) / 2}
        self.org.change("Order", self._one("Order", n), **told)

    def drafted(self, n: int) -> None:
        self.org.change("Order", self._one("Order", n), StatusCode=DRAFT if n % 2 else ACTIVE)

    def moved(self, n: int) -> None:
        table = ("Contact", "Order", "Case")[n % 3]
        owner = self._one("Account", n // 3) if n % 5 else None
        self.org.change(table, self._one(table, n), AccountId=owner)

    def line_changed(self, n: int) -> None:
        self.org.change("OrderItem", self._one("OrderItem", n), Quantity=Decimal(100 + n))

    def line_moved(self, n: int) -> None:
        self.org.change("OrderItem", self._one("OrderItem", n), IsDeleted=True)
        self.line(n + 1)

    def line_deleted(self, n: int) -> None:
        self.org.change("OrderItem", self._one("OrderItem", n), IsDeleted=True)

    def comment_changed(self, n: int) -> None:
        self.org.change("CaseComment", self._one("CaseComment", n), IsPublished=n % 3 == 0)

    def comment_deleted(self, n: int) -> None:
        self.org.change("CaseComment", self._one("CaseComment", n), IsDeleted=True)

    def kept_back(self, n: int) -> None:
        self.org.change("Case", self._one("Case", n), IsVisibleInSelfService=n % 2 == 0)

    def deleted(self, n: int) -> None:
        table = list(TABLES)[n % 4]
        self.org.change(table, self._one(table, n), IsDeleted=True)

    def undeleted(self, n: int) -> None:
        table = list(TABLES)[n % 4]
        self.org.change(table, self._one(table, n, deleted=True), IsDeleted=False)

    def merged(self, n: int) -> None:
        winner, loser = self._one("Account", n), self._one("Account", n + 1)
        if winner != loser:
            self.org.merge(winner, loser)

    def purged(self, n: int) -> None:
        table = list(TABLES)[n % 4]
        one = self._one(table, n, deleted=n % 3 == 0)
        self.org.purge(table, one)
        self.vanish(TABLES[table], one)


def test_any_life_of_an_org_ends_with_a_true_mirror() -> None:
    assert live(OrgLife, 10) >= 10 * A_LIFE * 0.9


@pytest.mark.slow
def test_many_lives_of_an_org_end_with_a_true_mirror() -> None:
    assert live(OrgLife, 220) >= 10_000
