"""The tokens of live sources, kept in portal.credentials and touched under the source's lease only.

connect(settings, …)      a connector that knows where its tokens are
lent(connector, lease)    inside a run, which holds the lease
borrowing(connector)      outside of one: the lease is claimed when a token is asked for, and given back
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connectors import find
from connectors.base import Connector, Refused, SourceSettings
from sync import mirror
from sync.config import Portal
from sync.database import Database, sealed
from sync.heartbeat import Heartbeat, undisturbed
from sync.keys import MAKE, Keys, keys


@dataclass
class Kept:
    """One source's token. Raises Refused when there is no key or not the right one, Busy while another
    process holds the source, Lost when the lease was lost: nothing is written then."""

    database: Database
    source: str
    keys: Keys | None
    clock: Callable[[], datetime]
    lease: Heartbeat | None = None
    borrowed: ExitStack | None = field(default=None, repr=False)

    def read(self) -> dict[str, Any] | None:
        """The token as last kept, by whichever process. One sealed with the former key is sealed anew."""
        lease = self.held()
        with self.database.owners(write=False) as connection:
            found = sealed.token(connection, self.source)
        if found is None:
            return None
        sealing = self._keys()
        text = sealing.of(self.source, found.key_id).open(self.source, found.sealed)
        if found.key_id != sealing.current.id:
            anew = sealing.current.seal(self.source, text)
            self._put(lease, replace(found, key_id=sealing.current.id, sealed=anew))
        told: dict[str, Any] = json.loads(text)
        return told

    def keep(self, token: dict[str, Any], expires: datetime | None = None) -> None:
        """Replace the token; it is on disk when this returns."""
        lease, key = self.held(), self._keys().current
        text = key.seal(self.source, json.dumps(token))
        self._put(lease, sealed.Token(self.source, key.id, text, self.clock(), expires))

    def _put(self, lease: Heartbeat, token: sealed.Token) -> None:
        # Two files on SQLite: the lease is renewed first, and nobody takes it over within its length.
        lease.renew()
        with undisturbed(), self.database.owners() as connection:
            mirror.hold(connection, lease.lease, self.clock())
            sealed.put(connection, token)

    def _keys(self) -> Keys:
        if self.keys is None:
            raise Refused(f"{self.source} has a token to keep, and there is no key to seal it with; {MAKE}")
        return self.keys

    def held(self) -> Heartbeat:
        """The lease to touch the token under: lent by a run, else claimed now; raises Busy."""
        if self.lease is not None:
            return self.lease
        if self.borrowed is None:
            raise RuntimeError(f"the token of {self.source} is touched outside of its lease")
        with undisturbed(), self.database.sync() as connection:
            lease = mirror.claim(connection, self.source, self.clock())
        self.borrowed.callback(self._give_back, lease)
        self.lease = self.borrowed.enter_context(Heartbeat(self.database, lease, self.clock))
        return self.lease

    def _give_back(self, lease: mirror.Lease) -> None:
        self.lease = None
        with undisturbed(), self.database.sync() as connection:
            mirror.let_go(connection, lease)


def connect(
    settings: SourceSettings, portal: Portal, database: Database, clock: Callable[[], datetime]
) -> Connector:
    """The connector of a source. Without a key only those keep their tokens in the process that need nobody's
    consent: they get a new one at every run."""
    connector = find(settings.kind)(settings)
    found = keys(portal)
    if found is not None or connector.authorisation() is not None:
        connector.credentials = Kept(database, settings.id, found, clock)
    return connector


@contextmanager
def lent(connector: Connector, lease: Heartbeat) -> Iterator[None]:
    """Let the connector's tokens be touched under this run's lease."""
    if not isinstance(kept := getattr(connector, "credentials", None), Kept):
        yield
        return
    kept.lease = lease
    try:
        yield
    finally:
        kept.lease = None


@contextmanager
def borrowing(connector: Connector) -> Iterator[None]:
    """Let the connector's tokens be touched outside of a run; raises Busy when one is going on."""
    if not isinstance(kept := getattr(connector, "credentials", None), Kept):
        yield
        return
    with ExitStack() as stack:
        kept.borrowed = stack
        try:
            yield
        finally:
            kept.borrowed = None
