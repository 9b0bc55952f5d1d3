"""An SFTP drop folder is listed and read, by a server that proves who it is, and never written to."""

import io
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest
from fakes.drop import DropFolder

from connectors.base import Garbled, Refused, Unavailable
from connectors.exports import Exports
from connectors.exports.elsewhere.sftp import Drop
from connectors.records import Invoice

HEAD = (
    "ContactName,InvoiceNumber,InvoiceDate,DueDate,Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,"
    "Description,Currency,Type,Status\n"
)


def invoices(*numbers: int) -> str:
    return HEAD + "".join(
        f"Kea Cafe,INV-{n},28/03/2025,27/04/2025,115.00,15.00,0.00,115.00,Coffee,NZD,Sales invoice,Paid\n"
        for n in numbers
    )


@pytest.fixture
def drop(tmp_path):
    """The server and its folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    with DropFolder(folder) as server:
        yield server


@pytest.fixture
def source(tmp_path, drop):
    """Makes the source anew, as each run does."""

    def make(pattern="orders*.csv", folder="out", **told) -> Exports:
        table = {
            "sftp": drop.address(pattern, folder),
            "password": {"env": "PASS"},
            "host_key": drop.key_line,
            **told,
        }
        kept = {key: value for key, value in table.items() if value is not None}
        whole = {"id": "src", "label": "Files", "kind": "exports", "settle": 60, "files": [kept]}
        env = {"PASS": drop.password, "WRONG": "not-the-password"}
        settings = Exports.Settings.model_validate(whole, context={"folder": tmp_path, "env": env})
        return Exports(settings, clock=time.time)

    return make


def put(drop: DropFolder, name: str, text: str, age: float = 3600) -> Path:
    """Drop a file as if ``age`` seconds ago."""
    path = drop.folder / name
    path.write_text(text)
    then = int(time.time() - age)
    os.utime(path, (then, then))
    return path


def ids(*numbers: int) -> set[str]:
    return {f"invoice:INV-{n}" for n in numbers}


def test_the_files_of_the_pattern_are_read_and_as_old_as_their_times(source, read, drop):
    oldest = put(drop, "orders1.csv", invoices(1), age=7200).stat().st_mtime
    put(drop, "orders2.csv", invoices(2))
    put(drop, "other.csv", "a,b\n")
    put(drop, ".orders3.csv", "a,b\n")
    (drop.folder / "orders4.csv").mkdir()
    told = read(source(), Invoice)
    assert set(told.records) == ids(1, 2)
    assert told.pages[-1].as_of == datetime.fromtimestamp(oldest, UTC)
    assert sorted(drop.opened) == ["orders1.csv", "orders2.csv"] and drop.writes == []


def test_only_what_changed_is_fetched_again(source, read, drop):
    put(drop, "orders1.csv", invoices(1))
    put(drop, "orders2.csv", invoices(2))
    read(source(), Invoice)
    drop.opened.clear()
    assert set(read(source(), Invoice).records) == ids(1, 2)
    assert drop.opened == []
    put(drop, "orders2.csv", invoices(2, 3), age=60)
    assert set(read(source(), Invoice).records) == ids(1, 2, 3)
    assert drop.opened == ["orders2.csv"]


def test_a_file_taken_out_of_the_folder_is_taken_out_of_the_set(source, read, drop):
    put(drop, "orders1.csv", invoices(1))
    gone = put(drop, "orders2.csv", invoices(2))
    read(source(complete=True), Invoice)
    gone.unlink()
    assert set(read(source(complete=True), Invoice).records) == ids(1)


def test_a_key_lets_us_in_as_well(source, read, drop, tmp_path):
    put(drop, "orders1.csv", invoices(1))
    text = io.StringIO()
    drop.user_key.write_private_key(text)
    (tmp_path / "id").write_text(text.getvalue())
    (tmp_path / "id").chmod(0o600)
    assert read(source(key={"file": "id"}, password=None), Invoice).records


def test_a_key_with_a_passphrase_needs_it(source, read, drop, tmp_path):
    put(drop, "orders1.csv", invoices(1))
    text = io.StringIO()
    drop.user_key.write_private_key(text, drop.password)
    (tmp_path / "id").write_text(text.getvalue())
    (tmp_path / "id").chmod(0o600)
    assert read(source(key={"file": "id"}), Invoice).records
    with pytest.raises(Refused, match="with a passphrase it needs password too"):
        list(source(key={"file": "id"}, password=None).pull(Invoice, None))


def test_a_strange_server_is_told_nothing_and_its_fingerprint_is_shown(source, drop):
    put(drop, "orders1.csv", invoices(1))
    with pytest.raises(Refused) as told:
        source(host_key=None).check()
    assert "a key nobody told us" in str(told.value)
    assert drop.host_key.fingerprint in str(told.value)
    assert f'host_key = "{drop.key_line}"' in str(told.value)
    assert drop.proofs == []


def test_a_server_with_another_key_than_told_is_told_nothing(source, drop):
    other = paramiko.ECDSAKey.generate()
    line = f"{other.get_name()} {other.get_base64()}"
    with pytest.raises(Refused, match="shows another key than the one told"):
        source(host_key=line).check()
    assert drop.proofs == []


def test_the_keys_may_stand_in_a_known_hosts_file(source, read, drop, tmp_path):
    put(drop, "orders1.csv", invoices(1))
    (tmp_path / "hosts").write_text(f"[127.0.0.1]:{drop.port} {drop.key_line}\n")
    assert read(source(host_key=None, known_hosts="hosts"), Invoice).records
    (tmp_path / "hosts").write_text(f"elsewhere.example {drop.key_line}\n")
    with pytest.raises(Refused, match="a key nobody told us"):
        source(host_key=None, known_hosts="hosts").check()
    with pytest.raises(Refused, match="nowhere cannot be read"):
        source(host_key=None, known_hosts="nowhere").check()


def test_a_server_that_shows_an_older_kind_of_key_too_is_asked_for_the_one_we_know(source, read, drop):
    put(drop, "orders1.csv", invoices(1))
    rsa = paramiko.RSAKey.generate(2048)
    drop.more_keys.append(rsa)
    line = f"{rsa.get_name()} {rsa.get_base64()}"
    assert read(source(host_key=line), Invoice).records


def test_a_wrong_password_is_said(source, drop):
    put(drop, "orders1.csv", invoices(1))
    with pytest.raises(Refused, match="does not let us in") as told:
        source(password={"env": "WRONG"}).check()
    assert "not-the-password" not in str(told.value)


def test_a_file_still_being_written_waits(source, drop):
    put(drop, "orders1.csv", invoices(1), age=1)
    with pytest.raises(Unavailable, match=r"orders1\.csv\) was written just now"):
        list(source(profile="xero-sales-invoices").pull(Invoice, None))
    assert drop.opened == []


def test_a_file_that_grows_while_it_is_read_waits(source, drop):
    put(drop, "orders1.csv", invoices(1))
    drop.meanwhile = lambda path: path.write_text(invoices(1, 2))
    with pytest.raises(Unavailable):
        list(source(profile="xero-sales-invoices").pull(Invoice, None))


def test_one_file_that_cannot_be_had_keeps_the_whole_set_as_it_was(source, read, drop, tmp_path):
    put(drop, "orders1.csv", invoices(1))
    put(drop, "orders2.csv", invoices(2))
    read(source(complete=True), Invoice)
    (drop.folder / "orders1.csv").unlink()
    put(drop, "orders2.csv", "<html>Sign in</html>", age=60)
    again = source(complete=True)
    with pytest.raises(Garbled, match="web page"):
        list(again.pull(Invoice, None))
    assert {path.name for path in (tmp_path / "var").rglob("*.csv")} == {"orders1.csv", "orders2.csv"}


def test_a_file_larger_than_allowed_is_not_fetched(source, drop):
    put(drop, "orders1.csv", " " * (2 << 20))
    with pytest.raises(Refused, match=r"orders1\.csv\) is larger than 1 MB.*max_mb"):
        source(max_mb=1).check()


def test_what_is_missing_is_said_with_the_address(source, drop):
    with pytest.raises(Refused, match=rf"no file matches sftp://shop@127\.0\.0\.1:{drop.port}/out/orders"):
        source().check()
    with pytest.raises(Refused, match="there is no such folder"):
        source(folder="nowhere").check()


def test_a_server_that_is_not_there_is_asked_again_another_time(source, drop):
    put(drop, "orders1.csv", invoices(1))
    told = source(profile="xero-sales-invoices")
    drop.stop()
    with pytest.raises(Unavailable, match="the next run asks again"):
        list(told.pull(Invoice, None))


def test_what_is_kept_is_for_its_owner_alone(source, read, drop, tmp_path):
    put(drop, "orders1.csv", invoices(1))
    read(source(), Invoice)
    for path in (tmp_path / "var" / "cache" / "src").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.parametrize(
    ("address", "folder", "pattern", "port"),
    [
        ("sftp://u@h/out/a*.csv", "/out", "a*.csv", 22),
        ("sftp://u@h:2222/a.csv", "/", "a.csv", 2222),
        ("sftp://u@h/~/drop/a.csv", "drop", "a.csv", 22),
        ("sftp://u@h/~/a.csv", ".", "a.csv", 22),
        ("sftp://u@h/My%20Files/a.csv", "/My Files", "a.csv", 22),
    ],
)
def test_an_address_is_taken_apart(address, folder, pattern, port):
    drop = Drop.of(address)
    assert (drop.user, drop.host, drop.folder, drop.pattern, drop.port) == ("u", "h", folder, pattern, port)
