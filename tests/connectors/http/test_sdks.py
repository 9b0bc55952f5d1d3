"""An SDK that takes a requests.Session is handed ours: its questions leave by the wire, its writes do not."""

import pytest
from fakes.web import answer, redirect, reset, status

from connectors.base import Garbled, Refused, Unavailable
from connectors.http import Limits

PAGE = '{"totalSize": 1, "done": true, "records": [{"Id": "001"}]}'


@pytest.fixture
def salesforce(web, session):
    """simple-salesforce on our session, sent to the server of the test."""
    from simple_salesforce import Salesforce

    sf = Salesforce(instance_url=web.url(), session_id="sid-4711-secret", session=session().session)
    sf.base_url = web.url("/services/data/v62.0/")
    return sf


def test_its_questions_are_answered_and_asked_again_where_ours_would_be(web, salesforce, held):
    web.plays(status(503), reset, answer(PAGE))
    assert [row["Id"] for row in salesforce.query_all_iter("SELECT Id FROM Account")] == ["001"]
    assert len(web.asked) == 3 and len(held.slept) == 2
    assert web.asked[2].headers["Authorization"] == "Bearer sid-4711-secret"


def test_its_writes_are_refused_before_they_are_sent(web, salesforce):
    for write in ("POST", "PATCH", "DELETE"):
        with pytest.raises(Refused, match="Fanlight only reads"):
            salesforce.restful("sobjects/Account/001", method=write, json={"Name": "x"})
    assert web.asked == []


def test_what_goes_wrong_is_a_failure_of_ours_with_no_secret_in_it(web, salesforce):
    web.plays(redirect("https://evil.example/"), status(429, Retry_After="7200"))
    for kind in (Refused, Unavailable):
        with pytest.raises(kind) as told:
            salesforce.query("SELECT Id FROM Account")
        assert "4711" not in str(told.value)


def test_an_answer_too_large_is_none_for_it_either(web, session):
    web.plays(answer(b" " * 2000))
    with pytest.raises(Garbled):
        session(limits=Limits(body=1000)).session.get(web.url(), stream=True)
