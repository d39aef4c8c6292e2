"""Cases that once broke a promise, each as a script."""

from datetime import timedelta

import pytest
from redis import Redis
from tests.integration.model.provider_account import Traits
from tests.integration.model.reactions import TRUE_REACTION, Answer, Effect, Reaction
from tests.integration.model.steps import (
    HOUR,
    MINUTE,
    SECOND,
    Cancel,
    CancelAll,
    CancelGroup,
    Compare,
    RepeatTask,
    Rest,
    Script,
    Send,
    Step,
    Work,
)
from tests.integration.model.world import World

from zettai import State
from zettai.core.lanes import Lane
from zettai_worker.settings import WorkerSettings

NOTHING = Reaction(Effect.NONE, Answer.NONE)
FAILS = Reaction(Effect.NONE, Answer.HTTP_500)
TAKEN_AND_SILENT = Reaction(Effect.AT_ONCE, Answer.NONE)
NO_ROWS = Reaction(Effect.AT_ONCE, Answer.NO_ROWS)
RESERVED = (Send(after=HOUR, grouped=True), Work(SECOND))


class Example:
    """Runs scripts."""

    def __init__(self, redis: Redis, settings: WorkerSettings) -> None:
        self._redis = redis
        self._settings = settings

    def run(self, *steps: Step, ending: Reaction = TRUE_REACTION, traits: Traits | None = None) -> World:
        """Run steps, and then let time pass until all messages are final."""
        world = World(self._redis, self._settings, Script(traits or Traits(), steps, (ending,)))
        world.run()
        return world


@pytest.fixture
def example(model_redis: Redis, worker_settings: WorkerSettings) -> Example:
    return Example(model_redis, worker_settings)


@pytest.mark.parametrize("repeats_cancel", [True, False])
def test_group_canceled_just_before_its_time_costs_three_calls(example: Example, *, repeats_cancel: bool) -> None:
    world = example.run(
        Send(after=4 * MINUTE, grouped=True),
        Work(SECOND),
        CancelGroup(),
        Work(SECOND),
        traits=Traits(repeats_cancel=repeats_cancel),
    )

    assert world.ends["m0"].state is State.CANCELED
    assert world.promises.calls("m0") <= 3


@pytest.mark.parametrize("traits", [Traits(rewrites=True), Traits(national_numbers=True)], ids=["text", "number"])
def test_rewritten_row_is_our_message(example: Example, traits: Traits) -> None:
    world = example.run(Send(), Work(MINUTE, (TAKEN_AND_SILENT,)), traits=traits)

    assert world.ends["m0"].state is State.DELIVERED


def test_late_group_cancel_leaves_a_corrected_message(example: Example) -> None:
    world = example.run(
        *RESERVED,
        CancelGroup(),
        Work(SECOND, (FAILS,) * 8),
        Send(after=HOUR, grouped=True),
        Work(SECOND),
        RepeatTask(age=1),
        Work(HOUR),
    )

    assert world.ends["m1"].state is State.DELIVERED


def test_repeated_cancel_of_all_leaves_what_was_reserved_since(example: Example) -> None:
    world = example.run(
        *RESERVED, CancelAll(), Work(SECOND), Send(after=HOUR), Work(SECOND), RepeatTask(age=1), Work(HOUR)
    )

    assert world.ends["m1"].state is State.DELIVERED


@pytest.mark.parametrize("effect", [Effect.LATE, Effect.NONE])
@pytest.mark.parametrize("cancel", [CancelAll(), CancelGroup()])
def test_bulk_cancel_that_may_come_late_leaves_what_is_sent_since(
    example: Example, cancel: CancelAll | CancelGroup, effect: Effect
) -> None:
    silent = Reaction(effect, Answer.NONE)
    world = example.run(
        *RESERVED, cancel, Work(SECOND, (silent,)), Send(after=HOUR, grouped=True), Work(6 * MINUTE), Work(HOUR)
    )

    assert world.ends["m0"].state is State.CANCELED
    assert world.ends["m1"].state is State.DELIVERED


def test_one_denial_of_a_reservation_cancels_nothing_while_lists_lag(example: Example) -> None:
    world = example.run(
        Send(after=7 * MINUTE),
        Work(SECOND),
        Cancel(),
        Work(SECOND, (NOTHING, NO_ROWS, NO_ROWS)),
        traits=Traits(lag=4 * MINUTE, ahead=-4 * MINUTE),
    )

    assert world.ends["m0"].state is State.DELIVERED


@pytest.mark.parametrize("answer", [Answer.NO_ROWS, Answer.OTHER_TAGS, Answer.UNREADABLE, Answer.CODE_310])
def test_failed_group_cancel_is_done_one_by_one(example: Example, answer: Answer) -> None:
    world = example.run(*RESERVED, CancelGroup(), Work(SECOND, (FAILS, Reaction(answer=answer))))

    assert world.ends["m0"].state is State.CANCELED
    assert not world.promises.goes_out("m0")


def test_reservation_that_is_not_canceled_after_all_is_canceled_again(example: Example) -> None:
    lie = Reaction(Effect.NONE, Answer.CODE_0)
    world = example.run(*RESERVED, Cancel(), Work(SECOND, (lie,)), Work(11 * MINUTE), Compare(), Work(MINUTE))

    assert not world.promises.goes_out("m0")


def test_request_to_cancel_with_unknown_outcome_ends(example: Example) -> None:
    canceled_in_flight = Reaction(Effect.NONE, Answer.NONE, Cancel())
    world = example.run(Send(), Work(timedelta(), (canceled_in_flight,)), ending=NO_ROWS)

    assert world.ends["m0"].state is State.CANCELED


@pytest.mark.parametrize("answer", [Answer.NONE, Answer.HTTP_500, Answer.NO_CONNECTION, Answer.CODE_310])
def test_expired_password_with_unknown_outcome_ends(example: Example, answer: Answer) -> None:
    world = example.run(
        Send(Lane.URGENT, expires_in=MINUTE), Work(MINUTE, (NOTHING,) * 20), ending=Reaction(Effect.NONE, answer)
    )

    assert world.ends["m0"].state is State.DELIVERY_UNKNOWN


@pytest.mark.parametrize("answer", [Answer.UNREADABLE, Answer.CODE_110, Answer.HTTP_500, Answer.HTTP_403, Answer.NONE])
@pytest.mark.parametrize("count", [1, 3])
def test_failing_status_checks_end(example: Example, answer: Answer, count: int) -> None:
    world = example.run(*[Send()] * count, Work(SECOND), ending=Reaction(answer=answer))

    assert [message.state for message in world.ends.values()] == [State.DELIVERY_UNKNOWN] * count
    assert all(message.overdue for message in world.ends.values())


@pytest.mark.parametrize("answer", [Answer.CODE_310, Answer.CODE_130, Answer.CODE_200, Answer.CODE_MINUS_1])
def test_unknown_code_proves_nothing(example: Example, answer: Answer) -> None:
    world = example.run(Send(), Work(MINUTE, (Reaction(answer=answer),)))

    assert world.ends["m0"].state is State.DELIVERED


def test_refused_look_up_of_a_reservation_proves_nothing(example: Example) -> None:
    refused = Reaction(answer=Answer.CODE_110)
    world = example.run(Send(after=HOUR), Work(MINUTE, (TAKEN_AND_SILENT, Reaction(), refused, refused)))

    assert world.ends["m0"].state is State.DELIVERED


def test_duplicate_tag_is_looked_up_until_the_list_may_not_lag_any_more(example: Example) -> None:
    world = example.run(Send(), Work(MINUTE, (Reaction(answer=Answer.CODE_400),)), traits=Traits(lag=4 * MINUTE))

    assert world.ends["m0"].state is State.DELIVERED


@pytest.mark.parametrize("wait", [40 * SECOND, 2 * HOUR], ids=["long wait", "suspended machine"])
def test_message_that_expires_at_its_slot_is_not_sent(example: Example, wait: timedelta) -> None:
    world = example.run(Send(expires_in=MINUTE), Rest(30 * SECOND), Work(slots=(wait,)))

    assert world.ends["m0"].state is State.EXPIRED
