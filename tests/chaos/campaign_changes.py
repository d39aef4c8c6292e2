"""What operators do to campaigns while faults are injected: pauses, paces and windows. In the end all are open."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from threading import Event
from typing import Any

from zettai import CampaignStatus, SmsClient
from zettai.core.times import now

CAMPAIGNS = ("chaos-campaign-1", "chaos-campaign-2")
"""The groups of the bulk messages."""

LONGEST_WAIT = 0.8
"""Seconds from one change to the next, at most."""


def change_campaigns(
    client: SmsClient, retry: Callable[[Callable[[], CampaignStatus]], Any], stopping: Event, seed: int, seconds: float
) -> int:
    """Change campaigns at random, then open all of them. Return how many changes were made."""
    random, changes = Random(seed + 4), 0
    deadline = now() + timedelta(seconds=seconds)
    while now() < deadline and not stopping.wait(random.uniform(0.1, LONGEST_WAIT)):
        retry(random.choice(_changes(client.campaigns, random.choice(CAMPAIGNS), random)))
        changes += 1
    for name in CAMPAIGNS:
        retry(partial(client.campaigns.set, name))
        retry(partial(client.campaigns.resume, name))
    return changes


def _changes(campaigns: Any, name: str, random: Random) -> list[Callable[[], CampaignStatus]]:
    closed = now() + timedelta(hours=random.randint(6, 18))
    return [
        partial(campaigns.pause, name),
        partial(campaigns.resume, name),
        partial(campaigns.set, name, rate=f"{random.randint(5, 200)}/second"),
        partial(campaigns.set, name, between=f"{closed:%H}:00-{closed:%H}:30"),
        partial(campaigns.set, name, between="00:00-24:00", holidays=False),
        partial(campaigns.set, name),
    ]
