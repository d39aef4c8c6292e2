"""Made-up phone numbers. Their last digits decide whether the simulator delivers a message."""

from random import Random

DELIVERED = 700
"""A number whose last three digits are below this is reachable."""

FAILING = ("721", "732", "823", "833", "834")
"""Last digits of unreachable numbers: congestion, no such number, out of reach, refused by the handset."""

FAILURES = 0.03
"""Share of the numbers that are unreachable, as in any list of numbers that is not new."""

KDDI = "567"
"""Digits after 0X0 that mean au (KDDI), which reports failures late."""


class Recipients:
    """Draws numbers and passwords; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - an example, not a secret

    def any_number(self) -> str:
        """Return a number that is usually reachable."""
        return self.unreachable() if self._random.random() < FAILURES else self.reachable()

    def reachable(self) -> str:
        """Return a number to which messages are delivered."""
        return self._number("123456789", f"{self._random.randrange(DELIVERED):03}")

    def unreachable(self) -> str:
        """Return a number to which messages fail."""
        return self._number("123456789", self._random.choice(FAILING))

    def unreachable_at_kddi(self) -> str:
        """Return a number to which messages fail, and whose carrier reports that late."""
        return self._number(KDDI, self._random.choice(FAILING))

    def password(self) -> str:
        """Return a one-time password."""
        return f"{self._random.randrange(1_000_000):06}"

    def _number(self, carriers: str, suffix: str) -> str:
        prefix = self._random.choice("6789")
        middle = f"{self._random.randrange(10_000):04}"
        return f"+81{prefix}0{self._random.choice(carriers)}{middle}{suffix}"
