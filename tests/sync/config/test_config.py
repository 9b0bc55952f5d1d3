"""The configuration: what is read from a good file, and what is said about a bad one, with line and cure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sync.config import BadConfig, load

KEY = "6f1e0c9ab4d8573e2f90b1c6d7a85e43"  # 32 bytes, made for this file
ENVIRON = {"FANLIGHT_KEY": KEY, "MAIL_PASSWORD": "a mail password"}
GOOD = """\
[portal]
name = "Northgate Supplies"
base_url = "https://portal.example.com"
secret_key = { env = "FANLIGHT_KEY" }
timezone = "Europe/London"

[organisations]
from = "crm"
ids = { shop = { "buyer@x.example" = "0011" } }

[[sources]]
id = "crm"
label = "Customer service"
kind = "exports"
every = "15m"
[[sources.files]]
path = "exports/accounts.csv"

[[sources]]
id = "shop"
label = "Web shop"
kind = "exports"
[sources.show.order]
status = ["Paid"]
[[sources.files]]
path = "exports/orders*.csv"

[stages.orders]
Shipped = "dispatched"
"In Process" = { stage = "in_production", say = "Being made" }

[mail]
method = "smtp"
host = "mail.example.com"
user = "portal"
password = { env = "MAIL_PASSWORD" }
sender = "Northgate <orders@example.com>"

[login]
who = "contacts"
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a fanlight.toml and return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "fanlight.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def refused(path: Path) -> BadConfig:
    with pytest.raises(BadConfig) as caught:
        load(path, ENVIRON)
    return caught.value


@dataclass
class Mistake:
    """One block of mistakes.txt."""

    name: str
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    marked: int = 0  # the line among ``after`` that the message must name
    said: str = ""
    further: list[str] = field(default_factory=list)  # keys that are complained about because of it

    def read(self, sign: str, rest: str) -> None:
        """Take one line of the block."""
        if sign == "-":
            self.before.append(rest)
        elif sign == "=":
            self.said = rest
        elif sign == "~":
            self.further.append(rest)
        elif sign in "+>":
            self.marked = len(self.after) if sign == ">" else self.marked
            self.after.append(rest)


def mistakes() -> list[Mistake]:
    """All blocks of mistakes.txt."""
    found = []
    for block in (Path(__file__).parent / "mistakes.txt").read_text("utf-8").split("\n\n")[1:]:
        heading, *lines = block.strip().splitlines()
        found.append(Mistake(heading.removeprefix("# ")))
        for line in lines:
            found[-1].read(line[0], line[1:])
    return found


def test_an_organisation_sees_its_own_sections_and_every_other_those_of_the_portal(write: Write) -> None:
    own = '[organisations.sections]\na = ["orders", "quotes"]\nb = ["quotes", "support"]\nc = []\n'
    config = load(write(GOOD.replace("[[sources]]", f"{own}\n[[sources]]", 1)), ENVIRON)
    usual = frozenset({"orders", "invoices", "support", "account"})
    assert (config.sections_of(["x"]), config.sections_of([])) == (usual, usual)
    assert config.sections_of(["a", "x"]) == {"orders", "quotes"}
    assert config.sections_of(["a", "b"]) == {"quotes"}
    assert config.sections_of(["c"]) == config.sections_of_all == frozenset()
    assert load(write(GOOD), ENVIRON).sections_of_all == usual


def test_a_good_file_is_read_into_a_frozen_config(write: Write) -> None:
    config = load(write(GOOD), ENVIRON)
    assert [source.id for source in config.sources] == ["crm", "shop"]
    assert config.portal.secret_key.get_secret_value() == KEY
    assert config.stages.orders["Shipped"].stage == "dispatched"
    assert config.stages.orders["In Process"].say == "Being made"
    assert config.organisations.ids == {"shop": {"buyer@x.example": "0011"}}
    assert config.warnings == ()
    with pytest.raises(ValueError, match="frozen"):
        config.portal.name = "Another"


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_with_line_key_and_cure(write: Write, mistake: Mistake) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (mistake.before, mistake.after))
    assert before in GOOD
    line = GOOD[: GOOD.index(before)].count("\n") + 1 + mistake.marked
    path = write(GOOD.replace(before, after, 1))
    key, _, hint = mistake.said.partition(": ")
    found = refused(path)
    (problem,) = (p for p in found.problems if p.key not in mistake.further)
    assert (problem.line, problem.key) == (line, key)
    assert hint in problem.message
    assert f"{path}:{line}: {key}: {problem.message}" in str(found).splitlines()
    assert {p.key for p in found.problems} == {key, *mistake.further}


def test_there_are_forty_mistakes_and_more() -> None:
    assert len({mistake.name for mistake in mistakes()}) >= 40


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    text = GOOD.replace("timezone", "timezon").replace('"15m"', '"15"').replace("Shipped =", "Shipped = 1 #")
    problems = refused(write(text.replace('who = "contacts"', 'who = "all"'))).problems
    assert [p.key for p in problems] == [
        "portal.timezon",
        "sources.crm.every",
        "stages.orders.Shipped",
        "login.who",
    ]
    assert [p.line for p in problems] == sorted(p.line for p in problems)


@pytest.mark.parametrize(
    ("data", "line", "hint"),
    [
        (GOOD.encode("utf-16"), 1, "is UTF-16; save it as UTF-8"),
        (GOOD.encode("utf-16-le"), 1, "is UTF-16; save it as UTF-8"),
        (GOOD.replace("Northgate Supplies", "Größe").encode("cp1252"), 2, "save the file as UTF-8"),
        (GOOD.replace("Northgate Supplies", "North\x01gate").encode(), 2, "Illegal character"),
    ],
    ids=["UTF-16 with its mark", "UTF-16 without", "cp1252", "a control character"],
)
def test_bytes_that_are_no_toml_are_told_with_their_line(
    tmp_path: Path, data: bytes, line: int, hint: str
) -> None:
    path = tmp_path / "fanlight.toml"
    path.write_bytes(data)
    (problem,) = refused(path).problems
    assert problem.line == line
    assert hint in problem.message


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()])
def test_a_file_saved_by_a_windows_editor_is_fine(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fanlight.toml"
    path.write_bytes(data)
    assert load(path, ENVIRON).portal.name == "Northgate Supplies"


def test_a_file_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    error = refused(tmp_path / "fanlight.toml")
    assert str(error) == (
        f"{tmp_path}/fanlight.toml: there is no such file; `fanlight init` writes one, --config names another"
    )


def test_a_secret_comes_from_a_file_beside_the_toml_without_its_line_end(
    tmp_path: Path, write: Write
) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text(KEY + "\n")
    secret.chmod(0o600)
    config = load(write(GOOD.replace('{ env = "FANLIGHT_KEY" }', '{ file = "secret.key" }')), ENVIRON)
    assert config.portal.secret_key.get_secret_value() == KEY
    assert config.warnings == ()


def test_a_secret_file_others_can_read_is_warned_about(tmp_path: Path, write: Write) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text(KEY)
    secret.chmod(0o644)
    config = load(write(GOOD.replace('{ env = "FANLIGHT_KEY" }', '{ file = "secret.key" }')), ENVIRON)
    assert config.warnings == (
        f"secret.key can be read by other users of this machine; cure: chmod 600 {secret}",
    )


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"], ids=["empty", "blank", "not text"])
def test_a_secret_file_without_a_secret_is_refused(tmp_path: Path, write: Write, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    text = GOOD.replace('{ env = "FANLIGHT_KEY" }', '{ file = "secret.key" }')
    (problem,) = refused(write(text)).problems
    assert (problem.key, problem.line) == ("portal.secret_key", 4)


def test_a_portal_with_a_key_that_could_be_guessed_does_not_load(write: Write) -> None:
    with pytest.raises(BadConfig) as caught:
        load(write(GOOD), ENVIRON | {"FANLIGHT_KEY": "change-me"})
    assert [problem.key for problem in caught.value.problems] == ["portal.secret_key"]


def test_no_secret_shows_in_a_config_or_in_what_is_said_about_it(write: Write) -> None:
    config = load(write(GOOD), ENVIRON)
    bad = refused(write(GOOD.replace("timezone", "timezon").replace('{ env = "FANLIGHT_KEY" }', f'"{KEY}"')))
    for text in (repr(config), str(config), repr(config.portal), str(bad), repr(bad.problems), repr(bad)):
        assert KEY not in text
        assert "a mail password" not in text


def test_pictures_and_locales_come_out_ready_to_use(tmp_path: Path, write: Write) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    told = 'locale = "de-AT"\nbrand = { logo = "logo.svg" }\nhosts = ["WWW.example.com"]'
    portal = load(write(GOOD.replace('timezone = "Europe/London"', told)), ENVIRON).portal
    assert (portal.locale, portal.brand.logo, portal.hosts) == (
        "de_AT",
        tmp_path / "logo.svg",
        ("www.example.com",),
    )


def with_id_file(folder: Path, rows: str) -> str:
    (folder / "shop.csv").write_text(rows, "utf-8")
    return GOOD.replace("[[sources]]", 'id_files = { shop = "shop.csv" }\n[[sources]]', 1)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_an_id_file_adds_to_the_ids_byte_for_byte(tmp_path: Path, write: Write, separator: str) -> None:
    rows = f"account{separator}primary\n0042{separator}A1\n42{separator}A2\n\n\u00a042{separator}A3\n"
    config = load(write(with_id_file(tmp_path, rows)), ENVIRON)
    assert config.organisations.ids["shop"] == {
        "buyer@x.example": "0011",
        "0042": "A1",
        "42": "A2",
        "\u00a042": "A3",
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("id,primary\n1,A\n", ['shop.csv:1: the first line must be "account,primary"']),
        ("account,primary\n1,A,x\n2\n", ["shop.csv:2: has 3 columns", "shop.csv:3: has 1 columns"]),
        ("account,primary\n1,\n", ["shop.csv:2: an id is missing"]),
        ("account,primary\n1, A\n", ["shop.csv:2: an id begins or ends with a space"]),
        ("account,primary\n1,A\n2,B\n1,C\n", ['shop.csv:4: "1" is mapped twice, to "A" and to "C"']),
        ("", ["shop.csv:1: the first line"]),
    ],
)
def test_a_bad_line_of_an_id_file_is_told_with_its_place(
    tmp_path: Path, write: Write, rows: str, said: list[str]
) -> None:
    problems = refused(write(with_id_file(tmp_path, rows))).problems
    assert {p.key for p in problems} == {"organisations.id_files.shop"}
    for problem, start in zip(problems, said, strict=True):
        assert problem.message.startswith(start)


def test_an_account_mapped_differently_in_file_and_toml_is_refused(tmp_path: Path, write: Write) -> None:
    text = with_id_file(tmp_path, "account,primary\nbuyer@x.example,0099\n")
    (problem,) = refused(write(text)).problems
    assert problem.key == "organisations.ids.shop.buyer@x.example"
    assert 'mapped to "0011" here and to "0099" in the id file' in problem.message


def test_the_same_line_twice_in_an_id_file_is_no_mistake(tmp_path: Path, write: Write) -> None:
    config = load(write(with_id_file(tmp_path, "account,primary\n1,A\n1,A\n")), ENVIRON)
    assert config.organisations.ids["shop"]["1"] == "A"
