"""The look of one portal, made once when it starts: its formats, its wording, its templates' filters."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from markupsafe import Markup

from portal import details, formats, stages
from portal.formats import Formats
from portal.gateway import Found
from portal.quotes import QuoteStates
from portal.stages import OrderStages, Pill
from sync.config import Config

FITS = 24  # characters, on the narrowest phone
PLURALS = {
    "order": "orders", "invoice": "invoices", "quote": "quotes", "payment": "payments",
    "ticket": "tickets", "account": "company details", "contact": "contacts",
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What turns mirrored values into what customers read."""

    config: Config
    formats: Formats
    orders: OrderStages
    quotes: QuoteStates

    def state(self, invoice: Found) -> Pill:
        """The state of an invoice today."""
        return stages.invoice_pill(invoice, self.formats.today())

    def offer(self, quote: Found) -> Pill:
        """The state of a quote today."""
        return self.quotes.pill(quote, self.formats.today())

    def standing(self, ticket: Found) -> Pill:
        """The status of a ticket in this portal's words."""
        return stages.ticket_pill(ticket, self.config.stages.tickets)

    def awaited(self, order: Found) -> bool:
        """Whether an order can still arrive, so that its expected date means something."""
        return self.orders.pill(order).key not in ("delivered", "cancelled")

    def passed(self, order: Found) -> bool:
        """Whether the expected date has passed: it is no promise any more."""
        return bool(order.expected and order.expected < self.formats.today())

    def missed(self, order: Found) -> bool:
        """Whether the expected date has passed while the order has not left."""
        return self.passed(order) and self.moving(order)

    def moving(self, order: Found) -> bool:
        """Whether an order still has something to come, so that a missing date is worth a word."""
        return self.orders.pill(order).key not in ("dispatched", "delivered", "cancelled")


def look() -> Look:
    """The look of the portal that is answering."""
    return cast("Look", current_app.extensions["look"])


def install(app: Flask, config: Config, now: Callable[[], datetime]) -> None:
    """Make the portal's look and give it to the templates."""
    made = Look(
        config=config,
        formats=Formats(config.portal.locale, ZoneInfo(config.portal.timezone), now),
        orders=OrderStages(config.stages),
        quotes=QuoteStates(config.stages),
    )
    app.extensions["look"] = made
    formats.install(app, made.formats)
    app.jinja_env.filters.update(
        stage=made.orders.pill, bar=made.orders.bar, state=made.state, standing=made.standing,
        offer=made.offer, moving=made.moving, missed=made.missed, passed=made.passed,
        awaited=made.awaited,
        told=details.told, arrived=details.arrived, link=details.tracking_link, line_total=details.line_total,
        initial=formats.initial, dial=dial, plural=PLURALS.__getitem__, capped=capped, counted=counted,
        breakable=breakable,
    )  # fmt: skip


def dial(number: str) -> str:
    """A phone number as a link dials it: digits and a leading plus."""
    plus = number.strip().startswith("+")
    written = number.replace("(0)", "") if plus else number  # +44 (0)20 is dialled +44 20
    digits = "".join(c for c in written if c.isdigit() and c.isascii())
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{digits}" if digits and plus else digits


def breakable(text: str) -> Markup:
    """A long e-mail or web address that breaks where a reader would: before '@', '.', '/' and '_'."""
    return Markup("<wbr>").join(re.split(r"(?<=\w)(?=[@./_])", text) if len(text) > FITS else [text])


def capped(total: int, cap: int = 1000) -> str:
    """A number counted no further than the cap: '1,000+'."""
    return f"{cap:,}+" if total > cap else f"{total:,}"


def counted(total: int, one: str, many: str) -> str:
    """How many there are, in words."""
    return f"{capped(total)} {one if total == 1 else many}"
