"""What `zettai top` shows at one moment: plain values. How they are read stands in `reading.py`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zettai import Lane, State
from zettai_cli.operations.limiter import to_dict as limit_to_dict
from zettai_worker.limiter import LimiterState
from zettai_worker.metrics.statistics import Figures


@dataclass(frozen=True, slots=True)
class Trouble:
    """A message that ended badly, is in doubt, or is to be tried again, and why; numbers in the reason are masked."""

    at: datetime
    client_tag: str
    lane: Lane
    state: State
    attempts: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "at": self.at.isoformat(),
            "client_tag": self.client_tag,
            "lane": self.lane.value,
            "state": self.state.value,
            "attempts": self.attempts,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Beat:
    """How beat does.

    Attributes:
        alive: whether one holds the lock.
        lag: how late the tick is that is due first; None where beat has never run here.
    """

    alive: bool
    lag: timedelta | None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"alive": self.alive, "lag_seconds": None if self.lag is None else seconds(self.lag)}


@dataclass(frozen=True, slots=True)
class Frame:
    """How everything stands.

    Attributes:
        workers: the processes that answered the last roll call; None where it has not come back yet.
    """

    figures: Figures
    limit: LimiterState
    troubles: tuple[Trouble, ...]
    beat: Beat
    workers: tuple[str, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        figures = self.figures
        return {
            "at": figures.at.isoformat(),
            "limit": limit_to_dict(self.limit),
            "held": figures.held,
            "provider_down": figures.provider_down,
            "workers": None if self.workers is None else list(self.workers),
            "beat": self.beat.to_dict(),
            "queued_tasks": {lane.value: count for lane, count in figures.queued_tasks.items()},
            "due_to_send": figures.due_to_send,
            "due_to_check": figures.due_to_check,
            "check_lag_seconds": seconds(figures.check_lag),
            "states": {state.value: count for state, count in figures.states.items()},
            "oldest_seconds": {
                state.value: None if age is None else seconds(age) for state, age in figures.oldest.items()
            },
            "troubles": [trouble.to_dict() for trouble in self.troubles],
        }


def seconds(duration: timedelta) -> float:
    """A duration in milliseconds' precision."""
    return round(duration.total_seconds(), 3)
