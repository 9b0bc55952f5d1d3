"""Any sequence of export files and settings, read by the real connector: the mirror against plain Python."""

import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.exports import Exports
from sync.run import Outcome, run_source

NUMBERS = count()
HEAD = "No,Customer,Status,Total,Line\n"
GOOD, BAD, DRAFT, DELETED = ("Open", "Paid"), "Bad", "Draft", "Deleted"
MAP = {
    "id": "No", "group": "No", "belongs_to": "Customer", "show": {"Status": ["Open", "Paid", "Bad"]},
    "deleted": {"column": "Status", "is": ["Deleted"]},
    "fields": {"number": "No", "status": "Status", "total": "Total"}, "lines": {"name": "Line"},
}  # fmt: skip
orders = st.tuples(st.sampled_from([*GOOD, *GOOD, BAD, DRAFT, DELETED]), st.integers(1, 3))
files = st.dictionaries(st.sampled_from("abcdefgh"), orders, min_size=2, max_size=8)
rarely = st.sampled_from([False, False, False, True])
steps = st.fixed_dictionaries(
    {
        "older": files, "newer": files, "cut short": rarely, "narrow": rarely,
        "nameless": st.sampled_from([False, True]), "complete": st.sampled_from([True, True, False]),
        "allow": st.sampled_from([0, 0, 0, 10]),
    }
)  # fmt: skip


class Model:
    """What a customer should see, and what staff should be told."""

    def __init__(self) -> None:
        self.shown: dict[str, tuple[str, int]] = {}
        self.last: dict[str, str] = {}  # every id ever kept, with its last good status
        self.marked: dict[str, str] = {}  # about to go by the source's word or a rule
        self.frozen: set[str] = set()
        self.counted: set[str] = set()  # kept when the stream was last complete
        self.log: list[tuple[str, str]] = []
        self.rule: tuple[str, ...] = ()
        self.silent, self.aside = True, 0

    def read(self, step: dict[str, Any]) -> None:
        """One run over whole files."""
        rule = ("Paid", BAD) if step["narrow"] else (*GOOD, BAD)
        new_rule, log = rule != self.rule, list[tuple[str, str]]()
        listed = step["older"] | step["newer"]
        self.aside = int(step["nameless"]) + sum(
            rows(step, each) for each, (status, _) in listed.items() if status == BAD
        )
        for each, (status, lines) in listed.items():
            if status == DELETED or status not in rule:
                if each in self.shown:
                    self.marked.setdefault(each, "deleted" if status == DELETED else "hidden")
            elif status == BAD:
                self.frozen |= {each} & self.shown.keys()
            else:
                log += [] if each in self.shown else [("back" if each in self.last else "new", each)]
                log += [("changed", each)] if self.last.get(each, status) != status else []
                self.shown[each], self.last[each] = (status, lines), status
                self.marked.pop(each, None)
                self.frozen.discard(each)
        leaving = dict(self.marked)
        if step["complete"] and step["nameless"]:
            self.frozen |= self.shown.keys() - listed.keys() - self.marked.keys()
        elif step["complete"]:
            met = {each for each, (status, _) in listed.items() if status == BAD or status in rule}
            leaving |= dict.fromkeys(self.shown.keys() - met - leaving.keys(), "absent")
        self.rule = rule
        self.settle(leaving, log, step["allow"], new_rule)

    def settle(self, leaving: dict[str, str], log: list[tuple[str, str]], allow: int, new_rule: bool) -> None:
        """Remove what may go."""
        ruled = {each for each, why in leaving.items() if new_rule and why == "hidden"}
        doubtful = len(leaving) - len(ruled)
        known = self.shown.keys() if self.silent else self.counted & self.shown.keys()
        visible = len(known - ruled)
        many = doubtful >= visible or (doubtful >= 4 and doubtful * 2 > visible)
        held = doubtful > allow and doubtful > 0 and many
        going = ruled if held else set(leaving)
        for each in going:
            del self.shown[each]
            self.marked.pop(each, None)
            self.frozen.discard(each)
        self.log += [] if self.silent or new_rule else [*log, *(("gone", each) for each in going)]
        if not held:
            self.silent, self.counted = False, set(self.last)


def rows(step: dict[str, Any], each: str) -> int:
    """Data rows of one order, in all files."""
    return sum(step[name][each][1] for name in ("older", "newer") if each in step[name])


def written(folder: Path, step: dict[str, Any], source: str) -> Exports:
    """The files as this step has them, and the source as the TOML has it."""
    for age, name in ((7200, "older"), (3600, "newer")):
        lines = [
            f"{each},acme,{status},{'x' if status == BAD else '10.00'},line {n}\n"
            for each, (status, number) in step[name].items()
            for n in range(number)
        ]
        put(folder / f"{name}.csv", HEAD + "".join(lines), age)
    put(folder / "third.csv", HEAD + (",acme,Open,1.00,lost\n" if step["nameless"] else ""), 60)
    if step["cut short"]:
        put(folder / "newer.csv", "", 3600)
    table = {"path": "*.csv", "record": "order", "complete": step["complete"], "map": MAP}
    told: dict[str, Any] = {"id": source, "label": "Files", "kind": "exports", "currency": "EUR"}
    if step["narrow"]:
        told["show"] = {"order": {"status": ["Paid", "Bad"]}}
    checked = Exports.Settings.model_validate(
        {**told, "settle": 0, "files": [table]}, context={"folder": folder}
    )
    return Exports(checked)


def put(path: Path, text: str, age: int) -> None:
    path.write_text(text, "utf-8")
    at = 1_700_000_000 - age
    os.utime(path, (at, at))


def adds_up(outcome: Outcome, step: dict[str, Any], model: Model) -> None:
    """Rows in = rows in records + hidden + deleted + quarantined, or nothing was read anew."""
    parts = outcome.placed_rows + outcome.hidden_rows + outcome.deleted_rows + outcome.quarantined_rows
    whole = int(step["nameless"]) + sum(rows(step, each) for each in step["older"] | step["newer"])
    assert outcome.data_rows == parts
    assert outcome.data_rows in ((whole,) if step["complete"] else (0, whole))
    assert not outcome.data_rows or outcome.quarantined_rows == model.aside


def check(world: Any, folder: Path, listed: list[dict[str, Any]]) -> None:
    source, model = f"files-{next(NUMBERS)}", Model()
    for step in listed:
        world.clock.pass_(minutes=1)
        connector = written(folder, step, source)
        (outcome,) = run_source(world.database, connector, clock=world.clock, allow_shrink=step["allow"])
        assert (outcome.outcome == "garbled") == step["cut short"], outcome.message
        if not step["cut short"]:
            model.read(step)
            adds_up(outcome, step, model)
        kept = world.rows("orders", f"source = '{source}'")
        living = {row["source_id"]: row for row in kept if not row["gone_at"]}
        assert {each: (row["status"], row["items"]) for each, row in living.items()} == model.shown
        assert {each for each, row in living.items() if row["as_of"]} == model.frozen
        assert {row["source_id"] for row in kept} == model.last.keys()
        aside = world.rows("quarantine", f"source = '{source}'")
        assert sum(row["data_rows"] for row in aside) == model.aside
        log = world.rows("changes", f"source = '{source}'")
        assert sorted((row["kind"], row["source_id"]) for row in log) == sorted(model.log)


few = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


WHOLE = {"older": {}, "cut short": False, "narrow": False, "nameless": False, "complete": True, "allow": 0}
PART = WHOLE | {"complete": False}
NO_LONGER_COMPLETE = [  # what the guard held back of the complete set is forgotten with the next reading
    WHOLE | {"newer": {"e": ("Open", 3)}},
    WHOLE | {"newer": {"a": ("Paid", 1)}},
    PART | {"newer": {}},
    PART | {"newer": {"a": ("Deleted", 1)}},
]

HELD_BACK = [  # what the source's word is about to take away is not frozen: its stream's as-of stands still
    WHOLE | {"narrow": True, "newer": {"h": ("Paid", 2)}},
    WHOLE | {"narrow": True, "newer": {"h": ("Open", 1)}},
    WHOLE | {"narrow": True, "newer": {}, "nameless": True},
]


@few
@given(listed=st.lists(steps, min_size=2, max_size=6))
@example(listed=NO_LONGER_COMPLETE)
@example(listed=HELD_BACK)
def test_whatever_stands_in_the_files_the_mirror_shows_what_it_should(
    world: Any, tmp_path: Path, listed: list[dict[str, Any]]
) -> None:
    check(world, tmp_path, listed)


@pytest.mark.slow
@settings(few, max_examples=1000, derandomize=False)
@given(listed=st.lists(steps, min_size=10, max_size=10))
def test_the_same_for_ten_thousand_steps(world: Any, tmp_path: Path, listed: list[dict[str, Any]]) -> None:
    check(world, tmp_path, listed)
