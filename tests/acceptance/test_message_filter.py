"""Invalid messages in a queue: a real worker refuses them, does not quote them, and keeps running."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

from redis import Redis
from tests.support.stack import TAKEN, Stack, eventually
from tests.support.wire import envelope, headers

from zettai.core.lanes import Lane
from zettai.core.tasks import MOST_TAGS, TaskName

SECRET = "geheim-09012345678"
ONE_TAG: Any = [[["t"]], {}, {}]


class _Exploit:
    """An object that writes a file when its pickle is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def _invalid_messages(path: Path) -> list[str | bytes]:
    """Return one message of each invalid kind. Most of them have a text that must not be logged."""
    properties = envelope(ONE_TAG)["properties"]
    yaml = f"!!python/object/apply:os.system ['touch {path}'] # {SECRET}".encode()
    following = {"callbacks": [{"task": TaskName.PURGE, "args": [SECRET], "options": {}}]}
    messages = [
        envelope(pickle.dumps(_Exploit(path)), **{"content-type": "application/x-python-serialize"}),
        envelope(yaml, **{"content-type": "application/x-yaml"}),
        envelope(SECRET.encode()),
        envelope(5),
        envelope(SECRET),
        envelope(ONE_TAG, headers=None),
        envelope(ONE_TAG, headers={SECRET: SECRET}),
        envelope([[SECRET], {}, {}], headers=headers(f"other.{SECRET}")),
        envelope([[SECRET], {}, {}], headers=headers([SECRET])),
        envelope([[SECRET], {}, {}], headers=headers("celery.starmap")),
        envelope(ONE_TAG, headers=headers(id=[SECRET])),
        envelope(ONE_TAG, headers=headers(eta=SECRET)),
        envelope(ONE_TAG, headers=headers(timelimit=SECRET)),
        envelope(ONE_TAG, headers=headers(retries=SECRET)),
        envelope(ONE_TAG, **{"content-encoding": SECRET}),
        envelope([[["t"]], {}, following]),
        envelope([[5], {}, {}]),
        envelope([[[5]], {}, {}]),
        envelope([[[SECRET * 50]], {}, {}]),
        envelope([[["t"] * (MOST_TAGS + 1)], {}, {}]),
        envelope([[["t"] * 1_000_000], {}, {}]),
        envelope([[], {SECRET: 1}, {}]),
        envelope([["2026-13-99", []], {}, {}], headers=headers(TaskName.CHECK_DAY)),
        envelope([[], {}, {}], headers=headers(TaskName.PUBLISH_DUE)),  # a tick of an old version
        envelope([[SECRET], {}, {}], headers=headers(TaskName.PUBLISH_DUE)),
        {"body": SECRET},
        envelope(ONE_TAG, properties={**properties, "body_encoding": SECRET}),
        envelope(ONE_TAG, properties={**properties, "delivery_tag": [SECRET]}),
        [SECRET],
        SECRET,
    ]
    return [*(json.dumps(message) for message in messages), SECRET, b"\xff\xfe" + SECRET.encode()]


def test_worker_refuses_each_invalid_message_and_sends_the_next(own_stack: Stack, redis: Redis, tmp_path: Path) -> None:
    """The log level is DEBUG. Each invalid message is refused once and removed."""
    written = tmp_path / "written"
    invalid = _invalid_messages(written)
    queue = own_stack.store.keys.queue(Lane.NORMAL)
    for message in invalid:
        redis.lpush(queue, message)
    worker = own_stack.start_worker()
    own_stack.start_beat()

    # Celery would show this name in Flower, and log it.
    redis.lpush(queue, json.dumps(envelope([[["no-such-tag"]], {}, {}], headers=headers(shadow=SECRET))))
    good = own_stack.client.send("09077770001", "behind them")
    own_stack.wait_for_state(good, *TAKEN)

    eventually(lambda: own_stack.log_text().count('"event": "task_refused"') >= len(invalid), "all are refused")
    assert worker.poll() is None
    assert not written.exists()
    assert own_stack.log_text().count('"event": "task_refused"') == len(invalid)
    assert "geheim" not in own_stack.log_text()
    unacknowledged = f"{own_stack.store.keys.broker}unacked"
    eventually(lambda: redis.llen(queue) == redis.hlen(unacknowledged) == 0, "the queue is empty")
    assert own_stack.record_of(good)["taken"] == 1
