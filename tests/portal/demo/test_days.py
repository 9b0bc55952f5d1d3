"""Played days move the demo on, and nothing that was known loses its id."""

import shutil
from datetime import date, datetime, time
from pathlib import Path

from portal.demo.days import SHOP_ZONE, Calendar
from portal.demo.world import World, world

TODAY = date(2026, 11, 23)


def played(days: int) -> World:
    return world(7, Calendar(TODAY, (TODAY,) * days))


def test_the_same_steps_from_the_same_start_give_the_same_files(fresh, made, tmp_path):
    other = type(made)(Path(shutil.copytree(made.folder, tmp_path / "other")))
    assert fresh.step() == other.step()
    assert fresh.bytes == other.bytes != made.bytes


def test_a_step_moves_orders_on(fresh):
    before = fresh.orders
    told = fresh.step()
    after = fresh.orders
    new, gone = after.keys() - before.keys(), before.keys() - after.keys()
    moved = [
        (before[name][0]["Fulfillment Status"], after[name][0]["Fulfillment Status"])
        for name in before.keys() & after.keys()
        if before[name][0]["Fulfillment Status"] != after[name][0]["Fulfillment Status"]
    ]
    assert 6 <= len(new) <= 9
    assert len(gone) == 1
    assert ("unfulfilled", "partial") in moved
    assert any(gone.copy().pop() in sentence for sentence in told)


def test_days_bring_part_shipments_to_their_end():
    today = played(0)
    halves = [order.number for order in today.orders if order.fulfilment(0) == "partial"]
    later = {order.number: order.fulfilment(15) for order in played(15).orders}
    assert halves
    assert {later[number] for number in halves} == {"fulfilled"}


def test_a_step_keeps_every_id(fresh):
    shop, books, cases = ids(fresh)
    fresh.step()
    fresh.step()
    shop_after, books_after, cases_after = ids(fresh)
    assert len(shop - shop_after) == 2, "one order is deleted a day"
    assert books <= books_after
    assert cases <= cases_after


def ids(exports):
    """What identifies each order, document and case, with something that says it is still the same."""
    return (
        {(name, rows[0]["Id"], rows[0]["Email"]) for name, rows in exports.orders.items()},
        {(number, rows[0]["Reference"]) for number, rows in exports.invoices.items()},
        {(row["id"], row["case_number"], row["subject"]) for row in exports.rows("cases.csv")},
    )


def test_a_step_brings_payments_a_late_change_and_answers(fresh):
    paid, refunded = paid_documents(fresh), refunded_long_ago(fresh)
    told = fresh.step()
    (late,) = refunded_long_ago(fresh) - refunded
    assert paid_documents(fresh) - paid
    assert any("A late change" in sentence and late in sentence for sentence in told)
    assert any(sentence.startswith("Cases answered") for sentence in told)


def paid_documents(exports):
    return {number for number, rows in exports.invoices.items() if rows[0]["Status"] == "Paid"}


def refunded_long_ago(exports):
    return {
        name
        for name, (first, *_) in exports.orders.items()
        if "refunded" in first["Financial Status"] and first["Created at"] < "2026-08"
    }


def test_a_step_leaves_files_that_were_never_half_written(fresh):
    before = (fresh.folder / "exports" / "cases.csv").stat().st_ino
    fresh.step()
    assert (fresh.folder / "exports" / "cases.csv").stat().st_ino != before, "renamed into place"
    assert not list((fresh.folder / "exports").glob("*.part"))


def test_nothing_lies_in_the_future_however_often_a_day_is_played():
    now = played(3)
    moments = [now.calendar.at(order.day, order.minute) for order in now.orders]
    moments += [now.calendar.at(*case.moved(now.now)) for case in now.cases]
    assert max(moments) < datetime.combine(TODAY, time(2), SHOP_ZONE)
    assert max(now.calendar.on(document.issued) for document in now.invoices) == TODAY


def test_the_books_still_add_up_after_many_days():
    now = played(40)
    for document in now.invoices:
        credited = sum(credit.amount for credit in document.credits if credit.day <= 40)
        assert document.status(40) == "Voided" or document.total == (
            document.paid(40) + credited + document.due(40)
        )
    numbers = [document.number for document in now.invoices]
    assert len(set(numbers)) == len(numbers)
    assert numbers[:2500] == [document.number for document in played(0).invoices]
