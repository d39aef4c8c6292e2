"""The Django signal `sms_event`, and the command that sends it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.test.utils import override_settings
from structlog.testing import capture_logs

from zettai import MessageEvent, SmsClient
from zettai.contrib.django import get_client
from zettai.contrib.django.management.commands import zettai_events
from zettai.contrib.django.signals import sms_event

pytestmark = pytest.mark.usefixtures("django_project")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zettai_events, "RETRY_AFTER", 0.01)


@pytest.fixture
def client(redis_url: str) -> Iterator[SmsClient]:
    with override_settings(ZETTAI={"REDIS_URL": redis_url}):
        yield get_client()


@contextmanager
def connected(receive: Callable[[MessageEvent], object]) -> Iterator[None]:
    def receiver(event: MessageEvent, **_: object) -> None:
        receive(event)

    sms_event.connect(receiver)
    try:
        yield
    finally:
        sms_event.disconnect(receiver)


def _canceled(client: SmsClient) -> str:
    tag = client.send("09012345678", "hello").client_tag
    client.cancel(tag)
    return tag


def _run() -> None:
    call_command("zettai_events", "--group=shop", "--start=oldest", "--timeout=0.01")


def test_each_event_is_sent_once_to_the_receivers(client: SmsClient) -> None:
    tags = [_canceled(client) for _ in range(3)]
    received: list[MessageEvent] = []

    with connected(received.append):
        _run()
        _run()

    assert [event.client_tag for event in received] == tags
    assert received[0].message == client.get(tags[0])


def test_event_is_sent_until_every_receiver_succeeds(client: SmsClient) -> None:
    tags = [_canceled(client) for _ in range(2)]
    received: list[str] = []

    def fail_twice(event: MessageEvent) -> None:
        received.append(event.client_tag)
        if len(received) < 3:
            raise ValueError("secret")

    with connected(fail_twice), capture_logs() as logs:
        _run()

    assert received == [tags[0]] * 3 + [tags[1]]
    assert [(line["event"], line["error"]) for line in logs] == [("receiver_failed", "ValueError")] * 2


def test_sigterm_ends_the_command_after_the_receiver(client: SmsClient) -> None:
    tags = [_canceled(client) for _ in range(2)]
    received: list[str] = []

    def stop(event: MessageEvent) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        received.append(event.client_tag)

    with connected(stop):
        call_command("zettai_events", "--group=shop", "--start=oldest")
    with connected(lambda event: received.append(event.client_tag)):
        _run()

    assert received == [tags[0], *tags]


def test_invalid_group_is_an_error_of_the_command(client: SmsClient) -> None:
    with pytest.raises(CommandError, match="group: must be"):
        call_command("zettai_events", "--group= ")
