"""What the demo is doing, for the screen."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

Say = Callable[[str], str]
"""Translates a text that is shown."""

MAX_EVENTS = 50
"""Events that are kept for the screen."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth a line, and the seconds since the start."""

    at: float
    text: str


class Progress:
    """The step, the active faults and the events. Written by the scenario, read by the observer."""

    def __init__(self) -> None:
        self.step = ""
        self.faults: tuple[str, ...] = ()
        self.events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self._started = monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return monotonic() - self._started

    def begin(self, step: str) -> None:
        """Begin a step."""
        self.step = step
        self.add(step)

    def add(self, text: str) -> None:
        """Add an event."""
        self.events.append(Event(self.elapsed, text))
