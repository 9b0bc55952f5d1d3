"""fanlight.toml → one frozen Config. Every problem is reported at once, with file, line, key and cure.

Secrets stand in the TOML by name only: ``{ env = "NAME" }`` or ``{ file = "path" }``.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo

from connectors.base import SourceSettings

STAGES = ("received", "in_production", "part_dispatched", "dispatched", "delivered", "on_hold", "cancelled")
ROLES = ("admin", "finance", "orders", "support", "read_all")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Table(BaseModel):
    """A table of the TOML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def resolve(value: Any, info: ValidationInfo) -> Any:
    """Read the secret a table names; a plain string in the TOML is refused."""
    raise NotImplementedError


Secret = Annotated[SecretStr, BeforeValidator(resolve)]


def known_zone(name: str) -> str:
    """Refuse a time zone the tz database does not know."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; use a name like Europe/Berlin") from None
    return name


class Help(Table):
    """Whom customers can call, shown on every page (the account's own owner comes first where known)."""

    name: str = ""
    email: str = ""
    phone: str = ""
    whatsapp: str = ""


class Brand(Table):
    """What makes the portal yours."""

    logo: Path | None = None  # svg or png
    icon: Path | None = None
    color: str = Field(default="#1f5f8b", pattern=r"^#[0-9a-fA-F]{6}$")  # repaired to AA contrast where needed


class Passwords(Table):
    """Passwords of the three PostgreSQL roles; left out where the server trusts the connection (.pgpass, peer)."""

    web: Secret | None = None
    staff: Secret | None = None
    sync: Secret | None = None


class Portal(Table):
    """[portal]"""

    name: str = Field(min_length=1, max_length=60)
    base_url: str
    database: str = "sqlite:var"  # sqlite:FOLDER or postgresql://host/dbname
    passwords: Passwords = Passwords()
    secret_key: Secret
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    locale: str = "en"
    sections: tuple[Literal["orders", "invoices", "support", "account"], ...] = ("orders", "invoices", "support", "account")
    blocks: tuple[Literal["orders", "invoices", "support"], ...] = ("orders", "invoices", "support")
    hosts: tuple[str, ...] = ()  # further host names that may be asked for; base_url's is always allowed
    proxies: int = Field(default=0, ge=0, le=5)  # trusted proxies in front
    help: Help = Help()
    brand: Brand = Brand()


class Organisations(Table):
    """[organisations]: which accounts are one customer. Explicit rules only."""

    primary: str = Field(alias="from")  # the source whose accounts become organisations
    match: tuple[Literal["tax_number", "number"], ...] = ()
    ids: dict[str, dict[str, str]] = {}  # source → its account id → the primary source's account id


class Stage(Table):
    """A source status in the customer's words."""

    stage: Literal["received", "in_production", "part_dispatched", "dispatched", "delivered", "on_hold", "cancelled"]
    say: str = ""


class Stages(Table):
    """[stages.orders] and [stages.tickets]: status as the source writes it (case does not matter) → stage."""

    orders: dict[str, Stage] = {}
    tickets: dict[str, str] = {}  # status → wording


class Mail(Table):
    """[mail]: how sign-in mails leave. ``print`` writes them to the terminal (the demo)."""

    method: Literal["smtp", "print"] = "print"
    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Secret | None = None
    sender: str = ""


class Login(Table):
    """[login]: who may sign in and for how long."""

    who: Literal["invited", "contacts"] = "invited"
    roles: tuple[Literal["admin", "finance", "orders", "support", "read_all"], ...] = ("read_all",)  # of contacts
    idle: str = Field(default="12h", pattern=r"^[1-9][0-9]*(s|m|h|d)$")
    remember: str = Field(default="30d", pattern=r"^[1-9][0-9]*(s|m|h|d)$")


class Config(Table):
    """The whole file. ``path`` is where it was read from; relative paths in it start at its folder."""

    path: Path
    portal: Portal
    organisations: Organisations
    sources: tuple[SourceSettings, ...]
    stages: Stages = Stages()
    mail: Mail = Mail()
    login: Login = Login()

    @property
    def folder(self) -> Path:
        """The folder of the TOML file."""
        return self.path.parent


class Problem(BaseModel):
    """One thing wrong in the file: where, which key, what, and the cure."""

    line: int
    key: str
    message: str


class BadConfig(Exception):
    """The configuration cannot be used; ``problems`` holds every reason at once."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path, self.problems = path, problems
        super().__init__("\n".join(f"{path}:{p.line}: {p.key}: {p.message}" for p in problems))


def duration(text: str) -> timedelta:
    """'15m' → timedelta; s, m, h and d are known."""
    return timedelta(seconds=int(text[:-1]) * UNITS[text[-1]])


def load(path: Path) -> Config:
    """Read and check the file; raises BadConfig with every problem in it."""
    raise NotImplementedError
