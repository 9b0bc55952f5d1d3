"""`fanlight demo`: what it prints can be opened where it is served."""

from pathlib import Path

from click.testing import CliRunner

from portal.cli import commands


def demo(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(commands, ["demo", "--folder", str(folder), *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_links_go_where_the_demo_was_said_to_be_the_next_day_too(tmp_path: Path) -> None:
    assert "http://127.0.0.1:8000/login/" in demo(tmp_path / "demo")
    for words in (("--port", "8123"), ("--step",)):
        printed = demo(tmp_path / "demo", *words)
        assert "http://127.0.0.1:8123/login/" in printed
        assert ":8000" not in printed
