"""The one rate limit of all calls to the provider, of all workers on all hosts.

A timeline in Redis gives away instants, evenly spaced; a call goes out when its instant comes. Nothing is counted and
refused, so nobody polls, and no clock but the one of Redis is read.

    errors    what a caller may have to deal with
    pace      a limit such as 600/second as a distance between slots
    lease     slots as Redis gave them away
    storage   the timeline, as a `limits` storage
    clock     the clock of Redis on this process's own one
    lanes     which lane gets a slot
    waiting   who waits for a slot in this process
    pump      the thread that gives slots to those who wait
    limiter   what the rest of the worker uses
    units     microseconds
"""

from zettai_worker.limiter.errors import LimiterError, LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.limiter.limiter import Limiter, LimiterState
from zettai_worker.limiter.storage import SlotStorage

__all__ = [
    "Limiter",
    "LimiterError",
    "LimiterPaused",
    "LimiterState",
    "LimiterTimeout",
    "LimiterUnavailable",
    "SlotStorage",
]
