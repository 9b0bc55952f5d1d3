"""A page mapped column by column says of every row what the row alone would."""

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Unreadable
from connectors.exports.mapper import Mapper, Raw
from connectors.exports.plan import Plan
from connectors.exports.profile import Profile
from connectors.exports.values import Spelling
from connectors.records import Order

PROFILE = Profile.model_validate(
    {
        "record": "order",
        "id": "No",
        "nulls": ["NULL", "0", "none"],
        "belongs_to": {"column": "Account", "as": "salesforce-id"},
        "updated": "Updated",
        "fields": {
            "number": "No",
            "status": {"column": "Status", "values": {"OFFEN": "open"}, "default": "new"},
            "placed": "Placed",
            "expected": "Due",
            "cancelled": {"column": "Status", "is": ["void"]},
            "currency": "Currency",
            "total": "Total",
            "outstanding": {"from": "total", "minus": ["tax"]},
            "tax": "Tax",
            "note": ["Note", "Status"],
            "ship_to": {"name": {"join": ["Note", "Status"]}, "lines": ["Street"]},
        },
        "lines": {
            "name": "What",
            "quantity": "Qty",
            "unit_price": "Price",
            "total": {"product": ["quantity", "unit_price"], "off": "Off"},
        },
        "shipments": [{"tracking": "Note", "shipped": "Placed"}],
        "events": [{"at": "Updated", "what": {"constant": "changed"}}],
    }
)
PLAIN = PROFILE.model_copy(update={"lines": {k: v for k, v in PROFILE.lines.items() if k != "total"}})
NUMBERS, DAYS = ["", "NULL", "0", "1", "12.50", ".5", "-1"], ["", "none", "2026-01-02", "2026-11-30"]
TIMES, WORDS = ["", "0", "2026-01-02T08:00:00Z"], ["7", "EUR", "OFFEN", "void", " 8 ", "'9", "NULL"]
KINDS = {
    **dict.fromkeys(("Total", "Tax", "Qty", "Price", "Off"), NUMBERS),
    **dict.fromkeys(("Updated", "Placed"), TIMES),
    "Due": DAYS,
}
ODD = [
    "-1", "1.234,50", "€ 5", "'7", "' 7", "'", " 8 ", "9\n9", "2026-02-30", "2026-01-02T25:00:00Z",
    "31/12/2025", "2026-01-02 08:00:00 +0200", "2026-01-02T08:00:00Z\n2026-01-02T08:00:00Z", "void", "OFFEN",
    "٣", "x", "\u2028", "NaN", "1e5", "2026-01-02T08:00:00", "001D000000IqhSL", "10%",
]  # fmt: skip
SPELLINGS = st.builds(
    Spelling,
    date_order=st.sampled_from(["", "dmy"]),
    decimal=st.sampled_from([".", ","]),
    timezone=st.sampled_from(["", "Europe/Berlin"]),
)


def cell(column: str) -> st.SearchStrategy[str]:
    """Mostly as usual: a page of odd rows alone would compare little but refusals."""
    usual = st.sampled_from(KINDS.get(column, WORDS))
    return st.integers(0, 19).flatmap(lambda n: usual if n else st.sampled_from(ODD))


def raws(plan: Plan, spelling: Spelling) -> st.SearchStrategy[list[Raw]]:
    head, line = (st.tuples(*map(cell, columns)) for columns in (plan.head, plan.line))
    lines = st.lists(line, max_size=3).map(tuple) | st.just(((),))
    return st.lists(st.builds(Raw, st.just("p"), cell("No"), head, lines, st.just(spelling)), max_size=6)


def said(found):
    return (found.field, found.reason, found.cure) if isinstance(found, Unreadable) else repr(found)


def alone(mapper, raw):
    try:
        return said(mapper.record(raw))
    except Unreadable as error:
        return said(error)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_page_says_of_each_row_what_the_row_alone_says(data):
    spelling = data.draw(SPELLINGS)
    mapper = Mapper(Plan(data.draw(st.sampled_from([PROFILE, PLAIN]))), spelling)
    page = data.draw(raws(mapper.plan, spelling))
    found = mapper.page(page).each(Order) if page else ()
    assert [said(one) for one in found] == [alone(mapper, raw) for raw in page]


def test_one_odd_cell_keeps_its_own_row_out_and_no_other():
    mapper = Mapper(Plan(PLAIN), Spelling())
    at = mapper.plan.head_at
    page = []
    for total in ("1.50", "x", "2.50"):
        head = [""] * len(mapper.plan.head)
        head[at["No"]], head[at["Total"]] = "7", total
        page.append(Raw("p", "7", tuple(head), (), Spelling()))
    first, odd, last = mapper.page(page).each(Order)
    assert (str(first.total), str(last.total)) == ("1.50", "2.50")
    assert isinstance(odd, Unreadable) and odd.field == "Total"
