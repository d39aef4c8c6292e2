"""What `guards.lua` and `budgets.lua` need to know about a message, and what they answer."""

import json
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from secrets import token_hex
from typing import Any, cast

from redis import Redis

from zettai.core.errors import BudgetExceeded, GuardError, NotAllowed, RateExceeded, StoreFull
from zettai.core.guards import Guards
from zettai.core.hash_key import HashKey
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.store.keys import Keys
from zettai.core.text import estimated_parts
from zettai.core.times import milliseconds

REFUSED = "refused "
"""The beginning of an answer that refuses a message. The guard and a number follow."""

LIBRARY = "library"
"""The producer of messages of which is not recorded who made them."""

GUARD_NAMES = ("number", "same_text", "budget", "not_allowed", "memory", "loop")
"""The guards that refuse messages, as counters and metrics name them."""


class GuardHashes:
    """Makes the keyed hashes that stand for numbers and texts where messages are counted.

    They have the key of the suppression list. Without one, they have a random key that Redis keeps: then a hash hides a
    number in names of keys and in logs, but not from someone who can read everything in Redis.
    """

    def __init__(self, redis: Redis, keys: Keys, suppression_key: HashKey | None) -> None:
        self._redis = redis
        self._keys = keys
        self._secret = None if suppression_key is None else suppression_key.derive(b"guards")

    def of(self, text: str) -> str:
        """Return the hash of a text: 16 hexadecimal digits."""
        if self._secret is None:
            self._redis.set(self._keys.guard_secret, token_hex(32), nx=True)
            self._secret = bytes.fromhex(cast("str", self._redis.get(self._keys.guard_secret)))
        return blake2b(text.encode(), key=self._secret, digest_size=8).hexdigest()


class MessageGuards:
    """The guards of one producer."""

    def __init__(self, guards: Guards, hashes: GuardHashes, keys: Keys) -> None:
        self._guards = guards
        self._hashes = hashes
        self._keys = keys
        values: dict[str, Any] = {
            "number": [(rate.count, milliseconds(rate.period)) for rate in guards.urgent_per_number]
        }
        if guards.same_text_per_minute:
            values["same_text"] = guards.same_text_per_minute
        if guards.loop_factor is not None:
            values["loop_factor"] = guards.loop_factor
        self.rules = json.dumps(values)
        """The rules in the form that `guards.lua` reads."""

    def counter_of(self, new: NewMessage) -> str | None:
        """Return the key that counts the urgent messages to the number of a message. None if it is not counted."""
        if new.lane is Lane.URGENT and self._guards.urgent_per_number:
            return self._keys.urgent_to(self._hashes.of(new.to))
        return None

    def describe(self, new: NewMessage) -> dict[str, Any]:
        """Return what the guards' scripts need to know about a message."""
        values: dict[str, Any] = {} if self._guards.allows(new.to) else {"not_allowed": True}
        if self._guards.same_text_per_minute and new.lane is not Lane.BULK:
            values["text"] = self._hashes.of(f"{new.to} {new.body}")
        budgets = list(self._guards.budgets_of(new))
        if budgets:
            listed = [budget if budget[2] is not None else budget[:2] for budget in budgets]
            values |= {"parts": estimated_parts(new.body), "budgets": listed}
        if self._guards.loop_factor is not None:
            values["producer"] = new.created_by or LIBRARY
        return values

    def error_of(self, new: NewMessage, answer: str, now: datetime) -> GuardError:
        """Return the error for an answer that refuses a message.

        Args:
            new: the message.
            answer: of the script.
            now: the time of Redis.
        """
        guard, number = answer.removeprefix(REFUSED).split(" ")
        wait = timedelta(milliseconds=int(number))
        refused = partial(RateExceeded, new.client_tag, guard)
        match guard:
            case "number":
                rates = ", ".join(map(str, self._guards.urgent_per_number))
                return refused(f"too many urgent messages to this number ({rates})", wait)
            case "same_text":
                rate = f"{self._guards.same_text_per_minute} in a minute"
                return refused(f"too many messages with this text to this number ({rate})", wait)
            case "budget":
                budget = self._guards.budgets[int(number)]
                return BudgetExceeded(new.client_tag, str(budget), budget.period.end(now) - now)
            case "not_allowed":
                return NotAllowed(new.client_tag)
            case "loop":
                return refused("this producer sends far more than usual; see docs/how-to/guards.md")
        return StoreFull(new.client_tag)
