"""The keys of a ``[[sources]]`` table with kind = "exports". Relative paths start at the TOML's folder."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from connectors.base import Currency, Every, SourceSettings, Zone
from connectors.exports.place import Place
from connectors.exports.profile import Profile, shipped

DateOrder = Literal["dmy", "mdy", "ymd"]
RecordName = Literal["account", "contact", "order", "invoice", "payment", "ticket"]


def known_encoding(name: str) -> str:
    """Refuse an encoding Python does not know."""
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"unknown encoding {name!r}; use utf-8, cp1252, utf-16 …") from None
    return name


class Table(BaseModel):
    """A table of the TOML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(Table):
    """What a file does not say. Stands under ``[[sources]]``, or under one ``[[sources.files]]`` for that
    set."""

    timezone: Zone | None = None
    currency: Currency | None = None
    date_order: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    tax: Literal["included", "excluded"] | None = None


class LinesFile(Table):
    """Lines in a file of their own; ``parent`` is its column that names the order or invoice."""

    file: Path
    parent: str
    sheet: str | None = Field(default=None, min_length=1)  # of a workbook


class FileSet(Told, Place):
    """One ``[[sources.files]]`` table: where the files lie and what stands in them."""

    profile: str | None = None
    record: RecordName | None = None
    complete: bool = False
    encoding: Annotated[str, AfterValidator(known_encoding)] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    sheet: str | None = Field(default=None, min_length=1)  # of a workbook; a hidden one must be named
    lines: LinesFile | None = None
    map: Profile | None = None

    @field_validator("profile")
    @classmethod
    def _known_profile(cls, name: str | None) -> str | None:
        if name is not None and name not in shipped():
            raise ValueError(f"unknown profile {name!r}; there are {', '.join(sorted(shipped()))}")
        return name

    @model_validator(mode="before")
    @classmethod
    def _name_record(cls, table: Any) -> Any:
        """A mapping of one's own says its record beside it: ``record = "order"``."""
        if isinstance(table, dict) and isinstance(table.get("map"), dict):
            if "profile" in table:
                raise ValueError("profile and map exclude each other: take one out")
            if "record" not in table:
                raise ValueError(
                    'a mapping of your own needs record = "order" (or account, contact …) beside it'
                )
            return {**table, "map": {**table["map"], "record": table["record"]}}
        return table

    @property
    def of_lines(self) -> "FileSet":
        """What is told of the file of lines."""
        return self.model_copy(update={"sheet": self.lines.sheet if self.lines else None})

    @property
    def told_profile(self) -> Profile | None:
        """The profile named or written in the TOML; None where the headers tell."""
        return self.map or (shipped()[self.profile] if self.profile else None)


class ExportsSettings(SourceSettings, Told):
    """A source that is a set of exported files. What it tells holds for every file set that tells nothing
    else."""

    stale_after: Every | None = "48h"  # people export by hand, not by the minute
    settle: float = Field(default=2.0, ge=0, le=600)  # seconds a file must have rested before it is read
    cache: Path = Path("var/cache")  # where files that are fetched from elsewhere are kept
    show: dict[RecordName, dict[str, tuple[str, ...]]] = {}
    files: tuple[FileSet, ...] = Field(min_length=1)
    _folder: Path = PrivateAttr(default=Path())

    def model_post_init(self, context: Any) -> None:
        """Remember the folder relative paths start at."""
        self._folder = Path((context or {}).get("folder", ""))

    def resolve(self, path: Path) -> Path:
        """A path of the TOML, from the TOML's folder."""
        return self._folder / path

    def tells_of(self, record: str) -> bool:
        """Whether any file may hold this record: any may, of which the TOML does not say what it is."""
        return any(
            record == (one.told_profile.record if one.told_profile else one.record or record)
            for one in self.files
        )

    def told(self, fileset: FileSet, name: str) -> str:
        """One of the settings of Told for this set of files: its own, else the source's, else ''."""
        return getattr(fileset, name) or getattr(self, name) or ""
