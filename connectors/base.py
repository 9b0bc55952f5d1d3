"""The connector contract: what every kind of source must offer, and the three ways it may fail.

    Failure                     what the run does
     ├─ Unavailable             tries again at the next tick (or after ``retry_after``)
     ├─ Refused                 a person must act; data kept, one alert; the other streams go on
     │   └─ Disconnected        … not even them: nobody lets us in any more
     └─ Garbled                 what arrived cannot be trusted; data kept as it was

A connector knows no database, organisation, schedule or other source. An SDK's own exception never leaves it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from connectors.mapped import Mapped
from connectors.records import Record, columns

SourceId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Every = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(s|m|h|d)$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def known_zone(name: str) -> str:
    """Refuse a time zone the tz database does not know."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{name}" is not a time zone; use a name like "Europe/Berlin"') from None
    return name


Zone = Annotated[str, AfterValidator(known_zone)]


class Failure(Exception):
    """The source could not be read. ``str(error)`` is one safe sentence with place and cure, for staff."""


class Unavailable(Failure):
    """The source does not answer now; the next tick tries again."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class Refused(Failure):
    """A person must act: a missing file, a withdrawn token, a setting that does not fit."""


class Disconnected(Refused):
    """The source does not let us in any more: no stream of it is asked for in this run. The sentence ends
    with the command to run, once what it says is done (``LiveSettings.again``)."""


class Garbled(Failure):
    """What the source sent cannot be trusted (half a file, a web page saved as CSV): keep what we have."""


class Unreadable(Exception):
    """One row cannot become a record. Raised by ``Connector.map`` and by the mirror's own encoding."""

    def __init__(self, field: str, reason: str, cure: str = "") -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason, self.cure = field, reason, cure


class Reads(Enum):
    """What a listing means: in CHANGES silence means unchanged, in EVERYTHING absence means gone."""

    CHANGES = "changes"
    EVERYTHING = "everything"


class Row(Struct, frozen=True, gc=False):
    """One raw thing, not mapped yet. ``fingerprint`` is 8 bytes over everything its record is made of;
    ``data_rows`` is how many rows of the file it was read from (an order with three lines: three)."""

    source_id: str
    fingerprint: bytes
    raw: Any
    data_rows: int = 1
    place: str = ""  # "orders.csv, record 12 (line 40)": where a person finds it


class Gone(Struct, frozen=True):
    """The source's explicit word about one id: ``deleted``, or ``hidden`` with the rule that decided."""

    source_id: str
    why: str  # "deleted" | "hidden"
    rule: str = ""  # for hidden: "show.invoice.status: Draft is not in the list"
    number: str = ""  # what people call it, so that `fanlight explain` finds it
    data_rows: int = 1


class Skipped(Struct, frozen=True):
    """A row that cannot be read, for the quarantine. ``source_id`` is None when not even the id is known."""

    source_id: str | None
    place: str
    field: str
    reason: str
    cure: str = ""
    data_rows: int = 1


class Page(Struct, frozen=True):
    """Kept with its cursor in one transaction, or not at all. ``cursor`` None = not safe to resume from here.
    ``as_of`` is the source's own word for when this was true (Date header, file time), aware UTC."""

    rows: Sequence[Row] = ()
    gone: Sequence[Gone] = ()
    skipped: Sequence[Skipped] = ()
    cursor: str | None = None
    as_of: datetime | None = None
    whole: bool | None = None  # tells this pull of all there is? None: it does when begun without a cursor
    whole_of: Sequence[str] = ()  # accounts whose records are all in this page: what else was theirs is gone
    notes: Sequence[str] = ()  # for staff: "read as cp1252", "2 unknown statuses: …"


class Quota(Struct, frozen=True):
    """What the source lets us ask for, as its last answer told. ``left`` of ``of`` units (calls, points)
    until ``renewed`` (aware UTC; None: the source does not say)."""

    left: int
    of: int | None = None
    unit: str = "calls"
    renewed: datetime | None = None


class Credentials(Protocol):
    """Where one source's tokens are kept: encrypted, read and written under the source's lease only.

    A token is a JSON object of the connector's own making. ``keep`` returns when it is safe on disk: a token
    that replaces another is kept before it is used."""

    def read(self) -> dict[str, Any] | None:
        """The token as last kept, by whichever process; None: there is none."""

    def keep(self, token: dict[str, Any], expires: datetime | None = None) -> None:
        """Replace the token. ``expires``: when a person must act again unless we renew it before."""


class Unkept:
    """Credentials of a connector nobody gave a place to keep them: they last as long as the process."""

    def __init__(self) -> None:
        self._token: dict[str, Any] | None = None

    def read(self) -> dict[str, Any] | None:
        """The token kept last."""
        return self._token

    def keep(self, token: dict[str, Any], expires: datetime | None = None) -> None:  # noqa: ARG002
        """Remember the token."""
        self._token = token


class Authorisation(Protocol):
    """A first authorisation by a person in a browser (OAuth 2.0 authorisation code, PKCE where spoken)."""

    def address(self, back_to: str, state: str, challenge: str) -> str:
        """The page of the source where the person agrees; it sends them back to ``back_to``."""

    def redeem(self, back_to: str, answer: Mapping[str, str], verifier: str) -> Sequence[str]:
        """Turn what came back into a token and keep it. Returns what the person should know, in sentences
        (which organisation was connected, what to write into the TOML). Raises only Failure."""


class SourceSettings(BaseModel):
    """The keys every ``[[sources]]`` table has. A connector's ``Settings`` extends it with its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: SourceId = Field(description="Never changes: it is part of every mirrored row's key.")
    label: str = Field(
        min_length=1, max_length=60, description="What customers read: 'Xero · checked 4 min ago'."
    )
    kind: str
    every: Every = "15m"
    stale_after: Every | None = None  # default: twice `every`, at least 1 h; exports: 48 h

    def tells_of(self, record: str) -> bool:
        """Whether this source is asked for a record ("contact"); True where the settings do not say so."""
        return record in getattr(self, "records", (record,))


class LiveSettings(SourceSettings):
    """The keys every source with an API has."""

    every: Every = "5m"
    sweep: Every = "24h"  # how often all ids are heard, where the source does not report every delete

    @property
    def again(self) -> str:
        """How a person who has mended what kept us out sees that it is."""
        return f"then run: fanlight check sources {self.id}"


class Connector(ABC):
    """One configured source. Making one touches no network and opens no file for reading its rows."""

    Settings: ClassVar[type[SourceSettings]]
    settings: SourceSettings
    credentials: Credentials  # sync puts its own here before the first call

    def __init__(self, settings: Any) -> None:
        """``settings``: the checked ``[[sources]]`` table, an instance of this class's ``Settings``."""
        self.settings = settings
        self.credentials = Unkept()

    @property
    @abstractmethod
    def reads(self) -> Mapping[type[Record], Reads]:
        """The record types this source yields as configured, and what its listings mean."""

    @abstractmethod
    def mapping(self, record: type[Record]) -> str:
        """A hash of everything that shapes this record: profile, show rules, settings, code version."""

    def id_rule(self, record: type[Record]) -> str:  # noqa: ARG002 - for connectors that have a choice
        """How ids are made ("Id" or "Name" in a Shopify export); stored with the stream, and checked."""
        return ""

    @abstractmethod
    def check(self) -> None:
        """The cheapest authenticated call; raises a Failure that says what is wrong and what to do."""

    @abstractmethod
    def pull(self, record: type[Record], cursor: str | None) -> Iterator[Page]:
        """Yield pages from ``cursor`` (None: from the start). Raises only Failure."""

    @abstractmethod
    def map(self, record: type[Record], raw: Any) -> Record:
        """Turn one row's ``raw`` into its record. Pure; raises Unreadable."""

    def map_page(self, record: type[Record], raws: Sequence[Any]) -> Mapped:
        """What ``map`` says of each of these, field by field. A connector that can do it faster for many at
        once overrides it, and says the same."""
        records, wrong = list[Record](), dict[int, Unreadable]()
        for n, raw in enumerate(raws):
            try:
                records.append(self.map(record, raw))
            except Unreadable as error:
                wrong[n] = error
        return Mapped(columns(records) if records else {}, wrong)

    def list_ids(self, record: type[Record]) -> Iterator[str]:
        """All ids there are, where the source cannot report every delete."""
        raise NotImplementedError(f"{type(self).__name__} needs no sweep of {record.__name__}")

    def trouble(self) -> "Failure | None":
        """What keeps records from being read that nobody can name; told of the source, its streams go on."""
        return None

    def quota(self) -> Quota | None:
        """What is left to ask for, by the last answer; None: this source has no such limit."""
        return None

    def covers_from(self, record: type[Record]) -> datetime | None:  # noqa: ARG002 - where a window is set
        """The earliest moment this source tells of (60 days of Shopify orders); what is older is unknown,
        never gone. None: all there is."""
        return None

    def outgoing(self) -> Any:
        """The ``connectors.http.Http`` all its questions leave by; None: it asks nobody over HTTP."""
        return None

    def authorisation(self) -> Authorisation | None:
        """How a person connects this source once; None: its settings are all it needs."""
        return None
