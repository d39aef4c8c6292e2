"""The one rate limit of all calls to the provider, shared by all workers on all hosts.

A timeline in Redis hands out slots: send times with even spacing. Each call waits for its slot and is then sent. Redis
refuses no booking because of a count, so no caller has to poll. Only the clock of Redis decides; hosts need no common
time.

    errors           the errors that a caller must handle
    spacing          a limit such as 600/second as a distance between slots
    local_clock      the clocks of this machine
    slots            booked slots, and the state of the timeline
    storage          the timeline in Redis, as a storage of `limits`
    clock            translate the time of Redis into local time
    lanes            the lane that gets the next slot
    waiter_queue     the threads that wait for a slot
    slot_dispatcher  the thread that books slots and gives them to waiters
    limiter          `Limiter`, which the rest of the worker uses
    microseconds     the unit of time
"""

from zettai_worker.limiter.errors import LimiterClosed, LimiterError, LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.limiter.limiter import Limiter, LimiterState
from zettai_worker.limiter.storage import SlotStorage

__all__ = [
    "Limiter",
    "LimiterClosed",
    "LimiterError",
    "LimiterPaused",
    "LimiterState",
    "LimiterTimeout",
    "LimiterUnavailable",
    "SlotStorage",
]
