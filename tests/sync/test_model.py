"""Any sequence of listings, in words a child understands: the mirror against forty lines of plain Python."""

from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Gone, Page, Reads, Skipped
from connectors.records import Order

IDS = "abcdefghij"
NUMBERS = count()
BROKEN, NAMELESS = "broken", "nameless"
listings = st.fixed_dictionaries(
    {
        "rows": st.dictionaries(st.sampled_from(IDS), st.sampled_from(["open", "paid", BROKEN])),
        "words": st.lists(st.sampled_from(IDS), max_size=3, unique=True),
        "nameless": st.sampled_from([False, False, False, True]),
        "fails": st.sampled_from([False, False, False, True]),
        "reads": st.sampled_from([Reads.EVERYTHING, Reads.EVERYTHING, Reads.CHANGES]),
        "allow": st.sampled_from([0, 0, 0, 10]),
    }
)


class Model:
    """What a customer should see: ids and statuses."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}
        self.last: dict[str, str] = {}
        self.marked: set[str] = set()
        self.counted: set[str] = set()  # shown when the stream was last complete
        self.log: list[tuple[str, str]] = []
        self.silent = True
        self.known: set[str] = set()
        self.gone: set[str] = set()

    def hear(self, step: dict[str, Any]) -> None:
        """One run."""
        log: list[tuple[str, str]] = []
        good = {each: status for each, status in step["rows"].items() if status != BROKEN}
        for each, status in good.items():
            if each not in self.known:
                log.append(("new", each))
            elif each in self.gone:
                log.append(("back", each))
            if each in self.known and self.last[each] != status:
                log.append(("changed", each))
            self.shown[each] = self.last[each] = status
            self.known.add(each)
            self.gone.discard(each)
            self.marked.discard(each)
        self.marked |= {each for each in step["words"] if each in self.shown}
        self.log += [] if self.silent else log
        if step["fails"]:
            return
        absent = step["reads"] is Reads.EVERYTHING and not step["nameless"]
        leaving = self.marked | (self.shown.keys() - step["rows"].keys() if absent else set())
        visible = len(self.counted & self.shown.keys()) if not self.silent else len(self.shown)
        many = len(leaving) >= visible or (len(leaving) >= 4 and len(leaving) * 2 > visible)
        if leaving and many and len(leaving) > step["allow"]:
            return
        for each in leaving:
            del self.shown[each]
        self.log += [] if self.silent else [("gone", each) for each in leaving]
        self.gone |= leaving
        self.marked -= leaving
        self.silent, self.counted = False, set(self.known)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(listings, min_size=1, max_size=6))
def test_whatever_a_source_says_the_mirror_shows_what_it_should(
    world: Any, make: Any, steps: list[dict[str, Any]]
) -> None:
    source = f"shop-{next(NUMBERS)}"
    world.connector = make.connector(world.connector.settings.model_copy(update={"id": source}))
    model = Model()
    for step in steps:
        rows = [
            make.row(each, broken="?") if status == BROKEN else make.row(each, status=status)
            for each, status in step["rows"].items()
        ]
        page = Page(
            rows=rows,
            gone=[Gone(each, "deleted") for each in step["words"]],
            skipped=[Skipped(None, "line 9", "id", "is blank")] if step["nameless"] else [],
        )
        fails = [Page(), RuntimeError()] if step["fails"] else []
        world.connector.lists(Order, page, *fails, reads=step["reads"])
        world.sync(allow_shrink=step["allow"])
        model.hear(step)
        records = [each for each in world.rows("orders") if each["source"] == source]
        assert {each["source_id"]: each["status"] for each in records if not each["gone_at"]} == model.shown
        assert {each["source_id"] for each in records} == model.known
        log = [each for each in world.rows("changes") if each["source"] == source]
        assert sorted((each["kind"], each["source_id"]) for each in log) == sorted(model.log)
