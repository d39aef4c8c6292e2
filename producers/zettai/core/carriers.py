"""The mobile carriers."""

from enum import StrEnum


class Carrier(StrEnum):
    """A mobile carrier. Give it to `send` if you know it; otherwise the provider finds it."""

    KDDI = "au"
    DOCOMO = "docomo"
    SOFTBANK = "softbank"
    RAKUTEN = "rakuten"


UNKNOWN_CARRIER = "unknown"
"""Counts the messages whose carrier neither the provider nor the caller has named. The provider names it at the end."""
