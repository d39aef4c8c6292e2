"""What operators do to campaigns while faults are injected: pauses, paces and windows. In the end all are open."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from threading import Event
from typing import Any

from zettai import CampaignStatus, SmsClient, State
from zettai.core.times import now

CAMPAIGNS = ("chaos-campaign-1", "chaos-campaign-2")
"""The groups of the bulk messages."""

HELD = "chaos-held"
"""A group of reservations, which pauses take back from the provider."""

SHARE_OF_HELD = 0.4
"""The part of the changes that concern it."""

LOOK_EVERY, MOST_LOOKS = 0.2, 100
"""Seconds between two looks for reservations, and how many there are."""

LONGEST_WAIT = 0.8
"""Seconds from one change to the next, at most."""


def change_campaigns(
    client: SmsClient,
    retry: Callable[[Callable[[], CampaignStatus]], CampaignStatus],
    stopping: Event,
    seed: int,
    seconds: float,
) -> int:
    """Change campaigns at random, then open all of them. Return how many changes were made."""
    random, changes = Random(seed + 4), 0
    deadline = now() + timedelta(seconds=seconds)
    while now() < deadline and not stopping.wait(random.uniform(0.1, LONGEST_WAIT)):
        if random.random() < SHARE_OF_HELD:
            retry(random.choice(_changes_of_held(client.campaigns)))
        else:
            retry(random.choice(_changes(client.campaigns, random.choice(CAMPAIGNS), random)))
        changes += 1
    _take_back(client.campaigns, retry, stopping)
    for name in (*CAMPAIGNS, HELD):
        retry(partial(client.campaigns.set, name))
        retry(partial(client.campaigns.resume, name))
    return changes


def _take_back(
    campaigns: Any, retry: Callable[[Callable[[], CampaignStatus]], CampaignStatus], stopping: Event
) -> None:
    """Pause the reservations when the provider has some of them, so that each run takes some back."""
    retry(partial(campaigns.resume, HELD))
    for _ in range(MOST_LOOKS):
        if retry(partial(campaigns.show, HELD)).states[State.SCHEDULED] or stopping.wait(LOOK_EVERY):
            break
    retry(partial(campaigns.pause, HELD, reservations=True))


def _changes_of_held(campaigns: Any) -> list[Callable[[], CampaignStatus]]:
    return [partial(campaigns.pause, HELD, reservations=True), partial(campaigns.resume, HELD)]


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
