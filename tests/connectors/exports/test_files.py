"""Only files at rest are read, a set of files is one stream, and what cannot be read removes nothing."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import Garbled, Reads, Refused, Unavailable
from connectors.exports.files import natural
from connectors.exports.pages import PAGE
from connectors.records import Account, Order

HEAD = "Id,Name\n"
MAP = {"id": "Id", "updated": "Changed", "fields": {"name": "Name"}}


def accounts(path="*.csv", **more):
    """A set of files of accounts."""
    return {"path": path, "record": "account", "map": MAP, "timezone": "UTC", **more}


def test_a_file_that_is_still_being_written_waits_for_the_next_tick(folder, read):
    folder.put("a.csv", HEAD + "1,Ann\n", age=0.5)
    with pytest.raises(Unavailable, match=r"a\.csv was written 0\.5 s ago") as error:
        read(folder.source(accounts()), Account)
    assert error.value.retry_after == pytest.approx(1.5, abs=0.01)


def test_a_file_that_was_moved_into_place_is_whole_at_once(folder, read):
    part = folder.put("a.part", HEAD + "1,Ann\n")
    folder.now = time.time()
    os.utime(part, (folder.now - 0.5, folder.now - 0.5))
    part.rename(folder.path / "a.csv")
    assert list(read(folder.source(accounts()), Account).records) == ["1"]


def test_settle_zero_reads_at_once(folder, read):
    folder.put("a.csv", HEAD + "1,Ann\n", age=0)
    assert len(read(folder.source(accounts(), settle=0), Account).records) == 1


def test_a_file_that_grows_while_it_is_read_gives_no_further_page(folder):
    path = folder.put("a.csv", HEAD + "".join(f"{n},Ann\n" for n in range(2 * PAGE + 500)))
    pages = folder.source(accounts()).pull(Account, None)
    assert len(next(pages).rows) == PAGE
    with path.open("a") as file:
        file.write("9999,Zed\n")
    with pytest.raises(Unavailable, match=r"a\.csv was written to while it was read"):
        list(pages)


def test_a_file_replaced_by_rename_is_read_to_its_end_as_it_was(folder):
    folder.put("a.csv", HEAD + "".join(f"{n},Ann\n" for n in range(2 * PAGE + 500)))
    pages = folder.source(accounts()).pull(Account, None)
    rows = list(next(pages).rows)
    os.replace(folder.put("b.part", HEAD + "1,Other\n"), folder.path / "a.csv")
    assert len(rows) + sum(len(page.rows) for page in pages) == 2 * PAGE + 500


def test_pages_hold_so_many_records_and_only_the_last_a_cursor(folder, read):
    folder.put("a.csv", HEAD + "".join(f"{n},Ann\n" for n in range(2 * PAGE + 500)))
    told = read(folder.source(accounts()), Account)
    assert [len(page.rows) for page in told.pages] == [PAGE, PAGE, 500]
    assert [page.cursor is None for page in told.pages] == [True, True, False]


def test_as_of_is_the_age_of_the_oldest_file(folder, read):
    folder.put("new.csv", HEAD + "1,Ann\n", age=60)
    folder.put("old.csv", HEAD + "2,Bob\n", age=86_400 * 21)
    told = read(folder.source(accounts()), Account)
    assert {page.as_of for page in told.pages} == {datetime.fromtimestamp(folder.now - 86_400 * 21, UTC)}


def test_a_file_from_the_future_is_not_known_true_later_than_now(folder, read):
    path = folder.put("a.csv", HEAD + "1,Ann\n", age=-3600)
    came = datetime.fromtimestamp(path.stat().st_ctime, UTC)
    assert read(folder.source(accounts()), Account).pages[-1].as_of == came
    folder.now = path.stat().st_ctime - 5  # the clock was set back
    asof = read(folder.source(accounts(), settle=0), Account).pages[-1].as_of
    assert asof == datetime.fromtimestamp(folder.now, UTC)


def test_a_missing_file_is_refused_with_its_pattern_and_folder(folder, read):
    with pytest.raises(Refused, match=r"no file matches orders\*\.csv in .*"):
        read(folder.source(accounts("orders*.csv")), Account)


def test_a_file_that_vanished_since_it_was_listed_is_refused_in_words(folder):
    path = folder.put("Account.csv", "Id,Name,BillingCity\n001A,Ann,Ulm\n")
    source = folder.source("Account.csv")
    assert list(source.reads) == [Account]
    path.unlink()
    (folder.path / "Account.csv").symlink_to(folder.path / "nowhere.csv")
    with pytest.raises(Refused, match=r"Account\.csv"):
        source.check()


def test_a_missing_folder_is_named(folder, read):
    with pytest.raises(Refused, match="there is no folder"):
        read(folder.source(accounts("nowhere/orders.csv")), Account)


def test_a_folder_in_the_place_of_a_file_is_refused(folder, read):
    (folder.path / "a.csv").mkdir()
    with pytest.raises(Refused, match=r"a\.csv is not a file"):
        read(folder.source(accounts("a.csv")), Account)


def test_a_pipe_in_the_place_of_a_file_does_not_hang(folder, read):
    os.mkfifo(folder.path / "a.csv")
    with pytest.raises(Refused, match=r"a\.csv is not a file"):
        read(folder.source(accounts("a.csv")), Account)


@pytest.mark.parametrize("pattern", ["drop/a.csv", "drop/*.csv", "drop/*/a.csv"])
def test_a_link_out_of_the_folder_is_refused_and_nothing_behind_it_is_quoted(folder, pattern):
    folder.put("secret/a.csv", "root,hunter2\n1,Ann\n")
    (folder.path / "drop").mkdir()
    (folder.path / "drop" / "a.csv").symlink_to(folder.path / "secret" / "a.csv")
    (folder.path / "drop" / "more").symlink_to(folder.path / "secret")
    for files in (pattern, accounts(pattern)):
        source = folder.source(files)
        with pytest.raises(
            Refused, match=r"a\.csv is a link out of .*drop; put the file itself there"
        ) as error:
            source.check()
        assert "hunter2" not in str(error.value)


def test_a_link_inside_the_folder_and_a_linked_folder_are_followed(folder, read):
    folder.put("real/2026/a.csv", HEAD + "1,Ann\n")
    (folder.path / "real" / "now.csv").symlink_to(folder.path / "real" / "2026" / "a.csv")
    (folder.path / "drop").symlink_to(folder.path / "real")
    assert list(read(folder.source(accounts("drop/now.csv")), Account).records) == ["1"]


@pytest.mark.parametrize("name", ["a.xls", "a.XLS", "a.xlsb", "a.numbers"])
def test_a_spreadsheet_of_an_unknown_kind_is_refused_with_the_cure(folder, read, name):
    folder.put(name, b"\xd0\xcf\x11\xe0")
    with pytest.raises(Refused, match=rf"{name} is a spreadsheet of another kind; save it as XLSX or CSV"):
        read(folder.source(accounts(name)), Account)


def test_the_lock_files_of_a_spreadsheet_program_are_left_alone(folder, read):
    folder.put("~$a.csv", b"\0\0")
    folder.put("a.csv", HEAD + "1,Ann\n")
    assert len(read(folder.source(accounts()), Account).records) == 1


def test_one_bad_file_of_a_set_keeps_the_whole_stream_as_it_is(folder):
    folder.put("a.csv", HEAD + "1,Ann\n")
    folder.put("b.csv", "<html>Sign in</html>")
    for complete in (True, False):
        with pytest.raises(Garbled, match=r"b\.csv is a web page"):
            next(folder.source(accounts(complete=complete)).pull(Account, None))


def test_every_bad_file_is_told_at_once(folder):
    folder.put("a.csv", b"")
    folder.put("b.csv", "<html>Sign in</html>")
    folder.put("c.csv", "Id,Nane\n1,Ann\n")
    with pytest.raises(Garbled, match=r"a\.csv is empty.*b\.csv is a web page"):
        next(folder.source(accounts()).pull(Account, None))


def test_check_lists_everything_wrong_over_all_records(folder):
    folder.put("a.csv", b"")
    folder.put("o.csv", "No,On\n1,03/04/2026\n")
    orders = {
        "path": "o.csv",
        "record": "order",
        "map": {"id": "No", "fields": {"number": "No", "placed_on": "On"}},
    }
    with pytest.raises(
        Refused, match=r"no file matches p\.csv.*account: a\.csv is empty.*order: .*date_order"
    ):
        folder.source(accounts("a.csv"), {**orders, "path": "p.csv"}, orders).check()


def test_silence_means_gone_only_where_every_set_is_complete(folder):
    folder.put("a.csv", HEAD + "1,Ann\n")
    whole, part = accounts("a.csv", complete=True), accounts("a*.csv")
    assert folder.source(whole).reads == {Account: Reads.EVERYTHING}
    assert folder.source(whole, part).reads == {Account: Reads.CHANGES}


def test_an_unchanged_set_answers_at_once_with_nothing_new(folder, read):
    folder.put("a.csv", HEAD + "1,Ann\n")
    source = folder.source(accounts())
    first = read(source, Account)
    again = read(source, Account, first.pages[-1].cursor)
    assert [len(page.rows) for page in again.pages] == [0]
    assert again.pages[-1].cursor == first.pages[-1].cursor


def test_a_complete_set_is_always_read_whole(folder, read):
    folder.put("a.csv", HEAD + "1,Ann\n")
    source = folder.source(accounts(complete=True))
    assert len(read(source, Account, read(source, Account).pages[-1].cursor).rows) == 1


def test_another_mapping_reads_an_unchanged_file_again(folder, read):
    folder.put("a.csv", HEAD + "1,Ann\n")
    cursor = read(folder.source(accounts()), Account).pages[-1].cursor
    other = accounts(map={**MAP, "fields": {"name": "Name", "number": "Id"}})
    assert len(read(folder.source(other), Account, cursor).rows) == 1


def test_a_cursor_that_means_nothing_is_a_new_beginning(folder, read):
    folder.put("a.csv", HEAD + "1,Ann\n")
    for cursor in ("", "{", json.dumps({"mapping": "x", "files": {}})):
        assert len(read(folder.source(accounts()), Account, cursor).rows) == 1


def test_of_one_record_in_two_files_the_newer_file_wins(folder, read):
    folder.put("b.csv", HEAD + "1,Ann old\n2,Bob\n", age=500)
    folder.put("a.csv", HEAD + "1,Ann new\n3,Cy\n", age=60)
    told = read(folder.source(accounts()), Account)
    assert {ident: one.name for ident, one in told.records.items()} == {"1": "Ann new", "2": "Bob", "3": "Cy"}
    assert told.data_rows == 4


def test_of_one_record_in_two_files_the_later_change_wins_over_the_newer_file(folder, read):
    folder.put("old.csv", "Id,Name,Changed\n1,Changed in May,2026-05-01 10:00\n", age=500)
    folder.put("new.csv", "Id,Name,Changed\n1,Changed in April,2026-04-01 10:00\n", age=60)
    assert read(folder.source(accounts()), Account).records["1"].name == "Changed in May"


def test_of_two_files_as_old_as_each_other_the_higher_number_is_newer(folder, read):
    folder.put("export_10.csv", HEAD + "1,Ten\n")
    folder.put("export_9.csv", HEAD + "1,Nine\n")
    assert read(folder.source(accounts()), Account).records["1"].name == "Ten"


def test_numbers_in_file_names_count_as_numbers():
    names = ["orders_export (10).csv", "orders_export (2).csv", "Orders_export.csv", "orders_export_1.csv"]
    assert sorted(map(Path, names), key=natural) == [
        Path(names[1]),
        Path(names[0]),
        Path(names[2]),
        Path(names[3]),
    ]


def test_lines_of_two_versions_of_an_order_never_merge(folder, read):
    head = "No,Total,Cur,Article\n"
    folder.put("a.csv", head + "1,5,EUR,Bolt\n1,5,EUR,Nut\n2,1,EUR,Pin\n", age=500)
    folder.put("b.csv", head + "1,4,EUR,Bolt\n", age=60)
    table = {
        "path": "*.csv",
        "record": "order",
        "map": {
            "id": "No", "group": "No",
            "fields": {"number": "No", "total": "Total", "currency": "Cur"}, "lines": {"name": "Article"},
        },
    }  # fmt: skip
    told = read(folder.source(table), Order)
    assert [line.name for line in told.records["1"].lines] == ["Bolt"]
    assert told.data_rows == 4


def test_files_of_one_record_that_name_their_ids_differently_are_refused(folder, read):
    folder.put("a.csv", "Key,Id,Name\n7,1,Ann\n")
    folder.put("b.csv", "Id,Name\n1,Ann\n")
    with pytest.raises(Refused, match="must name ids alike"):
        read(folder.source(accounts(map={**MAP, "id": ["Key", "Id"]})), Account)


def test_records_of_several_formats_lie_in_one_folder(folder, read):
    folder.put("Account.csv", "Id,Name,BillingCity\n001A,Ann,Ulm\n")
    folder.put("Case.csv", "Id,CaseNumber,Status,IsClosed\n500A,1,New,false\n")
    source = folder.source("*.csv", timezone="UTC")
    assert [cls.__name__ for cls in source.reads] == ["Account", "Ticket"]
    folder.put("Contact.csv", "<html>Sign in</html>")
    assert [cls.__name__ for cls in source.reads] == ["Account", "Ticket"]
    with pytest.raises(Garbled, match=r"Contact\.csv is a web page"):
        read(source, Account)


def test_a_set_that_tells_of_no_record_is_refused_before_anything_is_read(folder):
    with pytest.raises(Refused, match=r"no file matches x\*\.csv"):
        _ = folder.source("x*.csv").reads
