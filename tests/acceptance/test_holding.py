"""A suspended account: messages keep their place, one alert is logged, and sending resumes by itself."""

from collections import Counter
from contextlib import ExitStack, closing

from tests.support.stack import Stack, eventually

from zettai import State
from zettai_worker.metrics.statistics import read_statistics
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings


def _counts(stack: Stack, tags: list[str]) -> Counter[State]:
    return Counter(message.state for message in stack.store.get(tags) if message is not None)


def _logged(stack: Stack, event: str) -> int:
    """Return how often the stack has logged an event, by other tests too."""
    return stack.log_text().count(f'"event": "{event}"')


def _refused(stack: Stack) -> int:
    return int(stack.simulator.stats()["calls"].get("mt", {}).get("300", 0))


def test_used_up_quota_holds_all_messages(stack: Stack) -> None:
    """There are few calls meanwhile. With a new quota all messages are sent."""
    refused, suspended = _refused(stack), _logged(stack, "account_suspended")
    stack.simulator.set_quota(0)
    # Many more than the calls that are on their way when the first answer comes: about 90.
    tags = [stack.client.send(f"0904444{number:04}", "held").client_tag for number in range(400)]

    eventually(lambda: _counts(stack, tags)[State.HELD] > len(tags) / 2, "most are held")
    assert set(_counts(stack, tags)) <= {State.HELD, State.QUEUED, State.SUBMITTING, State.SUBMIT_UNKNOWN}
    asked = _refused(stack) - refused
    stack.simulator.set_quota(None)

    for tag in tags:
        assert stack.wait_for_state(tag).state is State.DELIVERED
        assert stack.simulator.record_of(tag)["taken"] == 1
    assert asked < len(tags)
    assert _logged(stack, "account_suspended") - suspended == 1


def test_pause_by_an_operator_is_no_error(stack: Stack) -> None:
    settings = LimiterSettings.load(redis_url=stack.redis_url, key_prefix=stack.key_prefix)
    suspended, paused = _logged(stack, "account_suspended"), _logged(stack, "sending_paused")
    with closing(build_limiter(settings)) as limiter, ExitStack() as exits:
        exits.callback(limiter.resume)
        limiter.pause()
        message = stack.client.send("09044460001", "waits")

        stack.wait_for_state(message, State.HELD)
        eventually(lambda: _logged(stack, "sending_paused") > paused, "the pause is logged")
        assert _logged(stack, "account_suspended") == suspended
        assert read_statistics(stack.store).held is None, "ZettaiAccountHeld does not fire"

    stack.wait_for_state(message, State.DELIVERED)


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
