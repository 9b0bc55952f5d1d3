"""Links in the database: rules and staff write them, rows are stamped after, a crash in between is mended."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.base import SourceSettings
from connectors.records import Account, Order, Record
from sync import mirror, owners
from sync.config import Config, Organisations, Portal
from sync.database import Database
from sync.encoding import encode
from sync.owners import reading
from sync.tables import COMMON, MIRROR, PORTAL, TABLE

BRIGHTWATER = Account(source_id="001", name="Brightwater Ltd", tax_number="GB123456789")
HARBOUR = Account(source_id="002", name="Harbour & Sons", tax_number="GB987654321")
BUYER = "buyer@brightwater.example"


@dataclass(frozen=True)
class Space:
    """A portal space with a primary source, a shop and books."""

    database: Database
    folder: Path
    now: datetime

    def config(
        self, *, primary: str = "crm", sources: str = "crm shop books", **ids: Mapping[str, str]
    ) -> Config:
        return Config.model_construct(
            path=self.folder / "fanlight.toml",
            portal=Portal.model_construct(),
            organisations=Organisations.model_construct(primary=primary, match=("tax_number",), ids=ids),
            sources=tuple(
                SourceSettings(id=source, label=source.title(), kind="fake") for source in sources.split()
            ),
        )

    def put(self, source: str, *records: Record, gone: bool = False) -> None:
        """Rows as a sync run leaves them that knew of no link."""
        with self.database.sync() as connection:
            for record in records:
                table = TABLE[type(record)]
                values = {
                    **dict.fromkeys(COMMON), "source": source, "source_id": record.source_id,
                    "ref": record.source_id, "fingerprint": 1, "data_rows": 1, "first_seen": self.now,
                    "changed_at": self.now, "gone_at": self.now if gone else None, **encode(record, self.now),
                }  # fmt: skip
                connection.execute(
                    sa.delete(table).where(table.c.source == source, table.c.source_id == record.source_id)
                )
                connection.execute(sa.insert(table), values)

    def settle(self, *sources: str) -> None:
        """The accounts of these sources were read to the end."""
        with self.database.sync() as connection:
            mirror.register(connection, self.config().sources)
            common = {"record": "account", "mapping": "", "id_rule": "", "withheld": 0, "notes": "[]"}
            rows = [{"source": source, "first_completed_at": self.now, **common} for source in sources]
            connection.execute(sa.insert(MIRROR["streams"]), rows)

    def link(self, **ids: Mapping[str, str]) -> owners.Linked:
        linked = owners.link(self.database, self.config(**ids), self.now)
        owners.restamp(self.database)
        return linked

    def organisation(self, name: str) -> int:
        return next(one.id for one in reading.organisations(self.database) if one.name == name)

    def owner(self, source: str, record: Record) -> str | None:
        """Whose organisation a row is stamped with."""
        table, o = TABLE[type(record)], PORTAL["organisations"]
        mine = sa.select(o.c.name).join(table, table.c.org_id == o.c.id)
        with self.database.staff() as connection:
            return connection.scalar(
                mine.where(table.c.source == source, table.c.source_id == record.source_id)
            )

    def versions(self, name: str) -> tuple[int, int, int | None]:
        """links_version, removed_version and the version its rows are stamped with."""
        o, s = PORTAL["organisations"].c, MIRROR["stamps"].c
        rows = sa.select(o.links_version, o.removed_version, s.version).outerjoin(
            MIRROR["stamps"], s.org_id == o.id
        )
        with self.database.staff() as connection:
            return tuple(connection.execute(rows.where(o.name == name)).one())

    def audit(self) -> list[tuple[str, str, str]]:
        a = PORTAL["audit"].c
        with self.database.staff() as connection:
            return sorted(map(tuple, connection.execute(sa.select(a.actor, a.what, a.detail))))


@pytest.fixture
def space(database: Database, tmp_path: Path, now: datetime) -> Space:
    found = Space(database, tmp_path, now)
    found.settle("crm", "shop", "books")
    found.put("crm", BRIGHTWATER, HARBOUR)
    return found


def order(source_id: str, belongs_to: str | None = BUYER) -> Order:
    return Order(source_id=source_id, belongs_to=belongs_to, number=f"#{source_id}", status="Open")


def test_primary_accounts_become_organisations_and_own_their_row(space: Space):
    assert space.link().organisations == 2
    assert space.owner("crm", BRIGHTWATER) == "Brightwater Ltd"
    assert space.link().organisations == 0


def test_organisation_ids_are_random_and_do_not_count(space: Space):
    space.link()
    ids = [one.id for one in reading.organisations(space.database)]
    assert all(0 < id < 2**63 for id in ids)
    assert abs(ids[0] - ids[1]) > 1_000_000


def test_the_id_map_gives_orders_without_an_account_row_their_owner(space: Space):
    space.put("shop", order("1"), order("2", "stranger@x.example"))
    space.link(shop={BUYER: "001"})
    assert space.owner("shop", order("1")) == "Brightwater Ltd"
    assert space.owner("shop", order("2")) is None


def test_an_account_with_the_same_tax_number_joins_with_all_its_records(space: Space):
    space.put(
        "books",
        Account(source_id="X", name="BRIGHTWATER LIMITED", tax_number=" GB123456789 "),
        order("9", "X"),
    )
    space.link()
    assert space.owner("books", order("9")) == "Brightwater Ltd"


@pytest.mark.parametrize("lookalike", ["0042", "42 ", "42\u00a0", "42\u200b", "\u0662"])
def test_records_of_a_look_alike_account_stay_with_nobody(space: Space, lookalike: str):
    space.put("shop", order("1", "42"), order("2", lookalike))
    space.link(shop={"42": "001"})
    assert space.owner("shop", order("1")) == "Brightwater Ltd"
    assert space.owner("shop", order("2")) is None


def test_an_id_map_that_points_elsewhere_moves_the_records(space: Space):
    space.put("shop", order("1"))
    space.link(shop={BUYER: "001"})
    space.link(shop={BUYER: "002"})
    assert space.owner("shop", order("1")) == "Harbour & Sons"


def test_a_line_taken_out_of_the_id_map_leaves_the_records_with_nobody(space: Space):
    space.put("shop", order("1"))
    space.link(shop={BUYER: "001"})
    linked = space.link()
    assert [link.account for link in linked.removed] == [BUYER]
    assert space.owner("shop", order("1")) is None


def test_a_removed_link_shows_in_the_versions_until_the_rows_are_stamped(space: Space):
    space.link(shop={BUYER: "001"})
    owners.link(space.database, space.config(), space.now)
    links, removed, stamped = space.versions("Brightwater Ltd")
    assert removed == links
    assert stamped is not None and stamped < removed
    assert owners.restamp(space.database) == 1
    assert space.versions("Brightwater Ltd") == (links, removed, links)


def test_a_link_that_is_only_added_hides_nothing_meanwhile(space: Space):
    space.link()
    before = space.versions("Brightwater Ltd")
    owners.link(space.database, space.config(shop={BUYER: "001"}), space.now)
    assert space.versions("Brightwater Ltd") == (before[0] + 1, before[1], before[2])


def test_following_the_rules_again_writes_nothing(space: Space):
    space.link(shop={BUYER: "001"})
    before = space.versions("Brightwater Ltd"), space.audit()
    space.link(shop={BUYER: "001"})
    assert (space.versions("Brightwater Ltd"), space.audit()) == before


def test_runs_that_end_together_found_every_organisation_once(space: Space):
    with ThreadPoolExecutor(4) as together:
        linked = list(together.map(lambda _: space.link(), range(8)))
    assert sum(each.organisations for each in linked) == 2
    assert len(reading.organisations(space.database)) == 2


def test_a_crash_between_linking_and_stamping_is_mended_by_the_next_restamp(space: Space):
    space.put("shop", order("1"))
    owners.link(space.database, space.config(shop={BUYER: "001"}), space.now)
    assert space.owner("shop", order("1")) is None
    assert owners.restamp(space.database) == 2
    assert space.owner("shop", order("1")) == "Brightwater Ltd"
    assert owners.restamp(space.database) == 0


def test_a_mirror_that_belongs_to_another_portal_is_stamped_anew_throughout(space: Space):
    space.put("shop", order("1"), order("2", "stranger@x.example"))
    space.link(shop={BUYER: "001"})
    with space.database.sync() as connection:
        meta, orders = MIRROR["meta"], MIRROR["orders"]
        connection.execute(sa.update(meta).where(meta.c.name == "pairing").values(value="another portal's"))
        connection.execute(sa.update(orders).values(org_id=4711))
    assert owners.restamp(space.database) > 0
    assert space.owner("shop", order("1")) == "Brightwater Ltd"
    with space.database.staff() as connection:
        assert connection.scalar(sa.select(orders.c.org_id).where(orders.c.source_id == "2")) is None
    assert owners.restamp(space.database) == 0


def test_an_organisation_follows_the_name_of_its_account(space: Space):
    space.link()
    kept = space.organisation("Brightwater Ltd")
    space.put("crm", Account(source_id="001", name="Brightwater plc", tax_number="GB123456789"))
    space.link()
    assert space.organisation("Brightwater plc") == kept


def test_a_primary_account_that_is_gone_keeps_its_organisation(space: Space):
    space.link()
    kept = space.organisation("Brightwater Ltd")
    space.put("crm", BRIGHTWATER, gone=True)
    space.link()
    assert space.organisation("Brightwater Ltd") == kept
    assert space.link().organisations == 0


def test_an_account_that_was_gone_before_it_was_ever_linked_founds_nothing_and_lends_no_number(space: Space):
    space.put("crm", BRIGHTWATER, gone=True)
    space.put("books", Account(source_id="X", name="X", tax_number=BRIGHTWATER.tax_number))
    assert space.link().organisations == 1
    assert space.owner("books", Account(source_id="X", name="X")) is None


def test_another_primary_source_is_refused_before_anything_is_written(space: Space):
    space.link()
    with pytest.raises(owners.OtherPrimary, match='Write from = "crm" again'):
        owners.link(space.database, space.config(primary="books"), space.now)
    assert len(reading.organisations(space.database)) == 2


def test_a_source_taken_out_of_the_configuration_keeps_its_links(space: Space):
    space.put("shop", order("1"))
    space.link(shop={BUYER: "001"})
    assert owners.link(space.database, space.config(sources="crm books"), space.now).removed == ()


def test_staff_link_an_account_and_no_rule_undoes_it(space: Space):
    space.put("shop", order("1"))
    space.link(shop={BUYER: "001"})
    owners.assign(
        space.database, ("shop", BUYER), space.organisation("Harbour & Sons"), "staff:kim", space.now
    )
    space.link(shop={BUYER: "001"})
    assert space.owner("shop", order("1")) == "Harbour & Sons"


def test_staff_keep_an_account_apart_and_no_rule_undoes_it(space: Space):
    space.put("shop", order("1"))
    space.link(shop={BUYER: "001"})
    owners.assign(space.database, ("shop", BUYER), None, "staff:kim", space.now)
    space.link(shop={BUYER: "001"})
    assert space.owner("shop", order("1")) is None
    [waiting] = reading.unlinked(space.database)
    assert (waiting.account, waiting.apart, waiting.records) == (BUYER, True, {"order": 1})


def test_what_staff_took_back_is_decided_by_the_rules_again(space: Space):
    space.put("shop", order("1"))
    space.link()
    owners.assign(
        space.database, ("shop", BUYER), space.organisation("Harbour & Sons"), "staff:kim", space.now
    )
    owners.forget(space.database, ("shop", BUYER), "staff:kim", space.now)
    space.link(shop={BUYER: "001"})
    assert space.owner("shop", order("1")) == "Brightwater Ltd"


def test_staff_cannot_link_what_nobody_ever_saw(space: Space):
    space.link()
    with pytest.raises(owners.NotKnown, match="nothing in shop belongs to"):
        owners.assign(space.database, ("shop", "BUYER@x.example"), None, "staff:kim", space.now)
    with pytest.raises(owners.NotKnown, match="there is no organisation 12"):
        owners.assign(space.database, ("crm", "001"), 12, "staff:kim", space.now)
    with pytest.raises(owners.NotKnown, match="nothing to take back"):
        owners.forget(space.database, ("crm", "001"), "staff:kim", space.now)


def test_every_link_and_unlink_is_in_the_audit_with_who_did_it(space: Space):
    space.put("shop", order("1"))
    space.link(shop={BUYER: "001"})
    owners.assign(space.database, ("shop", BUYER), None, "staff:kim", space.now)
    assert ("rules", "link", f'shop "{BUYER}" by id map') in space.audit()
    assert ("staff:kim", "unlink", f'shop "{BUYER}" by id map') in space.audit()
    assert ("staff:kim", "link", f'shop "{BUYER}" by staff') in space.audit()


def test_accounts_nobody_owns_are_listed_with_what_waits_in_them(space: Space):
    space.put("shop", order("1"), order("2"), order("3", None))
    space.put("books", Account(source_id="X", name="Nobody's & Co"), order("9", "X"))
    space.link()
    found = {(one.source, one.account): (one.name, one.records) for one in reading.unlinked(space.database)}
    assert found == {
        ("shop", BUYER): ("", {"order": 2}),
        ("shop", None): ("", {"order": 1}),
        ("books", "X"): ("Nobody's & Co", {"account": 1, "order": 1}),
    }


def test_organisations_are_listed_with_their_accounts_and_records(space: Space):
    space.put("shop", order("1"), order("2"))
    space.link(shop={BUYER: "001"})
    brightwater, harbour = reading.organisations(space.database)
    assert (brightwater.name, brightwater.records) == ("Brightwater Ltd", {"account": 1, "order": 2})
    assert [(link.source, link.rule) for link in brightwater.links] == [
        ("crm", "primary"),
        ("shop", "id map"),
    ]
    assert harbour.records == {"account": 1}
