"""The values that `zettai top` shows at one moment. `reading.py` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from zettai_cli.operations.limiter import to_dict as limit_to_dict
from zettai_worker.limiter import LimiterState
from zettai_worker.metrics.problems import MessageProblem
from zettai_worker.metrics.statistics import Statistics
from zettai_worker.ticks import BeatStatus
from zettai_worker.webhooks.statistics import EndpointStatistics


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the whole installation at one moment.

    Attributes:
        workers: names of the processes that answered the last ping; None before the first answers.
    """

    figures: Statistics
    limit: LimiterState
    problems: tuple[MessageProblem, ...]
    beat: BeatStatus
    workers: tuple[str, ...] | None
    webhooks: Sequence[EndpointStatistics] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        figures = self.figures
        return {
            "at": figures.at.isoformat(),
            "limit": limit_to_dict(self.limit),
            "held": figures.held,
            "provider_down": figures.provider_down,
            "held_senders": dict(figures.held_senders),
            "workers": None if self.workers is None else list(self.workers),
            "beat": {
                "alive": self.beat.alive,
                "lag_seconds": None if self.beat.lag is None else seconds(self.beat.lag),
            },
            "queued_tasks": {lane.value: count for lane, count in figures.queued_tasks.items()},
            "due_to_send": figures.due_to_send,
            "due_to_check": figures.due_to_check,
            "check_lag_seconds": seconds(figures.check_lag),
            "suppressed_numbers": figures.suppressed_numbers,
            "suppressed_messages": dict(figures.suppressed),
            "states": {state.value: count for state, count in figures.states.items()},
            "oldest_seconds": {
                state.value: None if age is None else seconds(age) for state, age in figures.oldest.items()
            },
            "webhooks": [one.to_dict() for one in self.webhooks],
            "troubles": [problem.to_dict() for problem in self.problems],
        }


def seconds(duration: timedelta) -> float:
    """Return a duration in seconds, rounded to milliseconds."""
    return round(duration.total_seconds(), 3)
