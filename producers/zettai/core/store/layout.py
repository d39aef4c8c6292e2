"""The layout of the store: how keys and fields are named. A process refuses a store whose layout it does not know.

The version of a record says which workers may send it, and differs from message to message. The layout changes only
with an upgrade for which all processes stop.
"""

from datetime import timedelta
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from zettai.core.errors import IncompatibleStore
from zettai.core.settings import Settings
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys

LAYOUT = 2
"""The layout that this version knows. Layout 1 is that of version 0.1.0. `upgrade.py` changes it into this one."""

FIRST_LAYOUT = 1

REDIS_TIMEOUT = timedelta(seconds=2)
"""How long to wait for an answer, and for a connection."""


def read_layout(redis: Redis, keys: Keys) -> int | None:
    """Return the layout of a store; None if no process has noted one, because the store is new.

    A process of version 0.1.0 counts in a key of its own whenever it records something, also after an upgrade.
    """
    with redis.pipeline(transaction=False) as pipe:
        pipe.get(keys.layout)
        pipe.exists(keys.first_counters)
        layout, is_first = cast("tuple[str | None, int]", pipe.execute())
    if is_first:
        return FIRST_LAYOUT
    return None if layout is None else int(layout)


def check_layout(redis: Redis, keys: Keys) -> None:
    """Check the layout of the store, and note it in a new store. A process calls this when it starts.

    Without an answer of Redis nothing is checked: a process may start before Redis. Then records that it cannot read
    are put aside, and `zettai upgrade` finds them.

    Raises:
        IncompatibleStore: it is another one than this version knows.
    """
    try:
        layout = read_layout(redis, keys)
        if layout is None:
            redis.set(keys.layout, LAYOUT, nx=True)
            return
    except RedisError:
        return
    if layout != LAYOUT:
        raise IncompatibleStore(layout, LAYOUT)


def check_store(settings: Settings) -> None:
    """Check the layout of the store of these settings, see `check_layout`.

    Raises:
        IncompatibleStore: it is another one than this version knows.
    """
    with connect(settings.redis_url, retry=UNRETRIED, timeout=REDIS_TIMEOUT) as redis:
        check_layout(redis, Keys(settings.key_prefix))
