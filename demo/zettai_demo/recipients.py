"""Who gets messages in the demo: made-up numbers, whose last digits decide what the simulator makes of a message."""

from random import Random

DELIVERED = 700
"""Numbers with three last digits below this are delivered."""

FAILING = ("721", "732", "823", "833", "834")
"""Last digits whose messages fail: congestion, no such number, out of reach, refused by the handset."""

FAILURES = 0.03
"""The part of a campaign that fails, as lists of numbers age."""

KDDI = "567"
"""The digits behind 0X0 that mean au (KDDI), which reports failures late."""


class Audience:
    """Draws numbers and passwords, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - an example, not a secret

    def anybody(self) -> str:
        """A number of a campaign: most are reached, some are not."""
        return self.unreachable() if self._random.random() < FAILURES else self.reachable()

    def reachable(self) -> str:
        """A number whose message is delivered."""
        return self._number("123456789", f"{self._random.randrange(DELIVERED):03}")

    def unreachable(self) -> str:
        """A number whose message fails, with any carrier."""
        return self._number("123456789", self._random.choice(FAILING))

    def unreachable_at_kddi(self) -> str:
        """A number whose message fails, and whose carrier says so late."""
        return self._number(KDDI, self._random.choice(FAILING))

    def password(self) -> str:
        """A one-time password."""
        return f"{self._random.randrange(1_000_000):06}"

    def _number(self, carriers: str, suffix: str) -> str:
        prefix = self._random.choice("6789")
        middle = f"{self._random.randrange(10_000):04}"
        return f"+81{prefix}0{self._random.choice(carriers)}{middle}{suffix}"
