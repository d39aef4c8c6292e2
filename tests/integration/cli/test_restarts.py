"""The wait before a process is restarted."""

from datetime import timedelta

from zettai_worker.supervisor.restarts import HEALTHY_AFTER, MAX_WAIT, FailureStreak


def waits(*lifetimes: timedelta) -> list[float]:
    """Return the wait after each lifetime of a process."""
    failures, seconds = FailureStreak(), []
    for lifetime in lifetimes:
        failures = failures.next(lifetime)
        seconds.append(failures.wait.total_seconds())
    return seconds


def test_first_start_has_no_wait() -> None:
    assert FailureStreak().wait == timedelta()


def test_wait_doubles_up_to_a_maximum() -> None:
    assert waits(*[timedelta(seconds=1)] * 8) == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert FailureStreak(10_000).wait == MAX_WAIT


def test_wait_is_short_again_after_a_long_lifetime() -> None:
    assert waits(timedelta(), timedelta(), HEALTHY_AFTER, timedelta()) == [0.5, 1, 0.5, 1]
