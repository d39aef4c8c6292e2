"""What the provider's refusals and an operator's wishes do to the spacing."""

import pytest
from tests.integration.limiter.timeline import KEY, Timeline

from zettai_worker.limiter.microseconds import SECOND
from zettai_worker.limiter.slots import NOT_PAUSED, UNTIL_RESUMED
from zettai_worker.limiter.spacing import Spacing


def share(timeline: Timeline) -> float:
    """The share of the rate that is left."""
    return timeline.spacing.step / timeline.read_state().step


def test_a_refusal_cuts_the_rate_once_in_a_second(timeline: Timeline) -> None:
    """However many calls are refused at once."""
    for _ in range(10):
        timeline.slow_down()
    assert share(timeline) == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize(
    ("seconds", "left"), [(0, 0.7), (1, 0.8), (2, 0.9), (2.5, 0.95), (7.5, 0.975), (12.5, 1.0), (3_600, 1.0)]
)
def test_the_rate_comes_back(timeline: Timeline, seconds: float, left: float) -> None:
    """Quickly up to 95 % of what was refused, then slowly."""
    timeline.slow_down()
    timeline.pass_time(int(seconds * SECOND))
    assert share(timeline) == pytest.approx(left, abs=0.01)


@pytest.mark.parametrize(("seconds", "left"), [(2, 0.45), (12.5, 0.5), (22.5, 0.525), (32.5, 0.725), (47, 1.0)])
def test_past_what_was_refused_it_climbs_on(timeline: Timeline, seconds: float, left: float) -> None:
    """The provider's limit had fallen to one half, and is back."""
    timeline.set(share=350_000, refused=500_000, cut_at=timeline.read_state().server_time)
    timeline.pass_time(int(seconds * SECOND))
    assert share(timeline) == pytest.approx(left, abs=0.01)


def test_uses_most_of_a_limit_that_has_fallen(timeline: Timeline) -> None:
    """The provider takes 75 %: in two minutes it refuses seldom, and little is left unused."""
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
def test_a_few_refusals_among_many_calls_are_no_limit(timeline: Timeline, refusals: int, *, cut: bool) -> None:
    """One in a hundred, for whatever reason, leaves the rate alone; one in ten does not."""
    for _ in range(refusals):
        timeline.set(second=timeline.read_state().server_time // SECOND, booked=300, before=600)
        timeline.slow_down()

    assert (share(timeline) < 1) is cut


def test_never_stops_altogether(timeline: Timeline) -> None:
    """One per cent is left, to notice that the provider is back."""
    for _ in range(30):
        timeline.slow_down()
        timeline.pass_time(SECOND)
    assert 0.01 <= share(timeline) < 0.02


def test_a_clock_set_back_does_not_make_a_cut_last(timeline: Timeline) -> None:
    """The way back to the full rate is not put off until the clock has caught up, nor is the next cut."""
    timeline.slow_down()
    timeline.pass_time(-3_600 * SECOND)
    assert share(timeline) == pytest.approx(1.0, abs=0.01)
    timeline.slow_down()
    assert share(timeline) == pytest.approx(0.7, abs=0.01)


def test_the_provider_may_ask_for_a_pause(timeline: Timeline) -> None:
    """The longest that it asked for counts."""
    timeline.slow_down(3 * SECOND)
    timeline.slow_down(1 * SECOND)
    booked = timeline.book()
    assert booked.count == 0
    assert SECOND < booked.pause - booked.server_time <= 3 * SECOND
    timeline.pass_time(3 * SECOND)
    assert timeline.book().count == 1


def test_a_pause_of_an_operator_is_not_shortened(timeline: Timeline) -> None:
    """Until resumed means until resumed."""
    timeline.storage.pause(KEY, UNTIL_RESUMED)
    timeline.slow_down(SECOND)
    assert timeline.book().pause == UNTIL_RESUMED
    timeline.storage.resume(KEY)
    assert timeline.book().pause == NOT_PAUSED


def test_an_operator_can_go_slower_but_not_faster(timeline: Timeline) -> None:
    """The larger step counts, whichever host books."""
    slow, slower = Spacing(step=10_000, reach=105_000), Spacing(step=20_000, reach=105_000)
    timeline.storage.set_override(KEY, slow)
    assert timeline.read_state().step == slow.step
    assert timeline.read_state(slower).step == slower.step
    timeline.storage.set_override(KEY, None)
    assert timeline.read_state().step == timeline.spacing.step


def test_refusals_cut_what_an_operator_set(timeline: Timeline) -> None:
    """Both hold at once."""
    timeline.storage.set_override(KEY, Spacing(step=7_000, reach=105_000))
    timeline.slow_down()
    assert timeline.read_state().step == pytest.approx(10_000, rel=0.01)
