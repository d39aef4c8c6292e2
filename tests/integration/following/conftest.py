"""The fixtures of status checks, look-ups and cancellations: a store and a provider."""

from tests.support.sides import sides, simulator

__all__ = ["sides", "simulator"]
