"""The rules of the house. If one stops you, move the code, not the rule."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
Function = ast.FunctionDef | ast.AsyncFunctionDef
SHARED = ROOT.parent / "shared"
PACKAGES = ("connectors", "sync", "portal")
SQL = re.compile(r"sync/(tables|database|mirror|owners)(/\w+)*\.py|portal/(gateway|store)(/\w+)*\.py")
FROM_BELOW = re.compile(r"sync\.(config|database|tables)(\.|$)|connectors\.records$")
FOR_THE_COMMAND_LINE = re.compile(r"sync\.cli(\.|$)")
HOT = re.compile(r"sync/mirror/.*|connectors/exports/.*")
FUNCTION, HOT_FUNCTION, FILE = 35, 60, 300
FORBIDDEN = re.compile(
    r"(^|_)(entity|entities|adapter|adapters|manager|managers|helpers?|utils?|common|misc)(_|$)"
)
HOSTS = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|conda\.anaconda|--(extra-)?index-url|--find-links"
)
TOP = {
    ".ci", ".gitignore", "README.md", "bench", "config.example.toml", "connectors", "dev", "docs", "locks",
    "portal", "pyproject.toml", "roles.sql", "schema.sql", "sync", "tests",
}  # fmt: skip


@cache
def tracked() -> list[str]:
    """Every file git knows of, or would with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """The tracked files that are text."""
    for name in tracked():
        try:
            yield name, (ROOT / name).read_text("utf-8")
        except UnicodeDecodeError:
            continue


@cache
def parsed(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text("utf-8"))


def modules(*folders: str) -> list[tuple[str, ast.Module]]:
    """The Python files under these folders, parsed."""
    names = [
        name
        for name in tracked()
        if name.endswith(".py") and name.startswith(tuple(f + "/" for f in folders))
    ]
    return [(name, parsed(name)) for name in names]


def imports(tree: ast.Module) -> Iterator[str]:
    """The modules a file imports, at the top or inside its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(tree: ast.Module) -> Iterator[Function]:
    yield from (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: Function) -> int:
    """The lines of its own code: not its docstring, nor the functions inside it, which are counted too."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    inner = sum(1 + (f.end_lineno or 0) - f.lineno for f in body if isinstance(f, ast.FunctionDef))
    return 1 + (function.end_lineno or 0) - body[0].lineno - inner


def test_sql_is_written_in_few_places_only() -> None:
    strangers = [
        name
        for name, tree in modules(*PACKAGES)
        if not SQL.fullmatch(name)
        if {"sqlalchemy", "psycopg"} & {module.split(".")[0] for module in imports(without_annotations(tree))}
    ]
    assert strangers == []


def without_annotations(tree: ast.Module) -> ast.Module:
    """The module without what it imports for its annotations only."""
    kept = [n for n in tree.body if not (isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")]
    return ast.Module(kept, type_ignores=[])


def test_the_portal_looks_at_few_things_below_it() -> None:
    reached = {
        (name, module)
        for name, tree in modules("portal")
        for module in imports(tree)
        if module.split(".")[0] in ("sync", "connectors") and not FROM_BELOW.match(module)
        if not (name.startswith("portal/cli/") and FOR_THE_COMMAND_LINE.match(module))
        if not module.startswith("connectors.records.")
    }
    assert reached == set()


def test_nobody_imports_what_another_module_keeps_to_itself() -> None:
    private = {
        (name, module)
        for name, tree in modules(*PACKAGES, "tests")
        for module in imports(tree)
        if module.split(".")[0] in PACKAGES and any(re.match("_[a-z]", part) for part in module.split("."))
    }
    assert private == set()


def test_functions_are_short() -> None:
    long = {
        f"{name}:{function.lineno} {function.name}": length(function)
        for name, tree in modules(*PACKAGES, "tests")
        for function in functions(tree)
        if length(function) > (HOT_FUNCTION if HOT.fullmatch(name) else FUNCTION)
    }
    assert long == {}


def test_files_are_short() -> None:
    long = {
        name: lines
        for name, _ in modules(*PACKAGES)
        if (lines := (ROOT / name).read_text("utf-8").count("\n")) > FILE
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, tree in modules(*PACKAGES, "tests") if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in modules(*PACKAGES)
        for node in [
            *tree.body,
            *(m for c in tree.body if isinstance(c, ast.ClassDef) and not is_protocol(c) for m in c.body),
        ]
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        if not node.name.startswith(("_", "test_")) and not ast.get_docstring(node) and not is_overload(node)
    ]
    assert silent == []


def is_protocol(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)


def is_overload(node: ast.FunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in node.decorator_list)


def test_names_say_the_thing_not_the_pattern() -> None:
    files = [name for name in tracked() if name.endswith(".py") and FORBIDDEN.search(Path(name).stem.lower())]
    classes = [
        f"{name} {node.name}"
        for name, tree in modules(*PACKAGES, "tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and FORBIDDEN.search(re.sub("(?<!^)(?=[A-Z])", "_", node.name).lower())
    ]
    assert files + classes == []


def test_no_file_names_a_place_of_one_machine_or_a_package_registry() -> None:
    paths = re.compile(
        rf"(?<![\w./]){re.escape(str(ROOT.parent))}/|(?<!\w){re.escape(str(Path.home()))}/(?!\w*/?$)"
    )
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in texts()
        if name != "tests/test_house.py"
        for number, line in enumerate(text.splitlines(), 1)
        if paths.search(line) or HOSTS.search(line)
    ]
    assert found == []


def test_locks_hold_versions_and_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "locks").glob("*.txt"):
        lines = lock.read_text("utf-8").splitlines()
        odd = [
            line
            for line in lines
            if not re.match(
                r"[a-z0-9._-]+(\[[a-z]+\])?==[^ ]+( ;.*)? \\$|    --hash=sha256:[0-9a-f]{64}", line
            )
        ]
        assert odd == [], lock.name
        assert not any("://" in line for line in lines)


def test_nothing_is_left_for_later_without_a_word() -> None:
    left = [
        f"{name}:{number}"
        for name, text in texts()
        if name.endswith((".py", ".html", ".css", ".js", ".sql", ".toml", "dev"))
        and name != "tests/test_house.py"
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line)
    ]
    assert left == []


def test_no_method_waits_to_be_written() -> None:
    stubs = [
        f"{name}:{function.lineno} {function.name}"
        for name, tree in modules(*PACKAGES)
        for function in functions(tree)
        if "NotImplementedError" in ast.dump(function) and name != "connectors/base.py"
    ]
    assert stubs == []


def test_nothing_is_a_copy_of_a_file_beside_the_project() -> None:
    if not SHARED.is_dir():
        pytest.skip("there is no ../shared here to compare with")
    beside = {digest(path) for path in SHARED.rglob("*") if path.is_file() and path.stat().st_size > 64}
    copies = [
        n
        for n in tracked()
        if not n.startswith("bench/") and (ROOT / n).stat().st_size > 64 and digest(ROOT / n) in beside
    ]
    assert copies == []


def digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def test_the_top_of_the_tree_is_the_one_in_the_design() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP


def test_readme_shows_the_two_commands() -> None:
    blocks = re.findall(
        r"```(?:sh|bash|console)?\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    commands = {
        line.strip().removeprefix("$ ").split("#")[0].strip()
        for block in blocks
        for line in block.splitlines()
    }
    assert {"./dev run", "./dev test"} <= commands
    assert "./dev test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_wheel_holds_everything_that_runs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(ZipFile(wheel).namelist())
    moved = {
        "schema.sql": "sync/schema.sql",
        "roles.sql": "sync/roles.sql",
        "config.example.toml": "portal/config.example.toml",
    }
    wanted = {name for name in tracked() if name.startswith(tuple(f"{p}/" for p in PACKAGES))} | set(
        moved.values()
    )
    assert wanted - held == set()
    assert any(name.endswith("entry_points.txt") for name in held)


def test_the_commands_and_connectors_are_named_where_packages_are_told() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"fanlight": "portal.cli:main"}
    kinds = {path.parent.name for path in (ROOT / "connectors").glob("*/settings.py")}
    expected = {kind: f"connectors.{kind}:{kind.capitalize()}" for kind in kinds}
    assert project["entry-points"]["fanlight.connectors"] == expected
