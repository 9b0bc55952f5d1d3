"""fanlight explain: where a record came from, whose it is and why, and who sees it."""

import json
from datetime import timedelta

import pytest

from sync.cli.explaining import explain
from sync.tables import ref

SHOW = '[sources.show.order]\n"Financial Status" = ["paid"]\n[[sources.files]]\npath = "orders*.csv"'


def test_a_record_is_explained_by_number_id_or_address(desk):
    desk.sync()
    for called in ("#1", "1", ref("order", "shop", "#1")):
        told = desk.run(explain, "order", called).stdout
        assert 'order "#1": visible to Brightwater Ltd (' in told
        assert 'account     "buyer@brightwater.example", linked by id map' in told
        assert "as of       10:20, 10 min ago" in told


def test_an_order_of_nobody_says_why_and_what_to_do(desk):
    desk.sync()
    told = desk.run(explain, "order", "#3").stdout
    assert 'visible to nobody, because account "stranger@x.example" belongs to nobody' in told
    assert "fanlight org link shop ACCOUNT ORGANISATION" in told


def test_a_record_that_is_gone_says_when_and_why(desk):
    desk.sync()
    desk.orders(desk.order("#1"), desk.order("#2"))
    desk.now += timedelta(minutes=5)
    desk.sync("shop")
    told = desk.run(explain, "order", "#3").stdout
    assert "visible to nobody, because it is no longer in the source's complete listing" in told
    assert "gone        10:35, just now" in told


def test_a_quarantined_row_is_found_by_its_id(desk):
    desk.orders(desk.order("#1"), desk.order("#9", total="x"))
    desk.sync()
    told = desk.run(explain, "order", "#9").stdout
    assert "quarantined 10:30, just now" in told
    assert "orders.csv, record 2 (line 3)" in told


def test_a_record_hidden_by_a_rule_names_the_rule(desk):
    toml = (
        (desk.folder / "fanlight.toml").read_text().replace('[[sources.files]]\npath = "orders*.csv"', SHOW)
    )
    desk.write(
        "fanlight.toml", toml.replace("Financial Status", "Fulfillment Status").replace("paid", "fulfilled")
    )
    desk.orders(desk.order("#1"), desk.order("#2", status="fulfilled"))
    desk.sync()
    told = desk.run(explain, "order", "#1").stdout
    assert "visible to nobody, because show.order.Fulfillment Status" in told


def test_records_of_a_source_taken_out_are_nobodys(desk):
    desk.sync()
    toml = (desk.folder / "fanlight.toml").read_text()
    head, crm, _ = toml.split("[[sources]]\n")
    desk.write("fanlight.toml", "[[sources]]\n".join([head.partition("ids =")[0], crm]))
    desk.sync()
    assert "because shop is not in the TOML any more" in desk.run(explain, "order", "#1").stdout


@pytest.mark.parametrize("called", ["#99", "' or 1=1 --", "%"])
def test_what_is_nowhere_is_said_to_be_nowhere(desk, called):
    desk.sync()
    nowhere = desk.run(explain, "order", called)
    assert nowhere.exit_code == 1
    assert "not mirrored, not hidden by a rule, not in quarantine" in nowhere.stderr


def test_a_record_of_a_section_that_is_switched_off_is_nobodys_to_see(desk):
    desk.sections(**{"001Nw0000021sVQIAY": '["support"]'})
    desk.sync()
    told = desk.run(explain, "order", "#1").stdout
    assert "visible to nobody, because it is Brightwater Ltd (" in told
    assert "'s and sections of its own in the TOML leave out orders" in told
    (found,) = json.loads(desk.run(explain, "order", "#1", "--json").stdout)["mirrored"]
    assert found["visible_to"] is None
    assert "leave out orders" in found["because"]
