"""Loads the data set of version 0.1.0, as if its processes had been stopped two or three minutes ago."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from redis import Redis
from tests.support.stack import Stack

FILE = Path(__file__).with_name("data_set_0_1_0.json")

MINUTE = 60_000

STOPPED_FOR = 2 * MINUTE
"""Milliseconds: all claims have timed out, and no message has expired that could still be sent."""

YEAR = 365 * 24 * 60 * MINUTE


@dataclass(frozen=True)
class DataSet:
    """What version 0.1.0 has left.

    Attributes:
        states: of the messages, by tag.
        provider: what the provider has.
        shift: milliseconds by which all times are moved: whole minutes, because the provider knows no seconds.
    """

    states: dict[str, str]
    provider: list[dict[str, Any]]
    shift: int

    def tell_provider(self, stack: Stack) -> None:
        """Let the simulator have what the provider had."""
        account = {"token": "TOKEN", "clientId": "CLIENT_ID"}
        for message in self.provider:
            form = {name: stack.environment[f"ZETTAI_{variable}"] for name, variable in account.items()}
            form |= {name: message[name] for name in ("smsCode", "message", "phoneNumber", "clientTag")}
            if message["scheduleTime"] is not None:
                time = datetime.strptime(message["scheduleTime"], "%Y-%m-%d %H:%M")  # noqa: DTZ007 - it stays in Japan
                form["scheduleTime"] = f"{time + timedelta(milliseconds=self.shift):%Y-%m-%d %H:%M}"
                form["groupTag"] = message["groupTag"] or ""
            form = {name: value for name, value in form.items() if value}
            response = requests.post(f"{stack.simulator.url}/p5/api/mt.json", data=form, timeout=5)
            assert response.json()["responseCode"] == 0, message["clientTag"]


def load(redis: Redis, key_prefix: str) -> DataSet:
    """Write the keys to Redis, with another prefix and with times of today."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    seconds, _ = redis.time()
    taken_at = data["taken_at"]
    shift = (seconds * 1000 - STOPPED_FOR - taken_at) // MINUTE * MINUTE
    states = {}
    for key, one in data["keys"].items():
        _write(redis, key_prefix + key.removeprefix("zettai"), one["value"], taken_at, shift)
        if key.startswith("zettai:message:"):
            states[key.removeprefix("zettai:message:")] = one["value"]["state"]
    return DataSet(states, data["provider"], shift)


def _write(redis: Redis, key: str, value: Any, taken_at: int, shift: int) -> None:
    match value:
        case str():
            redis.set(key, value)
        case dict():
            redis.hset(key, mapping={field: _moved(one, taken_at, shift) for field, one in value.items()})
        case [[str(), float()], *_]:
            redis.zadd(key, {member: float(_moved(score, taken_at, shift)) for member, score in value})
        case _ if ":_kombu." in key or key.endswith(":statics"):
            redis.sadd(key, *value)
        case _:
            redis.rpush(key, *value)


def _moved(value: str | float, taken_at: int, shift: int) -> str | float:
    """Return a value. If it can be a time in seconds, milliseconds or microseconds, it is moved."""
    try:
        number = float(value)
    except ValueError:
        return value
    for unit in (1000, 1, 0.001):
        if abs(number * unit - taken_at) < YEAR:
            return str(round(number + shift / unit))
    return value
