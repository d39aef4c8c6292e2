"""How refusals of the provider, and an operator, change the spacing of the slots."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from tests.integration.limiter.timeline import KEY, Timeline
from tests.integration.provider.faulty_server import FaultyServer, http, says

from zettai_worker.limiter import Limiter
from zettai_worker.limiter.microseconds import SECOND
from zettai_worker.limiter.slots import NOT_PAUSED, UNTIL_RESUMED
from zettai_worker.limiter.spacing import Spacing
from zettai_worker.provider import Ambiguous, ProviderClient


def share(timeline: Timeline) -> float:
    """Return the share of the rate that is left."""
    return timeline.spacing.step / timeline.read_state().step


def test_several_refusals_in_a_second_cut_the_rate_once(timeline: Timeline) -> None:
    for _ in range(10):
        timeline.slow_down()
    assert share(timeline) == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize(
    ("seconds", "left"), [(0, 0.7), (1, 0.8), (2, 0.9), (2.5, 0.95), (7.5, 0.975), (12.5, 1.0), (3_600, 1.0)]
)
def test_rate_recovers_quickly_to_95_percent_and_then_slowly(timeline: Timeline, seconds: float, left: float) -> None:
    timeline.slow_down()
    timeline.pass_time(int(seconds * SECOND))
    assert share(timeline) == pytest.approx(left, abs=0.01)


@pytest.mark.parametrize(("seconds", "left"), [(2, 0.45), (12.5, 0.5), (22.5, 0.525), (32.5, 0.725), (47, 1.0)])
def test_rate_rises_above_the_refused_share_if_there_are_no_more_refusals(
    timeline: Timeline, seconds: float, left: float
) -> None:
    """The provider's limit had fallen to one half, and has recovered."""
    timeline.set(share=350_000, refused=500_000, cut_at=timeline.read_state().server_time)
    timeline.pass_time(int(seconds * SECOND))
    assert share(timeline) == pytest.approx(left, abs=0.01)


def test_most_of_a_reduced_limit_is_used(timeline: Timeline) -> None:
    """The provider accepts 75 %. In two minutes there are few refusals, and little of the limit is unused."""
    shares, refusals = [], 0
    for _ in range(240):
        shares.append(share(timeline))
        if shares[-1] > 0.75:
            timeline.slow_down()
            refusals += 1
        timeline.pass_time(SECOND // 2)
    assert sum(min(left, 0.75) for left in shares) / len(shares) > 0.9 * 0.75
    assert refusals < 15


@pytest.mark.parametrize(("refusals", "cut"), [(6, False), (60, True)])
def test_few_refusals_among_many_calls_cause_no_cut(timeline: Timeline, refusals: int, *, cut: bool) -> None:
    """One call in a hundred causes no cut, one in ten does."""
    for _ in range(refusals):
        timeline.set(second=timeline.read_state().server_time // SECOND, booked=300, before=600)
        timeline.slow_down()

    assert (share(timeline) < 1) is cut


def test_rate_never_falls_below_one_percent(timeline: Timeline) -> None:
    """The remaining calls show when the provider accepts more again."""
    for _ in range(30):
        timeline.slow_down()
        timeline.pass_time(SECOND)
    assert 0.01 <= share(timeline) < 0.02


def test_cut_ends_after_the_clock_was_set_back(timeline: Timeline) -> None:
    """Neither the recovery nor the next cut waits until the clock has caught up."""
    timeline.slow_down()
    timeline.pass_time(-3_600 * SECOND)
    assert share(timeline) == pytest.approx(1.0, abs=0.01)
    timeline.slow_down()
    assert share(timeline) == pytest.approx(0.7, abs=0.01)


def test_longest_pause_that_the_provider_asked_for_counts(timeline: Timeline) -> None:
    timeline.slow_down(3 * SECOND)
    timeline.slow_down(1 * SECOND)
    booked = timeline.book()
    assert booked.count == 0
    assert SECOND < booked.pause - booked.server_time <= 3 * SECOND
    timeline.pass_time(3 * SECOND)
    assert timeline.book().count == 1


def test_pause_of_an_operator_is_not_shortened_by_a_refusal(timeline: Timeline) -> None:
    timeline.storage.pause(KEY, UNTIL_RESUMED)
    timeline.slow_down(SECOND)
    assert timeline.book().pause == UNTIL_RESUMED
    timeline.storage.resume(KEY)
    assert timeline.book().pause == NOT_PAUSED


def test_override_widens_the_spacing_but_never_narrows_it(timeline: Timeline) -> None:
    slow, slower = Spacing(step=10_000, reach=105_000), Spacing(step=20_000, reach=105_000)
    timeline.storage.set_override(KEY, slow)
    assert timeline.read_state().step == slow.step
    assert timeline.read_state(slower).step == slower.step
    timeline.storage.set_override(KEY, None)
    assert timeline.read_state().step == timeline.spacing.step


def test_refusal_cuts_the_rate_of_an_override(timeline: Timeline) -> None:
    timeline.storage.set_override(KEY, Spacing(step=7_000, reach=105_000))
    timeline.slow_down()
    assert timeline.read_state().step == pytest.approx(10_000, rel=0.01)


def test_retry_after_of_a_day_pauses_all_calls_for_minutes(limiter: Limiter) -> None:
    """One wrong header must not stop all sending for a day."""
    server = FaultyServer(says(http(b"", "503 Service Unavailable", "Retry-After: 86400")))
    client = ProviderClient(
        base_url=server.url,
        token=SecretStr("T" * 32),
        client_id="1234",
        sms_code="55555",
        connect_timeout=timedelta(seconds=5),
        read_timeout=timedelta(seconds=5),
        on_throttle=limiter.slow_down,
    )
    with closing(server), closing(client), pytest.raises(Ambiguous):
        client.status("tag-1")
    paused_until = limiter.state().paused_until
    assert paused_until is not None
    assert paused_until - datetime.now(UTC) <= timedelta(minutes=5, seconds=5)
