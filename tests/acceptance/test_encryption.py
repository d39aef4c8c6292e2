"""Encryption at rest with real workers: Redis, its files and its slow log hold no number and no text."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from tests.integration.store.test_erasure import everything_in
from tests.support.servers import valkey
from tests.support.stack import HANG, Stack, eventually, short_stack

from zettai import Settings, SmsClient, State
from zettai.core.times import now
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

KEY, NEW_KEY, OTHER_KEY = (b64encode(letter * 32).decode() for letter in (b"k", b"n", b"o"))
BODY, CUSTOMER = "極秘の本文です", "山田 秘密"
METADATA = {"customer": CUSTOMER}
NUMBERS = [f"0906666{number:04}" for number in range(40)]
SENT = tuple(state for state in State if state.is_final or state is State.ACCEPTED)


@pytest.fixture
def redis_folder(tmp_path: Path) -> Path:
    """Return the folder of the files of Redis."""
    return tmp_path / "redis"


@pytest.fixture
def sealed_stack(tmp_path: Path, redis_folder: Path) -> Iterator[Stack]:
    """Return a stack with a key, on a server of its own that logs every command as slow."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, hang_for=HANG)
    with valkey(redis_folder) as server:
        with Redis.from_url(server.connection_url) as redis:
            redis.config_set("slowlog-log-slower-than", 0)
            redis.config_set("slowlog-max-len", 100_000)
        with short_stack(server.connection_url, simulator, tmp_path, "sealed", ENCRYPTION_KEYS=KEY) as stack:
            yield stack


def _everything(redis_url: str, redis_folder: Path) -> dict[str, bytes]:
    """Return all that Redis has: its data, its slow log, its append-only file and a snapshot."""
    with Redis.from_url(redis_url) as redis, Redis.from_url(redis_url, decode_responses=True) as decoding:
        redis.bgsave()
        eventually(lambda: not redis.info("persistence")["rdb_bgsave_in_progress"], "the snapshot is written")
        slow = b"\n".join(entry["command"] for entry in redis.slowlog_get(100_000))
        data = everything_in(decoding).encode()
    files = {path.name: path.read_bytes() for path in redis_folder.rglob("*") if path.is_file()}
    return {**files, "data": data, "slow log": slow}


def _personal_data(content: bytes) -> list[str]:
    texts = [BODY, CUSTOMER, *(number.removeprefix("0") for number in NUMBERS)]
    return [text for text in texts if text.encode() in content or ascii(text)[1:-1].encode() in content]


def test_nothing_in_redis_holds_a_number_or_a_text(sealed_stack: Stack, redis_folder: Path) -> None:
    """Also not after lost answers, look-ups, a reservation and its replacement, and an erasure."""
    stack = sealed_stack
    stack.simulator.set_faults(
        *({"kind": kind, "rate": 0.05} for kind in ("hang_after", "cut_after", "error_after", "throttled")),
        {"kind": "broken_json", "rate": 0.05, "endpoint": "status"},
    )
    for number in NUMBERS[:20]:
        stack.client.send(number, BODY, lane="urgent", metadata=METADATA)
    list(stack.client.send_many([{"to": number, "body": BODY, "metadata": METADATA} for number in NUMBERS[20:]]))
    waiting = list(stack.client.list())
    reserved = stack.client.send(NUMBERS[0], BODY, send_at=now() + timedelta(hours=2), metadata=METADATA)
    stack.start_worker()
    stack.start_beat()
    for message in waiting:
        stack.wait_for_state(message, *SENT)
    stack.wait_for_state(reserved, State.SCHEDULED)
    stack.client.replace(reserved.client_tag, body=f"{BODY} 2")
    stack.wait_for_state(reserved, State.CANCELED)
    stack.store.erase([waiting[0].client_tag])

    found = {name: _personal_data(content) for name, content in _everything(stack.redis_url, redis_folder).items()}

    assert {(one["phoneNumber"], one["message"]) for one in stack.simulator.records()} >= {
        (f"+81{number[1:]}", BODY) for number in NUMBERS
    }
    assert any("aof" in name for name in found)
    assert any(name.endswith(".rdb") for name in found)
    assert {name: one for name, one in found.items() if one} == {}
    assert _personal_data(stack.log_text().encode()) == []


def test_search_finds_what_a_plain_stack_leaves_in_redis(sealed_stack: Stack, redis_folder: Path) -> None:
    """Without the key, all of these places hold the number. So the search in the test above finds something."""
    with SmsClient(Settings.load(redis_url=sealed_stack.redis_url, key_prefix="sealed")) as plain:
        plain.send(NUMBERS[0], BODY, metadata=METADATA)

    found = {
        name: _personal_data(content) for name, content in _everything(sealed_stack.redis_url, redis_folder).items()
    }

    number = NUMBERS[0].removeprefix("0")
    assert number in found["data"]
    assert number in found["slow log"]
    assert any(number in one for name, one in found.items() if "incr.aof" in name)


def test_erased_message_is_gone_from_the_files_of_a_plain_redis_after_a_rewrite(
    sealed_stack: Stack, redis_folder: Path
) -> None:
    with SmsClient(Settings.load(redis_url=sealed_stack.redis_url, key_prefix="sealed")) as plain:
        tag = plain.send(NUMBERS[0], BODY, metadata=METADATA).client_tag
        plain.cancel(tag)
    assert sealed_stack.store.erase([tag]) == ["erased"]
    with Redis.from_url(sealed_stack.redis_url) as redis:
        redis.bgrewriteaof()
        eventually(lambda: not redis.info("persistence")["aof_rewrite_in_progress"], "the file is rewritten")
        redis.slowlog_reset()
    eventually(lambda: len(list(redis_folder.rglob("*.incr.aof"))) == 1, "the old file is deleted")

    found = _everything(sealed_stack.redis_url, redis_folder)

    assert any("aof" in name for name in found)
    assert {name: one for name, content in found.items() if (one := _personal_data(content))} == {}


def test_worker_with_another_key_sends_nothing_and_another_one_sends_all(sealed_stack: Stack) -> None:
    stack = sealed_stack
    sealed = stack.client.send(NUMBERS[0], BODY, lane="urgent")
    with SmsClient(Settings.load(redis_url=stack.redis_url, key_prefix="sealed")) as client:
        plain = client.send(NUMBERS[1], BODY, lane="urgent")
    wrong = stack.start_worker(environment={**stack.environment, "ZETTAI_ENCRYPTION_KEYS": OTHER_KEY})

    stack.wait_for_state(plain, *SENT)
    eventually(lambda: "record_sealed_with_other_key" in stack.log_text(), "the worker logs the error")
    assert stack.store.get([sealed.client_tag])[0].state is State.QUEUED  # type: ignore[union-attr]
    assert [one["clientTag"] for one in stack.simulator.records()] == [plain.client_tag]
    wrong.terminate()
    wrong.wait()

    stack.start_worker()
    stack.start_beat()
    stack.wait_for_state(sealed, *SENT)
    assert stack.record_of(sealed)["message"] == BODY


def test_key_is_changed_while_messages_are_sent(sealed_stack: Stack) -> None:
    """Plain messages, and those of the old and of the new key, are sent by one worker with both keys."""
    stack, shared = sealed_stack, {"redis_url": sealed_stack.redis_url, "key_prefix": "sealed"}
    messages = [stack.client.send(NUMBERS[0], BODY)]
    with SmsClient(Settings.load(**shared, encryption_keys=f"{NEW_KEY} {KEY}")) as client:
        messages.append(client.send(NUMBERS[1], BODY))
        assert client.get(messages[0].client_tag).to == f"+81{NUMBERS[0][1:]}"  # type: ignore[union-attr]
    with SmsClient(Settings.load(**shared)) as client:
        messages.append(client.send(NUMBERS[2], BODY))

    stack.start_worker(environment={**stack.environment, "ZETTAI_ENCRYPTION_KEYS": f"{NEW_KEY} {KEY}"})
    for message in messages:
        stack.wait_for_state(message, *SENT)

    assert sorted(one["phoneNumber"] for one in stack.simulator.records()) == [
        f"+81{number[1:]}" for number in NUMBERS[:3]
    ]
