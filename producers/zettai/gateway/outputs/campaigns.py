"""The bodies of responses about campaigns."""

from datetime import datetime
from typing import Literal

from zettai.core.states import State
from zettai.gateway.outputs.base import Output


class Campaign(Output):
    """A campaign: the messages of a group."""

    name: str
    total: int
    """The number of its messages."""
    states: dict[State, int]
    """The number of messages in each state, without zeros."""
    waiting: int
    """The number of messages that wait in Redis and could be sent now."""
    in_flight: int
    """The number of messages that are being sent, or whose outcome is not known. A pause does not stop them."""
    paused_at: datetime | None
    """Since when it is paused, or null."""
    pace: str | None
    """How fast it is sent, or null for as fast as the limit allows."""
    window: str | None
    """When it is sent, in words, or null for at any time."""
    waits_for: Literal["paused", "window", "pace"] | None
    """Why messages wait, or null if they wait for nothing but their turn."""
    opens_at: datetime | None
    """When the window opens, or null if it is open or there is none."""
    expected_end: datetime | None
    """When the last waiting message is sent at the earliest. Null if none waits, or during a pause."""
    will_expire: int
    """About how many waiting messages expire before their turn; during a pause, if it ended now."""
    first_expiry: datetime | None
    """When the first waiting message expires, or null if none waits."""


class Campaigns(Output):
    """All open or controlled campaigns."""

    campaigns: list[Campaign]
