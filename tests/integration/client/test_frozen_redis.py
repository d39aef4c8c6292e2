"""A Redis that is frozen accepts connections and answers nothing: the calls of the client end all the same."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from tests.support.store_helpers import claim_one, update_one

from zettai import CancelOutcome, LedgerUnavailable, Settings, SmsClient, State
from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys
from zettai.core.times import now
from zettai_demo.stack import RedisServer

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test only."""
    with RedisServer(tmp_path) as server:
        yield server


@pytest.mark.parametrize(
    ("call", "names_a_tag"),
    [
        (lambda client: client.send("09012345678", "code", lane="urgent"), True),
        (lambda client: client.send("09012345678", "code", durable=True), True),
        (lambda client: list(client.send_many([{"to": "09012345678", "body": "code"}])), False),
        (lambda client: client.cancel("t"), True),
        (lambda client: client.cancel_group("g"), False),
        (lambda client: client.get("t"), False),
        (lambda client: list(client.list()), False),
    ],
    ids=["send", "durable", "send_many", "cancel", "cancel_group", "get", "list"],
)
@pytest.mark.parametrize("connected", [True, False])
def test_call_ends_with_an_error(
    server: RedisServer, call: Callable[[SmsClient], object], *, names_a_tag: bool, connected: bool
) -> None:
    with SmsClient(Settings.load(redis_url=server.url, client_timeout=3)) as client:
        if connected:
            client.send("09012345678", "hello")
        with server.frozen(), pytest.raises(LedgerUnavailable) as error:
            call(client)
    assert bool(error.value.client_tag) is names_a_tag


def test_cancel_is_recorded_although_its_task_cannot_be_published(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker freezes between the record and the task. The sweep publishes a new task later."""
    with (
        SmsClient(Settings.load(redis_url=server.url, client_timeout=3)) as client,
        Redis.from_url(server.url, decode_responses=True) as redis,
    ):
        store = WorkerStore(redis, Keys("zettai"))
        message = client.send("09012345678", "hello", send_at=now() + timedelta(hours=1))
        claim_one(store, message.client_tag)
        update_one(store, message.client_tag, State.SCHEDULED)
        writer = client._writer
        publish = writer.publish_cancel

        def freeze_then_publish(*arguments: Any) -> None:
            with server.frozen():
                publish(*arguments)

        monkeypatch.setattr(writer, "publish_cancel", freeze_then_publish)
        assert client.cancel(message.client_tag) is CancelOutcome.PENDING
        [canceled] = store.get([message.client_tag])
        assert canceled is not None
        assert canceled.cancel_requested
