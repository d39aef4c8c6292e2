"""The metrics of campaigns: how many groups take turns, are paused, paced or kept to a window, and lose messages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from prometheus_client.metrics_core import Metric

from zettai.core.campaign_control import CampaignControl
from zettai.core.forecast import Forecast
from zettai.core.lanes import TURN_LANES, Lane
from zettai.core.states import FINAL, State
from zettai.core.store import MessageStore
from zettai.core.store.campaigns import AccountCampaigns
from zettai_worker.metrics.families import counter_family, gauge_family

CONTROLS = {"paused": "paused", "pace": "interval", "window": "window"}
"""The ways in which a group is controlled, and the field of its control that says so."""

EXPIRING = ("paused", "too_slow")
"""Why a group loses messages: it is paused, and one expires within `SOON`; or its pace and window are too slow."""

ROW_OUTCOMES = ("recorded", "repeated", "suppressed", "refused")
"""What can become of a row of a file."""

SOON = timedelta(hours=1)

SAMPLES = 20
"""Waiting messages of a controlled group whose expiry is read, in each lane and account."""

MOST_GROUPS = 100
"""Controlled groups whose expiries are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStatistics:
    """The statistics of campaigns.

    Attributes:
        waiting_groups: how many groups have waiting messages, by lane.
        controlled: how many groups with open messages are controlled in each way.
        expiring: how many groups lose messages, by the reason: see `EXPIRING`.
        file_rows: how many rows of files had each outcome.
    """

    waiting_groups: Mapping[Lane, int]
    controlled: Mapping[str, int]
    expiring: Mapping[str, int]
    file_rows: Mapping[str, int]


def read_campaign_statistics(stores: Sequence[MessageStore]) -> CampaignStatistics:
    """Read the statistics of all accounts, in one round trip, and in a few more for each controlled group.

    Raises:
        RedisError: Redis does not answer.
    """
    redis, shared = stores[0].redis, stores[0].keys
    with redis.pipeline(transaction=False) as pipe:
        for store in stores:
            for lane in TURN_LANES:
                pipe.zcard(store.keys.turns(lane))
        pipe.hgetall(shared.campaigns)
        pipe.hgetall(shared.csv_rows)
        *groups, controls, file_rows = pipe.execute()
    controlled = dict.fromkeys(CONTROLS, 0)
    open_controls: dict[str, CampaignControl] = {}
    if controls:
        open_states = [(lane, state) for lane in TURN_LANES for state in State if state not in FINAL]
        with redis.pipeline(transaction=False) as pipe:
            for group in controls:
                pipe.hmget(shared.group_states, [f"{lane} {state} {group}" for lane, state in open_states])
            counts = pipe.execute()
        for (group, text), of_group in zip(controls.items(), counts, strict=True):
            if any(of_group):
                control = json.loads(text)
                open_controls[group] = CampaignControl.from_json(control)
                for name, field in CONTROLS.items():
                    controlled[name] += field in control
    lanes = len(TURN_LANES)
    waiting = {lane: sum(groups[number::lanes]) for number, lane in enumerate(TURN_LANES)}
    return CampaignStatistics(
        waiting_groups=waiting,
        controlled=controlled,
        expiring=_expiring(stores, open_controls),
        file_rows=dict.fromkeys(ROW_OUTCOMES, 0) | {name: int(count) for name, count in file_rows.items()},
    )


def _expiring(stores: Sequence[MessageStore], controls: Mapping[str, CampaignControl]) -> Mapping[str, int]:
    """Return how many of the controlled groups lose messages, by the reason."""
    counts = dict.fromkeys(EXPIRING, 0)
    campaigns = AccountCampaigns([store.campaigns for store in stores])
    now = campaigns.now() if controls else None
    for group, control in islice(controls.items(), MOST_GROUPS):
        reason = expires_because(control, campaigns.expiries(group, SAMPLES), now) if now else None
        if reason is not None:
            counts[reason] += 1
    return counts


def expires_because(control: CampaignControl, expiries: Sequence[tuple[int, datetime]], now: datetime) -> str | None:
    """Return why a group loses messages, or None.

    Args:
        control: of the group.
        expiries: of some waiting messages, with their positions in the queue.
        now: the time of Redis.
    """
    if control.paused_at is not None:
        return "paused" if any(expires_at <= now + SOON for _, expires_at in expiries) else None
    return "too_slow" if Forecast(control, now).too_late(expiries) else None


def campaign_metrics(statistics: CampaignStatistics) -> Iterator[Metric]:
    """Yield the metrics."""
    yield gauge_family(
        "zettai_waiting_groups",
        "Groups with messages that wait for their turn, paused ones too.",
        statistics.waiting_groups,
        labels=["lane"],
    )
    yield gauge_family(
        "zettai_controlled_campaigns",
        "Groups with open messages that are paused, have a pace, or are kept to a window.",
        statistics.controlled,
        labels=["control"],
    )
    yield gauge_family(
        "zettai_expiring_campaigns",
        "Groups of which messages will expire: paused ones with a message that expires within an hour, and those whose "
        "pace or window is too_slow for all messages.",
        statistics.expiring,
        labels=["reason"],
    )
    yield counter_family(
        "zettai_file_rows",
        "Rows of CSV and Excel files that were sent, by outcome: recorded, repeated, suppressed, or refused. They are "
        "counted as a run ends.",
        statistics.file_rows,
        labels=["outcome"],
    )
