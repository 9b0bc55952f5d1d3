"""Our cookies: a browser takes them from this host alone and hides them from scripts and other sites."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Request
from werkzeug.wrappers import Response

TOKEN_LENGTH = 43  # what 32 random bytes are in a cookie


@dataclass(frozen=True)
class Jar:
    """The cookies of one portal space. ``secure``: the portal is served over https."""

    name: str
    secure: bool

    @classmethod
    def of(cls, base_url: str) -> "Jar":
        """Names for a base URL; spaces below different paths of one host do not touch each other's."""
        split = urlsplit(base_url)
        place = split.path.strip("/").replace("/", "-")
        own = f"fanlight-{place}" if place else "fanlight"
        secure = split.scheme == "https"
        return cls(f"__Host-{own}" if secure else own, secure)

    def read(self, request: Request, what: str) -> str:
        """The token a browser brought, '' when there is none or it cannot be one of ours."""
        token = request.cookies.get(f"{self.name}-{what}", "")
        return token if len(token) == TOKEN_LENGTH and token.isascii() else ""

    def put(self, response: Response, what: str, token: str, life: timedelta) -> None:
        """Give a browser a token to keep."""
        response.set_cookie(
            f"{self.name}-{what}",
            token,
            max_age=life,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="Lax",
        )

    def drop(self, response: Response, what: str) -> None:
        """Take a token away from a browser."""
        response.delete_cookie(
            f"{self.name}-{what}", path="/", secure=self.secure, httponly=True, samesite="Lax"
        )
