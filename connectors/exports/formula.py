"""How one value of a record is written in a profile, and what that means. A formula is one of

"Column"                                   the cell, typed by the field it goes to
["Column", "Other"]                        the first that is filled
{ join = ["First", "Last"], by = " " }     the filled parts, joined (in an id every part must be filled)
{ constant = "EUR" }                       the same for every record
{ column = "C", default = "unfulfilled" }  something where the cell is blank
{ column = "C", values = { a = "b" } }     other words, case ignored; unknown words stay as they are
{ column = "C", is = ["Voided"] }          yes or no: the cell is one of these; is_not: it is none of them
{ column = "C", filled = true }            yes or no: anything stands there; false: nothing does
{ column = "C", as = "salesforce-id" }     15 characters become 18
{ column = "C", find = { file = "products.csv", by = "CODE", take = "NAME" } }
                                           looked up in another file; with record = "account" instead of
                                           file in that record's files; fold = true ignores case; where
                                           nothing is found the cell stays (keep = false: blank)
{ sum = "total", tax = "tax" }             over the lines; ``tax`` is added where the source excludes it
{ column = "C", date_order = "dmy" }       a date whose order is known though the file writes others too
{ sign = "total", negative = "credit note", default = "invoice" }
                                           by the sign of what this field of the lines adds up to
{ product = ["quantity", "unit_price"] }   of the line's other fields; off = "C": less that many per cent
{ from = "total", minus = ["tax"] }        of the record's other fields
{ of = "quantity", when = "C", is = ["fulfilled"], unclear = ["partial"] }
                                           that field where the cell is one of these, unknown where it
                                           is blank or unclear, 0 where it is another word
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

FORMS = ("column", "first", "join", "constant", "sum", "product", "from", "of", "sign")


class Table(BaseModel):
    """A table of a profile: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Find(Table):
    """A look-up of the cell in another file, or in the files of another record of the same source."""

    file: Path | None = None
    record: str | None = None
    by: str
    take: str
    fold: bool = False  # compare trimmed and in lower case (e-mail addresses)
    keep: bool = True  # the cell itself where nothing is found

    @model_validator(mode="after")
    def _one_place(self) -> "Find":
        if (self.file is None) == (self.record is None):
            raise ValueError("find needs either file or record")
        return self


def _written(value: Any) -> Any:
    """'Column' and ['Column', …] are short for tables."""
    if isinstance(value, str):
        return {"column": value}
    if isinstance(value, list):
        return value[0] if len(value) == 1 else {"first": value}
    return value


class Formula(Table):
    """How one value is made; exactly one of the forms above."""

    column: str | None = None
    first: "tuple[Written, ...]" = ()
    join: "tuple[Written, ...]" = ()
    by: str = " "
    constant: str | None = None
    sum: str | None = None
    tax: str | None = None
    product: tuple[str, str] | None = None
    off: str | None = None
    sign: str | None = None
    negative: str = ""
    base: str | None = Field(default=None, alias="from")
    minus: tuple[str, ...] = ()
    of: str | None = None
    when: str | None = None
    unclear: tuple[str, ...] = ()
    default: str = ""
    values: dict[str, str] = {}
    is_: tuple[str, ...] | None = Field(default=None, alias="is")
    is_not: tuple[str, ...] | None = None
    filled: bool | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    as_: Literal["text", "salesforce-id"] = Field(default="text", alias="as")
    find: Find | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "Formula":
        given = (
            self.column,
            self.first,
            self.join,
            self.constant,
            self.sum,
            self.product,
            self.base,
            self.of,
            self.sign,
        )
        if sum(part is not None and part != () for part in given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(FORMS)}")
        if (self.off and not self.product) or (self.sign is None) != (not self.negative):
            raise ValueError("off belongs to a product; sign and negative belong together")
        if (self.of is None) != (self.when is None) or (self.of is not None and self.is_ is None):
            raise ValueError("of, when and is belong together")
        return self

    @property
    def computed(self) -> bool:
        """Made from other fields, not from cells."""
        return any(form is not None for form in (self.sum, self.product, self.base, self.sign))

    def cells(self) -> Iterator[str]:
        """The columns it reads."""
        if self.column is not None:
            yield self.column
        if self.when is not None:
            yield self.when
        if self.off is not None:
            yield self.off
        for part in (*self.first, *self.join):
            yield from part.cells()

    def finds(self) -> "Iterator[Formula]":
        """The values in it that are looked up."""
        if self.find is not None:
            yield self
        for part in (*self.first, *self.join):
            yield from part.finds()


Written = Annotated[Formula, BeforeValidator(_written)]
Values = tuple[Written, ...]


class Place(Table):
    """An address: each street line is one value."""

    name: Written | None = None
    lines: Values = ()
    city: Written | None = None
    region: Written | None = None
    postcode: Written | None = None
    country: Written | None = None

    def parts(self) -> dict[str, Formula]:
        """Its single values by the name of the address's field."""
        named = {name: getattr(self, name) for name in ("name", "city", "region", "postcode", "country")}
        return {name: value for name, value in named.items() if value is not None}
