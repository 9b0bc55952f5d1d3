"""A set of files of which nothing tells what it holds: the other records of its source are read, nothing is
removed, and a person is told."""

from datetime import timedelta

import pytest

from sync.cli.status import status

CASES = '[[sources.files]]\npath = "cases*.csv"\ncomplete = true\n'


@pytest.fixture
def desk(desk):
    """A desk whose CRM also exports cases, some day."""
    toml = (desk.folder / "fanlight.toml").read_text()
    desk.write(
        "fanlight.toml", toml.replace('[[sources]]\nid = "shop"', CASES + '\n[[sources]]\nid = "shop"')
    )
    desk.accounts(**{"001Nw0000021sVQIAY": "Brightwater", "001Nw0000021sVRIAY": "Harbour"})
    return desk


def test_a_missing_set_keeps_no_other_records_of_the_source_from_being_read(desk):
    told = desk.sync("crm")
    assert told.exit_code == 1
    assert "crm accounts: 2 rows read" in told.stdout
    assert "crm needs a person: no file matches cases*.csv" in told.stdout
    lines = desk.run(status).stdout
    assert "crm (CRM, exports): needs a person" in lines
    assert "needs a person: no file matches cases*.csv" in lines and "accounts: as of" in lines


def test_nothing_is_removed_while_a_set_is_missing_and_all_is_well_when_it_comes(desk):
    desk.sync("crm")
    desk.accounts(**{"001Nw0000021sVQIAY": "Brightwater"})
    desk.sync("crm")
    assert "accounts: as of" in (lines := desk.run(status).stdout) and "2 records" in lines
    desk.write("cases.csv", "Id,CaseNumber,AccountId,Status,Subject,IsClosed\n500A,1,,New,Hello,false\n")
    told = desk.sync("crm")
    assert told.exit_code == 0 and "crm tickets: 1 row read" in told.stdout
    assert "crm (CRM, exports): well" in desk.run(status).stdout


def test_records_whose_table_was_taken_out_of_the_toml_name_the_cure(desk):
    desk.write("cases.csv", "Id,CaseNumber,AccountId,Status,Subject,IsClosed\n500A,1,,New,Hello,false\n")
    desk.sync("crm")
    toml = (desk.folder / "fanlight.toml").read_text()
    desk.write("fanlight.toml", toml.replace(CASES, ""))
    desk.now += timedelta(days=2)
    desk.accounts(**{"001Nw0000021sVQIAY": "Brightwater", "001Nw0000021sVRIAY": "Harbour"})
    assert desk.sync("crm").exit_code == 0
    told = desk.run(status)
    assert "crm (CRM, exports): needs a person" in told.stdout and told.exit_code == 1
    accounts, tickets = told.stdout.split("  tickets: ")
    assert "Put their [[sources.files]] table (or record) back into the TOML" in tickets
    assert "fanlight purge crm" in tickets and "purge" not in accounts
