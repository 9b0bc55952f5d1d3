"""The keys of a ``[[sources]]`` table with kind = "salesforce"."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from connectors.base import Currency, LiveSettings
from connectors.http.address import web_address
from connectors.salesforce.shapes import SHAPES, Lines, Shape, fields_of
from connectors.secret import Secret

RecordName = Literal["account", "contact", "order", "invoice", "ticket"]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*){0,3}$")]
TOKENS_AT = "https://acme.my.salesforce.com/services/oauth2/token"
NEEDS = {
    "client_credentials": ("client_id", "client_secret"),
    "jwt": ("client_id", "username", "private_key"),
    "session": ("session_id",),
}


def my_domain(text: str) -> str:
    """Refuse an address that is none of an org's API. Returns it without its last slash."""
    address = web_address(text, like="https://acme.my.salesforce.com")
    parts = urlsplit(address)
    if parts.path or parts.fragment:
        raise ValueError('is a host alone, like "https://acme.my.salesforce.com"')
    if "lightning.force" in parts.netloc.lower():
        raise ValueError("is the address of the pages; the My Domain address ends in .my.salesforce.com")
    return address


class Table(BaseModel):
    """A table of the TOML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LinesOf(Table):
    """The object that holds the lines; ``parent`` is its field that names the order or invoice."""

    object: Name
    parent: Name
    fields: dict[str, Name]


class ObjectMap(Table):
    """Which object a record is read from and from which fields; what is not told, the standard says."""

    object: Name | None = None
    belongs_to: Name | None = None  # the field that names the account
    fields: dict[str, Name] = {}
    lines: LinesOf | None = None


class SalesforceSettings(LiveSettings):
    """A Salesforce org, read by an integration user of its own."""

    base_url: Annotated[str, AfterValidator(my_domain)] = Field(
        description='your My Domain address, like "https://acme.my.salesforce.com"'
    )
    token_url: str = ""  # default: base_url + /services/oauth2/token
    auth: Literal["client_credentials", "jwt", "session"] = "client_credentials"
    client_id: str = ""
    client_secret: Secret | None = None
    username: str = ""
    private_key: Secret | None = None
    audience: str = "https://login.salesforce.com"  # of the JWT; a sandbox: https://test.salesforce.com
    session_id: Secret | None = None
    api_version: Annotated[str, StringConstraints(pattern=r"^[5-9]\d\.0$")] = "64.0"
    currency: Currency | None = None  # of an org with one currency
    records: tuple[RecordName, ...] = ("account", "contact", "order", "ticket")
    show: dict[RecordName, dict[Name, tuple[str, ...]]] = {}  # noqa: RUF012 - pydantic copies it
    account: ObjectMap = ObjectMap()
    contact: ObjectMap = ObjectMap()
    order: ObjectMap = ObjectMap()
    invoice: ObjectMap = ObjectMap()
    ticket: ObjectMap = ObjectMap()
    bulk_above: int = Field(default=50_000, ge=2_000)  # rows of a first load that go by the Bulk API
    api_share: float = Field(default=0.8, gt=0, le=1)  # of the org's daily calls, all programs together

    @field_validator("token_url")
    @classmethod
    def _sound(cls, told: str) -> str:
        return web_address(told, like=TOKENS_AT) if told else ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in NEEDS[self.auth] if not getattr(self, name)]
        if missing:
            raise ValueError(f'auth = "{self.auth}" needs {" and ".join(missing)} too')
        if len(set(self.records)) != len(self.records) or not self.records:
            raise ValueError("records names each record once, and at least one")
        for name in self.records:
            self.shape(name)
        return self

    def shape(self, record: str) -> Shape:
        """Where a record comes from: the standard, with what the TOML tells otherwise."""
        told: ObjectMap = getattr(self, record)
        standard = SHAPES[record]
        table = told.object or standard.table
        if not table:
            raise ValueError(
                f'[sources.{record}] object = "…" is missing: orgs keep {record}s in various ones'
            )
        _known_fields(f"{record}.fields", told.fields, fields_of(record))
        other = told.object not in (None, standard.table)
        lines = _lines(record, told.lines) or (None if other else standard.lines)
        return Shape(
            record=record,
            table=table,
            belongs_to=told.belongs_to or standard.belongs_to,
            fields={**({} if other else standard.fields), **told.fields},
            lines=lines,
            addresses={} if other else standard.addresses,
            show=self._show(record, {} if other else standard.show),
            comments=standard.comments and not other,
        )

    def _show(self, record: str, standard: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        told: dict[Any, dict[str, tuple[str, ...]]] = dict(self.show)
        lists = {**standard, **told.get(record, {})}
        if not lists and record in ("order", "invoice", "ticket"):
            raise ValueError(
                f"[sources.show.{record}] is missing: name a field and the values customers may see, "
                f'like Status__c = ["Posted", "Paid"]; ["*"] shows all'
            )
        return lists


def _lines(record: str, told: LinesOf | None) -> Lines | None:
    if told is None:
        return None
    _known_fields(f"{record}.lines.fields", told.fields, fields_of("line"))
    return Lines(told.object, told.parent, dict(told.fields))


def _known_fields(where: str, told: dict[str, str], known: tuple[str, ...]) -> None:
    for name in told:
        if name not in known:
            raise ValueError(f"{where}: no field {name!r}; there are {', '.join(known)}")
