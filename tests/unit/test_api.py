"""The public names, and the client that users test with."""

import doctest

import pytest

import zettai
import zettai.testing
from zettai import CancelOutcome, InvalidMessage, State, TagConflict
from zettai.testing import FakeSmsClient


def test_the_public_names() -> None:
    """What a user may import; a change here is a change of the contract."""
    assert sorted(zettai.__all__) == zettai.__all__
    for name in zettai.__all__:
        assert getattr(zettai, name)


def test_the_examples_in_the_docstring_run() -> None:
    """They are the first thing that a user copies."""
    assert doctest.testmod(zettai.testing).failed == 0


def test_the_fake_checks_like_the_real_client() -> None:
    """A test with the fake fails where production would."""
    client = FakeSmsClient()
    with pytest.raises(InvalidMessage):
        client.send("0312345678", "to a landline")
    client.send("09012345678", "one", client_tag="t")
    with pytest.raises(TagConflict):
        client.send("09012345678", "two", client_tag="t")


def test_the_fake_keeps_what_was_sent() -> None:
    """The outbox has number and body, once each."""
    client = FakeSmsClient()
    for _ in range(2):
        client.send("09012345678", "hello", client_tag="t")

    assert [(sent.to, sent.body) for sent in client.outbox] == [("+819012345678", "hello")]


def test_the_fake_cancels() -> None:
    """With the outcomes of the real one."""
    client = FakeSmsClient()
    message = client.send("09012345678", "hello")
    assert client.cancel(message.client_tag) is CancelOutcome.CANCELED
    sent = client.send("09012345678", "hello")
    client.move(sent.client_tag, "delivered")
    assert client.cancel(sent.client_tag) is CancelOutcome.TOO_LATE
    assert client.cancel("unknown") is CancelOutcome.NOT_FOUND
    assert [message.state for message in client.list(state="canceled")] == [State.CANCELED]
