"""The Lua scripts of the store.

Each script is one file in `lua/`. In front of it come the constants that it uses, made from the tables in Python, then
`base.lua`, then the files that it names in `-- include` lines. An included file may name further ones.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script

from zettai.core.states import AT_PROVIDER, EVENT_STATES, FINAL, NEVER_SENT, TRANSITIONS, UNSENT, State
from zettai.core.store.counters import BUCKETS
from zettai.core.store.durability import Disk
from zettai.core.store.keys import Keys
from zettai.core.store.loops import LOOP_LEAST, LOOP_MINUTES
from zettai.core.store.memory import ACCEPT_BELOW, ACCEPT_URGENT_BELOW, OPEN_MESSAGE_BYTES, READ_EVERY
from zettai.core.store.records import VERSION
from zettai.core.store.shared_keys import shared_keys
from zettai.core.times import milliseconds

BATCH = 500
"""Messages that one script call works on: enough for few round trips, and few enough not to block Redis for long."""

HISTORY_LENGTH = 32
"""Events kept in the history of a message: the first one and the latest ones."""

MOST_EVENTS = 1_000_000
"""Events that are kept for readers: more than half an hour at the provider's limit, in about 100 MB."""

MOST_FINISHED_GROUPS = 10_000
"""Finished groups that can be listed, the newest ones: in about 1 MB."""

MOST_CONFLICTS = 10
"""Requests for a tag with another content. After them, a repeated request is refused too: see `guesses.lua`."""

CANCELABLE = UNSENT | {State.SUBMITTING, State.SUBMIT_UNKNOWN, State.SCHEDULED}
"""States in which a requested cancellation may still be possible."""

NEEDS_BODY = CANCELABLE
"""States in which the body is needed: to send it, to compare it with what the provider has, or for a successor."""

_INCLUDE = re.compile(r"^-- include (\w+\.lua)$", re.MULTILINE)


class Scripts:
    """Runs the scripts for one account.

    Each script runs atomically on the server, and is safe to run again if its answer was lost.
    """

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._account = keys.account or ""
        self._shared = shared_keys(keys)
        self._scripts: dict[str, tuple[Script, list[str]]] = {}

    def run(self, name: str, keys: Iterable[str], *arguments: str | float) -> Any:
        """Run `lua/NAME.lua` and return its answer.

        Args:
            name: of the script.
            keys: those of the messages or indexes it works on. The shared keys are added here.
            arguments: its ARGV.
        """
        if name not in self._scripts:
            self._scripts[name] = self._redis.register_script(self._source(name).text), self._shared_keys(name)
        script, shared = self._scripts[name]
        return script(keys=[*shared, *keys], args=arguments)

    def run_durably(self, disk: Disk, name: str, keys: Iterable[str], *arguments: str) -> tuple[Any, bool]:
        """Run a script through `disk`. Return its answer, and whether its writes are known to be on disk."""
        return disk.run(self._source(name).text, [*self._shared_keys(name), *keys], arguments)

    def _shared_keys(self, name: str) -> list[str]:
        return [self._shared[key] for key in self._source(name).shared_keys]

    def _source(self, name: str) -> "_Source":
        return _source(name, self._account)


@dataclass(frozen=True, slots=True)
class _Source:
    """A script ready to run, and the names of the shared keys that it expects first."""

    text: str
    shared_keys: tuple[str, ...]


@cache
def _source(name: str, account: str) -> _Source:
    texts = dict([*_with_included("base.lua"), *_with_included(f"{name}.lua")])
    body = "\n".join(texts.values())
    words = set(re.findall(r"\w+", body))
    used_keys = tuple(key for key in shared_keys(Keys("")) if _uses(body, key))
    header = [*_key_lines(used_keys), *(line for constant, line in _constants(account) if constant in words)]
    return _Source("\n".join([*header, body]), used_keys)


def _with_included(file: str) -> Iterator[tuple[str, str]]:
    """Yield the files that a file includes, then itself, each with its text. A file may be yielded several times."""
    text = (files("zettai.core.store") / "lua" / file).read_text()
    for included in _INCLUDE.findall(text):
        yield from _with_included(included)
    yield file, text


def _uses(body: str, key: str) -> bool:
    """Return whether a script uses a shared key: by its own name, or by a computed one, such as `STATE[from]`."""
    return bool(re.search(rf"\b{re.escape(key)}\b|\b{key.split('.', maxsplit=1)[0]}\b(?!\.)", body))


def _key_lines(used_keys: tuple[str, ...]) -> Iterator[str]:
    """Yield Lua lines that give the shared keys their names, such as `STATE.queued` or `DUE_TO_SEND`."""
    tables = dict.fromkeys(key.split(".")[0] for key in used_keys if "." in key)
    yield from (f"local {table} = {{}}" for table in tables)
    for number, key in enumerate(used_keys, start=1):
        yield f"{key} = KEYS[{number}]" if "." in key else f"local {key} = KEYS[{number}]"
    yield f"local FIRST_KEY = {len(used_keys) + 1}"


def _constants(account: str) -> Iterator[tuple[str, str]]:
    """Yield each constant that a script may use, with the Lua line that defines it."""
    allowed = ", ".join(f"{state} = {_set(targets)}" for state, targets in TRANSITIONS.items())
    values = {
        "ALLOWED": f"{{ {allowed} }}",
        "FINAL": _set(FINAL),
        "EVENT_STATES": _set(EVENT_STATES),
        "AT_PROVIDER": _set(AT_PROVIDER),
        "NEVER_SENT": _set(NEVER_SENT),
        "WAITS_HERE": _set(UNSENT),
        "NEEDS_BODY": _set(NEEDS_BODY),
        "CANCELABLE": _set(CANCELABLE),
        "BUCKETS": f"{{ {', '.join(map(str, BUCKETS))} }}",
        "HISTORY_LENGTH": str(HISTORY_LENGTH),
        "MOST_EVENTS": str(MOST_EVENTS),
        "MOST_FINISHED_GROUPS": str(MOST_FINISHED_GROUPS),
        "MOST_CONFLICTS": str(MOST_CONFLICTS),
        "ACCEPT_BELOW": str(ACCEPT_BELOW),
        "ACCEPT_URGENT_BELOW": str(ACCEPT_URGENT_BELOW),
        "LOOP_MINUTES": str(LOOP_MINUTES),
        "LOOP_LEAST": str(LOOP_LEAST),
        "OPEN_MESSAGE_BYTES": str(OPEN_MESSAGE_BYTES),
        "MEMORY_READ_EVERY": str(milliseconds(READ_EVERY)),
        "VERSION": str(VERSION),
        "ACCOUNT": json.dumps(account),
    }
    yield from ((name, f"local {name} = {value}") for name, value in values.items())


def _set(states: Iterable[State]) -> str:
    return "{ " + ", ".join(f"{state} = true" for state in sorted(states)) + " }"
