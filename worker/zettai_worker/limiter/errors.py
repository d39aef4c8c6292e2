"""The errors of the limiter. After each of them the caller has no slot and must not call the provider.

LimiterError
├── LimiterTimeout      no slot was free in time
├── LimiterPaused       all calls are paused for longer than the caller can wait
└── LimiterUnavailable  Redis does not answer, so the limit is unknown
    └── LimiterClosed   this process stops
"""

from datetime import timedelta


class LimiterError(Exception):
    """The base of the limiter's errors."""


class LimiterTimeout(LimiterError):  # noqa: N818 - the name states the fact
    """No slot was free in time."""

    def __init__(self) -> None:
        super().__init__("no slot was free in time")


class LimiterPaused(LimiterError):  # noqa: N818
    """All calls are paused, by an operator or because the provider asked for it.

    Attributes:
        remaining: the rest of the pause, or None if it lasts until an operator resumes.
    """

    def __init__(self, remaining: timedelta | None) -> None:
        end = "until resumed" if remaining is None else f"for {remaining.total_seconds():.3f} s more"
        super().__init__(f"all calls are paused {end}")
        self.remaining = remaining


class LimiterUnavailable(LimiterError):  # noqa: N818
    """Redis does not answer. No call is made without the limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the rate limit is not available: {reason}")


class LimiterClosed(LimiterUnavailable):
    """This process stops, and makes no new calls."""

    def __init__(self) -> None:
        super().__init__("it is closed")
