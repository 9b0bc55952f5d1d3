"""Every vendor in a real mirror: whatever goes wrong on the way, what customers see is true, or stays as it
was."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fakes.mirrored import HARMLESS, HASTY, PATIENT, Mirror
from fakes.weeks import VENDORS

CASES = [(name, fault) for name, business in VENDORS.items() for fault in business.faults]


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Mirror]]:
    """The vendors whose first week is mirrored, each made once."""
    made: dict[str, Mirror] = {}
    with ExitStack() as stack:

        def of(name: str) -> Mirror:
            if name not in made:
                business = VENDORS[name]()
                stack.enter_context(business.vendor.listening())
                made[name] = Mirror(business, tmp_path_factory.mktemp(name))
                stack.callback(made[name].database.close)
            return made[name]

        yield of


@pytest.fixture
def mirror(request: pytest.FixtureRequest, mirrors: Callable[[str], Mirror]) -> Mirror:
    """A vendor whose first week is mirrored."""
    found = mirrors(request.param)
    found.put_back(found.first)
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each vendor, and each with each of its faults."""
    if "fault" in metafunc.fixturenames:
        metafunc.parametrize(("mirror", "fault"), CASES, indirect=["mirror"])
    else:
        metafunc.parametrize("mirror", list(VENDORS), indirect=True)


def test_a_second_run_brings_the_changes_and_a_third_changes_nothing(mirror):
    mirror.business.second_week()
    mirror.sync()
    assert mirror.shown() == mirror.business.true()
    for full in (False, True):
        mirror.vendor.pass_(hours=1)
        outcomes = mirror.sync(full=full)
        assert {(one.outcome, one.new, one.changed, one.gone) for one in outcomes} == {("done", 0, 0, 0)}
    assert mirror.shown() == mirror.business.true()


def test_what_vanished_without_a_word_goes_with_the_sweep(mirror):
    mirror.business.lose()
    mirror.vendor.pass_(hours=1)
    mirror.sync()
    assert mirror.shown() != mirror.business.true()
    mirror.sync(full=True)
    assert mirror.shown() == mirror.business.true()


def test_a_fault_at_any_request_shows_nothing_untrue(mirror, fault, request):
    for nth in mirror.sweep.positions(fault, every=request.config.getoption("--slow")):
        mirror.sweep.meet(fault, nth)


def test_a_fault_that_stays_takes_nothing_away(mirror, fault):
    before, lossy = mirror.shown(), mirror.business.lossy.get(fault)
    mirror.vendor.plan(dict.fromkeys(range(2, 500), fault))
    outcomes = mirror.sync(HASTY if fault == "hang" else PATIENT, full=True)
    assert {one.outcome for one in outcomes} <= HARMLESS
    assert {**mirror.shown(), lossy: ()} == {**before, lossy: ()}
