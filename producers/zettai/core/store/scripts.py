"""The store's Lua scripts: a header made from our tables, then `common.lua`, then the script's own file."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script

from zettai.core.lanes import SENDING_LANES
from zettai.core.states import AT_PROVIDER, FINAL, TRANSITIONS, UNSENT, State
from zettai.core.store.counters import BUCKETS
from zettai.core.store.durability import Disk
from zettai.core.store.keys import Keys
from zettai.core.store.records import VERSION

HISTORY_LENGTH = 32
"""Lines kept of a message's history: the first and the latest."""

NEEDS_BODY = UNSENT | {State.SUBMITTING, State.SUBMIT_UNKNOWN}
"""States in which the body is still needed to send it or to compare it with what the provider has."""

CANCELABLE = NEEDS_BODY | {State.SCHEDULED}
"""States in which a wish to cancel may still come true."""


class Scripts:
    """The scripts of one installation, called with its shared keys first.

    Each is one atomic step on the server, and safe to run again when its answer was lost.
    """

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._shared = keys.shared()
        self._scripts: dict[str, Script] = {}

    def run(self, name: str, keys: Iterable[str], *arguments: str | float) -> Any:
        """Run `lua/NAME.lua` with keys and arguments of its own."""
        script = self._scripts.get(name)
        if script is None:
            script = self._scripts[name] = self._redis.register_script(_source(name))
        return script(keys=[*self._shared, *keys], args=arguments)

    def run_durably(self, disk: Disk, name: str, keys: Iterable[str], *arguments: str) -> tuple[Any, bool]:
        """The same by the connections of `disk`; also tells whether what the script wrote is known to be on disk."""
        return disk.run(_source(name), [*self._shared, *keys], arguments)


@cache
def _source(name: str) -> str:
    folder = files("zettai.core.store") / "lua"
    parts = [_header(), (folder / "common.lua").read_text(), (folder / f"{name}.lua").read_text()]
    return "\n".join(parts)


def _header() -> str:
    """The tables of states.py and the order of `Keys.shared`, in Lua."""
    names = [
        *(f"STATE.{state}" for state in State),
        *(f"WAITING.{lane}" for lane in SENDING_LANES),
        "DUE_TO_SEND",
        "DUE_TO_CHECK",
        "PASSED",
        "HOLD",
        "MOVES",
        "DELIVERIES",
    ]
    allowed = ", ".join(f"{state} = {_set(targets)}" for state, targets in TRANSITIONS.items())
    return "\n".join(
        [
            "local STATE, WAITING, DUE_TO_SEND, DUE_TO_CHECK, PASSED, HOLD, MOVES, DELIVERIES = {}, {}",
            *(f"{name} = KEYS[{number}]" for number, name in enumerate(names, start=1)),
            f"local FIRST_KEY = {len(names) + 1}",
            f"local ALLOWED = {{ {allowed} }}",
            f"local FINAL, AT_PROVIDER = {_set(FINAL)}, {_set(AT_PROVIDER)}",
            f"local NEEDS_BODY, CANCELABLE = {_set(NEEDS_BODY)}, {_set(CANCELABLE)}",
            f"local BUCKETS = {{ {', '.join(map(str, BUCKETS))} }}",
            f"local HISTORY_LENGTH, VERSION = {HISTORY_LENGTH}, {VERSION}",
        ]
    )


def _set(states: Iterable[State]) -> str:
    return "{ " + ", ".join(f"{state} = true" for state in sorted(states)) + " }"
