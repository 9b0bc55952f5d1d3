"""A connector somebody else wrote and installed: its whole source is a JSON file, read anew at every call."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors import base
from connectors.base import Connector, LiveSettings, Page, Quota, Reads, Row
from connectors.records import NAMES, RECORDS, Account, Invoice, Order, Quote, Record

METADATA = "Metadata-Version: 2.1\nName: fanlight-fake\nVersion: 1.0\n"
POINTS = "[fanlight.connectors]\nfake = fakes.plugin:Plugin\n"


def install(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Put it where Python finds installed packages; ``fakes`` itself must be on the path."""
    told = folder / "fanlight_fake-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text(METADATA)
    (told / "entry_points.txt").write_text(POINTS)
    patch.syspath_prepend(str(folder))


class Settings(LiveSettings):
    """Where the source lies, and whether a person has to agree."""

    world: str
    consent: bool = False


class Plugin(Connector):
    """The world: {"order": [{"source_id", …}], "fails": {"order": ["Refused", "why"]}, "ids": {"order": […]},
    "quota": [left, of], "since": "2026-09-24T00:00:00+00:00", "code": what redeeming wants}."""

    Settings = Settings
    settings: Settings

    @property
    def world(self) -> dict[str, Any]:
        """What the source holds now."""
        told: dict[str, Any] = json.loads(Path(self.settings.world).read_text(), parse_float=Decimal)
        return told

    @property
    def reads(self) -> Mapping[type[Record], Reads]:
        """Whatever stands in the world."""
        kinds = (Account, Order, Invoice, Quote)
        return {kind: Reads.CHANGES for kind in kinds if NAMES[kind] in self.world}

    def mapping(self, record: type[Record]) -> str:
        """Never another one."""
        return "1"

    def check(self) -> None:
        """Fails as the world says, with a token where one is wanted."""
        self._fail("check")
        if self.settings.consent and self.credentials.read() is None:
            raise base.Disconnected(f"not connected yet: fanlight auth {self.settings.id}")

    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        """Everything on one page."""
        self._fail(NAMES[record])
        told = self.world[NAMES[record]]
        yield Page(rows=[Row(one["source_id"], _print(one), one) for one in told], cursor="c")

    def map(self, record: type[Record], raw: Any) -> Record:
        """The fields by their names; times in ISO form, amounts as numbers."""
        dated = {"placed": datetime.fromisoformat(raw["placed"])} if "placed" in raw else {}
        return RECORDS[NAMES[record]](**raw | dated)

    def list_ids(self, record: type[Record]) -> Iterator[str]:
        """The ids the world says, else those of its records."""
        self._fail("ids")
        told = self.world
        yield from told.get("ids", {}).get(NAMES[record], [one["source_id"] for one in told[NAMES[record]]])

    def quota(self) -> Quota | None:
        """As the world says."""
        left = self.world.get("quota")
        return Quota(*left) if left else None

    def covers_from(self, record: type[Record]) -> datetime | None:
        """As the world says, for orders."""
        since = self.world.get("since")
        return datetime.fromisoformat(since) if since and record is Order else None

    def authorisation(self) -> "Consent | None":
        """Somebody has to agree where the settings say so."""
        return Consent(self) if self.settings.consent else None

    def _fail(self, place: str) -> None:
        if place in (fails := self.world.get("fails", {})):
            kind, why, *more = fails[place]
            raise getattr(base, kind)(why, *more)


class Consent:
    """A person agrees at an address of the source."""

    def __init__(self, source: Plugin) -> None:
        self.source = source

    def address(self, back_to: str, state: str, challenge: str) -> str:
        """The page where somebody agrees."""
        asked = {"redirect_uri": back_to, "state": state, "code_challenge": challenge}
        return "https://source.example/agree?" + urlencode(asked)

    def redeem(self, back_to: str, answer: Mapping[str, str], verifier: str) -> Sequence[str]:
        """Take the one right code."""
        if answer["code"] != self.source.world["code"]:
            raise base.Refused("the source does not know this code")
        expires = datetime.fromisoformat(self.source.world["now"]) + timedelta(days=60)
        self.source.credentials.keep({"token": "a-very-secret-token", "verifier": verifier}, expires)
        return [f"Brightwater Ltd is connected, back to {back_to}", 'tenant_id = "T-1"']


def _print(one: Any) -> bytes:
    return blake2b(repr(sorted(one.items())).encode(), digest_size=8).digest()
