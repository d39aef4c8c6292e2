"""The token, phone numbers, texts and metadata do not leak, even with many faults."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.request import urlopen

from redis import Redis
from tests.support.servers import free_port
from tests.support.stack import TOKEN, Stack
from tests.support.wire import body_of

from zettai import State
from zettai.core.lanes import Lane

BODY = "極秘の本文"
CUSTOMER = "山田 秘密"
NUMBERS = [f"0906666{number:04}" for number in range(120)]
EVERY_FAULT = [
    "cut_after",
    "error_after",
    "hang_after",
    "broken_json",
    "html",
    "cut_before",
    "unavailable",
    "throttled",
]


def _secrets() -> list[str]:
    bare = [number.removeprefix("0") for number in NUMBERS]
    texts = [text for secret in (BODY, CUSTOMER) for text in (secret, json.dumps(secret).strip('"'))]
    return [TOKEN, *texts, *bare]


def _leaks(text: str) -> list[str]:
    return [secret for secret in _secrets() if secret in text]


def test_run_with_faults_leaks_nothing(own_stack: Stack, redis: Redis) -> None:
    """Logs at DEBUG level, queued tasks and metrics hold no secret. In Redis only the records of messages do."""
    for number in NUMBERS[:60]:
        own_stack.client.send(number, BODY, lane="urgent", group="secret", metadata={"customer": CUSTOMER})
    items = [{"to": number, "body": BODY, "metadata": {"customer": CUSTOMER}} for number in NUMBERS[60:]]
    list(own_stack.client.send_many(items))
    keys = own_stack.store.keys
    for lane in (Lane.URGENT, Lane.BULK):
        tasks = redis.lrange(keys.queue(lane), 0, -1)
        assert tasks
        assert not _leaks(_decoded(tasks))

    own_stack.simulator.set_faults(
        *({"kind": kind, "rate": 0.04} for kind in EVERY_FAULT),
        *({"kind": kind, "rate": 0.04, "endpoint": "status"} for kind in EVERY_FAULT),
    )
    own_stack.start_worker()
    own_stack.environment["ZETTAI_METRICS_PORT"] = str(port := free_port())
    own_stack.start_worker()
    del own_stack.environment["ZETTAI_METRICS_PORT"]
    own_stack.start_beat()
    for message in list(own_stack.client.list()):
        own_stack.wait_for_state(message, *(state for state in State if state.is_final or state is State.ACCEPTED))

    with urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        metrics = response.read().decode()
    assert "zettai_attempts_settled_total" in metrics
    assert not _leaks(metrics)
    logs = own_stack.log_text()
    assert "attempt_failed" in logs
    assert not _leaks(logs)
    for name in redis.scan_iter(f"{own_stack.key_prefix}:*", count=1000):
        record = name.startswith((keys.message(""), keys.body("")))
        if not record:
            assert not _leaks(name + str(_content(redis, name)))


def _decoded(tasks: Iterable[Any]) -> str:
    """Return queued tasks with their decoded bodies."""
    return "".join(task + body_of(json.loads(task)) for task in tasks)


def _content(redis: Redis, name: str) -> object:
    readers: dict[str, Callable[[str], object]] = {
        "hash": redis.hgetall,
        "list": lambda key: redis.lrange(key, 0, -1),
        "set": redis.smembers,
        "zset": lambda key: redis.zrange(key, 0, -1),
        "string": redis.get,
        "stream": redis.xrange,
    }
    return readers[str(redis.type(name))](name)
