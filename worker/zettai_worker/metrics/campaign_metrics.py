"""The metrics of campaigns: how many groups take turns, and how many are paused, paced or kept to a window."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from zettai.core.lanes import TURN_LANES, Lane
from zettai.core.states import FINAL, State
from zettai.core.store import MessageStore

CONTROLS = {"paused": "paused", "pace": "interval", "window": "window"}
"""The ways in which a group is controlled, and the field of its control that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStatistics:
    """The statistics of campaigns.

    Attributes:
        waiting_groups: how many groups have waiting messages, by lane.
        controlled: how many groups with open messages are controlled in each way.
    """

    waiting_groups: Mapping[Lane, int]
    controlled: Mapping[str, int]


def read_campaign_statistics(stores: Sequence[MessageStore]) -> CampaignStatistics:
    """Read the statistics of all accounts, in one round trip, or in two if any group is controlled.

    Raises:
        RedisError: Redis does not answer.
    """
    redis, shared = stores[0].redis, stores[0].keys
    with redis.pipeline(transaction=False) as pipe:
        for store in stores:
            for lane in TURN_LANES:
                pipe.zcard(store.keys.turns(lane))
        pipe.hgetall(shared.campaigns)
        *groups, controls = pipe.execute()
    controlled = dict.fromkeys(CONTROLS, 0)
    if controls:
        open_states = [(lane, state) for lane in TURN_LANES for state in State if state not in FINAL]
        with redis.pipeline(transaction=False) as pipe:
            for group in controls:
                pipe.hmget(shared.group_states, [f"{lane} {state} {group}" for lane, state in open_states])
            counts = pipe.execute()
        for control, of_group in zip(map(json.loads, controls.values()), counts, strict=True):
            for name, field in CONTROLS.items():
                controlled[name] += any(of_group) and field in control
    lanes = len(TURN_LANES)
    waiting = {lane: sum(groups[number::lanes]) for number, lane in enumerate(TURN_LANES)}
    return CampaignStatistics(waiting_groups=waiting, controlled=controlled)


def campaign_metrics(statistics: CampaignStatistics) -> Iterator[Metric]:
    """Yield the metrics."""
    groups = GaugeMetricFamily(
        "zettai_waiting_groups", "Groups with messages that wait for their turn, paused ones too.", labels=["lane"]
    )
    for lane, count in statistics.waiting_groups.items():
        groups.add_metric([lane], count)
    yield groups
    controlled = GaugeMetricFamily(
        "zettai_controlled_campaigns",
        "Groups with open messages that are paused, have a pace, or are kept to a window.",
        labels=["control"],
    )
    for name, count in statistics.controlled.items():
        controlled.add_metric([name], count)
    yield controlled
