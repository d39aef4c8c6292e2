"""Keyed hashes. With the key, a phone number or a content is recognized by its hash; without it, that is impossible.

A plain hash could be: there are only some 300 million Japanese mobile numbers, and a million codes of six digits.
"""

import hmac
from base64 import urlsafe_b64encode

SHORTEST_KEY = 32
"""Characters of a key."""

HASH_BYTES = 16
"""Bytes of a hash. Two of a million numbers have the same hash with a probability of 1 in 10^27."""

DIGEST_BYTES = 12
"""Bytes of a digest. It is compared with one other, so it can be shorter."""

FINGERPRINT_BYTES = 6

MARK_LENGTH = 6
"""Characters of a key's fingerprint in a digest."""


class HashKey:
    """Makes hashes with one key. `repr` does not show the key."""

    def __init__(self, key: str) -> None:
        # A copy of this takes half the time of an HMAC that begins with the key, and each message needs two.
        self._begun = hmac.new(key.encode(), digestmod="sha256")
        self.fingerprint = self._digest(b"fingerprint")[:FINGERPRINT_BYTES].hex()
        """Identifies the key and says nothing else about it."""

    def derive(self, purpose: bytes) -> bytes:
        """Return another key for another purpose, 32 bytes. It tells nothing about this one."""
        return self._digest(b"key of " + purpose)

    def hash_of(self, number: str) -> str:
        """Return the hash of a phone number in its normal form, as +819012345678: 22 letters, digits, `-` and `_`."""
        return self._hash(number.encode(), HASH_BYTES)

    @property
    def mark(self) -> str:
        """How digests name their key: the beginning of its fingerprint."""
        return self.fingerprint[:MARK_LENGTH]

    def digest_of(self, content: bytes) -> str:
        """Return the digest of a content: the mark of the key, a colon, and a hash."""
        return f"{self.mark}:{self._hash(content, DIGEST_BYTES)}"

    def _hash(self, value: bytes, length: int) -> str:
        return urlsafe_b64encode(self._digest(value)[:length]).decode().rstrip("=")

    def _digest(self, value: bytes) -> bytes:
        code = self._begun.copy()
        code.update(value)
        return code.digest()
