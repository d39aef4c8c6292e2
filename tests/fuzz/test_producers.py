"""Any input to the client gives a result or one typed error, and changes no other message."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai import CancelOutcome, InvalidMessage, Message, Settings, SmsClient, TagConflict, ZettaiError
from zettai.testing import FakeSmsClient

FIELDS = ["to", "body", "client_tag", "send_at", "expires_in", "lane", "group", "carrier", "durable", "colour"]

ANYTHING: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=700)  # with surrogates and control characters
    | st.binary()
    | st.datetimes()
    | st.timedeltas()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.integers())
)

KEYWORDS = st.dictionaries(st.sampled_from(FIELDS), ANYTHING)

GOOD = {"to": "09011112222", "body": "hidden", "expires_in": timedelta(hours=1)}


@pytest.fixture(scope="module")
def kept() -> FakeSmsClient:
    """Return a client with a message that must not change."""
    client = FakeSmsClient()
    client.send("09012345678", "kept", client_tag="kept", group="kept")
    return client


def _is_kept(client: SmsClient) -> bool:
    message = client.get("kept")
    return message is not None and not message.state.is_final


@given(keywords=KEYWORDS)
def test_send_returns_a_message_or_an_error_without_the_input(kept: FakeSmsClient, keywords: dict[str, Any]) -> None:
    words = {name: value for name, value in {**GOOD, **keywords}.items() if name != "colour"}
    before = {message.client_tag for message in kept.outbox}
    refusal, sent = "", set()
    try:
        message = kept.send(**words)
        assert isinstance(message, Message)
        sent.add(message.client_tag)
    except (InvalidMessage, TagConflict) as error:
        refusal = str(error)
    # The same message may be drawn twice: the second one is the first.
    assert {message.client_tag for message in kept.outbox} == before | sent
    assert "hidden" not in refusal
    assert "9011112222" not in refusal


@given(items=st.lists(ANYTHING | KEYWORDS | KEYWORDS.map(lambda words: {**GOOD, **words}), max_size=8))
def test_send_many_yields_a_result_for_each_item(items: list[Any]) -> None:
    results = list(FakeSmsClient().send_many(items))

    assert [result.position for result in results] == list(range(len(items)))
    for result in results:
        assert result.ok is (result.message is not None)
        assert result.ok or isinstance(result.error, ZettaiError)


@given(tag=ANYTHING)
def test_unknown_tag_is_not_found(kept: FakeSmsClient, tag: Any) -> None:
    client = FakeSmsClient()
    assert client.cancel(tag) is CancelOutcome.NOT_FOUND
    assert client.get(tag) is None


@given(group=ANYTHING)
def test_invalid_group_cancels_nothing(kept: FakeSmsClient, group: Any) -> None:
    with suppress(InvalidMessage):
        assert kept.cancel_group(group).canceled == 0
    assert _is_kept(kept)


@given(state=ANYTHING, group=ANYTHING)
def test_list_returns_messages_or_raises_invalid_message(kept: FakeSmsClient, state: Any, group: Any) -> None:
    with suppress(InvalidMessage):
        list(kept.list(state=state, group=group))


@pytest.mark.parametrize("tag", ["\ud800", "a\nb", "", " ", "t" * 201, None, 5])
def test_real_client_refuses_the_same_tags(redis_url: str, tag: Any) -> None:
    with SmsClient(Settings.load(redis_url=redis_url)) as client:
        client.send("09012345678", "kept", client_tag="kept", group="kept")
        found: list[Callable[[], object]] = [lambda: client.get(tag), lambda: client.cancel(tag)]
        assert [find() for find in found] == [None, CancelOutcome.NOT_FOUND]
        with pytest.raises(InvalidMessage):
            client.cancel_group(tag)
        assert _is_kept(client)
