"""Errors of the client hold neither the number nor the text of a message, and no password."""

import pickle
import traceback
from collections.abc import Callable, Iterator

import pytest

from zettai import InvalidMessage, LedgerUnavailable, Settings, SmsClient, TagConflict, ZettaiError

NUMBER, TEXT, PASSWORD = "09076543210", "極秘の本文 482915", "password-of-redis"
SECRETS = (NUMBER[2:10], TEXT, "482915", PASSWORD)
AWAY = f"redis://user:{PASSWORD}@127.0.0.1:1/0"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and those that it holds."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


CALLS: dict[str, Callable[[SmsClient], object]] = {
    "send": lambda client: client.send(NUMBER, TEXT, client_tag="t"),
    "durable": lambda client: client.send(NUMBER, TEXT, client_tag="t", durable=True),
    "many": lambda client: list(client.send_many([{"to": NUMBER, "body": TEXT}])),
    "cancel": lambda client: client.cancel("t"),
    "get": lambda client: client.get("t"),
    "find": lambda client: list(client.find(NUMBER)),
    "suppress": lambda client: client.suppressions.add(NUMBER),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_error_of_a_redis_that_is_away_holds_no_secret(call: Callable[[SmsClient], object]) -> None:
    keys = {"index_key": "k" * 32, "suppression_key": "s" * 32}
    with (
        SmsClient(Settings.load(redis_url=AWAY, client_timeout=0.2, **keys)) as client,
        pytest.raises(LedgerUnavailable) as caught,
    ):
        call(client)

    [error] = _chain(caught.value)
    said = "".join([str(error), repr(error), repr(pickle.dumps(error)), *traceback.format_exception(error)])
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        (TagConflict, lambda client: client.send(NUMBER, TEXT, client_tag="taken")),
        (InvalidMessage, lambda client: client.send(NUMBER[:-1], TEXT)),
        (InvalidMessage, lambda client: client.send(NUMBER, f"{TEXT}\ud800")),
        (InvalidMessage, lambda client: list(client.find(NUMBER[:-1]))),
    ],
)
def test_error_of_a_message_holds_no_secret(
    redis_url: str, expected: type[ZettaiError], call: Callable[[SmsClient], object]
) -> None:
    with SmsClient(Settings.load(redis_url=redis_url)) as client:
        client.send("09087654321", "another text", client_tag="taken")
        with pytest.raises(expected) as caught:
            call(client)

    said = "".join(
        "".join([str(error), repr(error), *traceback.format_exception(error)]) for error in _chain(caught.value)
    )
    assert [secret for secret in SECRETS if secret in said] == []
