"""Who made a message: what is recorded and returned, and to whom a tag belongs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from zettai import EventType, InvalidMessage, Settings, SmsClient, TagConflict
from zettai.testing import FakeSmsClient

NUMBER = "09012345678"

SOON = timedelta(milliseconds=100)


@pytest.fixture(params=["redis", "fake"])
def client(request: pytest.FixtureRequest, redis_url: str) -> Iterator[SmsClient]:
    settings = Settings.load(redis_url=redis_url)
    with SmsClient(settings) if request.param == "redis" else FakeSmsClient(settings) as client:
        yield client


def test_maker_is_returned_with_the_message(client: SmsClient) -> None:
    sent = client.send(NUMBER, "hello", created_by="shop-1")

    assert client.get(sent.client_tag) == sent
    assert (sent.created_by, sent.owner, sent.to_dict()["created_by"]) == ("shop-1", "shop-1", "shop-1")


def test_message_without_a_maker_belongs_to_nobody(client: SmsClient) -> None:
    sent = client.send(NUMBER, "hello")

    assert client.get(sent.client_tag) == sent
    assert (sent.created_by, sent.owner) == (None, None)


def test_message_of_a_team_belongs_to_the_team(client: SmsClient) -> None:
    new = client.new_message(to=NUMBER, body="hello", created_by="shop-1", team="shops")
    sent = client.record(new)

    assert client.get(sent.client_tag) == sent
    assert (sent.created_by, sent.team, sent.owner) == ("shop-1", "shops", "shops")


@pytest.mark.parametrize("name", ["", "-a", "a b", "a:b", "a\n", "あ", "a" * 41])
def test_invalid_name_is_refused(client: SmsClient, name: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        client.send(NUMBER, "hello", created_by=name)

    assert (refused.value.field, refused.value.code) == ("created_by", "not_a_creator")


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("a", None), (None, "a")])
def test_tag_belongs_to_its_owner_whatever_the_text(client: SmsClient, first: str | None, second: str | None) -> None:
    client.send(NUMBER, "your code is 123456", client_tag="t", created_by=first)
    refusals = []
    for text in ("your code is 123456", "your code is 654321"):
        with pytest.raises(TagConflict) as refused:
            client.send(NUMBER, text, client_tag="t", created_by=second)
        refusals.append(str(refused.value))

    assert refusals[0] == refusals[1]
    assert client.send(NUMBER, "your code is 123456", client_tag="t", created_by=first).created_by == first


def test_keys_of_a_team_repeat_messages_of_each_other(client: SmsClient) -> None:
    one = client.new_message(to=NUMBER, body="hello", client_tag="t", created_by="shop-1", team="shops")
    other = client.new_message(to=NUMBER, body="hello", client_tag="t", created_by="shop-2", team="shops")

    assert client.record(one) == client.record(other)
    assert client.record(other).created_by == "shop-1"


def test_successor_has_the_maker_of_the_message_that_it_replaces(client: SmsClient) -> None:
    new = client.new_message(to=NUMBER, body="hello", client_tag="t", created_by="shop-1", team="shops")
    client.record(new)
    successor = client.replace("t", body="hello again").message

    assert successor is not None
    assert (successor.created_by, successor.team) == ("shop-1", "shops")
    assert client.get(successor.client_tag) == successor


def test_events_have_the_maker_and_a_group_is_finished_for_each_owner(client: SmsClient) -> None:
    types = [EventType.CANCELED, EventType.GROUP_FINISHED]
    assert list(client.events(group="billing", types=types, start="oldest", timeout=SOON)) == []
    for tag, maker in (("a", "shop-1"), ("b", "shop-2"), ("c", None)):
        client.send(NUMBER, "hello", client_tag=tag, group="party", created_by=maker)
    for tag in ("a", "b", "c"):
        client.cancel(tag)
    found = list(client.events(group="billing", types=types, timeout=SOON))

    assert [(event.type.value, event.created_by) for event in found] == [
        (kind, maker) for maker in ("shop-1", "shop-2", None) for kind in ("canceled", "group_finished")
    ]
    assert found[0].to_dict()["created_by"] == "shop-1"
