"""Where a record stands, in the customer's words: an order's stage, an invoice's state, a ticket's status.

Worked out from mirrored columns and [stages] of the TOML. A status nobody mapped keeps the source's words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Literal

from portal.formats import tidy
from portal.gateway import Either, Found, Where
from sync.config import COMMON, Stages, status_key

Tone = Literal["calm", "going", "good", "wait", "bad"]

WORDS = {
    "received": "Received",
    "in_production": "In production",
    "part_dispatched": "Part dispatched",
    "dispatched": "Dispatched",
    "delivered": "Delivered",
    "on_hold": "On hold",
    "cancelled": "Cancelled",
}
TONES: dict[str, Tone] = {
    "received": "calm",
    "in_production": "going",
    "part_dispatched": "going",
    "dispatched": "going",
    "delivered": "good",
    "on_hold": "wait",
    "cancelled": "bad",
}
BAR = ("received", "in_production", "dispatched", "delivered")


@dataclass(frozen=True)
class Pill:
    """A word and its tone; the tone is never the only sign."""

    key: str
    say: str
    tone: Tone


@dataclass(frozen=True)
class Step:
    """One step of the stage bar: done, now or ahead."""

    say: str
    state: Literal["done", "now", "ahead"]
    here: bool


class OrderStages:
    """The source's order statuses in the words of one portal."""

    def __init__(self, stages: Stages) -> None:
        self._mapped = {status_key(status): stage.stage for status, stage in stages.orders.items()}
        self._words = {status_key(status): stage.say for status, stage in stages.orders.items() if stage.say}
        told: set[str] = set(self._mapped.values()) or set(BAR)
        self._bar = tuple(s for s in BAR if s in told or s in ("received", "dispatched"))
        self._finished = {"delivered", "cancelled", self._bar[-1]}
        self._pill = lru_cache(maxsize=1024)(self._worked_out)

    def pill(self, order: Found) -> Pill:
        """The stage of an order; a status nobody mapped is shown as the source wrote it."""
        return self._pill(order.status, order.cancelled, order.dispatch)

    def _worked_out(self, status: str, cancelled: int, dispatch: str) -> Pill:
        stage = self.stage(status, cancelled=bool(cancelled), dispatch=dispatch)
        if stage is None:
            return Pill("", tidy(status) or "No status given", "calm")
        return Pill(stage, self.say(status, stage), TONES[stage])

    def say(self, status: str, stage: str) -> str:
        """The portal's wording of a status, where it has one for this very stage."""
        own = self._words.get(status_key(status)) if self._mapped.get(status_key(status)) == stage else None
        return own or WORDS[stage]

    def words(self, status: str) -> str:
        """A source status on its own, as the order's history tells it."""
        stage = self.mapped(status)
        return self.say(status, stage) if stage else tidy(status)

    def mapped(self, status: str) -> str | None:
        """What the TOML, else common usage, says a status means."""
        return self._mapped.get(status_key(status)) or COMMON.get(status_key(status))

    def stage(self, status: str, *, cancelled: bool, dispatch: str) -> str | None:
        """The stage behind a status and its lines: "dispatched" only when every line has left."""
        stage = "cancelled" if cancelled else self.mapped(status)
        if stage in (None, "cancelled", "on_hold"):
            return stage
        if dispatch == "part":
            return "part_dispatched"
        if dispatch == "all":
            return "delivered" if stage == "delivered" else "dispatched"
        if dispatch == "none" and stage == "dispatched":
            return "received"
        return stage

    def bar(self, order: Found) -> list[Step]:
        """The steps of an order, those this portal's sources know; empty where it is on none of them."""
        stage = self.pill(order).key
        now = "dispatched" if stage == "part_dispatched" else stage
        if now not in BAR:
            return []
        steps = [step for step in BAR if step in self._bar or step == now]
        at = steps.index(now)
        say = {**WORDS, now: self.pill(order).say}
        reached = stage == steps[-1]
        return [
            Step(say[step], "ahead" if i > at else "now" if i == at and not reached else "done", here=i == at)
            for i, step in enumerate(steps)
        ]

    def where(self, wanted: str, statuses: Iterable[str]) -> Either:
        """The condition that an order is in a stage; ``open``: not cancelled, not done."""
        told = list(statuses)
        options = []
        for cancelled, dispatch in product((0, 1), ("", "none", "part", "all")):
            fitting = [
                status
                for status in told
                if self._fits(self.stage(status, cancelled=bool(cancelled), dispatch=dispatch), wanted)
            ]
            flags = (Where("cancelled", "eq", cancelled), Where("dispatch", "eq", dispatch))
            options.append((*flags, Where("status", "in", fitting)))
        return Either([option for option in options if option[-1].value])

    def _fits(self, stage: str | None, wanted: str) -> bool:
        return stage not in self._finished if wanted == "open" else stage == wanted


INVOICE = {
    "open": Pill("open", "Open", "calm"),
    "part_paid": Pill("part_paid", "Part paid", "going"),
    "overdue": Pill("overdue", "Overdue", "bad"),
    "paid": Pill("paid", "Paid", "good"),
    "credited": Pill("credited", "Credited", "good"),
    "void": Pill("void", "Void", "calm"),
    "credit": Pill("credit", "Credit to use", "good"),
    "used": Pill("used", "Credit used", "calm"),
}


def invoice_pill(invoice: Found, today: date) -> Pill:
    """The state of an invoice, from its amounts and due date alone; unknown stays unknown, never "open"."""
    if invoice.void:
        return INVOICE["void"]
    if invoice.due is None:
        return Pill("", tidy(invoice.status) or "Not known", "calm")
    if invoice.kind != "invoice":
        return INVOICE["credit" if invoice.due else "used"]
    if invoice.due <= 0:
        return _settled(invoice)
    if invoice.due_on is not None and invoice.due_on < today:
        return INVOICE["overdue"]
    return INVOICE["part_paid" if invoice.paid or invoice.credited else "open"]


def _settled(invoice: Found) -> Pill:
    if invoice.due < 0:
        return INVOICE["credit"]
    return INVOICE["credited" if invoice.credited and not invoice.paid else "paid"]


def invoice_where(state: str, today: date) -> list[Where]:
    """The conditions behind a state customers filter by."""
    valid = Where("void", "eq", 0)
    owed = [valid, Where("due", "gt", 0)]
    return {
        "open": owed,
        "overdue": [*owed, Where("due_on", "lt", today)],
        "paid": [valid, Where("kind", "eq", "invoice"), Where("due", "eq", 0)],
        "credit": [valid, Where("kind", "ne", "invoice")],
        "void": [Where("void", "eq", 1)],
    }[state]


def ticket_pill(ticket: Found, wording: Mapping[str, str]) -> Pill:
    """The status of a ticket: the portal's wording, else the source's own words."""
    say = next(
        (own for status, own in wording.items() if status_key(status) == status_key(ticket.status)), ""
    )
    say = say or tidy(ticket.status) or ("Open" if ticket.open else "Resolved")
    return Pill("open", say, "going") if ticket.open else Pill("resolved", say, "good")
