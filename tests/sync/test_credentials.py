"""Tokens: sealed with the key, bound to their source, touched under the source's lease only."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from connectors.base import Page, Reads, Refused, SourceSettings, Unkept
from connectors.records import Order
from sync import mirror
from sync.credentials import Kept, borrowing
from sync.database import Database, sealed
from sync.keys import Keys, keys
from sync.tables import PORTAL

OLD = "5d3fc8a1b7e94026a8c1d2e3f4a5968776655443322110ff"
NEW = "9b0e1fd2c3a4958677665544332211005d3fc8a1b7e94026"
TOKEN = {"access_token": "a-very-secret-token", "tenant": "T-1"}


def of(config: Any, now: str | None, before: str | None = None) -> Keys | None:
    """The keys of a configuration."""
    told = {"credentials_key": now and SecretStr(now), "credentials_key_before": before and SecretStr(before)}
    return keys(config(portal=told).portal)


@pytest.fixture
def kept(world: Any, config: Any) -> Kept:
    """Where the shop's token is kept."""
    found = Kept(world.database, "shop", of(config, OLD), world.clock)
    world.connector.credentials = found
    return found


def stored(database: Database) -> dict[str, Any]:
    with database.owners(write=False) as connection:
        return dict(connection.execute(sa.select(PORTAL["credentials"])).mappings().one())


def test_a_token_is_read_back_as_it_was_kept_and_nothing_of_it_is_readable_where_it_lies(
    world: Any, kept: Kept, now: datetime
) -> None:
    with borrowing(world.connector):
        assert kept.read() is None
        kept.keep(TOKEN, now + timedelta(days=60))
        assert kept.read() == TOKEN
    row = stored(world.database)
    assert "secret" not in str(row) and "T-1" not in str(row)
    assert (row["kept_at"], row["expires_at"]) == (world.clock.now, now + timedelta(days=60))
    assert TOKEN["access_token"] not in repr(kept) and OLD not in repr(kept)


def test_the_same_token_is_never_sealed_alike_twice(world: Any, kept: Kept) -> None:
    with borrowing(world.connector):
        kept.keep(TOKEN)
        first = stored(world.database)["sealed"]
        kept.keep(TOKEN)
    assert stored(world.database)["sealed"] != first


@pytest.mark.parametrize("change", ["source", "sealed"])
def test_a_token_that_was_altered_or_taken_from_another_source_is_refused(
    world: Any, kept: Kept, change: str
) -> None:
    with borrowing(world.connector):
        kept.keep(TOKEN)
    row = stored(world.database)
    text = row["sealed"]
    turned = (
        {"source": "books"}
        if change == "source"
        else {"sealed": ("B" if text[40] == "A" else "A").join((text[:40], text[41:]))}
    )
    with world.database.owners() as connection:
        connection.execute(sa.update(PORTAL["credentials"]).values(**turned))
    world.connector.credentials = other = Kept(
        world.database, turned.get("source", "shop"), kept.keys, world.clock
    )
    with borrowing(world.connector), pytest.raises(Refused, match=r"cannot be opened.*fanlight auth"):
        other.read()


def test_another_key_is_refused_with_the_cure_and_a_former_one_opens_and_is_replaced(
    world: Any, kept: Kept, config: Any
) -> None:
    with borrowing(world.connector):
        kept.keep(TOKEN)
    before = stored(world.database)
    kept.keys = of(config, NEW)
    with (
        borrowing(world.connector),
        pytest.raises(Refused, match=r"credentials_key_before.*fanlight auth shop"),
    ):
        kept.read()
    kept.keys = of(config, NEW, OLD)
    with borrowing(world.connector):
        assert kept.read() == TOKEN
    after = stored(world.database)
    assert after["key_id"] != before["key_id"]
    assert after["kept_at"] == before["kept_at"]
    kept.keys = of(config, NEW)
    with borrowing(world.connector):
        assert kept.read() == TOKEN


def test_without_a_key_nothing_is_kept_and_the_refusal_says_how_to_make_one(world: Any, kept: Kept) -> None:
    kept.keys = None
    with borrowing(world.connector), pytest.raises(Refused, match=r"umask 077.*credentials_key"):
        kept.keep(TOKEN)


def test_a_token_is_not_touched_while_another_process_reads_the_source(world: Any, kept: Kept) -> None:
    with world.database.sync() as connection:
        mirror.claim(connection, "shop", world.clock())
    with borrowing(world.connector), pytest.raises(mirror.Busy, match="is being synced by"):
        kept.read()


def test_the_lease_is_given_back_when_the_tokens_are_not_needed_any_more(world: Any, kept: Kept) -> None:
    for _ in range(2):
        with borrowing(world.connector):
            kept.read()
            assert world.rows("leases")
        assert not world.rows("leases")
    with pytest.raises(RuntimeError, match="outside of its lease"):
        kept.read()


def test_a_run_that_lost_its_lease_does_not_replace_the_token(world: Any, kept: Kept) -> None:
    with borrowing(world.connector):
        kept.keep(TOKEN)
        world.clock.pass_(minutes=5)
        with world.database.sync() as connection:
            mirror.claim(connection, "shop", world.clock())
        with pytest.raises(mirror.Lost):
            kept.keep({"access_token": "late"})
    with world.database.owners(write=False) as connection:
        assert sealed.token(connection, "shop").kept_at == world.clock.now - timedelta(minutes=5)


def test_a_run_keeps_a_token_under_its_own_lease(world: Any, kept: Kept, make: Any) -> None:
    def pages(cursor: str | None) -> Any:
        kept.keep(TOKEN)
        yield make.listing("1")

    world.connector.kinds[Order], world.connector.script[Order] = Reads.CHANGES, pages
    assert world.sync().outcome == "done"
    assert stored(world.database)["source"] == "shop"


def test_a_rehearsal_claims_the_lease_for_its_token_and_tells_when_it_cannot(world: Any, kept: Kept) -> None:
    def pages(cursor: str | None) -> Any:
        kept.read()
        yield Page()

    world.connector.kinds[Order], world.connector.script[Order] = Reads.CHANGES, pages
    assert world.rehearse() == []
    with world.database.sync() as connection:
        mirror.claim(connection, "shop", world.clock())
    with pytest.raises(mirror.Busy):
        world.rehearse()


def test_a_connector_without_a_place_for_tokens_works_as_before(settings: SourceSettings, make: Any) -> None:
    connector = make.sweeping(settings)
    assert isinstance(connector.credentials, Unkept)
    with borrowing(connector):
        connector.credentials.keep(TOKEN)
        assert connector.credentials.read() == TOKEN


def test_neither_the_web_nor_staff_reach_the_tokens(world: Any, kept: Kept) -> None:
    with borrowing(world.connector):
        kept.keep(TOKEN)
    asked = sa.select(PORTAL["credentials"].c.source)
    for door in (world.database.web, world.database.staff):
        with pytest.raises(sa.exc.DBAPIError), door() as connection:
            connection.execute(asked)
