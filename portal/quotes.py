"""Where a quote stands, in the customer's words: by its status, [stages.quotes] and its last day."""

from collections.abc import Iterable
from datetime import date

from portal.formats import tidy
from portal.gateway import Condition, Either, Found, Where
from portal.stages import Pill
from sync.config import QUOTES, Stages, status_key

PILLS = {
    "open": Pill("open", "Waiting for you", "going"),
    "accepted": Pill("accepted", "Accepted", "good"),
    "declined": Pill("declined", "Declined", "calm"),
    "invoiced": Pill("invoiced", "Invoiced", "good"),
    "expired": Pill("expired", "Expired", "wait"),
}


class QuoteStates:
    """The source's quote statuses in the words of one portal."""

    def __init__(self, stages: Stages) -> None:
        self._mapped = {status_key(status): state for status, state in stages.quotes.items()}

    def state(self, status: str) -> str | None:
        """What the TOML, else common usage, says a status means; None: nobody knows."""
        return self._mapped.get(status_key(status)) or QUOTES.get(status_key(status))

    def pill(self, quote: Found, today: date) -> Pill:
        """The state of a quote today: one that waits is over the day after it was good for."""
        state = self.state(quote.status)
        if state is None:
            return Pill("", tidy(quote.status) or "Not known", "calm")
        if state == "open" and quote.valid_until is not None and quote.valid_until < today:
            return PILLS["expired"]
        return PILLS[state]

    def where(self, wanted: str, statuses: Iterable[str], today: date) -> Condition:
        """The condition that a quote is in a state."""
        told = list(statuses)
        fitting = Where("status", "in", [status for status in told if self.state(status) == wanted])
        waiting = Where("status", "in", [status for status in told if self.state(status) == "open"])
        if wanted == "open":
            return Either(
                ((waiting, Where("valid_until", "eq", None)), (waiting, Where("valid_until", "ge", today)))
            )
        if wanted == "expired":
            return Either(((fitting,), (waiting, Where("valid_until", "lt", today))))
        return fitting
