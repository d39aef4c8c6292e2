"""The memory of Redis. `memory.lua` stops accepting messages before it is full, so that working off always has room."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from zettai.core.states import FINAL, State
from zettai.core.store.keys import Keys

ACCEPT_BELOW = 0.90
"""No message is accepted when so much of `maxmemory` is used, with `OPEN_MESSAGE_BYTES` for each open message."""

ACCEPT_URGENT_BELOW = 0.95
"""The same for the urgent lane."""

OPEN_MESSAGE_BYTES = 450
"""By how much an open message and its events may grow. Measured with a short text: 270 bytes at its final state, and up
to 420 while its status is awaited. A longer text, which is deleted after it is sent, leaves more room than that.
"""

READ_EVERY = timedelta(milliseconds=20)
"""How often producers read the memory that is used, all together. Until then, a few megabytes may be added."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """The memory of Redis.

    Attributes:
        used: bytes.
        limit: `maxmemory` in bytes; 0 if there is none.
        share: the part of `maxmemory` that is used, or will be used by open messages; 0 without `maxmemory`.
    """

    used: int
    limit: int
    share: float


def read_memory_use(redis: Redis, keys: Keys) -> MemoryUse | None:
    """Return the memory of Redis; None if this user may not run INFO."""
    with redis.pipeline(transaction=False) as pipe:
        for state in State:
            if state not in FINAL:
                pipe.zcard(keys.state(state))
        open_messages = sum(pipe.execute())
    try:
        info: dict[str, Any] = redis.info("memory")
    except ResponseError:
        return None
    used, limit = int(info["used_memory"]), int(info.get("maxmemory", 0))
    share = (used + open_messages * OPEN_MESSAGE_BYTES) / limit if limit else 0.0
    return MemoryUse(used, limit, share)
