"""What stands around every page: navigation, whom to call, and how old the data on it is."""

from collections.abc import Callable, Collection, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import Flask, current_app, g, render_template, url_for
from flask.templating import Environment

from portal import brand
from portal.gateway import Found, Freshness
from sync.config import Config, Help

# section → what customers call it, its page, the records it shows
SECTIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "orders": ("Orders", "browse.orders", ("order",)),
    "invoices": ("Invoices", "browse.invoices", ("invoice", "payment")),
    "quotes": ("Quotes", "browse.quotes", ("quote",)),
    "support": ("Support", "browse.tickets", ("ticket",)),
    "account": ("Account", "account.home", ("account", "contact")),
}


@dataclass(frozen=True)
class Caller:
    """Whom this customer can call; ``found`` is the account that names them, None for the portal's own."""

    help: Help
    found: Found | None = None


@dataclass(frozen=True)
class Ages:
    """How old the data of one page is: its streams, which sections are late, which are fine."""

    shown: Sequence[Freshness]
    late: Sequence[Freshness]
    fine: Sequence[str]
    streams: Sequence[Freshness]

    @property
    def brief(self) -> list[tuple[str, datetime]]:
        """Each source of the page once, with its oldest as-of."""
        oldest: dict[str, datetime] = {}
        for stream in self.shown:
            if stream.as_of:
                oldest[stream.label] = min(oldest.get(stream.label, stream.as_of), stream.as_of)
        return list(oldest.items())

    def of(self, record: str) -> Sequence[Freshness]:
        """The streams of one record type that have been read at least once."""
        return [s for s in self.streams if s.record == record and s.as_of]

    def nothing(self, record: str) -> str:
        """Why nothing is shown: 'absent' from all sources, 'waiting' for the first reading, 'none' there."""
        told = [s.as_of for s in self.streams if s.record in (record, "")]
        if any(told):
            return "none"
        return "waiting" if told else "absent"

    def planned(self, record: str) -> datetime | None:
        """When the first reading is planned; a source never read stands there without a record."""
        coming = [s.next_run for s in self.streams if s.record in (record, "") and s.as_of is None]
        return min((at for at in coming if at), default=None)


def ages(
    streams: Sequence[Freshness], records: Collection[str], sections: Collection[str], now: datetime
) -> Ages:
    """Judge the streams of a page: late is older than the source's own ``stale_after``."""
    late = [s for s in streams if s.as_of and now - s.as_of > timedelta(seconds=s.stale_after)]
    lagging = {s.record for s in late}
    read = {s.record for s in streams if s.as_of}
    fine = [
        title
        for section, (title, _, of) in SECTIONS.items()
        if section in sections and read & set(of) and not lagging & set(of)
    ]
    return Ages(
        shown=[s for s in streams if s.record in records and s.as_of],
        late=[s for s in late if s.record in records],
        fine=fine,
        streams=streams,
    )


def caller(accounts: Sequence[Found], own: Help) -> Caller:
    """The account's owner where a source names one, with the portal's own help filling the gaps."""
    for found in accounts:
        if found.owner_name or found.owner_email or found.owner_phone:
            told = Help(
                name=found.owner_name or own.name,
                email=found.owner_email or own.email,
                phone=found.owner_phone or own.phone,
                whatsapp=own.whatsapp,
            )
            return Caller(told, found)
    return Caller(own)


def show(template: str, *records: str, **values: Any) -> str:
    """Render a page of mirrored ``records`` inside its frame."""
    config: Config = current_app.extensions["fanlight"].config
    return render_template(
        template,
        ages=ages(g.gateway.freshness(), records, g.sections, g.now),
        caller=caller(g.gateway.carers(), config.portal.help),
        **values,
    )


class Templates(Environment):
    """Templates that look a name up in one dictionary: Jinja's chain of two costs more than a page's rows."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What every template knows; all of it is there before the first one is read."""
        return {**self.globals, **(d or {})}


def install(app: Flask, config: Config) -> None:
    """Give every template, sign-in and error pages included, the portal's own name, look and help."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        portal=config.portal,
        asset=_assets(config),
        url_for=_addresses(),
        SECTIONS=SECTIONS,
        caller=Caller(config.portal.help),
        ages=None,
    )


def _addresses() -> Callable[..., str]:
    """Flask's url_for; the address of a page without parts is worked out once, for the portal stays put."""
    fixed: dict[str, str] = {}

    def address(endpoint: str, **values: Any) -> str:
        if values:
            return url_for(endpoint, **values)
        if endpoint not in fixed:
            fixed[endpoint] = url_for(endpoint)
        return fixed[endpoint]

    return address


def _assets(config: Config) -> Callable[[str], str]:
    """URLs that change with the content behind them, so that browsers may keep it."""
    marks: dict[str, tuple[str, dict[str, Any]]] = {
        "brand.css": ("brand.style", {"v": brand.version(brand.sheet(config.portal.brand).content)}),
        "icon": ("brand.icon", {"v": brand.version(brand.icon(config.portal).content)}),
    }
    if config.portal.brand.logo:
        marks["logo"] = ("brand.logo", {"v": brand.version(brand.picture(config.portal.brand.logo).content)})

    @cache
    def asset(name: str) -> str:
        endpoint, values = marks[name]
        return url_for(endpoint, **values)

    return asset
