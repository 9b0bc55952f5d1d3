"""The keys of a ``[[sources]]`` table with kind = "xero"."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from connectors.base import Every, LiveSettings
from connectors.http.address import web_address
from connectors.secret import Secret

RecordName = Literal["account", "contact", "invoice", "quote", "payment"]
# Apps made since 2 March 2026 know these only: https://developer.xero.com/faq/granular-scopes
SCOPES = (
    "offline_access",
    "accounting.contacts.read",
    "accounting.invoices.read",
    "accounting.payments.read",
)
# What customers see by default: nothing that is not meant for them yet, or any more.
SHOWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "account": {"status": ("ACTIVE",), "kind": ("customer",)},
    "invoice": {
        "status": ("AUTHORISED", "PAID", "VOIDED"),  # void ones were approved once: customers knew them
        "kind": ("invoice", "credit note", "prepayment", "overpayment"),
    },
    "quote": {"status": ("SENT", "ACCEPTED", "DECLINED", "INVOICED")},
    "payment": {"status": ("AUTHORISED",), "kind": ("payment", "refund")},
}
NEVER = {  # … and what no list can show
    "account": ("GDPRREQUEST",),
    "invoice": ("DRAFT", "SUBMITTED", "DELETED"),
    "quote": ("DRAFT", "DELETED"),
    "payment": ("DELETED",),
}


class XeroSettings(LiveSettings):
    """One Xero organisation. ``auth``: a custom connection (client credentials), or a person's consent, which
    is renewed for as long as it is used (``fanlight auth``)."""

    every: Every = "15m"  # eight calls an idle run: 768 of the 1,000 a day that Xero's free tier gives
    auth: Literal["custom", "code"] = "custom"
    client_id: str = Field(min_length=1)
    client_secret: Secret
    tenant_id: str = ""  # which organisation; only a custom connection knows without
    scopes: tuple[str, ...] = Field(default=SCOPES, min_length=1)
    base_url: str = "https://api.xero.com"
    token_url: str = "https://identity.xero.com/connect/token"  # noqa: S105 - an address
    login_url: str = "https://login.xero.com/identity/connect/authorize"
    records: tuple[RecordName, ...] = Field(
        default=("account", "contact", "invoice", "quote", "payment"), min_length=1
    )
    show: dict[RecordName, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    page_size: int = Field(default=1000, ge=1, le=1000)
    pay_links: bool = False  # one more call for each open invoice that changed

    @field_validator("base_url", "token_url", "login_url")
    @classmethod
    def _sound(cls, told: str, info: ValidationInfo) -> str:
        return web_address(told, like=cls.model_fields[str(info.field_name)].default)

    @field_validator("show")
    @classmethod
    def _known_rules(
        cls, show: Mapping[str, Mapping[str, tuple[str, ...]]]
    ) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        for record, rules in show.items():
            for name, words in rules.items():
                if name not in SHOWN.get(record, {}):
                    known = ", ".join(f"show.{r}.{n}" for r, rules in SHOWN.items() for n in rules)
                    raise ValueError(f"there is no rule show.{record}.{name}; there are {known}")
                if never := set(words) & set(NEVER[record]):
                    raise ValueError(
                        f"show.{record}.{name}: {', '.join(sorted(never))} is never shown; take it out"
                    )
        return show

    def shown(self, record: str) -> Mapping[str, tuple[str, ...]]:
        """The lists that decide what customers see of a record."""
        return {**SHOWN.get(record, {}), **self.show.get(record, {})}  # type: ignore[call-overload]


def reconnect(settings: XeroSettings) -> str:
    """What a person does to be let in again."""
    if settings.auth == "code":
        return f"run: fanlight auth {settings.id}"
    way = "connect the organisation anew in developer.xero.com → My Apps → the custom connection"
    return f"{way}; {settings.again}"
