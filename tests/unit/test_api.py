"""The public names, and the fake client for tests of applications."""

import doctest

import pytest

import zettai
import zettai.testing
from zettai import CancelOutcome, Carrier, Erasure, InvalidMessage, State, TagConflict
from zettai.testing import FakeSmsClient


def test_public_names_exist_and_are_sorted() -> None:
    assert sorted(zettai.__all__) == zettai.__all__
    for name in zettai.__all__:
        assert getattr(zettai, name)


def test_docstring_examples_run() -> None:
    assert doctest.testmod(zettai.testing).failed == 0


def test_fake_client_validates_like_the_real_one() -> None:
    client = FakeSmsClient()
    with pytest.raises(InvalidMessage):
        client.send("0312345678", "to a landline")
    client.send("09012345678", "one", client_tag="t")
    with pytest.raises(TagConflict):
        client.send("09012345678", "two", client_tag="t")


def test_outbox_has_each_message_once() -> None:
    client = FakeSmsClient()
    for _ in range(2):
        client.send("09012345678", "hello", client_tag="t")

    assert [(sent.to, sent.body) for sent in client.outbox] == [("+819012345678", "hello")]


def test_fake_client_cancels_like_the_real_one() -> None:
    client = FakeSmsClient()
    message = client.send("09012345678", "hello")
    assert client.cancel(message.client_tag) is CancelOutcome.CANCELED
    sent = client.send("09012345678", "hello")
    client.move(sent.client_tag, "delivered")
    assert client.cancel(sent.client_tag) is CancelOutcome.TOO_LATE
    assert client.cancel("unknown") is CancelOutcome.NOT_FOUND
    assert [message.state for message in client.list(state="canceled")] == [State.CANCELED]


def test_fake_client_has_what_a_final_status_names() -> None:
    client = FakeSmsClient()
    tag = client.send("09012345678", "hello").client_tag

    moved = client.move(tag, "accepted", "undelivered", carrier_found="docomo", parts=2, detail="32823")

    assert (moved.carrier_found, moved.parts, moved.detail) == (Carrier.DOCOMO, 2, "32823")
    assert client.get(tag) == moved


def test_fake_client_has_the_events_of_moved_messages() -> None:
    client = FakeSmsClient()
    tags = [client.send("09012345678", "hello", group="g").client_tag for _ in range(2)]
    client.move(tags[0], "submitting", "accepted", "delivered")
    client.cancel(tags[1])

    first = next(client.events(group="billing"))
    events = list(client.events(group="billing"))

    assert events[0] == first
    assert [event.type.value for event in events] == ["accepted", "delivered", "canceled", "group_finished"]
    assert events[2].message == client.get(tags[1])
    assert list(client.events(group="billing")) == []


def test_fake_client_erases_a_person() -> None:
    client = FakeSmsClient()
    tags = [client.send("09012345678", "hello").client_tag for _ in range(2)]
    client.move(tags[1], "accepted")

    assert client.erase("09012345678") == Erasure(erased=1, pending=1, damaged=0)
    assert client.move(tags[1], "delivered").erased
    assert client.erase("09012345678") == Erasure(erased=0, pending=0, damaged=0)
    with pytest.raises(InvalidMessage, match=r"^number: "):
        client.erase(9012345678)  # type: ignore[arg-type]
