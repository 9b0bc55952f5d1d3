"""fanlight.toml → one frozen Config. Every problem is reported at once, with file, line, key and cure.

Secrets stand in the TOML by name only: ``{ env = "NAME" }`` or ``{ file = "path" }``.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from connectors import find, kinds
from connectors.base import Every, SourceSettings
from connectors.secret import Secret
from sync.config import checks
from sync.config.agreement import disagreements, source_tables
from sync.config.complaints import complaints, did_you_mean, refusal
from sync.config.id_files import read_id_file
from sync.config.portal import Brand as Brand
from sync.config.portal import Help as Help
from sync.config.portal import Passwords as Passwords
from sync.config.portal import Portal as Portal
from sync.config.portal import Section as Section
from sync.config.portal import Sections as Sections
from sync.config.portal import Table as Table
from sync.config.toml_text import Lines, Place, Unreadable, read
from sync.stages import COMMON as COMMON
from sync.stages import QUOTES as QUOTES
from sync.stages import status_key as status_key

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Role = Literal["admin", "finance", "orders", "support", "read_all"]
StageName = Literal[
    "received", "in_production", "part_dispatched", "dispatched", "delivered", "on_hold", "cancelled"
]
QuoteState = Literal["open", "accepted", "declined", "invoiced", "expired"]
ROLES: tuple[Role, ...] = get_args(Role)
STAGES: tuple[StageName, ...] = get_args(StageName)


class Organisations(Table):
    """[organisations]: which accounts are one customer. Explicit rules only."""

    primary: str = Field(alias="from", description="the id of the source whose accounts are your customers")
    match: Annotated[tuple[Literal["tax_number", "number"], ...], AfterValidator(checks.no_doubles)] = ()
    id_files: dict[str, Annotated[dict[str, str], BeforeValidator(read_id_file)]] = Field(default={})
    # source → a CSV file
    ids: dict[str, dict[str, str]] = Field(default={}, validate_default=True)
    # source → its account id → the primary source's account id; holds the id files' rows too
    sections: dict[str, Sections] = Field(default={})  # primary account → instead of [portal] sections

    @field_validator("ids")
    @classmethod
    def with_files(cls, told: dict[str, dict[str, str]], info: ValidationInfo) -> dict[str, dict[str, str]]:
        """Add the rows of the id files; the same account mapped differently in both is refused."""
        files = info.data.get("id_files", {})
        crossed = [
            (
                (source, account),
                f'is mapped to "{primary}" here and to "{other}" in the id file; leave one of them',
            )
            for source, ids in told.items()
            for account, primary in ids.items()
            if (other := files.get(source, {}).get(account, primary)) != primary
        ]
        if crossed:
            raise refusal(crossed)
        return {source: {**files.get(source, {}), **told.get(source, {})} for source in {**files, **told}}


class Stage(Table):
    """A status in the customer's words: ``"Shipped" = "dispatched"`` or ``{ stage = …, say = … }``."""

    stage: StageName
    say: str = Field(default="", max_length=40)

    @model_validator(mode="before")
    @classmethod
    def long_form(cls, told: Any) -> Any:
        """Take the short form too."""
        return {"stage": told} if isinstance(told, str) else told


class Stages(Table):
    """[stages.orders], .tickets, .quotes: status as the source writes it (case does not matter) → stage."""

    orders: dict[str, Stage] = Field(default={})
    tickets: dict[str, str] = Field(default={})  # status → wording
    quotes: dict[str, QuoteState] = Field(default={})


class Mail(Table):
    """[mail]: how sign-in mails leave. ``print`` writes them to the terminal (the demo)."""

    method: Literal["smtp", "print"] = "print"
    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Secret | None = None
    sender: Annotated[str, AfterValidator(checks.mail_address)] = ""

    @model_validator(mode="after")
    def complete(self) -> Self:
        """SMTP needs to know its server and whom the mail is from; a user needs a password."""
        missing: list[tuple[Place, str]] = []
        if self.method == "smtp" and not self.host:
            missing.append((("host",), 'is missing; method = "smtp" needs the mail server\'s name'))
        if self.method == "smtp" and not self.sender:
            missing.append((("sender",), 'is missing; add it, like "Example Ltd <orders@example.com>"'))
        if bool(self.user) != (self.password is not None):
            missing.append((("password",), "and user go together; give both or neither"))
        if missing:
            raise refusal(missing)
        return self


class Login(Table):
    """[login]: who may sign in and for how long."""

    who: Literal["invited", "contacts"] = "invited"
    roles: Annotated[tuple[Role, ...], AfterValidator(checks.no_doubles)] = ("read_all",)  # of contacts
    idle: Every = "12h"
    remember: Every = "30d"


def of_its_kind(told: Any, info: ValidationInfo) -> Any:
    """Check one [[sources]] table against the settings of its connector."""
    if not isinstance(told, dict):
        return told
    try:
        settings = find(str(told.get("kind"))).Settings
    except KeyError:
        raise refusal(_without_kind(told)) from None
    except (ImportError, AttributeError) as error:
        raise refusal([(("kind",), f'"{told["kind"]}" is installed but does not load: {error}')]) from None
    try:
        return settings.model_validate(told, context=info.context)
    except ValidationError as error:
        raise refusal(complaints(error, settings)) from None


def _without_kind(told: dict[str, Any]) -> list[tuple[Place, str]]:
    """What can be said of a source whose own keys nobody knows: its kind, and the keys all kinds have."""
    if "kind" in told:
        found: list[tuple[Place, str]] = [
            (("kind",), f'"{told["kind"]}" is not installed; {did_you_mean(str(told["kind"]), kinds())}')
        ]
    else:
        found = [(("kind",), f"is missing; add one of: {', '.join(kinds())}")]
    shared = {key: told[key] for key in SourceSettings.model_fields if key in told}
    try:
        SourceSettings.model_validate({**shared, "kind": "any"})
    except ValidationError as error:
        found += complaints(error, SourceSettings)
    return found


class Config(Table):
    """The whole file. ``path`` is where it was read from; relative paths in it start at its folder."""

    path: Path
    warnings: tuple[str, ...] = ()  # what works but should be mended, for `check config` and `serve`
    portal: Portal = Field(description="a [portal] table")
    organisations: Organisations = Field(description='an [organisations] table with from = "a source\'s id"')
    sources: tuple[Annotated[SourceSettings, BeforeValidator(of_its_kind)], ...] = Field(
        description="at least one [[sources]] table"
    )
    stages: Stages = Stages()
    mail: Mail = Mail()
    login: Login = Login()

    @property
    def folder(self) -> Path:
        """The folder of the TOML file."""
        return self.path.parent

    def telling_of(self, record: str) -> list[str]:
        """The ids of the sources that are asked for a record."""
        return [source.id for source in self.sources if source.tells_of(record)]

    def sections_of(self, accounts: Iterable[str]) -> frozenset[str]:
        """What an organisation with these primary accounts sees: of several with sections of their own, what
        all of them have."""
        own = self.organisations.sections
        told = [frozenset(own[account]) for account in accounts if account in own]
        return frozenset.intersection(*told) if told else frozenset(self.portal.sections)

    @property
    def sections_of_all(self) -> frozenset[str]:
        """What every organisation sees, whichever its primary accounts are."""
        own = self.organisations.sections.values()
        return frozenset(self.portal.sections).intersection(*own)


class Problem(BaseModel):
    """One thing wrong in the file: where, which key, what, and the cure. Line 0: the file as a whole."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.key}: {self.message}" if self.line else f" {self.message}"


class BadConfig(Exception):
    """The configuration cannot be used; ``problems`` holds every reason at once."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path, self.problems = path, problems
        super().__init__("\n".join(f"{path}:{problem}" for problem in problems))


def duration(text: str) -> timedelta:
    """'15m' → timedelta; s, m, h and d are known."""
    return timedelta(seconds=int(text[:-1]) * UNITS[text[-1]])


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check the file; raises BadConfig with every problem in it."""
    try:
        text, told = read(path)
    except Unreadable as error:
        raise BadConfig(path, [Problem(line=error.line, key="TOML", message=str(error))]) from None
    warnings: list[str] = []
    context = {"folder": path.absolute().parent, "env": environ, "warnings": warnings}
    found = list(disagreements(told))
    try:
        config = Config.model_validate({**told, "path": path.absolute()}, context=context)
    except ValidationError as error:
        found += complaints(error, Config)
    if found:
        raise BadConfig(path, _problems(found, told, Lines(text)))
    return config.model_copy(update={"warnings": tuple(warnings)})


def _problems(found: list[tuple[Place, str]], told: dict[str, Any], lines: Lines) -> list[Problem]:
    """The complaints in the order of the file; a source goes by its id."""
    problems = []
    for place, message in found:
        names = [str(part) for part in place]
        if place[0] == "sources" and len(place) > 1:
            source = source_tables(told)[int(place[1])]
            names[1] = str(source.get("id", f"number {int(place[1]) + 1}"))
        problems.append(Problem(line=lines.of(place), key=".".join(names), message=message))
    return sorted(problems, key=lambda problem: problem.line)
