"""When the waiting messages of a group are sent, as far as its control decides it. Pure: no clock, no Redis."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from zettai.core.campaign_control import MOST_DAYS, CampaignControl, SendWindow

USUAL_RATE = 600
"""Messages a second that are assumed for a group without a pace: the provider's limit."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The earliest times at which the waiting messages of a group are sent, from a moment on."""

    control: CampaignControl
    start: datetime

    @property
    def interval(self) -> timedelta:
        """The time from one message to the next."""
        usual = timedelta(seconds=1) / USUAL_RATE
        return usual if self.control.pace is None else max(self.control.pace.interval, usual)

    def too_late(self, expiries: Iterable[tuple[int, datetime]]) -> int:
        """Return how many messages expire before their turn, of some with their positions in the queue and expiries."""
        return sum(expires_at <= self.time_of(position) for position, expires_at in expiries)

    def time_of(self, number: int) -> datetime:
        """Return when the message with so many before it is sent. A pause counts as over."""
        window = self.control.window or SendWindow()
        at = window.opening(self.start)
        left = number * self.interval
        for _ in range(MOST_DAYS):
            room = window.closing(at) - at
            if left < room:
                return at + left
            left -= room
            at = window.opening(window.closing(at))
        return at
