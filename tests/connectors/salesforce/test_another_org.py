"""A source whose TOML names another org than the one that was mirrored."""

from fakes.mirrored import mirrored
from fakes.salesforce_truth import COLUMNS

from sync.run import run_source


def outcomes(told):
    """How the streams went, in one set."""
    return {one.outcome for one in told}


def test_another_org_is_refused_until_its_ids_are_asked_for(business, source, vendor, sqlite_database):
    database = sqlite_database
    run_source(database, source(), clock=vendor.clock)
    sandbox = mirrored(database, COLUMNS)
    vendor.pass_(hours=1)
    for table in ("Account", "Order"):  # production has other ones, older than the sandbox's cursor
        vendor.org.tables[table].clear()
    theirs = vendor.org.add("Account", Name="Real", stamp=vendor.now.replace(year=2020))
    production = source(base_url=vendor.url.replace("127.0.0.1", "localhost"))
    refused = run_source(database, production, clock=vendor.clock)
    assert outcomes(refused) == {"refused"} and "fanlight sync crm --rekey" in refused[0].message
    assert mirrored(database, COLUMNS) == sandbox
    assert outcomes(run_source(database, production, clock=vendor.clock, rekey=True)) == {"done"}
    real = mirrored(database, COLUMNS)
    assert list(real["accounts"]) == [theirs] and real["orders"] == {} != sandbox["orders"]


def test_the_same_org_under_another_name_keeps_its_records(business, source, vendor, sqlite_database):
    database = sqlite_database
    run_source(database, source(), clock=vendor.clock)
    before = mirrored(database, COLUMNS)
    renamed = source(base_url=vendor.url.replace("127.0.0.1", "localhost"))
    told = run_source(database, renamed, clock=vendor.clock, rekey=True)
    assert {(one.outcome, one.new, one.changed, one.gone) for one in told} == {("done", 0, 0, 0)}
    assert mirrored(database, COLUMNS) == before
