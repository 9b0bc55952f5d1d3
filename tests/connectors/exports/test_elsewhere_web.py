"""An export behind an https address is fetched when it changed, kept privately, and read like any file."""

import json
import os
import ssl
import stat
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fakes.tls import self_signed
from fakes.web import Web, answer, bomb, huge, redirect, reset, status, truncate

from connectors.base import Failure, Garbled, Reads, Refused, Unavailable
from connectors.exports import Exports
from connectors.exports.elsewhere.web import name_of
from connectors.http import Reply
from connectors.records import Invoice

HEAD = (
    "ContactName,InvoiceNumber,InvoiceDate,DueDate,Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,"
    "Description,Currency,Type,Status\n"
)
HTML = "<!DOCTYPE html><html><body>Please sign in</body></html>"
MARCH = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


def invoices(*numbers: int) -> str:
    return HEAD + "".join(
        f"Kea Cafe,INV-{n},28/03/2025,27/04/2025,115.00,15.00,0.00,115.00,Coffee,NZD,Sales invoice,Paid\n"
        for n in numbers
    )


@pytest.fixture
def web():
    """The server the files lie on."""
    with Web() as server:
        yield server


@pytest.fixture
def source(tmp_path, web):
    """Makes the source anew, as each run does."""

    def make(path="/SalesInvoices.csv", env=None, **told) -> Exports:
        files = [{"url": web.url(path), **told}]
        table = {"id": "src", "label": "Files", "kind": "exports", "files": files}
        settings = Exports.Settings.model_validate(table, context={"folder": tmp_path, "env": env or {}})
        return Exports(settings, clock=time.time, sleep=lambda seconds: None)

    return make


def served(text=None, **headers):
    headers.setdefault("Last_Modified", format_datetime(MARCH, usegmt=True))
    headers.setdefault("ETag", '"v1"')
    return answer(invoices(1, 2) if text is None else text, 200, **headers)


def test_a_file_behind_an_address_is_read_and_as_old_as_its_server_says(source, read, web):
    web.otherwise = served()
    told = read(source(), Invoice)
    assert set(told.records) == {"invoice:INV-1", "invoice:INV-2"}
    assert told.pages[-1].as_of == MARCH
    assert told.rows[0].place.startswith("SalesInvoices.csv, ")
    assert len(web.asked) == 1  # however often a run looks at its files


def test_an_unchanged_file_does_not_travel_again(source, read, web):
    web.plays(served(), status(304, ETag='"v1"'))
    first = read(source(), Invoice)
    again = read(source(), Invoice, first.pages[-1].cursor)
    asked = web.asked[1].headers
    assert asked["If-None-Match"] == '"v1"'
    assert asked["If-Modified-Since"] == format_datetime(MARCH, usegmt=True)
    assert again.rows == [] and again.pages[-1].as_of == MARCH


def test_a_changed_file_takes_the_place_of_the_old_one(source, read, web, tmp_path):
    web.plays(served(), served(invoices(2, 3), ETag='"v2"'))
    read(source(), Invoice)
    assert set(read(source(), Invoice).records) == {"invoice:INV-2", "invoice:INV-3"}
    assert len(list(tmp_path.rglob("*.csv"))) == 1


def test_without_last_modified_it_is_as_old_as_the_answer_and_an_unchanged_one_is_true_anew(
    source, read, web
):
    now = datetime.now(UTC).replace(microsecond=0)
    before, after = now - timedelta(hours=2), now - timedelta(hours=1)
    web.plays(
        answer(invoices(1), 200, ETag='"v1"', Date=format_datetime(before, usegmt=True)),
        status(304, Date=format_datetime(after, usegmt=True)),
        status(304, Date=format_datetime(after, usegmt=True)),
    )
    assert read(source(), Invoice).pages[-1].as_of == before
    assert read(source(), Invoice).pages[-1].as_of == after
    assert web.asked[1].headers["If-None-Match"] == '"v1"'
    read(source(), Invoice)
    assert web.asked[2].headers["If-None-Match"] == '"v1"'


def test_a_server_whose_clock_is_ahead_makes_no_file_of_tomorrow(source, read, web):
    web.otherwise = served(Last_Modified=format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True))
    told = read(source(), Invoice)
    assert told.records and told.pages[-1].as_of <= datetime.now(UTC)


def test_a_file_somebody_changed_here_is_fetched_anew(source, read, web, tmp_path):
    web.otherwise = served()
    read(source(), Invoice)
    (kept,) = tmp_path.rglob("SalesInvoices.csv")
    kept.write_text("broken")
    assert set(read(source(), Invoice).records) == {"invoice:INV-1", "invoice:INV-2"}
    assert "If-None-Match" not in web.asked[1].headers


def test_what_is_kept_is_for_its_owner_alone(source, read, web, tmp_path):
    web.otherwise = served()
    read(source(), Invoice)
    for path in (tmp_path / "var" / "cache" / "src").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert not list(tmp_path.rglob("*.part"))


def test_what_a_killed_run_left_half_written_is_removed_after_a_day(source, read, web, tmp_path):
    web.otherwise = served()
    read(source(), Invoice)
    (kept,) = tmp_path.rglob("SalesInvoices.csv")
    old, new = kept.with_name(".old.part"), kept.with_name(".new.part")
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    assert read(source(), Invoice).records
    assert not old.exists() and new.exists()


def test_a_folder_that_cannot_be_written_is_named_with_the_cure(source, web, tmp_path):
    (tmp_path / "var").write_text("a file where a folder belongs")
    with pytest.raises(Refused, match="name a folder of Fanlight's own as cache"):
        source().check()
    assert web.asked == []


FAILING = {
    "503": (status(503, Retry_After="999"), Unavailable, "answered 503"),
    "reset": (reset, Unavailable, "broke the connection"),
    "truncated": (truncate(invoices(1).encode()), Unavailable, "half an answer"),
    "bomb": (bomb(2), Garbled, "max_mb"),
    "huge": (huge(2), Garbled, "max_mb"),
    "sign-in page": (answer(HTML), Garbled, "web page"),
    "404": (status(404), Refused, "no file at"),
    "401": (status(401), Refused, "renew its user"),
    "other host": (redirect("https://elsewhere.example/x.csv"), Refused, "another place"),
    "nothing": (answer(b"", 204), Unavailable, "no file"),
    "304 of nothing": (status(304), Unavailable, "no file"),
}


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.parametrize("told", [{}, {"profile": "xero-sales-invoices", "complete": True}])
def test_a_file_that_does_not_come_is_said_with_its_address_and_nothing_is_read(source, web, name, told):
    play, kind, words = FAILING[name]
    web.otherwise = play
    failed = source("/SalesInvoices.csv?sig=s3cr3t-4711", max_mb=1, **told)
    failed._elsewhere.tries = 1
    with pytest.raises(Failure, match=words) as error:
        assert failed.reads
        list(failed.pull(Invoice, None))
    assert isinstance(error.value, kind)
    assert f"{web.host}/SalesInvoices.csv" in str(error.value)
    assert "s3cr3t" not in str(error.value) and "var/cache" not in str(error.value)


@pytest.mark.parametrize("name", sorted(set(FAILING) - {"304 of nothing"}))
def test_what_was_kept_is_still_there_afterwards_but_not_taken_for_true(source, read, web, name, tmp_path):
    web.plays(served(invoices(1)))
    read(source(max_mb=1), Invoice)
    web.otherwise = FAILING[name][0]
    again = source(max_mb=1)
    assert list(again.reads) == [Invoice]  # the rest of the source is not held up
    with pytest.raises(FAILING[name][1]):
        list(again.pull(Invoice, None))
    web.otherwise = status(304)
    assert set(read(source(), Invoice).records) == {"invoice:INV-1"}


def test_a_complete_set_reads_everything(source, web):
    web.otherwise = served()
    assert source(complete=True).reads == {Invoice: Reads.EVERYTHING}


def test_a_file_that_is_none_is_named_by_its_address(source, web):
    web.otherwise = served("a,b\n1,2\n")
    with pytest.raises(Refused, match=rf"{web.host}/SalesInvoices\.csv: .*none of the known formats"):
        source().check()


def test_the_check_of_sources_fetches_and_reads(source, web):
    web.otherwise = served()
    source().check()
    web.otherwise = status(404)
    with pytest.raises(Refused, match="no file at"):
        source().check()


def test_its_right_is_proved_by_headers_or_user_and_password(source, read, web):
    web.otherwise = served()
    env = {"KEY": "k-4711-abc", "PASS": "hunter22"}
    read(source(headers={"X-Access": {"env": "KEY"}}, env=env), Invoice)
    read(source(user="shop", password={"env": "PASS"}, env=env), Invoice)
    assert web.asked[0].headers["X-Access"] == "k-4711-abc"
    assert web.asked[1].headers["Authorization"] == "Basic c2hvcDpodW50ZXIyMg=="


def test_two_addresses_that_differ_after_the_question_mark_are_two_files(tmp_path, read, web):
    web.plays(served(invoices(1)), served(invoices(2)))
    files = [{"url": web.url("/export?year=2025")}, {"url": web.url("/export?year=2026")}]
    table = {"id": "src", "label": "Files", "kind": "exports", "files": files}
    settings = Exports.Settings.model_validate(table, context={"folder": tmp_path, "env": {}})
    assert set(read(Exports(settings), Invoice).records) == {"invoice:INV-1", "invoice:INV-2"}


def test_a_redirect_on_the_same_host_is_followed(source, read, web):
    web.plays(redirect("/files/new.csv"), served())
    assert read(source(), Invoice).records


def test_a_server_with_a_certificate_of_ones_own_is_asked_where_it_is_told(tmp_path, read):
    certificate = self_signed(tmp_path / "own.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with Web(tls) as web:
        web.otherwise = served()
        for told, works in (({"ca_file": "own.pem"}, True), ({}, False)):
            files = [{"url": web.url("/x.csv"), **told}]
            table = {"id": "s" if works else "t", "label": "Files", "kind": "exports", "files": files}
            settings = Exports.Settings.model_validate(table, context={"folder": tmp_path, "env": {}})
            if works:
                assert read(Exports(settings), Invoice).records
            else:
                with pytest.raises(Refused, match="does not prove who it is"):
                    Exports(settings).check()


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/a/Sales%20Invoices.csv?sig=1", {}, "Sales Invoices.csv"),
        ("/export", {"Content-Type": "text/csv; charset=utf-8"}, "export.csv"),
        ("/export", {"Content-Disposition": 'attachment; filename="q1.xlsx"'}, "export.xlsx"),
        ("/export", {"Content-Disposition": "attachment; filename*=UTF-8''q1.ods"}, "export.ods"),
        ("/export", {"Content-Disposition": 'attachment; filename="../../x.sh"'}, "export.csv"),
        ("/", {"Content-Type": "application/vnd.oasis.opendocument.spreadsheet"}, "export.ods"),
        ("/..%2f..%2fetc%2fpasswd", {}, "passwd.csv"),
        ("/.hidden.csv", {}, "hidden.csv"),
        ("/%00%1b.csv", {}, "__.csv"),
    ],
)
def test_its_name_here_is_harmless_and_ends_as_it_is_to_be_read(path, headers, name):
    assert name_of(f"https://files.example{path}", Reply("", 200, headers)) == name


def test_what_is_told_of_a_file_holds_no_secret(source, read, web, tmp_path):
    web.otherwise = served()
    read(source("/a.csv?sig=s3cr3t-4711", headers={"X-Access": {"env": "K"}}, env={"K": "k-4711"}), Invoice)
    (told,) = tmp_path.rglob(".*.told")
    assert set(json.loads(told.read_text())) == {"etag", "modified", "mark"}
    assert "4711" not in "".join(map(str, tmp_path.rglob("*")))
