"""What a caller of the limiter may have to deal with. In each case no call may be made, and none was.

LimiterError
├── LimiterTimeout      no slot fell due in time
├── LimiterPaused       all calls are paused for longer than the caller can wait
└── LimiterUnavailable  Redis does not answer, so nobody knows the limit
"""

from datetime import timedelta


class LimiterError(Exception):
    """The base of the limiter's errors."""


class LimiterTimeout(LimiterError):  # noqa: N818 - reads as the fact that it states
    """No slot fell due in time."""

    def __init__(self) -> None:
        super().__init__("no slot fell due in time")


class LimiterPaused(LimiterError):  # noqa: N818
    """All calls are paused, by an operator or because the provider asked for it.

    Attributes:
        remaining: how long it still lasts, or None where it lasts until somebody resumes.
    """

    def __init__(self, remaining: timedelta | None) -> None:
        end = "until resumed" if remaining is None else f"for {remaining.total_seconds():.3f} s more"
        super().__init__(f"all calls are paused {end}")
        self.remaining = remaining


class LimiterUnavailable(LimiterError):  # noqa: N818
    """Redis does not answer, or this limiter is closed. Nobody goes on without the limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the rate limit is not available: {reason}")
