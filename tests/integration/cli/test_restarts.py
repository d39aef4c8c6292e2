"""When a process that died is started again."""

from datetime import timedelta

from zettai_worker.supervisor.restarts import HEALTHY_AFTER, MAX_WAIT, FailureStreak


def waits(*lives: timedelta) -> list[float]:
    """The wait after each of a process's lives."""
    failures, answers = FailureStreak(), []
    for lived in lives:
        failures = failures.next(lived)
        answers.append(failures.wait.total_seconds())
    return answers


def test_nobody_waits_before_the_first_start() -> None:
    """Without a death there is no wait."""
    assert FailureStreak().wait == timedelta()


def test_the_wait_doubles_up_to_a_cap() -> None:
    """A process that cannot live is not started all the time."""
    assert waits(*[timedelta(seconds=1)] * 8) == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert FailureStreak(10_000).wait == MAX_WAIT


def test_a_long_life_is_a_new_beginning() -> None:
    """A process that was well for a while is started again at once."""
    assert waits(timedelta(), timedelta(), HEALTHY_AFTER, timedelta()) == [0.5, 1, 0.5, 1]
