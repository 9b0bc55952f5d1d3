"""`./dev`: what it says when it cannot go on, what it does anew. CI runs it for real, in a fresh clone."""

import ast
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def dev(tmp_path: Path) -> ModuleType:
    """The script as a module, for a checkout in an empty folder."""
    loader = SourceFileLoader("dev", str(ROOT / "dev"))
    spec = spec_from_loader("dev", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    module.ROOT, module.VENV, module.PYTHON = (
        tmp_path,
        tmp_path / ".venv",
        tmp_path / ".venv" / "bin" / "python",
    )
    for folder in ("locks", ".venv"):
        (tmp_path / folder).mkdir()
    for name in ("locks/bootstrap.txt", "locks/run.txt", "pyproject.toml"):
        (tmp_path / name).write_text("as it was")
    return module


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--help"], 0), (["tset"], 2)])
def test_without_a_command_it_shows_the_commands(words: list[str], code: int) -> None:
    ran = subprocess.run([sys.executable, ROOT / "dev", *words], capture_output=True, text=True)
    assert ran.returncode == code
    for command in ("./dev run", "./dev test", "./dev check", "./dev lock"):
        assert command in ran.stdout


def test_it_needs_nothing_but_python() -> None:
    tree = ast.parse((ROOT / "dev").read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names | {"__future__"}


def test_it_can_be_started_by_name() -> None:
    assert (ROOT / "dev").stat().st_mode & 0o111
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("locks/run.txt", {"run"}),
        ("pyproject.toml", {"run"}),
        ("locks/bootstrap.txt", {"bootstrap"}),
        ("", set()),
    ],
)
def test_what_changed_is_installed_again_and_nothing_else(
    dev: ModuleType, tmp_path: Path, changed: str, again: set[str]
) -> None:
    for name in ("bootstrap", "run"):
        dev.mark(name)
    if changed:
        (tmp_path / changed).write_text("another")
    assert {name for name in ("bootstrap", "run") if not dev.installed(name)} == again


def test_a_checkout_that_was_moved_is_set_up_anew(dev: ModuleType, tmp_path: Path) -> None:
    dev.mark("run")
    before = dev.state_of("run")
    dev.VENV = tmp_path / "elsewhere"
    assert dev.state_of("run") != before


def test_an_old_python_is_told_what_is_needed(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Fanlight needs 3\.11 or newer: (start it with|install one)"):
        dev.refuse_old_python()


def test_a_python_without_venv_is_told_the_package_to_install(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.stamp_of("begun").touch()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=rf"sudo apt install python3\.{sys.version_info.minor}-venv"):
        dev.make_venv()


def test_a_venv_somebody_else_made_is_left_alone(dev: ModuleType, tmp_path: Path) -> None:
    own = tmp_path / ".venv" / "theirs.txt"
    own.write_text("kept")
    with pytest.raises(SystemExit, match=r"was not made by \./dev"):
        dev.make_venv()
    assert own.read_text() == "kept"


def test_ci_runs_the_checks_and_the_readme_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert script.splitlines()[-2:] == ["./dev check", "./dev test"]
    assert "set -euo pipefail" in script
    assert "export CI=1" in script
