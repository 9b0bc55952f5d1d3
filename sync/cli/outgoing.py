"""What `fanlight check readonly` proves of sources with an API: nothing is sent that could change them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.cli.app import App
from sync.credentials import connect


@dataclass(frozen=True)
class Tried:
    """One write that a source's session was asked to send, and whether it refused."""

    source: str
    what: str  # "DELETE to api.xero.com"
    refused: bool


@dataclass(frozen=True)
class Reach:
    """One source with an API: what was tried, and what it was given the right to do, where that is known."""

    source: str
    tried: Sequence[Tried]
    scopes: Sequence[str]

    @property
    def closed(self) -> bool:
        """Whether every write was refused."""
        return all(one.refused for one in self.tried)


def reaches(app: App) -> Iterator[Reach]:
    """Every configured source that is asked over HTTP."""
    from connectors.http.proof import attempts

    for settings in app.config.sources:
        connector = connect(settings, app.config.portal, app.database, app.clock)
        if (http := connector.outgoing()) is not None:
            tried = [Tried(settings.id, what, refused) for what, refused in attempts(http)]
            yield Reach(settings.id, tried, tuple(getattr(settings, "scopes", ()) or ()))
