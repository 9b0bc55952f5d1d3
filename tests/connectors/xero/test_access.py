"""Being let into Xero: tokens that rotate, organisations that are chosen, limits that are kept."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.xero import TENANT

from connectors.base import Disconnected, Refused, Unavailable
from connectors.records import Account, Contact, Invoice

HALF_AN_HOUR = {"minutes": 31}


def read(source, record=Invoice):
    return [row for page in source.pull(record, None) for row in page.rows]


def refreshes(books):
    return [asked.form for asked in books.world.requests if asked.form.get("grant_type") == "refresh_token"]


def test_a_custom_connection_needs_neither_consent_nor_organisation(books):
    source = books.source()
    source.check()
    assert source.authorisation() is None
    (form,) = [asked.form for asked in books.world.requests if asked.method == "POST"]
    assert form["grant_type"] == "client_credentials"
    assert "offline_access" not in form["scope"] and "accounting.invoices.read" in form["scope"]


def test_a_token_serves_until_it_ends(books):
    books.world.invoice("INV-1", "Kea Cafe")
    source = books.source()
    read(source), read(source)
    assert books.world.count("token") == 1
    books.world.pass_(**HALF_AN_HOUR)
    read(source)
    assert books.world.count("token") == 2


def test_a_refresh_token_is_spent_once_and_its_follower_kept_before_it_is_used(books):
    source = books.by_consent()
    books.world.pass_(**HALF_AN_HOUR)
    books.world.plan(
        {2: "html200"}
    )  # the first page after the token: nothing was read, but the token is kept
    with pytest.raises(Exception, match="web page"):
        read(source)
    first = source.credentials.read()["refresh"]
    books.world.pass_(**HALF_AN_HOUR)
    read(source)
    assert [form["refresh_token"] for form in refreshes(books)] == ["xero-refresh-token-1", first]
    assert source.credentials.read()["refresh"] not in (first, "xero-refresh-token-1")


def test_an_answer_lost_after_the_token_was_spent_is_asked_for_again(books):
    source = books.by_consent()
    books.world.pass_(**HALF_AN_HOUR)
    books.world.plan({1: "lost"})
    read(source)
    assert [form["refresh_token"] for form in refreshes(books)] == ["xero-refresh-token-1"] * 2


def test_a_spent_refresh_token_is_refused_after_its_grace_and_a_person_told(books):
    source, other = books.by_consent(), books.by_consent()
    other.credentials.keep(source.credentials.read())
    books.world.pass_(**HALF_AN_HOUR)
    read(source)
    books.world.pass_(**HALF_AN_HOUR)
    with pytest.raises(Disconnected, match=r"invalid_grant.*fanlight auth books"):
        read(other)


def test_two_processes_of_one_source_share_what_is_kept(books):
    one, two = books.by_consent(), books.source(auth="code", tenant_id=TENANT)
    two.credentials = one.credentials
    for source in (one, two, one, two):
        books.world.pass_(minutes=29)
        read(source)
    assert len({form["refresh_token"] for form in refreshes(books)}) == len(refreshes(books))


def test_a_refused_token_is_renewed_once_and_the_page_asked_for_again(books):
    books.world.invoice("INV-1", "Kea Cafe")
    source = books.source()
    read(source)
    books.world.forget()
    books.world.plan({1: "401"})
    assert len(read(source)) == 1
    assert books.world.count("token") == 1


def test_a_token_that_ends_in_the_middle_of_a_run_is_renewed(books):
    for n in range(9):
        books.world.invoice(f"INV-{n}", "Kea Cafe")
        books.world.pass_(seconds=30)
    source = books.source(page_size=3)
    books.world.before(3, lambda: books.world.pass_(**HALF_AN_HOUR))
    assert len(read(source)) == 9
    assert books.world.count("token") == 2


def test_a_token_refused_twice_needs_a_person(books):
    source = books.by_consent()
    books.world.plan({1: "401", 3: "401"})
    with pytest.raises(Disconnected, match="fanlight auth books"):
        read(source)


def test_a_missing_scope_is_named_and_stops_only_that_stream(books):
    books.world.scopes_missing.add("Contacts")
    books.world.invoice("INV-1", "Kea Cafe")
    source = books.source()
    with pytest.raises(Refused, match=r"accounting\.contacts\.read") as told:
        read(source, Account)
    assert not isinstance(told.value, Disconnected)
    assert len(read(source)) == 1
    assert books.world.count("token") == 1


def test_without_a_tenant_all_organisations_are_listed(books):
    books.world.tenants["11111111-2222-3333-4444-555555555555"] = "Kea Holdings"
    source = books.by_consent()
    source = books.source(auth="code")
    source.credentials.keep(books.world.consent())
    for ask in (source.check, lambda: read(source)):
        with pytest.raises(Refused) as told:
            ask()
        assert f'Demo Company (NZ) (tenant_id = "{TENANT}")' in str(told.value)
        assert "Kea Holdings" in str(told.value)


def test_another_organisation_under_the_same_id_is_not_read_as_changes_of_the_first(books):
    demo, real, only = (books.source(tenant_id=told) for told in ("D-1", "R-1", ""))
    for record in (Invoice, Contact):
        assert demo.id_rule(record) != real.id_rule(record)
        assert "d-1" in demo.id_rule(record)
    assert (only.id_rule(Invoice), demo.id_rule(Invoice)) == ("", "d-1")


def test_a_wrong_tenant_is_told_from_a_connection_that_ended(books):
    source = books.source(auth="code", tenant_id="00000000-0000-0000-0000-000000000000")
    source.credentials.keep(books.world.consent())
    with pytest.raises(Disconnected, match=r"00000000.*there is Demo Company"):
        read(source)
    books.world.tenants.clear()
    with pytest.raises(
        Disconnected, match=r"no Xero organisation is connected any more.*fanlight auth books"
    ):
        read(source)


def test_403_is_never_taken_for_no_data(books):
    books.world.invoice("INV-1", "Kea Cafe")
    source = books.by_consent()
    books.world.plan({2: "403"})
    with pytest.raises(Disconnected, match="AuthenticationUnsuccessful"):
        read(source)


def test_wrong_client_settings_are_told_from_a_dead_consent(books):
    books.world.client = ("other", "secret")
    with pytest.raises(Disconnected, match="client_id and client_secret"):
        books.source().check()


def test_a_source_nobody_connected_says_how(books):
    source = books.source(auth="code", tenant_id=TENANT)
    with pytest.raises(Disconnected, match="fanlight auth books"):
        source.check()
    assert books.world.requests == []


def test_the_day_s_limit_ends_the_run_at_once_and_says_until_when(books):
    source = books.source()
    source.check()
    books.world.forget()
    books.world.plan({1: "throttle_day"})
    with pytest.raises(Unavailable) as told:
        read(source)
    assert told.value.retry_after == 66_975
    assert len(books.world.requests) == 1 and books.world.slept == []
    assert source.quota().left == 0


def test_the_minute_s_limit_is_waited_for(books):
    for n in range(80):
        books.world.invoice(f"INV-{n}", "Kea Cafe")
        books.world.pass_(seconds=5)
    source = books.source(page_size=2)
    assert len(read(source)) == 80
    assert books.world.count("Invoices") > 60 and sum(books.world.slept) > 50


@pytest.mark.parametrize("form", ["throttle", "throttle_date", "throttle_noheader", "throttle_garbage"])
def test_every_form_of_being_throttled_is_waited_out(books, form):
    books.world.invoice("INV-1", "Kea Cafe")
    source = books.source()
    books.world.plan({2: form})
    assert len(read(source)) == 1
    assert len(books.world.slept) == 1 and books.world.slept[0] < 60


def test_an_absurd_wait_is_left_to_the_schedule(books):
    source = books.source()
    books.world.plan({2: "throttle_absurd"})
    with pytest.raises(Unavailable) as told:
        read(source)
    assert told.value.retry_after == 86_400 and books.world.slept == []


def test_the_calls_left_today_are_known_after_each_answer(books):
    source = books.source()
    assert source.quota() is None
    source.check()
    assert (source.quota().left, source.quota().unit) == (4999, "calls today")


def test_a_consent_is_asked_for_kept_and_tells_what_to_write(books):
    source = books.source(auth="code")
    way = source.authorisation()
    wish = parse_qs(urlsplit(way.address("http://localhost:8765/callback", "a state", "a challenge")).query)
    assert wish["redirect_uri"] == ["http://localhost:8765/callback"] and wish["state"] == ["a state"]
    assert "offline_access" in wish["scope"][0].split() and wish["code_challenge_method"] == ["S256"]
    (advice,) = way.redeem("http://localhost:8765/callback", {"code": "a-code"}, "a verifier")
    assert f'tenant_id = "{TENANT}"' in advice
    assert source.credentials.read()["refresh"] == "xero-refresh-token-1"
    chosen = books.source(auth="code", tenant_id=TENANT)
    chosen.credentials = source.credentials
    assert read(chosen) == []
    assert chosen.authorisation().redeem("http://localhost:8765/callback", {"code": "a-code"}, "v") == [
        f'Connected: Demo Company (NZ) (tenant_id = "{TENANT}").'
    ]


def test_a_consent_that_was_refused_changes_nothing(books):
    way = books.by_consent().authorisation()
    before = books.world.grants.made
    for answer, said in (({"error": "access_denied"}, "access_denied"), ({"code": "stale"}, "invalid_grant")):
        with pytest.raises(Disconnected, match=said):
            way.redeem("http://localhost:8765/callback", answer, "v")
    assert books.world.grants.made == before


def test_the_consent_s_last_day_is_kept_with_it(books):
    told = {}
    source = books.by_consent()
    kept = source.credentials.read()
    source.credentials.read = lambda: kept
    source.credentials.keep = lambda token, expires=None: told.update(expires=expires)
    books.world.pass_(**HALF_AN_HOUR)
    read(source)
    assert told["expires"] == books.world.now + timedelta(days=60)


def test_no_secret_is_in_any_message(books):
    secrets = re.compile("xero-client-secret|xero-access-token|xero-refresh-token")
    for fault in ("401", "403", "500", "html200", "json_empty", "throttle_day", "reset"):
        source = books.by_consent()
        books.world.pass_(**HALF_AN_HOUR)
        books.world.plan(dict.fromkeys(range(1, 12), fault))
        with pytest.raises(Exception) as told:
            read(source)
        assert not secrets.search(str(told.value)), fault


def test_settings_that_would_leak_or_make_no_sense_are_refused(books):
    for wrong, said in (
        ({"base_url": "http://api.xero.com"}, "not encrypted"),
        ({"base_url": "xero"}, 'write one like "https://api.xero.com"'),
        ({"token_url": "identity"}, 'write one like "https://identity.xero.com/connect/token"'),
        ({"login_url": "login"}, 'write one like "https://login.xero.com/identity/connect/authorize"'),
        ({"page_size": 1001}, "less than or equal"),
        ({"client_secret": "plain"}, "never stands in this file"),
    ):
        with pytest.raises(ValueError, match=said):
            books.settings(**wrong)
