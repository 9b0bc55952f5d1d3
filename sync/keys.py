"""Seals tokens with the key of [portal] credentials_key: ChaCha20-Poly1305, a fresh nonce each time, and the
source's id as associated data, so that one source's token opens nowhere else."""

import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import blake2b

from connectors.base import Refused
from sync.config import Portal

NONCE = 12  # bytes
MAKE = (
    "make one with (umask 077; python3 -c 'import secrets; print(secrets.token_hex(32))' > credentials.key) "
    'beside fanlight.toml, and add to [portal]: credentials_key = { file = "credentials.key" }'
)


@dataclass(frozen=True)
class Key:
    """One key. ``id`` tells keys apart and nothing about them."""

    id: str
    _bytes: bytes = field(repr=False)

    def seal(self, source: str, text: str) -> str:
        """Text nobody reads without this key, as base64."""
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        nonce = os.urandom(NONCE)
        sealed = ChaCha20Poly1305(self._bytes).encrypt(nonce, text.encode(), _bound(source))
        return b64encode(nonce + sealed).decode()

    def open(self, source: str, sealed: str) -> str:
        """The text again; raises Refused when it was altered or belongs to another source."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        try:
            told = b64decode(sealed, validate=True)
            return ChaCha20Poly1305(self._bytes).decrypt(told[:NONCE], told[NONCE:], _bound(source)).decode()
        except (InvalidTag, ValueError):
            raise Refused(
                f"the token kept for {source} cannot be opened: it was altered. "
                f"Connect again: fanlight auth {source}"
            ) from None


@dataclass(frozen=True)
class Keys:
    """The key that seals, and the former one, which only opens."""

    current: Key
    former: Key | None = None

    def of(self, source: str, key_id: str) -> Key:
        """The key of this id; raises Refused when it is neither."""
        for key in (self.current, self.former):
            if key is not None and key.id == key_id:
                return key
        raise Refused(
            f"the token kept for {source} was sealed with another key ({key_id}) than credentials_key "
            f"({self.current.id}). Give that key back, or name it as credentials_key_before beside the new "
            f"one; if it is lost, connect again: fanlight auth {source}"
        )


def keys(portal: Portal) -> Keys | None:
    """The keys the TOML names; None: it names none."""
    if portal.credentials_key is None:
        return None
    before = portal.credentials_key_before
    return Keys(
        _key(portal.credentials_key.get_secret_value()), _key(before.get_secret_value()) if before else None
    )


def _key(secret: str) -> Key:
    """Both from one secret of at least 32 random bytes; neither tells anything of the other."""
    made = blake2b(secret.encode(), digest_size=32, person=b"fanlight sealing").digest()
    return Key(blake2b(secret.encode(), digest_size=4, person=b"fanlight key id").hexdigest(), made)


def _bound(source: str) -> bytes:
    return b"fanlight token of " + source.encode()
