"""Keyed hashes: who has the key recognizes a phone number or a content by its hash, and nobody else can reverse it.

A plain hash could be: there are only some 300 million Japanese mobile numbers, and a million codes of six digits.
"""

from base64 import urlsafe_b64encode
from hmac import digest

SHORTEST_KEY = 32
"""Characters of a key."""

HASH_BYTES = 16
"""Bytes of a hash. Two of a million numbers have the same hash with a probability of 1 in 10^27."""

FINGERPRINT_BYTES = 6


class HashKey:
    """Makes hashes with one key. `repr` does not show the key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self.fingerprint = digest(self._key, b"fingerprint", "sha256")[:FINGERPRINT_BYTES].hex()
        """Identifies the key and says nothing else about it."""

    def derive(self, purpose: bytes) -> bytes:
        """Return another key for another purpose, 32 bytes. It tells nothing about this one."""
        return digest(self._key, b"key of " + purpose, "sha256")

    def hash_of(self, number: str) -> str:
        """Return the hash of a phone number in its normal form, as +819012345678: 22 letters, digits, `-` and `_`."""
        return self._hash(number.encode())

    def digest_of(self, content: bytes) -> str:
        """Return the digest of a content: the fingerprint of the key, a colon, and a hash."""
        return f"{self.fingerprint}:{self._hash(content)}"

    def _hash(self, value: bytes) -> str:
        return urlsafe_b64encode(digest(self._key, value, "sha256")[:HASH_BYTES]).decode().rstrip("=")
