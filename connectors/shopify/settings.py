"""The keys of a ``[[sources]]`` table with kind = "shopify"."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from connectors.base import LiveSettings
from connectors.http.address import web_address
from connectors.secret import Secret

RecordName = Literal["account", "contact", "order"]
Group = Literal["companies", "customers"]
NEEDS = {"client_credentials": ("client_id", "client_secret"), "token": ("token",)}
LIKE = {
    "base_url": "https://acme.myshopify.com",
    "token_url": "https://acme.myshopify.com/admin/oauth/access_token",
}
RULES = {"order": ("displayFinancialStatus", "displayFulfillmentStatus")}


class ShopifySettings(LiveSettings):
    """One shop. ``auth``: an app of the Dev Dashboard (client credentials), or a token it was given."""

    shop: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$")] = Field(
        description='the shop\'s own address, like "acme.myshopify.com"'
    )
    auth: Literal["client_credentials", "token"] = "client_credentials"
    client_id: str = ""
    client_secret: Secret | None = None
    token: Secret | None = None
    base_url: str = ""  # default: https:// and the shop
    token_url: str = ""  # default: base_url + /admin/oauth/access_token
    api_version: Annotated[str, StringConstraints(pattern=r"^20\d\d-(01|04|07|10)$")] = "2026-10"
    records: tuple[RecordName, ...] = Field(default=("account", "contact", "order"), min_length=1)
    accounts: tuple[Group, ...] = Field(default=("companies", "customers"), min_length=1)
    show: dict[Literal["order"], dict[str, tuple[str, ...]]] = {}  # noqa: RUF012 - pydantic copies it
    page_size: Annotated[int, Field(ge=1, le=250)] = 100

    @field_validator("base_url", "token_url")
    @classmethod
    def _sound(cls, told: str, info: ValidationInfo) -> str:
        return web_address(told, like=LIKE[str(info.field_name)]) if told else ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := [name for name in NEEDS[self.auth] if not getattr(self, name)]:
            raise ValueError(f'auth = "{self.auth}" needs {" and ".join(missing)} too')
        for rule in self.show.get("order", {}):
            if rule not in RULES["order"]:
                raise ValueError(f"no rule show.order.{rule}; there are {', '.join(RULES['order'])}")
        return self

    @property
    def root(self) -> str:
        """Where the shop is asked."""
        return self.base_url or f"https://{self.shop}"

    @property
    def tokens_at(self) -> str:
        """Where a token is asked for."""
        return self.token_url or f"{self.root}/admin/oauth/access_token"
