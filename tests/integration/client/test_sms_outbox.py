"""`capture_sms`: what clients send in its block is in the outbox, and neither before nor after it."""

import doctest
from collections.abc import Iterator
from datetime import timedelta

import pytest
from redis import Redis

import zettai.testing.sms_outbox
from zettai import CancelOutcome, InvalidMessage, Settings, SmsClient, State, TagConflict
from zettai.console import ConsoleSmsClient
from zettai.testing import FakeSmsClient
from zettai.testing.sms_outbox import capture_sms

AWAY = Settings(redis_url="redis://127.0.0.1:1")
"""Whoever connects there gets an error."""

TO = "09012345678"


@pytest.fixture
def client(redis_url: str) -> Iterator[SmsClient]:
    """Return a client that was built before the block, like one of a module."""
    with SmsClient(Settings(redis_url=redis_url)) as client:
        yield client


def test_docstring_example_runs() -> None:
    assert doctest.testmod(zettai.testing.sms_outbox).failed == 0


def test_message_of_any_client_is_in_the_outbox(client: SmsClient, capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeSmsClient()
    with capture_sms() as outbox, SmsClient(AWAY) as young:
        sent = [
            one.send(TO, "hello", client_tag=f"t{number}").client_tag
            for number, one in enumerate([client, young, fake, ConsoleSmsClient()])
        ]

        assert [message.client_tag for message in outbox] == sent
        assert outbox[-1].to == "+819012345678"
        assert outbox == fake.outbox
        assert outbox[:2] == fake.outbox[:2]
    assert capsys.readouterr().out == ""


def test_redis_gets_nothing(client: SmsClient) -> None:
    before = client.send(TO, "before", client_tag="before")
    with capture_sms() as outbox:
        client.send(TO, "hello", client_tag="t")
        assert client.get("before") is None

    assert [message.client_tag for message in client.list()] == [before.client_tag]
    assert len(outbox) == 1


def test_client_built_in_the_block_sends_to_redis_afterwards(redis_url: str) -> None:
    """A framework builds its client at the first use, which is in a test, and keeps it."""
    with capture_sms() as outbox:
        client, fake = SmsClient(Settings(redis_url=redis_url)), FakeSmsClient()
        for one in (client, fake):
            one.send(TO, "hello", client_tag=str(id(one)))
    client.send(TO, "hello", client_tag="later")
    fake.send(TO, "hello", client_tag="later")

    assert len(outbox) == 2
    assert [message.client_tag for message in client.list()] == ["later"]
    assert [message.client_tag for message in fake.outbox] == ["later"]
    client.close()


def test_no_client_connects(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        before = redis.info("stats")["total_connections_received"]
        with capture_sms() as outbox, SmsClient(Settings(redis_url=redis_url, durable=True)) as client:
            client.send(TO, "hello")
            client.cancel_group("g")

        assert redis.info("stats")["total_connections_received"] == before
    assert len(outbox) == 1


def test_client_keeps_its_own_settings_and_checks() -> None:
    settings = AWAY.model_copy(update={"senders": ("77777",), "expires_in": timedelta(hours=1)})
    with capture_sms() as outbox, SmsClient(settings) as client:
        client.send(TO, "hello", sender="77777", client_tag="t")
        with pytest.raises(InvalidMessage):
            client.send("0312345678", "to a landline")
        with pytest.raises(TagConflict):
            client.send(TO, "other", client_tag="t")

        [message] = outbox
        assert (message.sender, message.expires_in) == ("77777", timedelta(hours=1))


def test_everything_that_clients_do_stays_in_memory() -> None:
    with capture_sms() as outbox, SmsClient(AWAY) as client:
        assert all(result.ok for result in client.send_many([{"to": TO, "body": "x", "group": "g"}] * 2))
        first, second = (message.client_tag for message in outbox)
        assert outbox.move(first, "accepted", "delivered").state is State.DELIVERED
        assert client.replace(second, body="y").outcome == "replaced"
        assert client.cancel(outbox[-1].client_tag) is CancelOutcome.CANCELED
        assert client.cancel_group("g").too_late == 1
        assert [event.type.value for event in client.events(group="app")][-1] == "group_finished"
        assert client.suppressions.add(TO)
        assert client.send(TO, "z").is_suppressed
        assert len(outbox) == 3

        outbox.clear()
        assert outbox == []
        assert outbox != [1]


def test_block_in_a_block_has_an_outbox_of_its_own() -> None:
    with SmsClient(AWAY) as client, capture_sms() as outer:
        with capture_sms() as inner:
            client.send(TO, "inner")
        client.send(TO, "outer")

        assert [message.body for message in inner] == ["inner"]
        assert [message.body for message in outer] == ["outer"]
