"""The values that `zettai top` shows at one moment. `reading.py` reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from zettai_cli.operations.limiter import to_dict as limit_to_dict
from zettai_worker.limiter import LimiterState
from zettai_worker.metrics.campaign_metrics import CampaignStatistics
from zettai_worker.metrics.event_metrics import EventStatistics
from zettai_worker.metrics.problems import MessageProblem
from zettai_worker.metrics.statistics import Statistics, add_up
from zettai_worker.ticks import BeatStatus
from zettai_worker.webhooks.statistics import EndpointStatistics


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """The state of one account."""

    figures: Statistics
    limit: LimiterState

    @property
    def is_paused(self) -> bool:
        """Whether all calls are paused, or messages still wait because of a pause that has just ended."""
        return self.limit.paused or self.figures.paused

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON: what can be different from account to account, and is no sum."""
        return {
            "limit": limit_to_dict(self.limit),
            "held": self.figures.held,
            "provider_down": self.figures.provider_down,
            "held_senders": dict(self.figures.held_senders),
            "states": {state.value: count for state, count in self.figures.states.items()},
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the whole installation at one moment.

    Attributes:
        accounts: by their names; the default account is the first.
        workers: names of the processes that answered the last ping; None before the first answers.
    """

    accounts: Mapping[str, AccountSnapshot]
    problems: tuple[MessageProblem, ...]
    beat: BeatStatus
    workers: tuple[str, ...] | None
    campaigns: CampaignStatistics
    events: EventStatistics
    webhooks: Sequence[EndpointStatistics] = ()

    @property
    def figures(self) -> Statistics:
        """The statistics of all accounts together."""
        return add_up([one.figures for one in self.accounts.values()])

    @property
    def booked(self) -> int:
        """The calls of all accounts in the last second."""
        return sum(one.limit.booked for one in self.accounts.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON. Those of a limit and of a suspension are of the first account."""
        figures, first = self.figures, next(iter(self.accounts.values()))
        return {
            "at": figures.at.isoformat(),
            **first.to_dict(),
            "workers": None if self.workers is None else list(self.workers),
            "beat": {
                "alive": self.beat.alive,
                "lag_seconds": None if self.beat.lag is None else seconds(self.beat.lag),
            },
            "queued_tasks": {lane.value: count for lane, count in figures.queued_tasks.items()},
            "due_to_send": figures.due_to_send,
            "far_reservations": figures.far_reservations,
            "due_to_check": figures.due_to_check,
            "check_lag_seconds": seconds(figures.check_lag),
            "waiting_groups": {lane.value: count for lane, count in self.campaigns.waiting_groups.items()},
            "controlled_campaigns": dict(self.campaigns.controlled),
            "expiring_campaigns": dict(self.campaigns.expiring),
            "file_rows": dict(self.campaigns.file_rows),
            "suppressed_numbers": figures.suppressed_numbers,
            "suppressed_messages": dict(figures.suppressed),
            "replacements": {**figures.replacements, "pending": figures.replacements_pending},
            "event_groups": {
                name: {"not_read": self.events.lag.get(name), "not_acknowledged": count}
                for name, count in self.events.unacknowledged.items()
            },
            "refused_messages": dict(figures.refused),
            "paused_producers": [f"{one.name} {one.lane}" for one in figures.producers if one.paused],
            "memory_share": None if figures.memory is None else round(figures.memory.share, 4),
            "states": {state.value: count for state, count in figures.states.items()},
            "oldest_seconds": {
                state.value: None if age is None else seconds(age) for state, age in figures.oldest.items()
            },
            "webhooks": [one.to_dict() for one in self.webhooks],
            "accounts": {name: one.to_dict() for name, one in self.accounts.items()},
            "troubles": [problem.to_dict() for problem in self.problems],
        }


def seconds(duration: timedelta) -> float:
    """Return a duration in seconds, rounded to milliseconds."""
    return round(duration.total_seconds(), 3)
