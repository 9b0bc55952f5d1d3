"""Making a demo is repeatable and destroys nothing."""

import json
from datetime import date

import pytest

from portal import demo


def test_the_same_seed_and_day_give_the_same_files(made, tmp_path):
    demo.write(tmp_path, seed=7, today=made.today)
    assert type(made)(tmp_path).bytes == made.bytes


def test_another_seed_gives_another_business(made, tmp_path):
    demo.write(tmp_path, seed=8, today=made.today)
    assert type(made)(tmp_path).orders != made.orders


@pytest.mark.parametrize(("seed", "today"), [(1, date(2027, 2, 28)), (2, date(2028, 2, 29))])
def test_any_seed_and_day_give_a_demo_of_the_promised_size(made, tmp_path, seed, today):
    demo.write(tmp_path, seed=seed, today=today)
    other = type(made)(tmp_path)
    assert (len(other.orders), len(other.invoices)) == (3000, 2500)


def test_making_the_demo_anew_goes_back_to_its_first_day(fresh, made):
    fresh.step()
    demo.write(fresh.folder, seed=7, today=fresh.today)
    assert fresh.bytes == made.bytes


def test_the_secret_key_is_private_and_survives_a_new_demo(fresh):
    key = fresh.folder / "secret.key"
    before = key.read_text()
    demo.write(fresh.folder, seed=7, today=fresh.today)
    assert key.read_text() == before
    assert len(before.strip()) == 64
    assert key.stat().st_mode & 0o077 == 0


def test_two_demos_never_share_a_secret_key(made, tmp_path):
    demo.write(tmp_path, seed=7, today=made.today)
    assert (tmp_path / "secret.key").read_text() != (made.folder / "secret.key").read_text()


def test_somebody_elses_configuration_is_never_overwritten(tmp_path):
    (tmp_path / "fanlight.toml").write_text("mine")
    with pytest.raises(demo.NotADemo, match=r"fanlight\.toml is not from the demo"):
        demo.write(tmp_path, seed=7, today=date(2026, 11, 23))
    assert (tmp_path / "fanlight.toml").read_text() == "mine"


def test_a_step_without_a_demo_says_how_to_make_one(tmp_path):
    with pytest.raises(demo.NotADemo, match="fanlight demo --folder"):
        demo.step(tmp_path, today=date(2026, 11, 23))


def test_the_case_export_is_older_than_the_others(tmp_path):
    demo.write(tmp_path, seed=7, today=date(2026, 11, 23))
    exports = tmp_path / "exports"
    age = (exports / "accounts.csv").stat().st_mtime - (exports / "cases.csv").stat().st_mtime
    assert 2.9 * 3600 < age < 3.1 * 3600


def test_a_day_is_not_played_on_top_of_a_demo_of_another_version(fresh):
    state = fresh.folder / ".state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"made_by": "an older one"}))
    before = fresh.bytes
    with pytest.raises(demo.NotADemo, match="another Fanlight; delete the folder"):
        fresh.step()
    assert fresh.bytes == before
