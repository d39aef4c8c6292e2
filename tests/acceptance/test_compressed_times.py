"""The stand of the benchmarks: that it runs the product's own command, and sees what goes on."""

import sys

import pytest

from zettai.core.states import State
from zettai_benchmarks.accepting import accept
from zettai_benchmarks.figures import PARTS
from zettai_benchmarks.sender import send
from zettai_benchmarks.stand import BODY, Stand

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads processor time in /proc")


def test_what_is_sent_on_a_stand_is_seen() -> None:
    """Each call by its arrival, and the processor time of each part, while a producer and a campaign send."""
    with Stand() as stand:
        stand.start_worker("--processes", "1")
        before = next(stand.watch(0))
        stand.fill(200)
        sent = send(5, 0.01, "urgent", stand.environment)
        stand.wait_for(lambda: len(stand.calls()) >= 206)  # with the producer's first one
        after = next(stand.watch(0))
        arrived = [stand.simulator.record_of(tag)["posts"][0] for tag in sent.tags]

    assert all(after[part] > before[part] > 0 for part in PARTS)
    assert all(instant > began for instant, began in zip(arrived, sent.began, strict=True))


def test_messages_are_accepted_without_a_call() -> None:
    """As the provider's answer would have it: they stand in the index of checks, and nowhere else."""
    with Stand() as stand:
        accept(stand.store, 1_200, body=BODY)

        assert stand.redis.zcard(stand.store.keys.state(State.ACCEPTED)) == 1_200
        assert stand.redis.zcard(stand.store.keys.due_to_check) == 1_200
        assert stand.calls() == []
