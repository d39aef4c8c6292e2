"""Measure the time of a call without the wait for its slot."""

from time import monotonic

from zettai_worker.provider.connection import BeforeSend


class Stopwatch:
    """A before-send hook that runs another one and then starts to count. If it never runs, it counts from the start."""

    def __init__(self, before_send: BeforeSend | None) -> None:
        self._before_send = before_send
        self._started = monotonic()

    def __call__(self) -> None:
        """Run the other hook, then start to count."""
        if self._before_send is not None:
            self._before_send()
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        """Return the time that has passed."""
        return monotonic() - self._started
