"""The sender code and the metadata of a message: what is checked, recorded and returned."""

from collections.abc import Iterator

import pytest

from zettai import InvalidMessage, Settings, SmsClient, TagConflict
from zettai.testing import FakeSmsClient

METADATA = {"order": "A-1234", "顧客": "山田 太郎", "note": ""}


@pytest.fixture(params=["redis", "fake"])
def client(request: pytest.FixtureRequest, redis_url: str) -> Iterator[SmsClient]:
    """A client whose messages may name two sender codes beside the default one."""
    settings = Settings.load(redis_url=redis_url, senders="77777,88888", sms_code="12345")
    with SmsClient(settings) if request.param == "redis" else FakeSmsClient(settings) as client:
        yield client


def test_sender_and_metadata_are_returned_with_the_message(client: SmsClient) -> None:
    sent = client.send("09012345678", "hello", sender="77777", metadata=METADATA)

    assert client.get(sent.client_tag) == sent
    assert (sent.sender, sent.metadata) == ("77777", METADATA)


def test_message_without_them_has_neither(client: SmsClient) -> None:
    sent = client.send("09012345678", "hello")

    assert client.get(sent.client_tag) == sent
    assert (sent.sender, sent.metadata) == (None, {})


def test_send_many_accepts_both(client: SmsClient) -> None:
    item = {"to": "09012345678", "body": "hello", "sender": "88888", "metadata": METADATA}
    [result, refused] = client.send_many([item, {**item, "sender": "99999"}])

    assert result.message is not None
    assert (result.message.sender, result.message.metadata) == ("88888", METADATA)
    assert "sender: must be one of 12345, 77777, 88888" in str(refused.error)


def test_default_code_of_the_workers_may_be_named(client: SmsClient) -> None:
    assert client.send("09012345678", "hello", sender="12345").sender == "12345"


def test_code_that_is_not_allowed_is_refused_and_nothing_is_recorded(client: SmsClient) -> None:
    with pytest.raises(InvalidMessage) as refused:
        client.send("09012345678", "hello", sender="99999", client_tag="t")

    assert refused.value.field == "sender"
    assert client.get("t") is None


def test_without_settings_no_code_is_allowed(redis_url: str) -> None:
    with SmsClient(Settings.load(redis_url=redis_url)) as client, pytest.raises(InvalidMessage, match="ZETTAI_SENDERS"):
        client.send("09012345678", "hello", sender="12345")


@pytest.mark.parametrize(("first", "second"), [("77777", "88888"), (None, "77777"), ("77777", None)])
def test_same_tag_with_another_sender_is_a_conflict(client: SmsClient, first: str | None, second: str | None) -> None:
    client.send("09012345678", "hello", client_tag="t", sender=first)

    with pytest.raises(TagConflict):
        client.send("09012345678", "hello", client_tag="t", sender=second)


def test_repeated_message_keeps_its_first_metadata(client: SmsClient) -> None:
    client.send("09012345678", "hello", client_tag="t", metadata=METADATA)

    assert client.send("09012345678", "hello", client_tag="t", metadata={"order": "other"}).metadata == METADATA


def test_repr_and_dictionary_have_no_metadata_unless_it_is_asked_for(client: SmsClient) -> None:
    sent = client.send("09012345678", "hello", metadata=METADATA)

    assert "A-1234" not in repr(sent) + repr(client.new_message(to="09012345678", body="x", metadata=METADATA))
    assert "metadata" not in sent.to_dict()
    assert sent.to_dict(with_metadata=True)["metadata"] == METADATA
