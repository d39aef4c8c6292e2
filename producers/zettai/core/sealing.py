"""Encryption at rest: what is personal is sealed before it goes to Redis, and opened after it comes from there.

AES-256-GCM of the package `cryptography`. Each value has a random nonce, and is bound to its tag and its field, so a
value that was moved to another record does not open. The record names the key (`sealed_by`), so keys can rotate.
"""

import os
from base64 import b64decode
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from enum import StrEnum
from hmac import digest
from typing import Any

from zettai.core.errors import SettingsError

KEY_BYTES = 32

NONCE_BYTES = 12

KEY_ID_BYTES = 6


class SealedField(StrEnum):
    """What is sealed."""

    TO = "to"
    BODY = "body"
    METADATA = "metadata"


class BrokenSeal(Exception):  # noqa: N818 - reads as the fact that it states
    """A value was changed, or belongs to another record."""


class Sealer:
    """Seals with the first key, and opens with any of them. `repr` does not show the keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Build a sealer.

        Args:
            keys: each 32 bytes in base64; at least one.

        Raises:
            SettingsError: the package `cryptography` is not installed.
        """
        try:
            # Installed only with its extra, and imported only with a key.
            from cryptography.exceptions import InvalidTag  # noqa: PLC0415
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
        except ImportError:
            raise SettingsError(
                "ZETTAI_ENCRYPTION_KEYS: needs the extra encryption; run pip install 'zettai-sms[encryption]'"
            ) from None
        self._broken: tuple[type[Exception], ...] = (InvalidTag, ValueError)
        raw = [b64decode(key) for key in keys]
        self._ciphers: dict[str, Any] = {_derive(key, b"id")[:KEY_ID_BYTES].hex(): AESGCM(key) for key in raw}
        self.key_ids = tuple(self._ciphers)
        """Identify the keys and say nothing else about them."""
        self.digest_keys = tuple(_derive(key, b"digests").hex() for key in raw)
        """A key derived from each key, for keyed hashes of contents."""

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""
        return self.key_ids[0]

    def seal(self, text: str, client_tag: str, field: SealedField) -> str:
        """Return a text sealed, in base64."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.key_id].encrypt(nonce, text.encode(), _bound_to(client_tag, field))
        return b2a_base64(nonce + sealed, newline=False).decode()

    def open(self, sealed: str, key_id: str, client_tag: str, field: SealedField) -> str:
        """Return a text that was sealed with a known key.

        Raises:
            BrokenSeal: it was changed, or sealed for another record or field.
            KeyError: the key is not known.
        """
        cipher = self._ciphers[key_id]
        try:
            value = a2b_base64(sealed)
            opened: bytes = cipher.decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], _bound_to(client_tag, field))
            return opened.decode()
        except self._broken:
            raise BrokenSeal(client_tag) from None


def check_key(key: str) -> str:
    """Return a key that can be used.

    Raises:
        ValueError: it is not 32 bytes in base64.
    """
    try:
        length = len(b64decode(key, validate=True))
    except ValueError:
        length = 0
    if length != KEY_BYTES:
        raise ValueError(
            f"each key must be {KEY_BYTES} bytes in base64; make one with openssl rand -base64 {KEY_BYTES}"
        )
    return key


def _derive(key: bytes, purpose: bytes) -> bytes:
    return digest(key, b"zettai " + purpose, "sha256")


_BINDINGS = {field: b"\0" + field.encode() for field in SealedField}


def _bound_to(client_tag: str, field: SealedField) -> bytes:
    """Return the associated data: no tag has the character between them."""
    return client_tag.encode() + _BINDINGS[field]
