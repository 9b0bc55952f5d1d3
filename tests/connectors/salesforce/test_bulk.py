"""Large first loads by a query job: the same rows, another way."""

from decimal import Decimal

import pytest
from fakes.vendor import Answer, told

from connectors.base import Garbled, Unavailable
from connectors.records import Account, Order
from connectors.salesforce import bulk


@pytest.fixture
def large(business, source, vendor):
    """A connector to which more than two thousand orders are many."""
    vendor.batch = 2000
    for n in range(2, 2003):
        business.order(f"{n:08}", business.ids["acme"], TotalAmount=Decimal("12.5"), Description="a\nb")
    return source(bulk_above=2000)


def rows(pages):
    """Fingerprint of each row."""
    return {row.source_id: row.fingerprint for page in pages for row in page.rows}


def test_a_job_tells_the_very_rows_that_queries_tell(large, source, vendor):
    by_job = rows(large.pull(Order, None))
    assert vendor.count("jobs/query") == 1 + 3 + 2  # begun, looked at, two pages
    assert vendor.slept == [1.0, 2.0]
    vendor.forget()
    assert by_job == rows(source().pull(Order, None)) and len(by_job) == 2002
    assert vendor.count("jobs/query") == 0


def test_only_the_last_page_of_a_job_can_be_resumed_from(large):
    pages = list(large.pull(Order, None))
    assert [page.cursor is not None for page in pages] == [False, False, True]


def test_few_rows_and_later_runs_take_queries(large, vendor):
    cursor = list(large.pull(Order, None))[-1].cursor
    vendor.pass_(hours=1)
    vendor.forget()
    list(large.pull(Order, cursor))
    list(large.pull(Account, None))
    assert vendor.count("jobs/query") == 0


def test_a_job_that_failed_is_told_and_begun_anew_next_time(large, vendor):
    vendor._job = lambda job: told({"id": job, "state": "Failed", "errorMessage": "MALFORMED_QUERY: no"})
    with pytest.raises(Unavailable, match="ended as Failed"):
        list(large.pull(Order, None))


def test_a_job_that_never_ends_is_given_up(large, vendor, monkeypatch):
    monkeypatch.setattr(bulk, "LONGEST", 100.0)
    vendor.looks_until_done = 10**6
    with pytest.raises(Unavailable, match="takes more than 100 s"):
        list(large.pull(Order, None))
    assert 100 < sum(vendor.slept) < 200


def test_a_page_that_lost_its_end_is_not_taken(large, vendor):
    results = vendor._results

    def cut(job, asked):
        whole = results(job, asked)
        return Answer(200, whole.body.rsplit(b'"801', 1)[0], whole.headers)

    vendor._results = cut
    with pytest.raises(Garbled, match="page of 2000 rows and sent 1999"):
        list(large.pull(Order, None))
