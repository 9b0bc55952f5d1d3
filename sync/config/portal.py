"""The [portal] table of the TOML: what the portal is called, where it lives, how it looks, what it shows."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connectors.base import Currency, Zone
from connectors.secret import PrivateSecret, Secret
from sync.config import checks

Picture = Annotated[Path, AfterValidator(checks.picture)]
Host = Annotated[str, AfterValidator(checks.host_name)]
Section = Literal["orders", "invoices", "quotes", "support", "account"]
Sections = Annotated[tuple[Section, ...], AfterValidator(checks.no_doubles)]
Block = Literal["orders", "invoices", "support"]


class Table(BaseModel):
    """A table of the TOML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Help(Table):
    """[portal.help]: whom customers can call (the account's own owner comes first where known)."""

    name: str = ""
    email: str = ""
    phone: str = ""
    whatsapp: str = ""


class Brand(Table):
    """[portal.brand]: what makes the portal yours."""

    logo: Picture | None = None
    icon: Picture | None = None
    color: str = Field(
        default="#1f5f8b", pattern=r"^#[0-9a-fA-F]{6}$"
    )  # repaired to AA contrast where needed


class Passwords(Table):
    """[portal.passwords] of the PostgreSQL roles; left out where the server trusts us (.pgpass, peer)."""

    web: Secret | None = None
    staff: Secret | None = None
    sync: Secret | None = None


class Portal(Table):
    """[portal]"""

    name: str = Field(min_length=1, max_length=60, description="what customers call it")
    base_url: Annotated[str, AfterValidator(checks.public_url)] = Field(
        description='where customers reach it, like "https://portal.example.com"'
    )
    database: Annotated[str, AfterValidator(checks.database_url)] = "sqlite:var"
    passwords: Passwords = Passwords()
    secret_key: Annotated[Secret, AfterValidator(checks.random_key)] = Field(
        description='{ file = "secret.key" }, a file with at least 32 random bytes'
    )
    # What seals the tokens of live sources. A former key still opens what it sealed; it is sealed anew then.
    credentials_key: Annotated[PrivateSecret, AfterValidator(checks.sealing_key)] | None = None
    credentials_key_before: Annotated[PrivateSecret, AfterValidator(checks.sealing_key)] | None = None
    timezone: Zone = "UTC"
    currency: Currency = "EUR"
    locale: Annotated[str, AfterValidator(checks.known_locale)] = "en"
    sections: Sections = ("orders", "invoices", "support", "account")  # quotes on request
    blocks: Annotated[tuple[Block, ...], AfterValidator(checks.no_doubles)] = (
        "orders",
        "invoices",
        "support",
    )
    hosts: tuple[Host, ...] = ()  # further host names that may be asked for; base_url's is always allowed
    proxies: int = Field(default=0, ge=0, le=5)  # trusted proxies in front
    help: Help = Help()
    brand: Brand = Brand()
