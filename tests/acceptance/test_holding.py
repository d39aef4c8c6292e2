"""A suspended account: messages keep their place, one alert is logged, and sending resumes by itself."""

from collections import Counter
from contextlib import closing

from tests.support.stack import Stack, eventually

from zettai import State
from zettai_worker.metrics.statistics import read_statistics
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings


def _counts(stack: Stack, tags: list[str]) -> Counter[State]:
    return Counter(message.state for message in stack.store.get(tags) if message is not None)


def test_used_up_quota_holds_all_messages(own_stack: Stack) -> None:
    """There are few calls meanwhile. With a new quota all messages are sent."""
    own_stack.simulator.set_quota(0)
    own_stack.start_worker()
    own_stack.start_beat()
    tags = [own_stack.client.send(f"0904444{number:04}", "held").client_tag for number in range(150)]

    eventually(lambda: _counts(own_stack, tags)[State.HELD] > len(tags) / 2, "most are held")
    assert set(_counts(own_stack, tags)) <= {State.HELD, State.QUEUED, State.SUBMITTING, State.SUBMIT_UNKNOWN}
    asked = own_stack.simulator.stats()["calls"]["mt"]["300"]
    own_stack.simulator.set_quota(None)

    for tag in tags:
        assert own_stack.wait_for_state(tag).state is State.DELIVERED
        assert own_stack.simulator.record_of(tag)["taken"] == 1
    assert asked < len(tags)
    assert own_stack.log_text().count('"event": "account_suspended"') == 1


def test_pause_by_an_operator_is_no_error(own_stack: Stack) -> None:
    settings = LimiterSettings.load(redis_url=own_stack.redis_url, key_prefix=own_stack.key_prefix)
    own_stack.start_worker()
    own_stack.start_beat()
    with closing(build_limiter(settings)) as limiter:
        limiter.pause()
        message = own_stack.client.send("09044460001", "waits")

        own_stack.wait_for_state(message, State.HELD)
        eventually(lambda: '"event": "sending_paused"' in own_stack.log_text(), "the pause is logged")
        assert "account_suspended" not in own_stack.log_text()
        assert read_statistics(own_stack.store).held is None, "ZettaiAccountHeld does not fire"
        limiter.resume()

    own_stack.wait_for_state(message, State.DELIVERED)


def test_unreachable_provider_is_the_reason(own_stack: Stack) -> None:
    own_stack.environment["ZETTAI_API_URL"] = "http://127.0.0.1:1"
    own_stack.start_worker()

    message = own_stack.client.send("09044470001", "refused")

    def reason() -> str | None:
        found = own_stack.client.get(message.client_tag)
        return found.reason if found else None

    eventually(lambda: reason() == "the connection was refused", "the reason names the cause")


def test_wrong_token_holds_messages(own_stack: Stack) -> None:
    own_stack.environment["ZETTAI_TOKEN"] = "f" * 32
    own_stack.start_worker()
    own_stack.start_beat()

    tags = [own_stack.client.send(f"0904445{number:04}", "wrong token").client_tag for number in range(100)]

    eventually(lambda: _counts(own_stack, tags)[State.HELD], "a message is held")
    reasons = {message.reason for message in own_stack.store.get(tags) if message and message.state is State.HELD}
    assert reasons == {"Invalid token"}
    assert "f" * 32 not in own_stack.log_text()
