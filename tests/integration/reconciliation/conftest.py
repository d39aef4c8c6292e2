"""The fixtures of comparisons: a store and a provider that differ."""

from tests.support.sides import sides, simulator

__all__ = ["sides", "simulator"]
